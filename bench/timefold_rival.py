"""Timefold on a problem, with all ten rules and the goals in their order, for the bench.

    python -m bench.timefold_rival PROBLEM ANSWER SECONDS

What a meeting may take – every start that calendars, hours and rooms allow, with each such room – is
worked out by `planner.slots` and handed to Timefold as its values. Rules between sessions are
constraint streams: what a person does is grouped and asked whole. A candidate who is free attends
unless left out, the required first, so that a meeting is never placed with nobody in it.
"""

# Timefold translates lambdas and what they call to Java byte code, and runs in Python – a hundred times
# slower – what it cannot translate: so functions stay short and plain, and annotations real and bare.
# ruff: noqa: SIM102, SIM110, PLW0108
# mypy: disable-error-code="type-arg, var-annotated, untyped-decorator, union-attr, attr-defined"

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from timefold.solver import SolverFactory
from timefold.solver.config import Duration, ScoreDirectorFactoryConfig, SolverConfig, TerminationConfig
from timefold.solver.domain import (
    PlanningEntityCollectionProperty,
    PlanningId,
    PlanningPin,
    PlanningScore,
    PlanningVariable,
    ProblemFactCollectionProperty,
    ValueRangeProvider,
    planning_entity,
    planning_solution,
)
from timefold.solver.score import (
    BendableScore,
    Constraint,
    ConstraintCollectors,
    ConstraintFactory,
    Joiners,
    constraint_provider,
)

from planner.documents import read_problem
from planner.domain import PlanningProblem, Role
from planner.slots import CandidateSlots, SessionSlots

#: Goals below the hard level: reached, placed, senior_days, share, junior_days, idle.
GOALS = 6


@dataclass(eq=False)
class Person:
    id: str
    senior: bool
    need: int
    pause: int
    travel: int
    fewest_a_trip: int
    most_minutes: int
    most_days: int
    most_turns: int
    comes_anyway: set[int]
    busy_from: list[int]
    busy_to: list[int]
    own_dates: dict[int, int]  #: start -> date on the person's own clock


@dataclass(eq=False)
class Room:
    id: str
    capacity: int
    shared: bool


@dataclass(eq=False)
class Place:
    """A start, with a room where one is needed."""

    start: int
    end: int
    date: int
    room: Room | None
    room_id: str
    seats: int  #: juniors that the room holds beside the senior and the open seats


@dataclass(eq=False)
class LeftOut:
    id: Annotated[int, PlanningId]


@planning_entity
@dataclass(eq=False)
class Meeting:
    id: Annotated[str, PlanningId]
    senior: Person
    minutes: int
    weight: int
    lunch: bool
    office: str  #: "" online
    fewest: int
    most: int  #: juniors beside those agreed
    open_seats: int
    size: int  #: seats it has
    agreed: set[str]  #: people who were agreed with it, the senior too; empty: it is free
    places: Annotated[list[Place], ValueRangeProvider(id="places")]
    pinned: Annotated[bool, PlanningPin]
    place: Annotated[
        Place | None, PlanningVariable(allows_unassigned=True, value_range_provider_refs=["places"])
    ] = field(default=None)


@planning_entity
@dataclass(eq=False)
class Seat:
    id: Annotated[str, PlanningId]
    meeting_id: str
    person: Person
    order: int
    required: bool
    held: bool
    free: set[int]  #: starts
    rooms: set[str]
    pinned: Annotated[bool, PlanningPin]
    left_out: Annotated[
        LeftOut | None, PlanningVariable(allows_unassigned=True, value_range_provider_refs=["left_out"])
    ] = field(default=None)


@planning_solution
@dataclass(eq=False)
class Programme:
    left_out: Annotated[list[LeftOut], ProblemFactCollectionProperty, ValueRangeProvider(id="left_out")]
    meetings: Annotated[list[Meeting], PlanningEntityCollectionProperty]
    seats: Annotated[list[Seat], PlanningEntityCollectionProperty]
    score: Annotated[
        BendableScore, PlanningScore(bendable_hard_levels_size=1, bendable_soft_levels_size=GOALS)
    ] = field(default=None)


# ---- what the rules ask ----------------------------------------------------------------------


