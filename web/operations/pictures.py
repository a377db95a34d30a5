"""What pictures show: office days and what simpler ways would take, reach, kinds, rooms, people at an office.

For admins. Office days, rooms and headcounts are counts of days, hours and bookings. What tells of juniors
goes by `web.small_groups`: sessions by kind in blocks of weeks with five juniors or more, and reach of
everybody who takes part today, to whom newcomers are added five or more at a time – so that no two months
differ by fewer people than that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from planner.domain import Interval, SessionKind
from planner.intervals import clip, merge
from web.errors import NotFound
from web.operations import fairness, trends
from web.operations.access import need_role
from web.records import (
    HeadcountRecord,
    KindMonthsRecord,
    Member,
    OfficeDaysRecord,
    ReachedMonthRecord,
    RoomMonthRecord,
)
from web.site import Site
from web.small_groups import EPOCH, LEAST
from web.store import fairness as kept_fairness
from web.store import pictures as kept
from web.store.fairness import Junior
from web.store.pictures import AtOffice, RoomTime, TakingPart

#: So many months may be looked back on.
SPANS = (6, 12, 36)
USUAL_SPAN = 12

#: Reach is of so many whole weeks.
WEEKS = 12

#: The mandate that others would have: so many days of a week of five.
MANDATE, WEEK = 3, 5
_WORKING = frozenset(range(WEEK))

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown: so many months up to this one, and of one month its days."""

    months: int
    month: date  #: the first day of it
    office_id: str | None = None  #: whose rooms; None: the first office's


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date, step: int = 1) -> date:
    """The month so many after one, or before it."""
    number = 12 * month.year + month.month - 1 + step
    return date(number // 12, number % 12 + 1, 1)


def days_of(month: date) -> tuple[date, ...]:
    return tuple(month + n * _DAY for n in range((next_month(month) - month).days))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _months(asked: Asked, began: date | None, now: datetime) -> tuple[date, ...]:
    """Up to this one, and none from before anything was agreed."""
    last = month_of(now.date())
    months = [next_month(last, -n) for n in reversed(range(asked.months))]
    return tuple(month for month in months if began and next_month(month) > began)


# --- office days ---------------------------------------------------------------------------------


def office_days(site: Site, asked: Asked, by: Member, now: datetime) -> tuple[OfficeDaysRecord, ...]:
    """Month by month up to today; a session counts in the month in which it took place.

    An office day is a trip, as the planner counts it: days on which a senior is in anyway are none.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        months = _months(asked, kept.began(connection, by.programme_id), now)
        if not months:
            return ()
        sessions = kept.at_office(connection, by.programme_id, _midnight(months[0] - _DAY), now)
        seniors = kept.seniors(connection, by.programme_id)
        began = kept.began(connection, by.programme_id) or months[0]
        closed = kept.closed_days(connection, months[0], now.date())
    by_month: dict[date, list[AtOffice]] = defaultdict(list)
    for session in sessions:
        by_month[month_of(session.day)].append(session)
    mandate = _Mandate(seniors, closed, max(began, months[0]), now.date() + _DAY)
    return tuple(_office_days(month, by_month[month], mandate) for month in months)


def _office_days(month: date, sessions: Sequence[AtOffice], mandate: _Mandate) -> OfficeDaysRecord:
    compared = [each for each in sessions if each.compared]
    known = compared or not sessions
    return OfficeDaysRecord(
        month,
        sessions=len(sessions),
        compared=len(compared),
        unplaced=sum(each.unplaced for each in sessions),
        ours=_trips((each.senior_id, each.trip) for each in compared) if known else None,
        first_free=_trips((each.senior_id, each.first_free) for each in compared) if known else None,
        greedy=_trips((each.senior_id, each.greedy) for each in compared) if known else None,
        all_days=_trips((each.senior_id, each.trip) for each in sessions),
        mandate=mandate.days(month, next_month(month)),
    )


def _trips(days: Iterable[tuple[int, date | None]]) -> int:
    """How many of the pairs of senior and day there are; None is no trip."""
    return len({(senior, day) for senior, day in days if day is not None})


class _Mandate:
    """Three days of every five on which the office of a senior is open, while they take part.

    Days on which they are in anyway are among the three and no trips. Which those were is kept for days of
    sessions only (a calendar's past is forgotten), so it goes by the weekdays that they say today.
    """

    def __init__(
        self, seniors: Sequence[TakingPart], closed: Mapping[str, set[date]], first: date, end: date
    ) -> None:
        self._seniors, self._closed, self._first, self._end = seniors, closed, first, end
        # by office and weekdays the open days before each day
        self._open: dict[tuple[str | None, frozenset[int]], list[int]] = {}

    def days(self, first: date, end: date) -> int:
        first, end = max(first, self._first), min(end, self._end)
        return round(sum(self._of(senior, first, end) for senior in self._seniors) / WEEK)

    def _of(self, senior: TakingPart, first: date, end: date) -> int:
        """Fifths of days."""
        first, end = max(first, senior.joined), min(end, senior.left or end)
        days = self._there(senior, _WORKING, first, end)
        return max(0, MANDATE * days - WEEK * self._there(senior, _WORKING & senior.in_anyway, first, end))

    def _there(self, senior: TakingPart, weekdays: frozenset[int], first: date, end: date) -> int:
        days = self._between(senior.office_id, weekdays, first, end)
        if senior.paused:
            away, back = senior.paused[0], senior.paused[1] + _DAY
            days -= self._between(senior.office_id, weekdays, max(first, away), min(end, back))
        return days

    def _between(self, office: str | None, weekdays: frozenset[int], first: date, end: date) -> int:
        if first >= end:
            return 0
        before = self._before(office, weekdays)
        return before[(end - self._first).days] - before[(first - self._first).days]

    def _before(self, office: str | None, weekdays: frozenset[int]) -> list[int]:
        if (office, weekdays) not in self._open:
            shut = self._closed.get(office, set()) if office else set()
            days = [self._first + n * _DAY for n in range((self._end - self._first).days)]
            works = [day.weekday() in weekdays and day not in shut for day in days]
            self._open[office, weekdays] = list(accumulate(works, initial=0))
        return self._open[office, weekdays]


# --- reach ---------------------------------------------------------------------------------------


def reach(site: Site, asked: Asked, by: Member, now: datetime) -> tuple[ReachedMonthRecord, ...]:
    """Month by month, of juniors who take part today; months with fewer than five of them are left out."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        began = kept.began(connection, by.programme_id)
        months = tuple(
            month for month in _months(asked, began, now) if began and _through(_weeks(month, now)) > began
        )
        if not months:
            return ()
        juniors = kept_fairness.juniors(connection, by.programme_id, now.date())
        start = kept_fairness.monday_of(_weeks(months[0], now)[0])
        held = kept_fairness.held_in_weeks(connection, by.programme_id, start, now)
    found = []
    for month, people in _there(juniors, months).items():
        had = set().union(*(held.get(week, set()) for week in _weeks(month, now)))
        found.append(ReachedMonthRecord(month, len(people), len(people & had)))
    return tuple(found)


def _weeks(month: date, now: datetime) -> range:
    """The twelve whole weeks before the one in which a month ends; of this month up to now."""
    if next_month(month) > now.date():
        this = kept_fairness.week_of(now)
        return range(this - WEEKS, this + 1)
    end = kept_fairness.week_of(_midnight(next_month(month)))
    return range(end - WEEKS, end)


def _through(weeks: range) -> date:
    """The day after the last one."""
    return kept_fairness.monday_of(weeks.stop).date()


def _there(juniors: Iterable[Junior], months: Sequence[date]) -> Mapping[date, set[int]]:
    """Who counts in each month: newcomers five or more at a time, the last few with those before them."""
    joined = sorted((junior.joined, junior.person.id) for junior in juniors)
    if len(joined) < LEAST:
        return {}
    told = [0]
    for month in months:
        many = bisect_left(joined, (next_month(month), 0))
        told.append(many if many - told[-1] >= LEAST else told[-1])
    return {
        month: {who for _, who in joined[: len(joined) if many == told[-1] else many]}
        for month, many in zip(months, told[1:], strict=True)
        if many
    }


# --- kinds ---------------------------------------------------------------------------------------


def kinds(
    site: Site, asked: Asked, by: Member, now: datetime
) -> tuple[tuple[date, ...], tuple[KindMonthsRecord, ...]]:
    """The months, and each kind of which anything may be told; a week is of the month of its Thursday.

    Weeks are those of the page on fairness, up to the last one that is over.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        months = _months(asked, kept.began(connection, by.programme_id), now)
        if not months:
            return (), ()
        first = kept_fairness.week_of(_midnight(months[0]))
        start = kept_fairness.monday_of(first - first % EPOCH)
        cells = kept_fairness.weeks(connection, by.programme_id, start, now, now)
    counts: dict[tuple[SessionKind, date], Counter[str]] = defaultdict(Counter)
    for kind, _, week, became in fairness.handed_out(cells):
        counts[kind, month_of(kept_fairness.monday_of(week).date() + 3 * _DAY)].update(became)
    rows = [_kind(kind, months, counts) for kind in SessionKind]
    return months, tuple(row for row in rows if any(row.held) or any(row.agreed))


def _kind(
    kind: SessionKind, months: Sequence[date], counts: Mapping[tuple[SessionKind, date], Counter[str]]
) -> KindMonthsRecord:
    of = [counts.get((kind, month), Counter()) for month in months]
    return KindMonthsRecord(kind, tuple(each["held"] for each in of), tuple(each["unsaid"] for each in of))


# --- satisfaction --------------------------------------------------------------------------------


def satisfaction(
    site: Site, asked: Asked, by: Member, now: datetime
) -> tuple[tuple[date, ...], tuple[trends.Blocks, trends.Blocks]]:
    """The months, and what seniors said in their blocks, and juniors: the figures of `operations.trends`."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        months = _months(asked, kept.began(connection, by.programme_id), now)
    return months, trends.blocks(site, months[0], by, now) if months else ((), ())


# --- days of a month -----------------------------------------------------------------------------


def rooms(site: Site, asked: Asked, by: Member, now: datetime) -> RoomMonthRecord | None:
    """How full the rooms of an office are, by day; None: there are no rooms.

    Raises:
        NotFound: no office of that id has rooms.
    """
    need_role(by, "admin")
    days = days_of(asked.month)
    with site.store.reading() as connection:
        offices = {office.id: office for office in kept.offices(connection)}
        if not offices:
            return None
        office = offices.get(asked.office_id) if asked.office_id else next(iter(offices.values()))
        if office is None:
            raise NotFound
        times = kept.room_times(connection, office, days[0], days[-1])
    return RoomMonthRecord(
        office.name,
        office.id,
        tuple((each.id, each.name) for each in offices.values()),
        tuple((room.name, _shares(room, office.timezone, days)) for room in times),
    )


def _shares(room: RoomTime, zone: str, days: Sequence[date]) -> tuple[float | None, ...]:
    """Per cent of a room's hours of each day in which a session is in it."""
    hours: dict[date, timedelta] = defaultdict(timedelta)
    taken: dict[date, timedelta] = defaultdict(timedelta)
    sessions = merge(room.taken)
    starts = [each.start for each in sessions]
    for window in room.open:
        day = kept.local_day(window.start, zone)
        hours[day] += window.end - window.start
        near = sessions[max(0, bisect_left(starts, window.start) - 1) : bisect_left(starts, window.end)]
        taken[day] += _long(clip(near, window))
    return tuple(100 * (taken[day] / hours[day]) if hours[day] else None for day in days)


def _long(intervals: Iterable[Interval]) -> timedelta:
    return sum((each.end - each.start for each in intervals), timedelta())


def headcount(site: Site, asked: Asked, by: Member, now: datetime) -> tuple[HeadcountRecord, ...]:
    """By office the people whom the programme's agreed sessions bring there; none where nobody comes."""
    need_role(by, "admin")
    days = days_of(asked.month)
    with site.store.reading() as connection:
        counts = kept.headcount(
            connection, by.programme_id, _midnight(days[0] - _DAY), _midnight(days[-1] + 2 * _DAY)
        )
    offices = sorted({office for office, day in counts if day in set(days)})
    return tuple(
        HeadcountRecord(office, tuple(counts.get((office, day), 0) for day in days)) for office in offices
    )
