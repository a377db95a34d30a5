"""Every rule again, without a solver: what a plan scores, and which rules it breaks.

Written from the format's rules alone; shares no code with the search that makes plans, so that a
mistake there is found here. The numbers of the rules are those of the format.

An *agreed* turn is one that was fixed before the plan: it stands whatever it breaks, but it counts
against everything that the plan chose. A rule about a person's date is therefore broken only where
the plan chose something for that person on that date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from planner.domain import (
    MINUTES_A_DAY,
    SHARE_OF_TURN,
    DayHours,
    Interval,
    Level,
    Person,
    Placement,
    Plan,
    PlanningProblem,
    Reasoned,
    Role,
    Room,
    Score,
    Session,
)
from planner.errors import InvalidPlan


class Rule(StrEnum):
    """What can be broken, by the number of the format's rule."""

    AGREED = "agreed"  #: 1: placed once; what was agreed stands
    ATTENDANCE = "attendance"  #: 2: candidates, required juniors, seats
    START = "start"  #: 3: on the grid, inside its hours and days
    HOURS = "hours"  #: 4: inside everybody's own hours
    BUSY = "busy"  #: 4: nobody busy or unknown
    BREAK = "break"  #: 5
    MINUTES = "minutes"  #: 5: a day's most minutes
    TURNS = "turns"  #: 5: most sessions as a junior
    OFFICE = "office"  #: 6
    ROOM = "room"  #: 7
    LUNCH = "lunch"  #: 8
    WEEK = "week"  #: 9: office days a week
    WORTH_THE_TRIP = "worth_the_trip"  #: 9
    TRAVEL = "travel"  #: 10
    ACCOUNT = "account"  #: the plan's own lists, score and proof


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. `person` and `room` say whose limit it is, so that a page knows whom to show it."""

    rule: Rule
    text: str
    sessions: tuple[str, ...] = ()
    person: str | None = None
    room: str | None = None


@dataclass(frozen=True)
class _Placed:
    """A session where the plan has it. `juniors` are those who exist."""

    session: Session
    placement: Placement
    juniors: tuple[str, ...]
    start: datetime
    end: datetime
    zone: ZoneInfo

    @property
    def id(self) -> str:
        return self.session.id

    @property
    def crowd(self) -> tuple[str, ...]:
        return (self.session.senior, *self.juniors)

    @cached_property
    def local(self) -> tuple[datetime, datetime]:
        return self.start.astimezone(self.zone), self.end.astimezone(self.zone)

    @property
    def day(self) -> date:
        """The date of this session for everyone (lunches, offices, weeks)."""
        return self.local[0].date()

    @cached_property
    def agreed(self) -> frozenset[str]:
        fixed = self.session.fixed
        return frozenset({self.session.senior, *fixed.juniors}) if fixed else frozenset()

    @property
    def picked(self) -> bool:
        """Did the plan choose this session, or somebody in it?"""
        return self.session.fixed is None or not self.agreed.issuperset(self.crowd)

    @property
    def heads(self) -> int:
        """People in its room, seats kept open included."""
        return len(self.crowd) + self.session.open_seats

    @property
    def minutes(self) -> int:
        return self.session.minutes


@dataclass(frozen=True, slots=True)
class _Turn:
    """One person in one placed session."""

    person: Person
    placed: _Placed

    @property
    def agreed(self) -> bool:
        return self.person.id in self.placed.agreed

    @property
    def as_junior(self) -> bool:
        return self.person.id != self.placed.session.senior

    @property
    def in_person(self) -> bool:
        return self.placed.session.office is not None

    @property
    def own_day(self) -> date:
        """The date on the person's own clock."""
        return self.placed.start.astimezone(ZoneInfo(self.person.timezone)).date()