def crowd(meeting: Meeting, seats: list) -> list:
    """Who attends: all that were agreed, and of the others the first that are free and not left out."""
    place = meeting.place
    most = min(meeting.most, place.seats)
    ordered = [None] * meeting.size
    for seat in seats:
        ordered[seat.order] = seat
    there = []
    for seat in ordered:
        if seat.held:
            there.append(seat.person)
    chosen = 0
    for seat in ordered:
        if not seat.held and chosen < most and seat.left_out is None:
            if place.start in seat.free and place.room_id in seat.rooms:
                there.append(seat.person)
                chosen = chosen + 1
    return there


def lacking(meeting: Meeting, seats: list) -> int:
    """Rule 2: juniors that are missing, each required one among them."""
    there = crowd(meeting, seats)
    short = max(0, meeting.fewest - len(there))
    for seat in seats:
        if seat.required and seat.person not in there:
            short = short + 1
    return short


def heads(meeting: Meeting, seats: list) -> int:
    return 1 + len(crowd(meeting, seats)) + meeting.open_seats


def crowding(room: Room, uses: list) -> int:
    """Rule 7: heads too many, or sessions at one time where a room is not shared."""
    over = 0
    for use in uses:
        over = over + beyond(room, use[0], uses)
    return over


def beyond(room: Room, moment: int, uses: list) -> int:
    people = 0
    sessions = 0
    for use in uses:
        if use[0] <= moment and moment < use[1]:
            people = people + use[2]
            sessions = sessions + 1
    if room.shared:
        return max(0, people - room.capacity)
    return sessions - 1


def is_chosen(person: Person, meetings: list, day: int) -> bool:
    """Did the plan choose something for this person on that date?"""
    for one in meetings:
        if person.id not in one.agreed:
            if one.place.date == day or person.own_dates[one.place.start] == day:
                return True
    return False


def is_agreed(person: Person, meetings: list, day: int) -> bool:
    """Was something in an office agreed for that date?"""
    for one in meetings:
        if person.id in one.agreed and one.office != "" and one.place.date == day:
            return True
    return False


def overlaps(person: Person, meetings: list) -> int:
    """Rule 5: two at once, or no break between them."""
    wrong = 0
    for one in meetings:
        for other in meetings:
            if one.id < other.id and (person.id not in one.agreed or person.id not in other.agreed):
                if one.place.start < other.place.end + person.pause:
                    if other.place.start < one.place.end + person.pause:
                        wrong = wrong + 1
    return wrong


def long_days(person: Person, meetings: list) -> int:
    """Rule 5: minutes of a date."""
    minutes = {}
    for one in meetings:
        day = person.own_dates[one.place.start]
        minutes[day] = minutes.get(day, 0) + one.minutes
    wrong = 0
    for day in minutes:
        if minutes[day] > person.most_minutes and is_chosen(person, meetings, day):
            wrong = wrong + 1
    return wrong


def extra_turns(person: Person, meetings: list) -> int:
    """Rule 5: sessions as a junior."""
    turns = turns_of(person, meetings)
    agreed = 0
    for one in meetings:
        if one.senior.id != person.id and person.id in one.agreed:
            agreed = agreed + 1
    if turns > person.most_turns and turns > agreed:
        return turns - person.most_turns
    return 0


def lunches(person: Person, meetings: list) -> int:
    """Rule 8."""
    count = {}
    for one in meetings:
        if one.lunch:
            count[one.place.date] = count.get(one.place.date, 0) + 1
    wrong = 0
    for day in count:
        if count[day] > 1 and is_chosen(person, meetings, day):
            wrong = wrong + count[day] - 1
    return wrong


def two_offices(person: Person, meetings: list) -> int:
    """Rule 6."""
    office = {}
    wrong = 0
    for one in meetings:
        day = one.place.date
        if one.office != "":
            if office.get(day, one.office) != one.office and is_chosen(person, meetings, day):
                wrong = wrong + 1
            office[day] = one.office
    return wrong


def sessions_by_day(meetings: list) -> dict:
    count = {}
    for one in meetings:
        if one.office != "":
            count[one.place.date] = count.get(one.place.date, 0) + 1
    return count


