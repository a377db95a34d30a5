"""A programme of mentoring: who takes part, what its rules promise, what has been held so far.

Pure nouns, and the two questions that everything else is made of: who may meet whom, and how long
somebody has waited. Only sessions that were held count: nothing here knows how often anybody asks,
answers or shows up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from dateutil.rrule import WEEKLY, rrule

from planner.domain import DayHours, Role, RoomUse, SessionKind

Key = TypeVar("Key")

#: Waiting longer than this makes nobody's need greater: it is the greatest there is by then.
MOST_WEEKS = 52
#: Sessions held so lately still count against somebody's need.
RECENT = timedelta(weeks=12)
A_DAY = timedelta(days=1)
#: Why two do not meet, where more seniors would help …
OTHER_OFFICES = "they work in different offices"
NO_LANGUAGE = "they share no language"
#: … and where what one of them asked for keeps them apart: one reason for all of it, since it is private.
OWN_LIMITS = "it does not suit both of them"


class Turn(StrEnum):
    """Whose turn a cadence counts."""

    EACH_JUNIOR = "junior"
    EACH_SENIOR = "senior"
    EACH_COHORT = "cohort"


@dataclass(frozen=True, slots=True)
class Format:
    """What a programme promises of one kind of session."""

    kind: SessionKind
    turn: Turn
    weeks: int  #: its cadence: every so many weeks
    minutes: int
    seats: tuple[int, int]
    between: DayHours
    in_person: bool
    open_seats: int = 0
    room_use: RoomUse | None = None
    weight: int = 1
    weeks_between_pairs: int = 0  #: no two people meet in this kind again before that

    def __post_init__(self) -> None:
        fewest, most = self.seats
        if not 1 <= fewest <= most - self.open_seats or self.open_seats < 0:
            raise ValueError(f"{self.kind}: {self.seats} seats with {self.open_seats} kept open hold nobody")
        if self.minutes < 1 or self.weeks < 1 or self.weeks_between_pairs < 0:
            raise ValueError(f"{self.kind}: lengths and cadences are whole and positive")
        if self.minutes > self.between.closes - self.between.opens:
            raise ValueError(f"{self.kind}: {self.minutes} minutes do not fit between its times of day")

    def after(self, anchor: date, day: date) -> date:
        """The first recurrence later than `day`, counted from `anchor`."""
        return next(iter(self._rule(anchor).xafter(datetime.combine(day, time()), count=1))).date()

    def recurrences(self, anchor: date, first: date, last: date) -> list[date]:
        """From the one in force on `first` to the last one not after `last`."""
        begin, end = datetime.combine(first, time()), datetime.combine(last, time())
        inside = [found.date() for found in self._rule(anchor).between(begin, end, inc=True)]
        before = self._rule(anchor).before(begin)
        return inside if before is None else [before.date(), *inside]

    def _rule(self, anchor: date) -> rrule:
        return rrule(WEEKLY, interval=self.weeks, dtstart=datetime.combine(anchor, time()))


@dataclass(frozen=True, slots=True)
class Participant:
    """One person in one programme, in one role."""

    person: str
    role: Role
    offices: tuple[str, ...]  #: the one they work in most comes first
    joined: date
    left: date | None = None  #: the first day they are no longer there
    paused: tuple[date, date] | None = None  #: first and last day of a pause
    cohort: str = ""
    manager: str = ""
    languages: frozenset[str] = frozenset()  #: empty: any
    topics: frozenset[str] = frozenset()  #: a senior's expertise, a junior's wishes
    online_only: bool = False
    declines: frozenset[SessionKind] = frozenset()  #: formats they would rather not have

    def takes_part(self, day: date) -> bool:
        return days_together((self,), day, day) is not None


@dataclass(frozen=True, slots=True)
class Held:
    """A session that took place."""

    kind: SessionKind
    senior: str
    juniors: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True)
class Ahead:
    """A session that is agreed or waits for an answer."""

    session: str
    kind: SessionKind
    senior: str
    juniors: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True)
class Lost:
    """A session that came to nothing – a skip, a decline, silence, an absence, no time that suited both.

    It is nobody's fault. It was not held, so need is as if it had never been; and its junior is a
    candidate of other seniors before this one is asked again.
    """

    kind: SessionKind
    senior: str
    junior: str
    day: date


@dataclass(frozen=True)
class Programme:
    """Everything that what people are due depends on."""

    id: str
    starts: date  #: recurrences of seniors and cohorts count from here
    formats: tuple[Format, ...]
    people: tuple[Participant, ...]
    held: tuple[Held, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    lost: tuple[Lost, ...] = ()
    never: frozenset[frozenset[str]] = field(default_factory=frozenset)  #: pairs, and nobody says why
    spent: frozenset[str] = frozenset()  #: ids of sessions that were agreed once; no other gets them
    unreadable: frozenset[str] = frozenset()  #: nothing is known of their time, so nothing can be planned
    #: Of other programmes, or of which nobody said whether it was held: no pair meets again within its gap.
    may_have_met: tuple[Held | Ahead, ...] = ()
    unready: frozenset[str] = frozenset()  #: seniors with training to finish before their first session

    @cached_property
    def seniors(self) -> tuple[Participant, ...]:
        return tuple(one for one in self.people if one.role is Role.SENIOR)

    @cached_property
    def juniors(self) -> tuple[Participant, ...]:
        return tuple(one for one in self.people if one.role is Role.JUNIOR)

    @cached_property
    def last_held(self) -> Mapping[str, date]:
        """By junior: the last day on which they had a session of any kind."""
        return _latest((who, one.day) for one in self.held for who in one.juniors)

    @cached_property
    def last_held_of_kind(self) -> Mapping[tuple[str, SessionKind], date]:
        return _latest(((who, one.kind), one.day) for one in self.held for who in one.juniors)

    @cached_property
    def days_ahead_of_kind(self) -> Mapping[tuple[str, SessionKind], list[date]]:
        """By junior: the days of what is agreed or waits for an answer, in order."""
        found: dict[tuple[str, SessionKind], list[date]] = {}
        for one in sorted(self.ahead, key=lambda one: one.day):
            for who in one.juniors:
                found.setdefault((who, one.kind), []).append(one.day)
        return found

    @cached_property
    def last_met(self) -> Mapping[tuple[SessionKind, str, str], date]:
        """By kind, senior and junior: the last day they met, or will meet."""
        return _latest(
            ((one.kind, one.senior, who), one.day)
            for sessions in (self.held, self.ahead, self.may_have_met)
            for one in sessions
            for who in one.juniors
        )

    def weeks_waited(self, junior: Participant, today: date) -> int:
        """Whole weeks since their last session, or since they joined."""
        since = max(self.last_held.get(junior.person, junior.joined), junior.joined)
        return max(0, (today - since).days // 7)

    def need(self, junior: Participant, today: date) -> int:
        """1 to 53: rises by one a week without a session, falls with each one held."""
        return max(1, self._need(junior, today, 0))

    def need_beside_ahead(self, junior: Participant, today: date) -> int:
        """The same with each session ahead of them counted as if it were held today, and no least."""
        return self._need(junior, today, sum(junior.person in one.juniors for one in self.ahead))

    def _need(self, junior: Participant, today: date, ahead: int) -> int:
        lately = sum(today - RECENT <= day <= today for day in self._days_held.get(junior.person, ()))
        waited = 0 if ahead else min(MOST_WEEKS, self.weeks_waited(junior, today))
        return 1 + waited - lately - ahead

    @cached_property
    def _days_held(self) -> Mapping[str, list[date]]:
        found: dict[str, list[date]] = {}
        for one in self.held:
            for who in one.juniors:
                found.setdefault(who, []).append(one.day)
        return found


@dataclass(frozen=True, slots=True)
class Why:
    """What speaks for a senior to meet a junior, and may be told them both."""

    junior: str
    topics: tuple[str, ...]  #: wished for by the junior, known to the senior
    weeks_waited: int


def why_this_senior(
    programme: Programme, senior: str, juniors: Iterable[str], today: date
) -> tuple[Why, ...]:
    """Why these juniors: first who wishes for what the senior knows, then who has waited longest."""
    known = {topic for one in programme.seniors if one.person == senior for topic in one.topics}
    asked = set(juniors)
    found = [
        Why(one.person, tuple(sorted(known & one.topics)), programme.weeks_waited(one, today))
        for one in programme.juniors
        if one.person in asked
    ]
    return tuple(sorted(found, key=lambda why: (not why.topics, -why.weeks_waited, why.junior)))


def days_together(people: Iterable[Participant], first: date, last: date) -> tuple[date, date] | None:
    """The longest run of days, of those from `first` to `last`, on which all of them take part."""
    runs = [(first, last)] if first <= last else []
    for one in people:
        runs = [part for run in runs for part in _there(one, *run)]
    return max(runs, key=lambda run: (run[1] - run[0], -run[0].toordinal()), default=None)


def _there(one: Participant, first: date, last: date) -> Iterator[tuple[date, date]]:
    first = max(first, one.joined)
    last = last if one.left is None else min(last, one.left - A_DAY)
    if first > last:
        return
    if one.paused is None or last < one.paused[0] or one.paused[1] < first:
        yield first, last
        return
    if first < one.paused[0]:
        yield first, one.paused[0] - A_DAY
    if one.paused[1] < last:
        yield one.paused[1] + A_DAY, last


def why_not_together(
    programme: Programme, rule: Format, senior: Participant, junior: Participant, today: date
) -> str | None:
    """What keeps these two apart in a session that is due by a rule; None: nothing does."""
    if senior.person == junior.person:
        return "nobody mentors themselves"
    if programme.never and frozenset((senior.person, junior.person)) in programme.never:
        return "these two are kept apart"
    if apart := why_unsuited(rule.kind, rule.in_person, senior, junior):
        return apart
    if rule.weeks_between_pairs:
        met = programme.last_met.get((rule.kind, senior.person, junior.person))
        if met is not None and met + timedelta(weeks=rule.weeks_between_pairs) > today:
            return f"they met less than {rule.weeks_between_pairs} weeks ago"
    return None


def why_unsuited(kind: SessionKind, in_person: bool, senior: Participant, junior: Participant) -> str | None:
    """What keeps two people apart in any session of a kind, whoever asked for it; None: nothing does.

    What they asked for in private comes last, so that no other reason says anything of it.
    """
    if senior.person == junior.manager or junior.person == senior.manager:
        return "a line manager does not mentor their own reports"
    if senior.languages and junior.languages and not senior.languages & junior.languages:
        return NO_LANGUAGE
    if in_person and not any(office in junior.offices for office in senior.offices):
        return OTHER_OFFICES
    if kind in senior.declines or kind in junior.declines:
        return OWN_LIMITS
    if in_person and (senior.online_only or junior.online_only):
        return OWN_LIMITS
    return None


def _latest(rows: Iterable[tuple[Key, date]]) -> Mapping[Key, date]:
    found: dict[Key, date] = {}
    for key, day in rows:
        found[key] = max(day, found.get(key, day))
    return found