@dataclass(frozen=True)
class _Diary:
    """One person's turns, by time."""

    person: Person
    turns: tuple[_Turn, ...]

    @cached_property
    def on_site(self) -> Mapping[date, tuple[_Turn, ...]]:
        """In-person turns by the session's date."""
        return _grouped((turn for turn in self.turns if turn.in_person), lambda turn: turn.placed.day)

    @cached_property
    def trips(self) -> Mapping[date, tuple[_Turn, ...]]:
        """The office days that this person would not have had anyway."""
        return {day: turns for day, turns in self.on_site.items() if day not in self.person.in_office}

    @cached_property
    def chosen_days(self) -> frozenset[date]:
        """Dates on which the plan chose something for this person: the session's date and their own."""
        chosen = [turn for turn in self.turns if not turn.agreed]
        return frozenset({turn.placed.day for turn in chosen} | {turn.own_day for turn in chosen})

    def agreed_on_site(self, day: date) -> bool:
        return any(turn.agreed for turn in self.on_site.get(day, ()))


def _grouped(turns: Iterable[_Turn], key: Callable[[_Turn], date]) -> dict[date, tuple[_Turn, ...]]:
    groups: defaultdict[date, list[_Turn]] = defaultdict(list)
    for turn in turns:
        groups[key(turn)].append(turn)
    return {day: tuple(group) for day, group in groups.items()}


def _placed(problem: PlanningProblem, placements: Iterable[Placement]) -> list[_Placed]:
    """The placements of sessions that exist, each the first of its session."""
    placed: dict[str, _Placed] = {}
    for placement in placements:
        session = problem.session_by_id.get(placement.session)
        if session is not None and session.id not in placed:
            juniors = tuple(junior for junior in placement.juniors if junior in problem.person_by_id)
            end = placement.start + timedelta(minutes=session.minutes)
            zone = ZoneInfo(problem.zone_of(session))
            placed[session.id] = _Placed(session, placement, juniors, placement.start, end, zone)
    return list(placed.values())


def _diaries(problem: PlanningProblem, placed: Iterable[_Placed]) -> list[_Diary]:
    turns: defaultdict[str, list[_Turn]] = defaultdict(list)
    for one in sorted(placed, key=lambda one: (one.start, one.end, one.id)):
        for who in one.crowd:
            turns[who].append(_Turn(problem.person_by_id[who], one))
    return [_Diary(problem.person_by_id[who], tuple(rows)) for who, rows in turns.items()]


# ---- the door --------------------------------------------------------------------------------


def check_plan(problem: PlanningProblem, plan: Plan, previous: Plan | None = None) -> None:
    """Judge a plan; with the plan before it, also what it says of its moves.

    Raises:
        InvalidPlan: it breaks a rule, or does not say truly what it leaves out, scores or proves.
    """
    broken = violations(problem, plan, previous)
    if broken:
        raise InvalidPlan([violation.text for violation in broken])


def violations(problem: PlanningProblem, plan: Plan, previous: Plan | None = None) -> list[Violation]:
    """Every rule that a plan breaks: those of sessions, then of people, of rooms, and of its account."""
    placed = _placed(problem, plan.placements)
    diaries = _diaries(problem, placed)
    return [
        *_broken_agreements(problem, plan, placed),
        *(broken for one in placed for rule in _SESSION_RULES for broken in rule(problem, one)),
        *(broken for diary in diaries for rule in _PERSON_RULES for broken in rule(diary)),
        *_crowded_rooms(problem, placed),
        *_false_accounts(problem, plan, placed, _score(problem, placed, diaries), diaries),
        *(_false_moves(problem, plan, previous) if previous is not None else ()),
    ]


def score_of(problem: PlanningProblem, placements: Iterable[Placement]) -> Score:
    """What placements are worth, level by level; whether they keep the rules is not asked."""
    placed = _placed(problem, placements)
    return _score(problem, placed, _diaries(problem, placed))


def moved_of(
    problem: PlanningProblem, placements: Iterable[Placement], previous: Plan
) -> Mapping[str, tuple[datetime, datetime | None]]:
    """The sessions of a plan before that start at another instant now, or (None) are not placed.

    Sessions that the problem does not have are left out. Other juniors or another room move nothing.
    """
    now = {placement.session: placement.start for placement in placements}
    old = {placement.session: placement.start for placement in previous.placements}
    return {
        id_: (start, now.get(id_))
        for id_, start in old.items()
        if id_ in problem.session_by_id and now.get(id_) != start
    }


