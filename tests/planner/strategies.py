"""Hypothesis strategies for small, awkward problems and for placements that nearly fit them.

The window crosses the clock changes of New York (14 March 2027), London (28 March) and
Lord Howe (4 April, by half an hour); every field of the format is drawn. Sizes stay tiny.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from planner.check import Rule, conflicts_of, violations
from planner.domain import (
    Agreement,
    DayHours,
    Interval,
    Office,
    Person,
    Placement,
    Plan,
    PlanningProblem,
    Role,
    Room,
    RoomUse,
    Session,
    SessionKind,
    WeekHours,
)

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe")
WINDOWS = ((date(2027, 3, 12), date(2027, 3, 16)), (date(2027, 3, 26), date(2027, 3, 30)))
LONG_HOURS = (
    DayHours(0, 1440),
    DayHours(540, 1020),
    DayHours(480, 780),
    DayHours(660, 1440),
    DayHours(60, 180),
)


def instants_of(day: date, minute: int, zone: str) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(minutes=minute)
    return local.astimezone(UTC)


def some(values: Sequence, *, most: int = 2):
    return st.lists(st.sampled_from(values), unique=True, max_size=most)


def weeks():
    hours = st.sampled_from(LONG_HOURS)
    return st.lists(st.none() | hours | hours | hours, min_size=7, max_size=7).map(tuple).map(WeekHours)


@st.composite
def intervals(draw, days, zone, most=3):
    drawn = []
    for day in draw(st.lists(st.sampled_from(days), max_size=most)):
        start = instants_of(day, draw(st.integers(0, 95)) * 15, zone)
        drawn.append(Interval(start, start + timedelta(minutes=draw(st.sampled_from((15, 60, 240, 1440))))))
    return tuple(drawn)


@st.composite
def people(draw, id_, role, days, offices):
    zone = draw(st.sampled_from(ZONES))
    return Person(
        id=id_,
        role=role,
        offices=frozenset(draw(some([office.id for office in offices]))) or frozenset({offices[0].id}),
        timezone=zone,
        hours=draw(weeks()),
        busy=draw(intervals(days, zone)),
        unknown=draw(intervals(days, zone, most=1)),
        elsewhere=draw(intervals(days, zone, most=1)),
        in_office=frozenset(draw(some(days))),
        avoid=frozenset(draw(some(days, most=1))),
        room_needs=frozenset(draw(some(["step-free"], most=1))),
        max_office_days_per_week=draw(st.sampled_from((7, 7, 1, 2, 0))),
        max_minutes_per_day=draw(st.sampled_from((1440, 1440, 120, 60))),
        min_sessions_per_office_day=draw(st.sampled_from((1, 1, 1, 2))),
        break_minutes=draw(st.sampled_from((0, 0, 15, 60))),
        travel_minutes=draw(st.sampled_from((0, 0, 45))),
        max_sessions=draw(st.sampled_from((None, None, 1, 2))),
        need=draw(st.integers(0, 3)),
    )


@st.composite
def sessions(draw, id_, ids, days, offices, rooms):
    senior, *others = draw(st.permutations(ids))
    juniors = tuple(others[: draw(st.integers(1, len(others)))])
    office = draw(st.none() | st.sampled_from(offices))
    first, last = sorted(draw(st.tuples(st.sampled_from(days), st.sampled_from(days))))
    fewest = draw(st.integers(1, 2))
    session = Session(
        id=id_,
        kind=draw(st.sampled_from(list(SessionKind))),
        senior=senior,
        juniors=juniors,
        required=frozenset(draw(some(juniors, most=1))),
        seats=(fewest, fewest + draw(st.integers(0, 2))),
        open_seats=draw(st.sampled_from((0, 0, 1))),
        minutes=draw(st.sampled_from((15, 30, 60, 90))),
        between=draw(st.sampled_from(LONG_HOURS)),
        office=office.id if office else None,
        room_use=draw(st.none() | st.sampled_from(list(RoomUse))) if office else None,
        first_day=first,
        last_day=last,
        weight=draw(st.integers(1, 2)),
    )
    if draw(st.integers(0, 3)):
        return session
    attending = draw(st.lists(st.sampled_from(others), unique=True, max_size=2))
    start = instants_of(
        draw(st.sampled_from(days)), draw(st.integers(0, 95)) * 15, draw(st.sampled_from(ZONES))
    )
    room = draw(st.none() | st.sampled_from([room.id for room in rooms])) if session.room_use else None
    return Session(**{**_fields(session), "fixed": Agreement(start, room, tuple(attending))})


def _fields(session):
    return {name: getattr(session, name) for name in Session.__dataclass_fields__}


@st.composite
def problems(draw, most_sessions=4, most_people=4):
    """Problems that keep the format, contradictions included."""
    first, last = draw(st.sampled_from(WINDOWS))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True))
    offices = tuple(
        Office(f"office{n}", zone, draw(weeks()), frozenset(draw(some(days, most=1))))
        for n, zone in enumerate(zones)
    )
    rooms = tuple(
        Room(
            id=f"room{n}",
            office=draw(st.sampled_from(offices)).id,
            capacity=draw(st.integers(1, 6)),
            uses=frozenset(draw(some(list(RoomUse), most=3))),
            shared=draw(st.booleans()),
            features=frozenset(draw(some(["step-free"], most=1))),
            busy=draw(intervals(days, "Europe/London", most=1)),
        )
        for n in range(draw(st.integers(1, 2)))
    )
    ids = [f"p{n}" for n in range(draw(st.integers(2, most_people)))]
    crowd = tuple(draw(people(id_, draw(st.sampled_from(list(Role))), days, offices)) for id_ in ids)
    held = tuple(
        draw(sessions(f"s{n}", ids, days, offices, rooms)) for n in range(draw(st.integers(1, most_sessions)))
    )
    return PlanningProblem(first, last, offices, rooms, crowd, held, draw(st.sampled_from((15, 30, 60))))


@st.composite
def placements_in(draw, problem):
    """Placements of some sessions: the agreed ones as agreed or a little off, the others on their days."""
    ids = [person.id for person in problem.people]
    drawn = []
    for session in problem.sessions:
        if session.fixed and draw(st.integers(0, 5)):
            joiners = draw(
                some([j for j in session.juniors if j not in session.fixed.juniors] or ids, most=1)
            )
            joined = tuple(dict.fromkeys((*session.fixed.juniors, *joiners)))
            drawn.append(Placement(session.id, session.fixed.start, session.fixed.room, joined))
        elif draw(st.integers(0, 3)):
            drawn.append(draw(_placement(session, problem, ids)))
    return tuple(drawn)


@st.composite
def _placement(draw, session, problem, ids):
    days = (session.last_day - session.first_day).days
    day = session.first_day + timedelta(days=draw(st.integers(0, days)))
    latest = max(session.between.opens, session.between.closes - session.minutes)
    minute = draw(st.integers(session.between.opens // 15, latest // 15)) * 15
    rooms = [room.id for room in problem.rooms] if session.room_use else [None]
    most = max(1, session.most_juniors)
    juniors = {*draw(some(session.juniors, most=most)), *session.required}
    if not draw(st.integers(0, 9)):
        juniors = {*juniors, draw(st.sampled_from(ids))}
    start = instants_of(day, minute, problem.zone_of(session))
    return Placement(session.id, start, draw(st.sampled_from(rooms)), tuple(sorted(juniors)))


def rules_broken(problem, placements):
    """What placements break besides the account that a plan gives of itself."""
    plan = Plan(tuple(placements), conflicts=conflicts_of(problem, placements))
    return [broken for broken in violations(problem, plan) if broken.rule is not Rule.ACCOUNT]


def kept(problem, placements):
    """As many of the placements, the agreed ones among them, as keep every rule."""
    agreed = {
        session.id: Placement(session.id, session.fixed.start, session.fixed.room, session.fixed.juniors)
        for session in problem.sessions
        if session.fixed
    }
    chosen = [placement for placement in placements if placement.session not in agreed]
    while broken := rules_broken(problem, [*agreed.values(), *chosen]):
        guilty = {id_ for violation in broken for id_ in violation.sessions} - set(agreed)
        chosen = [placement for placement in chosen if placement.session != min(guilty)]
    return (*agreed.values(), *chosen)
