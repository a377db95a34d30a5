"""Reasons in words a person would use: why a session has no place, why it conflicts, why not that day.

Whoever has the problem at hand (no viewer) is told everything. A person is told their own constraints,
and of others no more than counts. Discreetly told, as admins are, names stand only where there is
something to see to: an unread calendar, an office, another session; not with whom somebody's time or
limits bar it. Ids are told by `names` where these have them. A reason starts in lower case
and ends without a full stop, to be put after a name and a colon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from planner.alternatives import OtherDay, held_on
from planner.blockage import NO_BAR, Blockage, Cause, Help, blockage_of, must_attend
from planner.domain import (
    MINUTES_A_DAY,
    Interval,
    Person,
    Placement,
    Plan,
    PlanningProblem,
    Reasoned,
    Session,
)
from planner.openings import Bar, Standing, lowest_heads
from planner.phrases import (
    clock,
    counted,
    day_words,
    days_words,
    free_words,
    joined,
    length_words,
    span_words,
    verb,
)

#: Ids by the names that people know; an id without one stands for itself.
Names = Mapping[str, str]

NO_NAMES: Names = MappingProxyType({})

#: What bars the days of a calendar, before "3 days".
_CALENDAR_WORDS = {
    Bar.BUSY: "busy on",
    Bar.UNKNOWN: "with an unreadable calendar on",
    Bar.HOURS: "outside working hours on",
    Bar.ELSEWHERE: "working elsewhere on",
    Bar.AVOIDED: "not coming in on",
    Bar.OFFICE: "not working in that office on",
}

#: What other sessions leave nothing of, after "is" or "are".
_PLAN_WORDS = {
    Bar.SESSION: "in another session",
    Bar.LUNCH: "at another lunch that day",
    Bar.MINUTES: "out of minutes for that day",
    Bar.OTHER_OFFICE: "in another office that day",
    Bar.WEEK: "out of office days for that week",
    Bar.TURNS: "in as many sessions as they may be",
    Bar.AGREED: "bound by what was agreed that day",
}

#: What bars people at one start, after "is" or "are".
_START_WORDS = {
    Bar.BUSY: "busy",
    Bar.UNKNOWN: "not known to be free",
    Bar.HOURS: "outside working hours",
    Bar.ELSEWHERE: "working elsewhere",
    Bar.AVOIDED: "not coming in",
    Bar.OFFICE: "not working in that office",
}

#: What is said with a name even discreetly: an admin can see to it, or the plan in front of them shows it.
_NO_SECRET = Bar.UNKNOWN | Bar.OFFICE | Bar.SESSION | Bar.LUNCH | Bar.OTHER_OFFICE | Bar.AGREED

#: Of more people than these their number is told.
MOST_NAMED = 3

#: Causes that no single person's or room's change would undo, or that need none.
_BEYOND_HELP = (Cause.NO_DAY, Cause.CLOSED, Cause.SEATS, Cause.NO_ROOM, Cause.TRIP, Cause.NOTHING)


def why_unplaced(
    problem: PlanningProblem,
    placements: Iterable[Placement],
    session_id: str,
    names: Names = NO_NAMES,
    *,
    viewer: str | None = None,
) -> str:
    """Say what keeps a session out of a plan, and the smallest change that would let it in.

    Args:
        viewer: the person who reads it; None is whoever has the whole problem.

    Raises:
        KeyError: there is no such session.
    """
    session = problem.session_by_id[session_id]
    others = [placement for placement in placements if placement.session != session_id]
    blockage = blockage_of(Standing(problem, others), others, session)
    return _Words(problem, viewer, names).of_blockage(blockage)


def reasons_for_unplaced(
    problem: PlanningProblem,
    placements: Sequence[Placement],
    names: Names = NO_NAMES,
    *,
    discreet: bool = False,
) -> tuple[Reasoned, ...]:
    """A reason for every session that the placements leave out."""
    standing, words = Standing(problem, placements), _Words(problem, None, names, discreet=discreet)
    placed = {placement.session for placement in placements}
    return tuple(
        Reasoned(session.id, words.of_blockage(blockage_of(standing, placements, session)))
        for session in problem.sessions
        if session.id not in placed
    )


def why_not_at(
    standing: Standing,
    placements: Sequence[Placement],
    before: Placement,
    names: Names = NO_NAMES,
    *,
    viewer: str | None = None,
) -> str:
    """Say what keeps a session from a start that it had in another plan.

    Args:
        standing: the placements, entered; left as it was.

    Raises:
        KeyError: there is no such session.
    """
    problem = standing.problem
    session = problem.session_by_id[before.session]
    words = _Words(problem, viewer, names, _local(problem, session, before.start).date())
    if session.fixed is not None:
        return words.agreed_for(session, session.fixed.start)
    now = next((placement for placement in placements if placement.session == session.id), None)
    others = [placement for placement in placements if placement is not now]
    if now is not None:
        standing.strike(now)
    blockage = blockage_of(standing, others, session, start=before.start)
    if now is not None:
        standing.enter(now)
    return words.of_start(blockage, before.start)


def why_conflicting(
    problem: PlanningProblem,
    session_id: str,
    names: Names = NO_NAMES,
    *,
    viewer: str | None = None,
    discreet: bool = False,
) -> str:
    """Say who of an agreed session cannot be there any more.

    Raises:
        KeyError: there is no such session, or it was not agreed.
    """
    agreed = {
        session.id: Placement(session.id, session.fixed.start, session.fixed.room, session.fixed.juniors)
        for session in problem.sessions
        if session.fixed is not None
    }
    return _Words(problem, viewer, names, discreet=discreet).of_conflict(
        agreed.pop(session_id), agreed.values()
    )


def why_not_day(
    problem: PlanningProblem,
    plan: Plan,
    senior: str,
    day: date,
    names: Names = NO_NAMES,
    *,
    viewer: str | None = None,
) -> str:
    """Say why a senior's sessions are not held on a date, each asked with the rest of the plan as it is.

    Raises:
        KeyError: there is no such person.
    """
    words, person = _Words(problem, viewer, names, day), problem.person_by_id[senior]
    own = [s for s in problem.sessions if s.senior == senior and s.office is not None and s.fixed is None]
    there = [session.id for session in own if _date_of(problem, plan, session) == day]
    elsewhere = [session for session in own if session.id not in there]
    said = [words.already(there)] if there else []
    if not there and day in person.avoid:
        return words.day_off(day, senior)
    if elsewhere or not own:
        standing = Standing(problem, plan.placements)
        asked = [_asked(standing, plan, session, day) for session in elsewhere]
        said += words.of_day(day, person, asked, beside=len(there))
    return "; ".join(said)


def why_not_moved(
    problem: PlanningProblem,
    placements: Iterable[Placement],
    senior: str,
    day: date,
    to: date,
    names: Names = NO_NAMES,
    *,
    sessions: Names = NO_NAMES,
    viewer: str | None = None,
    discreet: bool = False,
) -> tuple[str, ...]:
    """Say why what a senior holds on `day` is not held on the date `to`, as one day, the rest as it is.

    Args:
        sessions: names of sessions, for where their ids may be those of people, too.

    Returns:
        What could be held on that date, then what keeps each of the others from it.

    Raises:
        KeyError: there is no such person.
    """
    words = _Words(problem, viewer, names, to, sessions, discreet)
    person = problem.person_by_id[senior]
    stands = tuple(placements)
    moving, rest = _day_and_rest(problem, stands, senior, day)
    if moving and to == day:
        return (words.already([placement.session for placement in moving]),)
    if to in person.avoid and all(problem.session_by_id[p.session].office for p in moving):
        return (words.day_off(to, senior),)
    other = held_on(problem, stands, senior, day, to)
    held = other.placements if other else ()
    beside = [*rest, *held]
    standing, holds = Standing(problem, beside), {placement.session for placement in held}
    asked = [
        blockage_of(standing, beside, problem.session_by_id[placement.session], to)
        for placement in moving
        if placement.session not in holds
    ]
    return (*words.of_day(to, person, asked, tuple(p.session for p in held)), *words.of_cost(other, senior))


def _day_and_rest(
    problem: PlanningProblem, placements: Iterable[Placement], senior: str, day: date
) -> tuple[list[Placement], list[Placement]]:
    """What a senior holds on a date and was not agreed before; and everything else."""
    moving: list[Placement] = []
    rest: list[Placement] = []
    for placement in placements:
        session = problem.session_by_id[placement.session]
        theirs = session.senior == senior and session.fixed is None
        is_of_day = theirs and _local(problem, session, placement.start).date() == day
        (moving if is_of_day else rest).append(placement)
    return moving, rest


def _asked(standing: Standing, plan: Plan, session: Session, day: date) -> Blockage:
    """What keeps one session, taken out of the plan, from a date."""
    placement = plan.placement_of.get(session.id)
    others = [other for other in plan.placements if other is not placement]
    if placement is not None:
        standing.strike(placement)
    blockage = blockage_of(standing, others, session, day)
    if placement is not None:
        standing.enter(placement)
    return blockage


def _date_of(problem: PlanningProblem, plan: Plan, session: Session) -> date | None:
    placement = plan.placement_of.get(session.id)
    return None if placement is None else _local(problem, session, placement.start).date()


def _local(problem: PlanningProblem, session: Session, instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(problem.zone_of(session)))


def _minute_of_day(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _hit(intervals: Iterable[Interval], when: Interval) -> bool:
    return any(interval.overlaps(when) for interval in intervals)


@dataclass(frozen=True)
class _Words:
    """How one reader is told: without a viewer by names, a person by "you" and by counts."""

    problem: PlanningProblem
    viewer: str | None
    names: Names
    day: date | None = None  #: the one date that is talked of
    sessions: Names = field(
        default_factory=lambda: NO_NAMES
    )  #: where a session has another name than in `names`
    discreet: bool = False  #: without a viewer: no names with people's time and limits

    # ---- people, sessions and rooms

    def told(self, people: Sequence[str], bars: Bar = NO_BAR) -> bool:
        """May this reader know that these people's constraints, or just these bars, are in the way?"""
        if self.viewer is not None:
            return list(people) == [self.viewer]
        if self.discreet and Bar.OFFICE in bars and any(self._is_online_only(who) for who in people):
            return False
        return not self.discreet or (bars != NO_BAR and bars | _NO_SECRET == _NO_SECRET)

    def _is_online_only(self, who: str) -> bool:
        """Whoever works in no office at all has asked for it, which is private."""
        return not self.problem.person_by_id[who].offices

    def name_of(self, id_: str) -> str:
        return self.names.get(id_, id_)

    def name(self, who: str) -> str:
        return "you" if who == self.viewer else self.name_of(who)

    def subject(self, people: Sequence[str]) -> str:
        """Who it is, with "is" or "are"."""
        if list(people) == [self.viewer]:
            return "you are"
        return f"{self.list_of(people)} {verb(len(people))}"

    def list_of(self, ids: Iterable[str]) -> str:
        return joined([self.name_of(id_) for id_ in ids])

    def in_brackets(self, sessions: Sequence[str]) -> str:
        return f" ({self.list_of_sessions(sessions)})" if sessions else ""

    def session_name(self, id_: str) -> str:
        return self.sessions.get(id_) or self.name_of(id_)

    def list_of_sessions(self, ids: Iterable[str]) -> str:
        return joined([self.session_name(id_) for id_ in ids])

    def rooms_of(self, session: Session) -> str:
        office = "the office" if session.office is None else self.name_of(session.office)
        return f"rooms for {session.room_use} in {office}"

    def when(self, session: Session) -> str:
        """Its hours and days: "between 11:30 and 14:30 on 8–19 March"."""
        between = f"between {clock(session.between.opens)} and {clock(session.between.closes)}"
        if self.day is not None:
            return f"{between} that day"
        first = max(session.first_day, self.problem.first_day)
        last = min(session.last_day, self.problem.last_day)
        return f"{between} on {span_words(first, last)}"

    # ---- what stands in the way

    def of_blockage(self, blockage: Blockage) -> str:
        words = self.of_cause(blockage)
        return words if blockage.cause in _BEYOND_HELP else f"{words}; {self.of_help(blockage)}"

    def of_cause(self, blockage: Blockage) -> str:
        session = blockage.session
        match blockage.cause:
            case Cause.NO_DAY:
                return self.no_day(session)
            case Cause.CLOSED:
                return self.closed(session)
            case Cause.SEATS:
                return self.seats(session)
            case Cause.NO_ROOM:
                return self.no_room(session)
            case Cause.SENIOR_CALENDAR:
                return self.senior_calendar(blockage)
            case Cause.PEOPLE_CALENDAR:
                return self.people_calendar(blockage)
            case Cause.ROOM_BUSY:
                return f"all {self.rooms_of(session)} are busy when its people are free {self.when(session)}"
            case Cause.SENIOR_TAKEN | Cause.PEOPLE_TAKEN:
                return self.people_taken(blockage)
            case Cause.ROOM_TAKEN:
                by = self.in_brackets(blockage.sessions) if self.viewer is None else ""
                return (
                    f"all {self.rooms_of(session)} are taken by other sessions{by} when its people are free"
                )
            case Cause.TRIP:
                return self.trip(blockage)
        return self.nothing(blockage)

    def no_day(self, session: Session) -> str:
        its = span_words(session.first_day, session.last_day)
        if self.day is not None:
            return f"its days are {its}"
        window = span_words(self.problem.first_day, self.problem.last_day)
        return f"its days, {its}, lie outside the planning window, {window}"

    def closed(self, session: Session) -> str:
        length = length_words(session.minutes)
        if session.office is None:
            return f"there is no start for {length} {self.when(session)}"
        return f"{self.name_of(session.office)} is not open for {length} {self.when(session)}"

    def seats(self, session: Session) -> str:
        needed = max(session.seats[0], len(session.required))
        if len(session.juniors) < needed:
            needs = counted(needed, "junior is", "juniors are")
            return f"{needs} needed, and {len(session.juniors)} can be invited"
        seats = max(0, session.most_juniors)
        kept = f" beside the {session.open_seats} kept open for booking" if session.open_seats else ""
        return f"{counted(needed, 'seat is', 'seats are')} needed, and there {verb(seats)} {seats}{kept}"

    def no_room(self, session: Session) -> str:
        """What somebody needs of a room is theirs to tell, so a reader who is no admin learns the size."""
        heads = counted(lowest_heads(session), "person", "people")
        what = " and has what they need" if self.viewer is None else ""
        return f"none of the {self.rooms_of(session)} holds {heads}{what}"

    def senior_calendar(self, blockage: Blockage) -> str:
        session = blockage.session
        if not self.told(blockage.people, blockage.bar):
            return self.never_together(session)
        has = "you have" if self.viewer else f"{self.name_of(session.senior)} has"
        days = sorted((blockage.days_barred or {}).items(), key=lambda row: -row[1])
        if self.day is not None:
            why = [_CALENDAR_WORDS[bar].removesuffix(" on") for bar, _ in days]
        else:
            why = [f"{_CALENDAR_WORDS[bar]} {counted(count, 'day')}" for bar, count in days]
        return f"{has} no {free_words(session.minutes)} {self.when(session)} ({', '.join(why)})"

    def people_calendar(self, blockage: Blockage) -> str:
        session = blockage.session
        if not blockage.people:
            return f"{self.too_few(blockage)} free when {self.senior_is(session)}, {self.when(session)}"
        if self.viewer is None and self.told(blockage.people, blockage.bar):
            never = "never free" if len(blockage.people) == 1 else "never all free"
            when = f"when {self.senior_is(session)}, {self.when(session)}"
            return f"{self.subject(blockage.people)} {never} {when}"
        return self.never_together(session)

    def senior_is(self, session: Session) -> str:
        return "the senior is" if not self.told((session.senior,)) else self.subject((session.senior,))

    def never_together(self, session: Session) -> str:
        """Nobody is told whose calendar it is."""
        required = len(must_attend(session))
        if self.viewer == session.senior and required:
            others = "the person" if required == 1 else f"the {required} people"
            return f"you and {others} who should be there are never free together {self.when(session)}"
        return f"the people needed for it are never free together {self.when(session)}"

    def too_few(self, blockage: Blockage) -> str:
        session, most = blockage.session, blockage.most_free
        needed = max(session.seats[0], len(session.required))
        invited = counted(len(session.juniors), "person", "people")
        at_most = f"at most {most} {verb(most)}" if most else "none is"
        return f"of the {invited} invited {needed} {verb(needed)} needed, and {at_most}"

    def people_taken(self, blockage: Blockage) -> str:
        session = blockage.session
        if not blockage.people:
            return f"{self.too_few(blockage)} left beside other sessions {self.when(session)}"
        if not self.told(blockage.people, blockage.bar):
            return (
                f"the people needed for it have no time together beside other sessions {self.when(session)}"
            )
        said = [
            words + (self.in_brackets(blockage.sessions) if bar is Bar.SESSION else "")
            for bar, words in _PLAN_WORDS.items()
            if bar in blockage.bar
        ]
        return f"whenever all else would fit, {self.subject(blockage.people)} {' or '.join(said)}"

    def trip(self, blockage: Blockage) -> str:
        person = self.problem.person_by_id[blockage.people[0]]
        if not self.told((person.id,)):
            return "on no free day the trip is worth it, or leaves the time to travel, for everybody needed"
        return f"no free day suits the trip of {self.limits_of_trip(person)}"

    def nothing(self, blockage: Blockage) -> str:
        if blockage.fits is None:
            raise ValueError(f"{blockage.session.id} fits nowhere")
        start = _local(self.problem, blockage.session, blockage.fits.start)
        at = f"{day_words(start.date())} at {start:%H:%M}"
        return f"it would fit on {at}; the search ended before it was placed"

    # ---- one start

    def agreed_for(self, session: Session, start: datetime) -> str:
        return f"it was agreed for {self.at(session, start)}"

    def at(self, session: Session, start: datetime) -> str:
        """ "12:00 on 10 March"."""
        local = _local(self.problem, session, start)
        return f"{local:%H:%M} on {day_words(local.date())}"

    def of_start(self, blockage: Blockage, start: datetime) -> str:
        """What keeps a session from one start."""
        session, at = blockage.session, self.at(blockage.session, start)
        match blockage.cause:
            case Cause.CLOSED:
                return self.no_start(session, start)
            case Cause.SENIOR_CALENDAR | Cause.PEOPLE_CALENDAR if blockage.people:
                if not self.told(blockage.people, blockage.bar):
                    return f"the people needed for it are not free together at {at}"
                bars = [words for bar, words in _START_WORDS.items() if bar in blockage.bar]
                return f"{self.subject(blockage.people)} {' or '.join(bars)} at {at}"
            case Cause.PEOPLE_CALENDAR:
                return f"{self.too_few(blockage)} free at {at}"
            case Cause.SENIOR_TAKEN | Cause.PEOPLE_TAKEN:
                return self.taken_then(blockage, at)
            case Cause.ROOM_BUSY:
                return f"all {self.rooms_of(session)} are busy at {at}"
            case Cause.ROOM_TAKEN:
                by = self.in_brackets(blockage.sessions) if self.viewer is None else ""
                return f"all {self.rooms_of(session)} are taken by other sessions{by} at {at}"
            case Cause.TRIP:
                return self.no_trip(blockage)
            case Cause.NOTHING:
                return f"it could stand at {at} again; the search ended before that was found"
        return self.of_cause(blockage)

    def no_start(self, session: Session, start: datetime) -> str:
        """Which of the session's own limits, or its office's, leaves the start out."""
        local = _local(self.problem, session, start)
        end = _local(self.problem, session, start + timedelta(minutes=session.minutes))
        day, first, last = local.date(), _minute_of_day(local), _minute_of_day(end) or MINUTES_A_DAY
        if not session.first_day <= day <= session.last_day:
            return f"its days are {span_words(session.first_day, session.last_day)}"
        if not self.problem.first_day <= day <= self.problem.last_day:
            return f"the planning window is {span_words(self.problem.first_day, self.problem.last_day)}"
        if first < session.between.opens or session.between.closes < last:
            return f"it is to be between {clock(session.between.opens)} and {clock(session.between.closes)}"
        if session.office is not None:
            office = self.problem.office_by_id[session.office]
            hours, name = office.open.on(day), self.name_of(office.id)
            if hours is None or day in office.closed:
                return f"{name} is closed on {day_words(day)}"
            if first < hours.opens or hours.closes < last:
                return (
                    f"{name} is open from {clock(hours.opens)} to {clock(hours.closes)} on {day_words(day)}"
                )
        return (
            f"sessions start at every full {self.problem.grid_minutes} minutes, and {local:%H:%M:%S} is none"
        )

    def taken_then(self, blockage: Blockage, at: str) -> str:
        if not blockage.people:
            return f"{self.too_few(blockage)} left beside other sessions at {at}"
        if not self.told(blockage.people, blockage.bar):
            return f"the people needed for it have other sessions at {at}"
        said = [
            words + (self.in_brackets(blockage.sessions) if bar is Bar.SESSION else "")
            for bar, words in _PLAN_WORDS.items()
            if bar in blockage.bar
        ]
        return f"{self.subject(blockage.people)} {' or '.join(said)} at {at}"

    def no_trip(self, blockage: Blockage) -> str:
        person = self.problem.person_by_id[blockage.people[0]]
        day = "that day" if self.day is None else day_words(self.day)
        if not self.told((person.id,)):
            return f"{day} is not worth the trip, or leaves no time to travel, for everybody needed"
        return f"with what else is left on {day}, the trip does not suit {self.limits_of_trip(person)}"

    def limits_of_trip(self, person: Person) -> str:
        """ "ada (comes in for 2 sessions or more)"."""
        fewest, travel = person.min_sessions_per_office_day, person.travel_minutes
        limits = [f"comes in for {fewest} sessions or more"] if fewest > 1 else []
        limits += [f"travels {travel} minutes before and after"] if travel else []
        return f"{self.name(person.id)} ({joined(limits)})"

    # ---- what would help

    def of_help(self, blockage: Blockage) -> str:
        change = blockage.help
        if (change is None or change.bar is Bar.UNKNOWN) and (waits := self.of_unread(blockage)):
            return waits
        if change is None:
            return "no single change would place it"
        days = days_words(change.days)
        if change.person is None:
            return f"one more room on {days} would place it"
        if not self.told((change.person,), change.bar):
            other = "" if self.viewer is None else "other "
            return f"a change in the days of one {other}person in it would place it"
        return self.of_change(change, change.person, days)

    def of_unread(self, blockage: Blockage) -> str | None:
        """What it waits for, where calendars are in the way that nobody has read."""
        people = [who for who in blockage.unread if self.told((who,), Bar.UNKNOWN)]
        if not people:
            return None
        whose = f"the calendar{'' if len(people) == 1 else 's'} of {self.people_named(people)}"
        return f"it has to wait until {'your calendar' if self.viewer else whose} can be read"

    def people_named(self, people: Sequence[str]) -> str:
        """ "Ada and Ben", and past three "9 people"."""
        few = len(people) <= MOST_NAMED
        return (
            joined([self.name_of(who) for who in people]) if few else counted(len(people), "person", "people")
        )

    def of_change(self, change: Help, person: str, days: str) -> str:
        who, whose = self.name(person), "yours" if person == self.viewer else self.name_of(person)
        session = self.problem.session_by_id[change.example.session]
        free = free_words(session.minutes)
        match change.bar:
            case Bar.AVOIDED | Bar.ELSEWHERE | Bar.OFFICE | Bar.OTHER_OFFICE:
                need = f"{who} coming in there on {days}"
            case Bar.SESSION:
                need = f"one more {free} of {whose} beside other sessions on {days}"
            case Bar.LUNCH:
                need = f"one lunch less of {whose} on {days}"
            case Bar.MINUTES:
                need = f"{session.minutes} more minutes for sessions of {whose} on {days}"
            case Bar.WEEK:
                need = f"one more office day of {whose} ({days})"
            case Bar.TURNS:
                need = f"one more session for {who}"
            case Bar.AGREED:
                need = f"a change of what {who} agreed to on {days}"
            case _:
                need = f"one more {free} of {whose} on {days}"
        return f"{need} would place it"

    # ---- conflicts and days

    def of_conflict(self, placement: Placement, others: Iterable[Placement]) -> str:
        session = self.problem.session_by_id[placement.session]
        when = placement.interval(session.minutes)
        people = [self.problem.person_by_id[who] for who in (session.senior, *placement.juniors)]
        busy = [who.id for who in people if _hit(who.busy, when)]
        unread = [who.id for who in people if _hit(who.unknown, when) and who.id not in busy]
        engaged = self.engaged(others, when)
        twice = [who.id for who in people if who.id in engaged]
        start = _local(self.problem, session, placement.start)
        at = f"at {start:%H:%M} on {day_words(start.date())}"
        said = [
            (busy, Bar.BUSY, f"busy {at} now"),
            (unread, Bar.UNKNOWN, f"not known to be free {at}"),
            (twice, Bar.SESSION, f"agreed twice {at}"),
        ]
        told = [f"{self.party(who, bar)} {words}" for who, bar, words in said if who]
        return "; ".join(told) or f"everybody in it can still be there {at}"

    def engaged(self, agreed: Iterable[Placement], when: Interval) -> set[str]:
        """Everybody in an agreed session at that time."""
        people: set[str] = set()
        for placement in agreed:
            session = self.problem.session_by_id[placement.session]
            if placement.interval(session.minutes).overlaps(when):
                people |= {session.senior, *placement.juniors}
        return people

    def party(self, people: Sequence[str], bar: Bar) -> str:
        """Some of the people of one session; a reader learns who only of themselves."""
        if self.viewer is None and self.told(people, bar):
            return self.subject(people)
        if self.viewer is None:
            return f"{len(people)} of the people in it {verb(len(people))}"
        others = len(people) - (self.viewer in people)
        them = f"{others} of the others" if others else ""
        if self.viewer in people:
            return f"you and {them} are" if others else "you are"
        return f"{them} {verb(others)}"

    def already(self, sessions: Sequence[str]) -> str:
        when = "that day" if self.day is None else day_words(self.day)
        return f"{self.list_of_sessions(sessions)} {verb(len(sessions))} proposed for {when} already"

    def day_off(self, day: date, senior: str) -> str:
        if not self.told((senior,)):
            return f"the people needed have no time together on {day_words(day)}"
        return f"{self.subject((senior,))} not coming in on {day_words(day)}"

    def of_day(
        self, day: date, senior: Person, asked: Sequence[Blockage], held: Sequence[str] = (), beside: int = 0
    ) -> list[str]:
        """What each of a senior's sessions says to a date.

        Args:
            held: sessions that can be held there together, when those asked are asked beside them.
            beside: how many more stand there already.
        """
        if not asked and not held:
            return ["none of the sessions is open to another day"]
        blocked = [each for each in asked if each.cause is not Cause.NOTHING]
        crowded = [each.session.id for each in asked if each.cause is Cause.NOTHING]
        fitting = held or crowded
        sessions = counted(len(asked) + len(held), "session")
        how_many = f"{len(fitting)} of {sessions}" if fitting else "none of the sessions"
        could = f"{how_many} could be held on {day_words(day)}"
        said = [could + self.in_brackets(fitting), *self.not_worth_it(day, senior, len(fitting) + beside)]
        if held and crowded:
            said.append(f"{self.list_of_sessions(crowded)}: not beside the others")
        return said + [f"{self.session_name(each.session.id)}: {self.of_cause(each)}" for each in blocked]

    def not_worth_it(self, day: date, senior: Person, count: int) -> list[str]:
        fewest = senior.min_sessions_per_office_day
        if not 0 < count < fewest or day in senior.in_office or not self.told((senior.id,)):
            return []
        return [f"a day is worth the trip for {self.name(senior.id)} from {fewest} sessions on"]

    def of_cost(self, other: OtherDay | None, senior: str) -> list[str]:
        """What holding them on another date would cost beside what has to wait."""
        if other is None or self.viewer not in (None, senior):
            return []
        trips = ["it would take one more trip"] if other.extra_trips > 0 else []
        missed = tuple(dict.fromkeys(other.missed))
        if other.left_out:  # who is in what would have to wait loses a turn anyway
            return trips
        if not missed:
            return trips or ["it would take no more trips, and nobody would lose a turn"]
        who = self.list_of(missed) if self.viewer is None else counted(len(missed), "person", "people")
        return [*trips, f"{who} would lose a turn"]