def office_days(problem: PlanningProblem, placements: Iterable[Placement]) -> Mapping[str, int]:
    """Each person's trips: dates with an in-person session on which they would not come in anyway."""
    return {diary.person.id: len(diary.trips) for diary in _diaries(problem, _placed(problem, placements))}


def conflicts_of(problem: PlanningProblem, placements: Iterable[Placement]) -> tuple[Reasoned, ...]:
    """The agreed sessions that no longer fit: somebody in them is busy, unknown, or agreed to another then.

    The reasons name people by their ids.
    """
    placed = [one for one in _placed(problem, placements) if one.session.fixed]
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for one in placed:
        reasons[one.id] += [words for _, words in _clashes(problem, one)]
    for diary in _diaries(problem, placed):
        agreed = [turn.placed for turn in diary.turns if turn.agreed]
        for first, second in _overlapping(agreed, timedelta()):
            for one, other in ((first, second), (second, first)):
                reasons[one.id].append(f"{diary.person.id} has {other.id} agreed at the same time")
    return tuple(Reasoned(one.id, "; ".join(reasons[one.id])) for one in placed if reasons[one.id])


def _clashes(problem: PlanningProblem, one: _Placed) -> Iterator[tuple[str, str]]:
    """Who of those agreed is busy or unknown during an agreed session, with the words for it."""
    for who in one.crowd:
        person = problem.person_by_id[who]
        if who not in one.agreed:
            continue
        if _hit(person.busy, one.start, one.end):
            yield who, f"{who} is busy then now"
        elif _hit(person.unknown, one.start, one.end):
            yield who, f"the calendar of {who} could not be read for that time"


# ---- score -----------------------------------------------------------------------------------


def _score(problem: PlanningProblem, placed: Sequence[_Placed], diaries: Iterable[_Diary]) -> Score:
    reached = {junior for one in placed for junior in one.juniors}
    trips = {role: [diary for diary in diaries if diary.person.role is role] for role in Role}
    return Score(
        reached=sum(problem.person_by_id[junior].need for junior in reached),
        placed=sum(one.session.weight for one in placed),
        senior_days=sum(len(diary.trips) for diary in trips[Role.SENIOR]),
        share=sum(_share(diary) for group in trips.values() for diary in group),
        junior_days=sum(len(diary.trips) for diary in trips[Role.JUNIOR]),
        idle=sum(_idle(turns) for diary in trips[Role.SENIOR] for turns in diary.trips.values()),
    )


def _share(diary: _Diary) -> int:
    turns = sum(turn.as_junior for turn in diary.turns)
    return diary.person.need * sum(SHARE_OF_TURN[:turns])


def _idle(turns: Sequence[_Turn]) -> int:
    """Minutes of one office day between its sessions."""
    begin = min(turn.placed.start for turn in turns)
    finish = max(turn.placed.end for turn in turns)
    return Interval(begin, finish).minutes - sum(turn.placed.minutes for turn in turns)


# ---- rules of one session (1 to 4, 6 and 7) --------------------------------------------------


def _broken_agreements(
    problem: PlanningProblem, plan: Plan, placed: Iterable[_Placed]
) -> Iterator[Violation]:
    seen: set[str] = set()
    for placement in plan.placements:
        if placement.session not in problem.session_by_id:
            yield Violation(Rule.AGREED, f"{placement.session}: no such session")
        elif placement.session in seen:
            yield Violation(Rule.AGREED, f"{placement.session}: placed twice", (placement.session,))
        seen.add(placement.session)
    listed = {conflict.session for conflict in plan.conflicts}
    for one in placed:
        yield from _broken_agreement(problem, one, listed)
    for session in problem.sessions:
        if session.fixed and session.id not in seen:
            yield Violation(Rule.AGREED, f"{session.id}: agreed, and left out", (session.id,))