def full_weeks(person: Person, meetings: list) -> int:
    """Rule 9: office days a week."""
    weeks = {}
    free = {}
    for day in sessions_by_day(meetings):
        week = (day - 1) // 7
        weeks[week] = weeks.get(week, 0) + 1
        if not is_agreed(person, meetings, day):
            free[week] = 1
    wrong = 0
    for week in weeks:
        if weeks[week] > person.most_days and week in free:
            wrong = wrong + weeks[week] - person.most_days
    return wrong


def poor_trips(person: Person, meetings: list) -> int:
    """Rule 9: worth the trip."""
    count = sessions_by_day(meetings)
    wrong = 0
    for day in count:
        if day not in person.comes_anyway and count[day] < person.fewest_a_trip:
            if not is_agreed(person, meetings, day):
                wrong = wrong + person.fewest_a_trip - count[day]
    return wrong


def hurried_trips(person: Person, meetings: list) -> int:
    """Rule 10."""
    if person.travel == 0:
        return 0
    wrong = 0
    for day in sessions_by_day(meetings):
        if day not in person.comes_anyway:
            wrong = wrong + no_way(person, meetings, day)
    return wrong


def no_way(person: Person, meetings: list, day: int) -> int:
    """Rule 10 on one date: ends of the trip that are not clear."""
    first = 0
    last = 0
    first_held = True
    last_held = True
    begun = False
    for one in meetings:
        if one.office != "" and one.place.date == day:
            held = person.id in one.agreed
            start = one.place.start
            end = one.place.end
            if not begun or start < first or (start == first and not held):
                first = start
                first_held = held
            if not begun or end > last or (end == last and held):
                last = end
                last_held = held
            begun = True
    wrong = 0
    if not first_held and engaged(person, meetings, first - person.travel, first):
        wrong = wrong + 1
    if not last_held and engaged(person, meetings, last, last + person.travel):
        wrong = wrong + 1
    return wrong


def engaged(person: Person, meetings: list, low: int, high: int) -> bool:
    for one in meetings:
        if one.place.start < high and low < one.place.end:
            return True
    for index in range(len(person.busy_from)):
        if person.busy_from[index] < high and low < person.busy_to[index]:
            return True
    return False


def trips(person: Person, meetings: list) -> int:
    days = {}
    for one in meetings:
        if one.office != "" and one.place.date not in person.comes_anyway:
            days[one.place.date] = 1
    return len(days)


def turns_of(person: Person, meetings: list) -> int:
    turns = 0
    for one in meetings:
        if one.senior.id != person.id:
            turns = turns + 1
    return turns


def share(person: Person, meetings: list) -> int:
    points = 0
    worth = [60, 30, 20, 15, 12, 10]
    for turn in range(min(6, turns_of(person, meetings))):
        points = points + worth[turn]
    return person.need * points


def idle(person: Person, meetings: list) -> int:
    first = {}
    last = {}
    held = 0
    for one in meetings:
        day = one.place.date
        if one.office != "" and day not in person.comes_anyway:
            first[day] = min(first.get(day, one.place.start), one.place.start)
            last[day] = max(last.get(day, one.place.end), one.place.end)
            held = held + one.minutes
    total = 0
    for day in first:
        total = total + last[day] - first[day]
    return max(0, total - held)  # less where sessions overlap, which a plan on the way may have


#: Rules of one person, by name. Timefold translates lambdas and what they call.
OF_PEOPLE = {
    "breaks": lambda person, meetings: overlaps(person, meetings),
    "minutes": lambda person, meetings: long_days(person, meetings),
    "turns": lambda person, meetings: extra_turns(person, meetings),
    "offices": lambda person, meetings: two_offices(person, meetings),
    "lunches": lambda person, meetings: lunches(person, meetings),
    "weeks": lambda person, meetings: full_weeks(person, meetings),
    "worth the trip": lambda person, meetings: poor_trips(person, meetings),
    "travel": lambda person, meetings: hurried_trips(person, meetings),
}


# ---- constraint streams ----------------------------------------------------------------------


def goal(level: int) -> BendableScore:
    return BendableScore.of_soft(1, GOALS, level, 1)


