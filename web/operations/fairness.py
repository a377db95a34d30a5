"""Whom a programme reached, and whom not: for its admins to read, and of no consequence by itself.

What is due to somebody follows from sessions held alone; nothing here goes into it.

**What figures may tell.** `web.small_groups` keeps every figure to at least five people, and keeps tables
from being subtracted from one another: those of one page, those of two spans, and those of page and export.
The people in the rows are those who take part today, whatever the span, so that spans do not differ in them;
spans are whole weeks, and sessions of one kind are told in blocks of weeks with at least five juniors.

**Names.** Who was not reached is listed by name, since somebody has to act on it. The list says what stands
in the way and how long they have waited; it has no figures of groups, no answers of theirs and no attendance:
a session that did not come about is "came to nothing", whoever did not come. Who reads both the list and the
tables learns from the list alone whether somebody was reached, so the tables add nothing about a person. The
list is in no export, and each look at it is in the audit log. Nothing of what people asked for in private
is looked at here: whom their limits, or a senior's, leave without a session is "due, and in no plan yet",
as is who was in line and whose calendar had no room, whatever is promised.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta

from planner.domain import SessionKind
from planner.programme import Format
from web import words
from web.errors import Misfilled
from web.operations import audit
from web.operations.access import need_role
from web.records import (
    BecameRecord,
    FairnessRecord,
    Member,
    NobodyForRecord,
    NotReachedRecord,
    OwedRecord,
    ReachRecord,
    SpanRecord,
    WaitRecord,
)
from web.site import Site
from web.small_groups import EPOCH, LEAST, publishable, published_in
from web.store import fairness as kept
from web.store import programmes
from web.store.fairness import Cell, Had, Junior

#: Spans on offer, in weeks.
SPANS = (4, 12, 26, 52)
USUAL_SPAN = 12

#: Of two dates a span is made that is at least and at most so many weeks.
SHORTEST, LONGEST = 4, 104

#: Who joined so lately is not waiting yet.
LATELY = timedelta(weeks=4)

#: How far ahead a plan is looked for.
AHEAD = timedelta(weeks=8)

#: Waits are told from so many weeks on.
WAITS = (0, 4, 8, 12, 26, 52)

#: A kind, and whether in person.
Row = tuple[SessionKind, bool]

NO_TEAM, NO_SITE, NO_COHORT = "no team known", "online only", "no cohort"


# --- spans ---------------------------------------------------------------------------------------


def last_weeks(weeks: int, now: datetime) -> SpanRecord:
    """So many whole weeks before this one, and this one as far as it has come."""
    week = kept.week_of(now)
    return SpanRecord(_monday(week - weeks), _monday(week) + timedelta(days=6), weeks)


def between(first: date, last: date, now: datetime) -> SpanRecord:
    """The whole weeks in which two dates lie.

    Raises:
        Misfilled: the last lies before the first, or to come, or the two too near or too far apart.
    """
    if last < first:
        raise Misfilled({"last": "The last day comes before the first one."})
    if first > now.date():
        raise Misfilled({"first": "Please give a day that has been."})
    monday = first - timedelta(days=first.weekday())
    this_week = _monday(kept.week_of(now)) + timedelta(days=6)
    sunday = min(last + timedelta(days=6 - last.weekday()), this_week)
    weeks = ((sunday - monday).days + 1) // 7
    if not SHORTEST <= weeks <= LONGEST:
        raise Misfilled({"last": f"Please give dates {SHORTEST} to {LONGEST} weeks apart."})
    return SpanRecord(monday, sunday, None)


def _monday(week: int) -> date:
    return kept.monday_of(week).date()


def _ends(span: SpanRecord) -> tuple[int, int]:
    """The numbers of its first week and of the one after its last."""
    first = (span.first - _monday(0)).days // 7
    return first, first + ((span.last - span.first).days + 1) // 7


# --- figures -------------------------------------------------------------------------------------


def figures(site: Site, span: SpanRecord, by: Member, now: datetime) -> FairnessRecord:
    """Everything the page and its export tell, in a fixed number of statements."""
    need_role(by, "admin")
    first, after = _ends(span)
    start, end = kept.monday_of(first), kept.monday_of(after)
    begins_anew = kept.monday_of(first - first % EPOCH)
    with site.store.reading() as connection:
        juniors = kept.juniors(connection, by.programme_id, now.date())
        had = kept.had(connection, by.programme_id, start, end)
        before = kept.last_held(connection, by.programme_id, start if end > now else now)
        sites = kept.sites(connection)
        asked = kept.who_asked(connection, by.programme_id)
        cells = kept.weeks(connection, by.programme_id, begins_anew, end, now)
    here = {junior.person.id for junior in juniors}
    had = [each for each in had if each.person_id in here]
    nothing = FairnessRecord(by.programme_name, span, None, (), {}, {}, (), None, None, None)
    if len(juniors) < LEAST:
        return nothing
    last_held = _last_held(had, before)
    waits = sorted(_weeks_waited(junior, last_held, now) for junior in juniors)
    never_asked, to_never_asked = _shares(here, asked, had)
    told = became(cells, first, after)
    return replace(
        nothing,
        juniors=_Reached(had).of(None, here),
        became=told,
        by_kind=_by_kind(had, {(row.kind, row.in_person) for row in told}),
        tables=_tables(juniors, sites, had),
        waits=_distribution(waits),
        five_wait=waits[-LEAST],
        never_asked=never_asked,
        to_never_asked=to_never_asked,
    )


def became(cells: Iterable[Cell], first: int, after: int) -> tuple[BecameRecord, ...]:
    """By kind and place, what is handed out in the weeks from `first` to before `after`."""
    rows: dict[tuple[SessionKind, bool], Counter[str]] = defaultdict(Counter)
    for kind, in_person, week, counts in handed_out(cells):
        if first <= week < after:
            rows[kind, in_person].update(counts)
    order = list(SessionKind)
    return tuple(
        _became(kind, in_person, rows[kind, in_person])
        for kind, in_person in sorted(rows, key=lambda row: (not row[1], order.index(row[0])))
        if rows[kind, in_person]
    )


def handed_out(cells: Iterable[Cell]) -> Iterator[tuple[SessionKind, bool, int, Mapping[str, int]]]:
    """Kind, place and counts of every week that may be told of, with the week in which that is done."""
    by_row: dict[tuple[SessionKind, bool], dict[int, Cell]] = defaultdict(dict)
    for cell in cells:
        by_row[cell.kind, cell.in_person][cell.week] = cell
    for (kind, in_person), weeks in by_row.items():
        for week, shown in published_in({week: cell.who for week, cell in weeks.items()}).items():
            yield kind, in_person, shown, weeks[week].counts


def _became(kind: SessionKind | None, in_person: bool | None, counts: Mapping[str, int]) -> BecameRecord:
    return BecameRecord(
        kind,
        in_person,
        no_answer=counts.get("no_answer", 0),
        came_to_nothing=counts.get("came_to_nothing", 0),
        held=counts.get("held", 0),
        fell_through=counts.get("fell_through", 0),
        unsaid=counts.get("unsaid", 0),
    )


def total(rows: Iterable[BecameRecord], in_person: bool | None = None) -> BecameRecord:
    """The sum of what is shown; of one place, or of both."""
    counts: Counter[str] = Counter()
    for row in rows:
        if in_person is None or row.in_person is in_person:
            counts.update(
                no_answer=row.no_answer,
                came_to_nothing=row.came_to_nothing,
                held=row.held,
                fell_through=row.fell_through,
                unsaid=row.unsaid,
            )
    return _became(None, in_person, counts)


class _Reached:
    """Who had a session that was held, and who had one in person."""

    def __init__(self, had: Sequence[Had]) -> None:
        self._who = {each.person_id for each in had}
        self._in_person = {each.person_id for each in had if each.in_person}

    def of(self, label: str | None, group: Set[int]) -> ReachRecord:
        return ReachRecord(label, len(group), len(group & self._who), len(group & self._in_person))


def _by_kind(had: Iterable[Had], told: Set[tuple[SessionKind | None, bool | None]]) -> Mapping[Row, int]:
    """Juniors reached by kinds whose sessions are told of, where they are five or more.

    Those whom only the other kinds of a place reached could be found from the figure of that place, so
    they are five or more as well, or none: for that the smallest rows stay untold too.
    """
    reached: dict[Row, set[int]] = defaultdict(set)
    for each in had:
        reached[each.kind, each.in_person].add(each.person_id)
    shown: dict[Row, int] = {}
    for place in (True, False):
        of_place = {row: people for row, people in reached.items() if row[1] is place}
        everybody = set[int]().union(*of_place.values())
        rows = [row for row, people in of_place.items() if row in told and len(people) >= LEAST]
        rows.sort(key=lambda row: (-len(of_place[row]), row[0]))
        while rows and 0 < len(everybody.difference(*(of_place[row] for row in rows))) < LEAST:
            rows.pop()
        shown |= {row: len(of_place[row]) for row in rows}
    return shown


def _tables(
    juniors: Sequence[Junior], sites: Mapping[int, list[str]], had: Sequence[Had]
) -> Mapping[str, tuple[ReachRecord, ...]]:
    """Groups are chosen for all three together, whatever the span; one that is all there is tells nothing."""
    groups = publishable(
        {
            "team": {one.person.id: one.team or NO_TEAM for one in juniors},
            "site": {one.person.id: _site(sites.get(one.person.id, [])) for one in juniors},
            "cohort": {one.person.id: one.cohort or NO_COHORT for one in juniors},
        }
    )
    reached = _Reached(had)
    return {
        name: tuple(reached.of(group.label, group.people) for group in shown)
        for name, shown in groups.items()
        if len(shown) > 1
    }


def _site(offices: Sequence[str]) -> str:
    return words.listed(offices) if offices else NO_SITE


def _shares(here: set[int], asked: set[int], had: Sequence[Had]) -> tuple[int | None, int | None]:
    """Of juniors, and of their seats in sessions that were held, those of who never asked, in per cent."""
    never = here - asked
    if any(0 < len(group) < LEAST for group in (never, here & asked)):
        return None, None
    seats = sum(each.sessions for each in had)
    theirs = sum(each.sessions for each in had if each.person_id in never)
    return round(100 * len(never) / len(here)), round(100 * theirs / seats) if seats else None


# --- waiting -------------------------------------------------------------------------------------


def _last_held(had: Iterable[Had], before: Mapping[int, datetime]) -> Mapping[int, datetime]:
    """In the span, or else before it."""
    last = {**before}
    for each in had:
        last[each.person_id] = max(each.last, last.get(each.person_id, each.last))
    return last


def _weeks_waited(junior: Junior, last_held: Mapping[int, datetime], now: datetime) -> int:
    """Whole weeks since their last session that was held, or since they joined."""
    held = last_held.get(junior.person.id)
    since = max(held.date(), junior.joined) if held else junior.joined
    return max(0, (now.date() - since).days // 7)


def _distribution(waits: Sequence[int]) -> tuple[WaitRecord, ...]:
    """From the longest on, each stretch as wide as it takes to hold five people."""
    ends = [*WAITS[1:], None]
    counted = [
        (least, end, sum(1 for wait in waits if least <= wait and (end is None or wait < end)))
        for least, end in zip(WAITS, ends, strict=True)
    ]
    found: list[WaitRecord] = []
    most, people = None, 0
    for least, end, many in reversed(counted):
        most = (None if end is None else end - 1) if not people else most
        people += many
        if people >= LEAST:
            found.append(WaitRecord(least, most, people))
            people = 0
    if people:  # too few are left to stand alone
        found[-1] = replace(found[-1], least=0, people=found[-1].people + people)
    return tuple(reversed(found))


def not_reached(site: Site, span: SpanRecord, by: Member, now: datetime) -> tuple[NotReachedRecord, ...]:
    """Every junior without a session held in the span, the longest wait first, and why."""
    need_role(by, "admin")
    first, after = _ends(span)
    start, end = kept.monday_of(first), kept.monday_of(after)
    with site.store.reading() as connection:
        juniors = kept.juniors(connection, by.programme_id, now.date())
        had = kept.had(connection, by.programme_id, start, end)
        before = kept.last_held(connection, by.programme_id, start if end > now else now)
        offers = kept.offers(connection, by.programme_id, start, now + AHEAD)
        seats = kept.seats(connection, by.programme_id, start, now + AHEAD, now)
        formats = programmes.formats(connection, by.programme_id)
        owed = programmes.owed(connection, by.programme_id)
    audit.look(site, by, "read.not_reached")
    last_held = _last_held(had, before)
    reached = {each.person_id for each in had}
    why = Why(formats, owed, offers, seats, now.date())
    waiting = []
    for junior in juniors:
        if junior.person.id not in reached:
            weeks = _weeks_waited(junior, last_held, now)
            ever = junior.person.id in last_held
            waiting.append(NotReachedRecord(junior.person, weeks, ever, why.of(junior, weeks)))
    return tuple(sorted(waiting, key=lambda each: (-each.weeks, each.person.name.casefold())))


class Why:
    """What stands in the way of somebody's next session, as far as it is known."""

    def __init__(
        self,
        formats: Sequence[Format],
        owed: OwedRecord | None,
        offers: Mapping[int, Mapping[str, int]],
        seats: Mapping[int, Mapping[str, int]],
        today: date,
    ) -> None:
        self._formats = formats
        self._owed = owed
        self._offers = offers
        self._seats = seats
        self._today = today
        self._nobody: dict[int, list[NobodyForRecord]] = defaultdict(list)
        for each in owed.nobody_for if owed else ():
            self._nobody[each.person.id].append(each)

    def of(self, junior: Junior, weeks: int) -> tuple[str, ...]:
        """Clauses, the weightiest first; what is on its way comes before what came to nothing."""
        says = [
            self._pause(junior),
            self._calendar(junior),
            self._on_its_way(junior),
            self._nobody_for(junior),
            self._came_to_nothing(junior),
            self._joined_lately(junior),
        ]
        return tuple(filter(None, says)) or (self._nothing_known(weeks),)

    def _pause(self, junior: Junior) -> str:
        if junior.paused and junior.paused[0] <= self._today <= junior.paused[1]:
            return f"on a pause until {words.long_day(junior.paused[1], self._today)}"
        return ""

    def _calendar(self, junior: Junior) -> str:
        if not junior.has_calendar:
            trouble = "no calendar of theirs is known"
        elif junior.refused:
            trouble = "they would rather not have their calendar read"
        elif not junior.read:
            trouble = "their calendar has not been read yet"
        elif junior.reason:
            trouble = f"their calendar cannot be read, in full or in part: {junior.reason.rstrip('.')}"
        else:
            return ""
        if junior.stated_until and junior.stated_until >= self._today:
            until = words.long_day(junior.stated_until, self._today)
            return f"{trouble}; they are planned on hours they stated, until {until}"
        return trouble

    def _on_its_way(self, junior: Junior) -> str:
        if self._seats.get(junior.person.id, {}).get("to_come"):
            return "a session is agreed and still to come"
        if self._offers.get(junior.person.id, {}).get("waits"):
            return "a session is proposed, and its senior’s answer is awaited"
        return ""

    def _nobody_for(self, junior: Junior) -> str:
        found = {each.reason: words.KINDS[each.kind].lower() for each in self._nobody[junior.person.id]}
        return "; ".join(f"nobody to meet for {kind}: {reason}" for reason, kind in found.items())

    def _came_to_nothing(self, junior: Junior) -> str:
        offers = self._offers.get(junior.person.id, {})
        seats = self._seats.get(junior.person.id, {})
        counts = {
            "nobody answered": offers.get("no_answer", 0),
            "it was skipped": offers.get("skipped", 0),
            "it came to nothing": offers.get("came_to_nothing", 0) + seats.get("came_to_nothing", 0),
            "nobody has said whether it was held": seats.get("unsaid", 0),
        }
        parts = [(says, number) for says, number in counts.items() if number]
        if not parts:
            return ""
        often = words.times(sum(number for _, number in parts))
        if len(parts) == 1:
            return f"offered {often}, {parts[0][0]}"
        return f"offered {often}: " + ", ".join(f"{words.times(number)} {says}" for says, number in parts)

    def _joined_lately(self, junior: Junior) -> str:
        if junior.joined + LATELY > self._today:
            return f"joined on {words.long_day(junior.joined, self._today)}"
        return ""

    def _nothing_known(self, weeks: int) -> str:
        if not self._formats:
            return "nothing is promised by rule, and no imported session is theirs"
        if self._owed is None:
            return "no planning run has looked at what is due yet"
        if weeks < min(rule.weeks for rule in self._formats):
            return "nothing was due yet"
        return "due, and in no plan yet"