def _broken_agreement(problem: PlanningProblem, one: _Placed, listed: Collection[str]) -> Iterator[Violation]:
    fixed = one.session.fixed
    if fixed is None:
        return
    if (fixed.start, fixed.room) != (one.start, one.placement.room) or set(fixed.juniors) - set(one.juniors):
        yield Violation(Rule.AGREED, f"{one.id}: agreed, and moved or changed", (one.id,))
    if one.id not in listed:
        for who, words in _clashes(problem, one):
            yield Violation(Rule.AGREED, f"{one.id}: {words}, and conflicts does not list it", (one.id,), who)


def _wrong_attendance(problem: PlanningProblem, one: _Placed) -> Iterator[Violation]:
    session, chosen = one.session, set(one.juniors)

    def wrong(words: str, person: str | None = None) -> Violation:
        return Violation(Rule.ATTENDANCE, f"{one.id}: {words}", (one.id,), person)

    for stranger in sorted(set(one.placement.juniors) - chosen):
        yield wrong(f"no such person, {stranger}")
    if len(chosen) < len(one.juniors):
        yield wrong("somebody is named twice")
    for junior in sorted(chosen - set(session.juniors) - one.agreed):
        yield wrong(f"{junior} is no candidate", junior)
    if session.fixed is None:
        for junior in sorted(session.required - chosen):
            yield wrong(f"{junior} is required, and left out", junior)
        if len(one.juniors) < session.seats[0]:
            yield wrong(f"{len(one.juniors)} juniors, and {session.seats[0]} at least are needed")
    if one.picked and len(one.juniors) > session.most_juniors:
        yield wrong(f"{len(one.juniors)} juniors, and at most {session.most_juniors} have a seat")


def _wrong_start(problem: PlanningProblem, one: _Placed) -> Iterator[Violation]:
    session = one.session
    if session.fixed is not None:
        return
    local, local_end = one.local
    first, last = max(problem.first_day, session.first_day), min(problem.last_day, session.last_day)
    if local.minute % problem.grid_minutes or local.second or local.microsecond:
        yield Violation(Rule.START, f"{one.id}: starts off the grid", (one.id,))
    if not first <= one.day <= last:
        yield Violation(Rule.START, f"{one.id}: {one.day} is outside its days", (one.id,))
    if not _inside(session.between, local, local_end):
        yield Violation(Rule.START, f"{one.id}: outside its hours of the day", (one.id,))


def _unfree_people(problem: PlanningProblem, one: _Placed) -> Iterator[Violation]:
    for who in one.crowd:
        person = problem.person_by_id[who]
        if who in one.agreed:
            continue
        zone = ZoneInfo(person.timezone)
        start, end = one.start.astimezone(zone), one.end.astimezone(zone)
        if not _inside(person.hours.on(start.date()), start, end):
            yield Violation(Rule.HOURS, f"{one.id}: outside the hours of {who}", (one.id,), who)
        if _hit(person.busy, one.start, one.end):
            yield Violation(Rule.BUSY, f"{one.id}: {who} is busy", (one.id,), who)
        elif _hit(person.unknown, one.start, one.end):
            yield Violation(Rule.BUSY, f"{one.id}: the calendar of {who} is unknown then", (one.id,), who)


def _wrong_office(problem: PlanningProblem, one: _Placed) -> Iterator[Violation]:
    if one.session.office is None:
        return
    office = problem.office_by_id[one.session.office]
    shut = one.day in office.closed or not _inside(office.open.on(one.day), *one.local)
    if one.session.fixed is None and shut:
        yield Violation(Rule.OFFICE, f"{one.id}: {office.id} is closed", (one.id,))
    for who in one.crowd:
        person = problem.person_by_id[who]
        if who in one.agreed:
            continue
        if office.id not in person.offices:
            yield Violation(Rule.OFFICE, f"{one.id}: {who} does not work in {office.id}", (one.id,), who)
        if _hit(person.elsewhere, one.start, one.end):
            yield Violation(Rule.OFFICE, f"{one.id}: {who} works elsewhere then", (one.id,), who)
        if one.day in person.avoid:
            yield Violation(Rule.OFFICE, f"{one.id}: {who} does not come in on {one.day}", (one.id,), who)