@constraint_provider
def rules_and_goals(factory: ConstraintFactory) -> list[Constraint]:
    hard = BendableScore.of_hard(1, GOALS, 0, 1)
    seated = (
        factory.for_each_including_unassigned(Seat)
        .join(Meeting, Joiners.equal(lambda seat: seat.meeting_id, lambda meeting: meeting.id))
        .group_by(lambda seat, meeting: meeting, ConstraintCollectors.to_list(lambda seat, meeting: seat))
    )
    in_rooms = seated.filter(lambda meeting, seats: meeting.place.room is not None).group_by(
        lambda meeting, seats: meeting.place.room,
        ConstraintCollectors.to_list(
            lambda meeting, seats: (meeting.place.start, meeting.place.end, heads(meeting, seats))
        ),
    )
    juniors = seated.map(
        lambda meeting, seats: meeting, lambda meeting, seats: crowd(meeting, seats)
    ).flatten_last(lambda people: people)
    seniors = factory.for_each(Meeting).map(lambda meeting: meeting, lambda meeting: meeting.senior)
    diaries = juniors.concat(seniors).group_by(
        lambda meeting, person: person, ConstraintCollectors.to_list(lambda meeting, person: meeting)
    )
    return [
        seated.penalize(hard, lambda meeting, seats: lacking(meeting, seats)).as_constraint("attendance"),
        in_rooms.penalize(hard, lambda room, uses: crowding(room, uses)).as_constraint("rooms"),
        *(diaries.penalize(hard, rule).as_constraint(name) for name, rule in OF_PEOPLE.items()),
        diaries.reward(
            goal(0), lambda person, meetings: person.need if turns_of(person, meetings) > 0 else 0
        ).as_constraint("reached"),
        factory.for_each(Meeting).reward(goal(1), lambda meeting: meeting.weight).as_constraint("placed"),
        diaries.filter(lambda person, meetings: person.senior)
        .penalize(goal(2), lambda person, meetings: trips(person, meetings))
        .as_constraint("senior days"),
        diaries.reward(goal(3), lambda person, meetings: share(person, meetings)).as_constraint("share"),
        diaries.filter(lambda person, meetings: not person.senior)
        .penalize(goal(4), lambda person, meetings: trips(person, meetings))
        .as_constraint("junior days"),
        diaries.filter(lambda person, meetings: person.senior)
        .penalize(goal(5), lambda person, meetings: idle(person, meetings))
        .as_constraint("idle"),
    ]


# ---- from a problem, and back to a plan ------------------------------------------------------


def programme(problem: PlanningProblem, slots: CandidateSlots) -> Programme:
    people = {person.id: _person(slots, person.id) for person in problem.people}
    rooms = {room.id: Room(room.id, room.capacity, room.shared) for room in problem.rooms}
    meetings, seats = [], []
    for each in slots.of.values():
        theirs = _seats(slots, each, people)
        for seat in theirs:
            for start in each.starts.tolist():
                seat.person.own_dates[start] = slots.own_date(seat.person.id, start)
        for start in each.starts.tolist():
            senior = people[each.session.senior]
            senior.own_dates[start] = slots.own_date(senior.id, start)
        meetings.append(_meeting(slots, each, people, rooms, len(theirs)))
        seats += theirs
    return Programme([LeftOut(0)], meetings, seats)


def _person(slots: CandidateSlots, who: str) -> Person:
    person = slots.problem.person_by_id[who]
    begin, end = slots.calendars.barred(person) if person.travel_minutes else (np.array([]), np.array([]))
    return Person(
        id=who,
        senior=person.role is Role.SENIOR,
        need=person.need,
        pause=person.break_minutes,
        travel=person.travel_minutes,
        fewest_a_trip=person.min_sessions_per_office_day,
        most_minutes=person.max_minutes_per_day,
        most_days=person.max_office_days_per_week,
        most_turns=10**6 if person.max_sessions is None else person.max_sessions,
        comes_anyway={day.toordinal() for day in person.in_office},
        busy_from=[int(each) for each in begin],
        busy_to=[int(each) for each in end],
        own_dates={},
    )