def _wrong_room(problem: PlanningProblem, one: _Placed) -> Iterator[Violation]:
    """The room's own part of rule 7; who else is in it is `_crowded_rooms`."""
    session, id_ = one.session, one.placement.room
    room = problem.room_by_id.get(id_) if id_ is not None else None
    if session.room_use is not None and room is not None:
        for words in _room_mistakes(problem, one, room):
            yield Violation(Rule.ROOM, f"{one.id}: {words}", (one.id,), None, room.id)
    elif session.fixed is None and session.room_use is not None:
        yield Violation(Rule.ROOM, f"{one.id}: needs a room", (one.id,))
    elif session.fixed is None and id_ is not None:
        yield Violation(Rule.ROOM, f"{one.id}: has a room, and needs none", (one.id,), None, id_)


def _room_mistakes(problem: PlanningProblem, one: _Placed, room: Room) -> Iterator[str]:
    session = one.session
    choosers = [problem.person_by_id[who] for who in one.crowd if who not in one.agreed]
    lacking = {need for person in choosers for need in person.room_needs} - room.features
    if lacking:
        yield f"{room.id} has no {', '.join(sorted(lacking))}"
    if one.picked and one.heads > room.capacity:
        yield f"{one.heads} people in {room.id}, which holds {room.capacity}"
    if session.fixed is None:
        if room.office != session.office or session.room_use not in room.uses:
            yield f"{room.id} does not serve {session.room_use} in {session.office}"
        if _hit(room.busy, one.start, one.end):
            yield f"{room.id} is taken"


_SESSION_RULES: tuple[Callable[[PlanningProblem, _Placed], Iterator[Violation]], ...] = (
    _wrong_attendance,
    _wrong_start,
    _unfree_people,
    _wrong_office,
    _wrong_room,
)


# ---- rules of one person (5, 6, 8, 9 and 10) -------------------------------------------------


def _no_break(diary: _Diary) -> Iterator[Violation]:
    person = diary.person
    agreed = {turn.placed.id: turn.agreed for turn in diary.turns}
    placed = [turn.placed for turn in diary.turns]
    for first, second in _overlapping(placed, timedelta(minutes=person.break_minutes)):
        if not (agreed[first.id] and agreed[second.id]):
            words = f"{person.id}: {first.id} and {second.id} overlap, or leave no break"
            yield Violation(Rule.BREAK, words, (first.id, second.id), person.id)


def _overlapping(placed: Sequence[_Placed], pause: timedelta) -> Iterator[tuple[_Placed, _Placed]]:
    """Pairs with less than the pause between them; `placed` is sorted by start."""
    for index, first in enumerate(placed):
        for second in placed[index + 1 :]:
            if second.start >= first.end + pause:
                break
            yield first, second


def _too_many_minutes(diary: _Diary) -> Iterator[Violation]:
    person = diary.person
    for day, turns in _grouped(diary.turns, lambda turn: turn.own_day).items():
        total = sum(turn.placed.minutes for turn in turns)
        if total > person.max_minutes_per_day and day in diary.chosen_days:
            yield _of_day(Rule.MINUTES, f"{total} minutes on {day}", person, turns)


def _too_many_turns(diary: _Diary) -> Iterator[Violation]:
    person = diary.person
    turns = [turn for turn in diary.turns if turn.as_junior]
    most = person.max_sessions
    if most is not None and len(turns) > most and not all(turn.agreed for turn in turns):
        yield _of_day(Rule.TURNS, f"{len(turns)} sessions, and {most} at most", person, turns)


def _two_lunches(diary: _Diary) -> Iterator[Violation]:
    lunches = (turn for turn in diary.turns if turn.placed.session.kind.is_lunch)
    for day, turns in _grouped(lunches, lambda turn: turn.placed.day).items():
        if len(turns) > 1 and day in diary.chosen_days:
            yield _of_day(Rule.LUNCH, f"two lunches on {day}", diary.person, turns)


def _two_offices(diary: _Diary) -> Iterator[Violation]:
    for day, turns in diary.on_site.items():
        offices = {turn.placed.session.office for turn in turns}
        if len(offices) > 1 and day in diary.chosen_days:
            yield _of_day(Rule.OFFICE, f"two offices on {day}", diary.person, turns)


def _too_many_office_days(diary: _Diary) -> Iterator[Violation]:
    person = diary.person
    weeks: defaultdict[tuple[int, int], list[date]] = defaultdict(list)
    for day in diary.on_site:
        weeks[day.isocalendar()[:2]].append(day)
    for (_, week), days in weeks.items():
        chosen = [day for day in days if not diary.agreed_on_site(day)]
        if len(days) > person.max_office_days_per_week and chosen:
            turns = [turn for day in chosen for turn in diary.on_site[day]]
            yield _of_day(Rule.WEEK, f"{len(days)} office days in week {week}", person, turns)


def _not_worth_the_trip(diary: _Diary) -> Iterator[Violation]:
    fewest = diary.person.min_sessions_per_office_day
    for day, turns in diary.trips.items():
        if len(turns) < fewest and not diary.agreed_on_site(day):
            words = f"{len(turns)} sessions on {day}, too few to come in for"
            yield _of_day(Rule.WORTH_THE_TRIP, words, diary.person, turns)


def _no_time_to_travel(diary: _Diary) -> Iterator[Violation]:
    person = diary.person
    travel = timedelta(minutes=person.travel_minutes)
    if not travel:
        return
    for day, turns in diary.trips.items():
        # Of several that start or end a day together, one that the plan chose has to leave the time.
        begin, begin_agreed = min((turn.placed.start, turn.agreed) for turn in turns)
        finish, finish_agreed = max((turn.placed.end, turn.agreed) for turn in turns)
        for low, high, agreed in (
            (begin - travel, begin, begin_agreed),
            (finish, finish + travel, finish_agreed),
        ):
            if not agreed and _engaged(diary, low, high):
                yield _of_day(Rule.TRAVEL, f"no time to travel on {day}", person, turns)


def _engaged(diary: _Diary, start: datetime, end: datetime) -> bool:
    """Is anything in this person's calendar or plan between two instants?"""
    person = diary.person
    if _hit(person.busy, start, end) or _hit(person.unknown, start, end):
        return True
    return any(turn.placed.start < end and start < turn.placed.end for turn in diary.turns)


def _of_day(rule: Rule, words: str, person: Person, turns: Iterable[_Turn]) -> Violation:
    return Violation(rule, f"{person.id}: {words}", tuple(turn.placed.id for turn in turns), person.id)


_PERSON_RULES: tuple[Callable[[_Diary], Iterator[Violation]], ...] = (
    _no_break,
    _too_many_minutes,
    _too_many_turns,
    _two_lunches,
    _two_offices,
    _too_many_office_days,
    _not_worth_the_trip,
    _no_time_to_travel,
)


# ---- rooms (7) -------------------------------------------------------------------------------


def _crowded_rooms(problem: PlanningProblem, placed: Iterable[_Placed]) -> Iterator[Violation]:
    by_room: defaultdict[str, list[_Placed]] = defaultdict(list)
    for one in placed:
        room = one.placement.room
        if one.session.room_use is not None and room is not None and room in problem.room_by_id:
            by_room[room].append(one)
    for id_, rows in by_room.items():
        yield from _crowded_room(problem.room_by_id[id_], sorted(rows, key=lambda one: one.start))