def _seats(slots: CandidateSlots, each: SessionSlots, people: dict[str, Person]) -> list[Seat]:
    session, key = each.session, each.session.id
    held = [
        Seat(f"{key}/{who}", key, people[who], n, False, True, set(), set(), True)
        for n, who in enumerate(each.agreed)
    ]
    features = {room.id: room.features for room in slots.problem.rooms}
    return held + [
        Seat(
            id=f"{key}/{who}",
            meeting_id=key,
            person=people[who],
            order=len(held) + n,
            required=who in session.required and not each.fixed,
            held=False,
            free=set(each.starts[each.free[n]].tolist()),
            rooms={"", *(r for r in each.rooms if slots.problem.person_by_id[who].room_needs <= features[r])},
            pinned=False,
        )
        for n, who in enumerate(each.juniors)
    ]


def _meeting(
    slots: CandidateSlots, each: SessionSlots, people: dict[str, Person], rooms: dict[str, Room], size: int
) -> Meeting:
    session = each.session
    places = [
        Place(start, start + each.minutes, date, room, "" if room is None else room.id, seats)
        for row, (start, date) in enumerate(zip(each.starts.tolist(), each.dates.tolist(), strict=True))
        for room, seats in _rooms(each, row, rooms)
    ]
    agreed = {session.senior, *each.agreed} if each.fixed else set()
    return Meeting(
        id=session.id,
        senior=people[session.senior],
        minutes=session.minutes,
        weight=session.weight,
        lunch=session.kind.is_lunch,
        office=session.office or "",
        fewest=each.fewest,
        most=each.most,
        open_seats=session.open_seats,
        size=size,
        agreed=agreed,
        places=places,
        pinned=each.fixed,
        place=places[0] if each.fixed else None,
    )


def _rooms(each: SessionSlots, row: int, rooms: dict[str, Room]) -> list[tuple[Room | None, int]]:
    """The rooms free at a start, with their seats for juniors; those agreed sit there already."""
    if each.session.room_use is None or not each.rooms:
        return [(None, 10**6)] if each.fixed or each.session.room_use is None else []
    taken = 1 + each.session.open_seats + len(each.agreed)
    free = [room for n, room in enumerate(each.rooms) if each.room_free[n, row]]
    return [(rooms[room], rooms[room].capacity - taken) for room in free]


def plan_of(slots: CandidateSlots, solved: Programme) -> list[dict[str, object]]:
    """The `sessions` of a plan document; what breaks a rule is in it as Timefold left it."""
    seats: dict[str, list[Seat]] = {}
    for seat in solved.seats:
        seats.setdefault(seat.meeting_id, []).append(seat)
    rows: list[dict[str, object]] = []
    for meeting in solved.meetings:
        if meeting.place is not None:
            fixed = slots.problem.session_by_id[meeting.id].fixed
            start = fixed.start if fixed else slots.axis.instant(meeting.place.start)
            room = fixed.room if fixed else (meeting.place.room and meeting.place.room.id)
            there = [person.id for person in crowd(meeting, seats.get(meeting.id, []))]
            rows.append(
                {
                    "id": meeting.id,
                    "start": start.isoformat().replace("+00:00", "Z"),
                    "room": room,
                    "juniors": there,
                }
            )
    return rows


def main() -> None:
    began = time.monotonic()
    problem_file, answer_file, seconds = sys.argv[1:]
    problem = read_problem(Path(problem_file).read_bytes(), problem_file)
    slots = CandidateSlots(problem)
    asked = programme(problem, slots)
    left = max(1.0, float(seconds) - (time.monotonic() - began))
    config = SolverConfig(
        solution_class=Programme,
        entity_class_list=[Meeting, Seat],
        score_director_factory_config=ScoreDirectorFactoryConfig(
            constraint_provider_function=rules_and_goals
        ),
        termination_config=TerminationConfig(spent_limit=Duration(milliseconds=int(1000 * left))),
        random_seed=0,
    )
    solver = SolverFactory.create(config).build_solver()
    first: list[float] = []

    def heard(event: Any) -> None:
        if not first and event.new_best_score.is_feasible:
            first.append(time.monotonic() - began)

    solver.add_event_listener(heard)
    solved = solver.solve(asked)
    document = {"sessions": plan_of(slots, solved), "first": first[0] if first else None}
    Path(answer_file).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