def _crowded_room(room: Room, rows: Sequence[_Placed]) -> Iterator[Violation]:
    """A room is fullest at the start of some session; those who agreed to crowd it may."""
    inside: list[_Placed] = []
    for index, one in enumerate(rows):
        inside = [other for other in inside if other.end > one.start] + [one]
        if index + 1 < len(rows) and rows[index + 1].start == one.start:
            continue
        if not any(other.picked for other in inside):
            continue
        ids = tuple(other.id for other in inside)
        if not room.shared and len(inside) > 1:
            yield Violation(Rule.ROOM, f"{room.id}: {ids[0]} and {ids[1]} overlap", ids, None, room.id)
        elif room.shared and sum(other.heads for other in inside) > room.capacity:
            words = f"{room.id}: more people than seats at {one.start:%Y-%m-%d %H:%M} UTC"
            yield Violation(Rule.ROOM, words, ids, None, room.id)


# ---- the plan's own account ------------------------------------------------------------------


def _false_accounts(
    problem: PlanningProblem, plan: Plan, placed: Iterable[_Placed], score: Score, diaries: Iterable[_Diary]
) -> Iterator[Violation]:
    def false(words: str, *sessions: str) -> Violation:
        return Violation(Rule.ACCOUNT, words, sessions)

    missing = set(problem.session_by_id) - {one.id for one in placed}
    listed = {one.session for one in plan.unplaced}
    for id_ in sorted(missing - listed):
        yield false(f"{id_}: left out, and unplaced does not list it", id_)
    for id_ in sorted(listed - missing):
        yield false(f"{id_}: listed as unplaced, and it is placed or unknown", id_)
    for one in plan.unplaced:
        if not one.reason:
            yield false(f"{one.session}: unplaced without a reason", one.session)
    if plan.score != score:
        yield false(f"it claims {plan.score}, it scores {score}")
    yield from (false(words) for words in _false_proofs(plan, score, diaries))


def _false_proofs(plan: Plan, score: Score, diaries: Iterable[_Diary]) -> Iterator[str]:
    for proof in plan.proof:
        if proof.level is Level.MOVED:  # depends on the plan before, which is not known here
            continue
        true_value = score.at(proof.level)
        beaten = proof.bound < proof.value if proof.level.more_is_better else proof.bound > proof.value
        if beaten or proof.value != true_value:
            yield f"proof of {proof.level}: value {proof.value}, bound {proof.bound}, score {true_value}"
    days = {diary.person.id: len(diary.trips) for diary in diaries}
    for senior in plan.seniors:
        true_days = days.get(senior.senior, 0)
        if senior.days != true_days or senior.bound > true_days:
            yield f"proof of {senior.senior}: {senior.days} days, bound {senior.bound}, really {true_days}"


def _false_moves(problem: PlanningProblem, plan: Plan, previous: Plan) -> Iterator[Violation]:
    def false(words: str, *sessions: str) -> Violation:
        return Violation(Rule.ACCOUNT, words, sessions)

    moved = moved_of(problem, plan.placements, previous)
    listed = {move.session: (move.before, move.now) for move in plan.moved or ()}
    for id_ in sorted(moved.keys() | listed.keys()):
        if listed.get(id_) != moved.get(id_):
            yield false(f"{id_}: moved says {listed.get(id_)}, and it is {moved.get(id_)}", id_)
    for move in plan.moved or ():
        if not move.reason:
            yield false(f"{move.session}: moved without a reason", move.session)
    for proof in plan.proof:
        if proof.level is Level.MOVED and not proof.bound <= proof.value == len(moved):
            yield false(f"proof of moved: value {proof.value}, bound {proof.bound}, really {len(moved)}")


# ---- time ------------------------------------------------------------------------------------


def _hit(intervals: Iterable[Interval], start: datetime, end: datetime) -> bool:
    return any(interval.start < end and start < interval.end for interval in intervals)


def _inside(hours: DayHours | None, start: datetime, end: datetime) -> bool:
    """Lies a stretch of one local day inside its hours? Clock against clock, as a person reads them.

    An end at midnight is 24:00 of the day before; on the day of a clock change the clocks at both
    ends count, whatever happened between them.
    """
    if hours is None:
        return False
    closes = end.hour * 60 + end.minute
    if end.date() != start.date():
        if closes or end.date() != start.date() + timedelta(days=1):
            return False
        closes = MINUTES_A_DAY
    return hours.opens <= start.hour * 60 + start.minute and closes <= hours.closes
