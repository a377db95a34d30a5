"""Made-up records, ugly ones too (very long names, right to left, emoji, eight juniors, thirty rooms).

Nothing here is read from anywhere: pages and words are judged on them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.base import Permission
from planner.domain import RoomUse, SessionKind
from web.records import (
    CalendarUseRecord,
    ClosureRecord,
    Member,
    OtherDayRecord,
    PersonRef,
    PreviewRecord,
    ProgressRecord,
    ProposalRecord,
    RoomRecord,
    RosterRecord,
    RunRecord,
    SeatRecord,
    SeniorDaysRecord,
    SessionRecord,
    UnplacedRecord,
    UnsentMailRecord,
)

NOW = datetime(2027, 3, 5, 10, 0, tzinfo=UTC)
LONDON = "Europe/London"
NEW_YORK = "America/New_York"
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley y Ruiz de la Torre"


def person(number: int, name: str, zone: str = LONDON) -> PersonRef:
    return PersonRef(number, name, f"person{number}@example.org", zone)


PRIYA = person(1, "Priya Raman")
JUNIORS = tuple(
    person(100 + number, name)
    for number, name in enumerate(
        (
            "Aisha Bello",
            "Ben Okafor",
            "Chidi Eze",
            "Dana Novák",
            "Emil Åberg",
            "Farid Azizi",
            "Gita Rao",
            "Hal Jones",
        )
    )
)
UGLY = (
    person(201, LONG_NAME),
    person(202, "محمد بن عبد الرحمن آل سعود"),
    person(203, "רבקה לוי־כהן"),
    person(204, "Zoë 👩🏽‍💻🏳️‍🌈 O’Neill"),
    person(205, "{{7*7}} <svg onload=alert(1)>"),
    person(206, "İrem Ğünışık"),
    person(207, "D" + "\u0301\u0323" * 12 + "ora"),
    person(208, "Li"),
)


def member(who: PersonRef, *roles: str, programme: str = "Graduates 2027") -> Member:
    return Member(who, 1, programme, frozenset(roles))


SENIOR, JUNIOR, ADMIN = (
    member(PRIYA, "senior"),
    member(JUNIORS[5], "junior"),
    member(person(9, "Ada Admin"), "admin"),
)


def session(
    kind: SessionKind,
    hour: int,
    minute: int = 0,
    juniors: tuple[PersonRef, ...] = JUNIORS[5:6],
    *,
    day: date = date(2027, 3, 11),
    minutes: int = 60,
    title: str = "",
    room: str | None = "Room 3",
    office: str | None = "London",
    open_seats: int = 0,
    who: PersonRef = PRIYA,
    zone: str = LONDON,
) -> SessionRecord:
    start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    return SessionRecord(
        f"{kind.value}/{day}-{hour}",
        kind,
        title,
        start,
        minutes,
        zone,
        who,
        juniors,
        office,
        room,
        open_seats,
    )


def four_sessions(day: date = date(2027, 3, 11)) -> tuple[SessionRecord, ...]:
    return (
        session(
            SessionKind.GROUP_MENTORING, 9, 30, JUNIORS[:5], day=day, title="reading other people’s code"
        ),
        session(
            SessionKind.COFFEE_ROULETTE, 10, 30, JUNIORS[7:], day=day, minutes=30, office=None, room=None
        ),
        session(SessionKind.INDIVIDUAL_LUNCH, 12, 0, day=day, room=None),
        session(
            SessionKind.COWORKING, 13, 0, JUNIORS[6:8], day=day, minutes=120, room="Room 5", open_seats=2
        ),
    )


def proposal(number: int = 12, **changes: Any) -> ProposalRecord:
    made = ProposalRecord(
        id=number,
        version=3,
        programme="Graduates 2027",
        senior=PRIYA,
        day=date(2027, 3, 11),
        office="London",
        timezone=LONDON,
        state="proposed",
        sessions=four_sessions(),
        why=("all nine people are free", "rooms 3 and 5 are held", "inside your limit of two days a week"),
        dates_one_by_one=(date(2027, 3, 9), date(2027, 3, 10), date(2027, 3, 12)),
        already_in=False,
        proved=True,
        expires_at=datetime(2027, 3, 9, 17, 0, tzinfo=UTC),
    )
    return replace(made, **changes)


ONLINE_ONLY = proposal(
    13,
    office=None,
    day=date(2027, 3, 16),
    sessions=(
        session(
            SessionKind.VIRTUAL_COWORKING,
            14,
            0,
            JUNIORS[:2],
            day=date(2027, 3, 16),
            minutes=90,
            office=None,
            room=None,
        ),
    ),
    why=("everybody is free",),
    dates_one_by_one=(),
    proved=False,
)
UGLY_DAY = proposal(
    14,
    senior=UGLY[0],
    office="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    day=date(2028, 2, 29),
    already_in=True,
    proved=False,
    sessions=(
        session(
            SessionKind.COWORKING, 9, 0, UGLY, day=date(2028, 2, 29), minutes=120, title="x" * 90, who=UGLY[0]
        ),
        session(
            SessionKind.GROUP_LUNCH,
            12,
            15,
            UGLY[1:5],
            day=date(2028, 2, 29),
            title="שלום, world",
            who=UGLY[0],
        ),
        session(SessionKind.INDIVIDUAL_LUNCH, 13, 30, UGLY[:1], day=date(2028, 2, 29), who=UGLY[0]),
    ),
)
ONE_SESSION = proposal(
    15,
    sessions=four_sessions()[2:3],
    why=(),
    proved=False,
    dates_one_by_one=(date(2027, 3, 9),),
    expires_at=None,
)
OTHER_DAYS = (
    OtherDayRecord(date(2027, 3, 9), four_sessions(date(2027, 3, 9)), (), 0, LONDON),
    OtherDayRecord(
        date(2027, 3, 17), four_sessions(date(2027, 3, 17))[:2], ("lunch with Farid", "co-working"), 1, LONDON
    ),
    OtherDayRecord(date(2027, 3, 18), four_sessions(date(2027, 3, 18))[1:], ("group mentoring",), -1, LONDON),
)


def seat(record: SessionRecord, state: str, taken: int, seats: int = 4, **more: Any) -> SeatRecord:
    return SeatRecord(record, state, seats, taken, more.pop("waiting", 0), **more)


COMING = (
    seat(
        session(SessionKind.INDIVIDUAL_LUNCH, 12, title="moving into data work", room=None), "invited", 1, 1
    ),
    seat(session(SessionKind.GROUP_MENTORING, 9, 30, JUNIORS[:6], day=date(2027, 3, 18)), "booked", 6, 8),
    seat(
        session(
            SessionKind.VIRTUAL_COWORKING,
            18,
            0,
            JUNIORS[4:7],
            day=date(2027, 3, 23),
            office=None,
            room=None,
            zone=NEW_YORK,
        ),
        "invited",
        3,
    ),
    seat(session(SessionKind.COWORKING, 13, day=date(2027, 3, 25)), "waiting", 4, waiting=3, place_in_line=2),
)
OPEN = (
    seat(session(SessionKind.COWORKING, 13, day=date(2027, 3, 12), minutes=120, room="Room 5"), "open", 2),
    seat(session(SessionKind.COWORKING, 10, day=date(2027, 3, 16), who=UGLY[1]), "full", 4, waiting=1),
    seat(
        session(
            SessionKind.VIRTUAL_COWORKING, 14, day=date(2027, 3, 19), office=None, room=None, who=UGLY[0]
        ),
        "open",
        0,
        8,
    ),
    seat(session(SessionKind.COWORKING, 15, day=date(2027, 3, 19)), "open", 1, clash="you are busy then"),
    seat(session(SessionKind.COWORKING, 9, day=date(2027, 3, 22)), "open", 17, 30),
)


def room(number: int = 5, **changes: Any) -> RoomRecord:
    made = RoomRecord(
        id=f"lon/{number}",
        name=f"Room {number}",
        office_id="lon",
        office="London",
        timezone=LONDON,
        capacity=8,
        uses=frozenset({RoomUse.MEETING, RoomUse.COWORKING}),
        shared=False,
        features=frozenset({"step-free", "screen"}),
        fullest=6,
        hours_agreed=31.5,
    )
    return replace(made, **changes)


CLOSURES = (
    ClosureRecord(1, NOW + timedelta(days=5), NOW + timedelta(days=6), "painting"),
    ClosureRecord(2, NOW + timedelta(days=25), NOW + timedelta(days=26), ""),
)
FREE_BUSY = Permission(
    name="https://www.googleapis.com/auth/calendar.freebusy",
    why="to see when people and rooms are busy",
    could_read="when every calendar is busy that shares its free/busy with the mailbox; "
    "no titles, places or guests",
    granted=True,
)
CALENDAR_USE = CalendarUseRecord(
    system="Google Workspace",
    address="priya.raman@example.org",
    read_at=NOW - timedelta(hours=2),
    reason=None,
    until=NOW + timedelta(weeks=6),
    times=83,
    days_in_office=(date(2027, 3, 9),),
    permissions=(FREE_BUSY, replace(FREE_BUSY, name="x" * 90, could_read="every event, with its title " * 9)),
    told_at=NOW - timedelta(days=1),
    organizer="mentoring@example.org",
    admins=(person(9, "Ada Admin"), *UGLY[:2]),
)
READ = {"calendar": "google", "read_at": NOW - timedelta(hours=2)}
UNREAD = {
    "calendar": "microsoft",
    "read_at": NOW - timedelta(hours=2),
    "reason": "This mailbox is not known. Ask the administrator to check its address.",
}
ROOMS = tuple(
    room(
        number,
        office=office,
        office_id=office[:3],
        shared=number % 4 == 0,
        closures=CLOSURES[: number % 3],
        **(READ, UNREAD, {})[number % 3],
    )
    for number, office in enumerate(["London"] * 20 + ["New York"] * 10)
)
RUN = RunRecord(
    id=7,
    state="draft",
    first_day=date(2027, 3, 8),
    last_day=date(2027, 4, 2),
    created_at=NOW - timedelta(hours=3),
    finished_at=NOW,
    seniors=12,
    juniors=108,
    progress=ProgressRecord("idle", 300, 250, 58.2, "done"),
    score={"reached": 104, "placed": 118, "senior_days": 41, "share": 5000, "junior_days": 200, "idle": 300},
    bounds={"reached": 104, "placed": 118, "senior_days": 39},
    first_free_days=87,
    greedy_days=55,
    greedy_placed=115,
    sessions=118,
    by_senior=(SeniorDaysRecord(PRIYA, 1, 7, 1), SeniorDaysRecord(person(3, "Marek Dvořák"), 1, 1, 0)),
    unplaced=(
        UnplacedRecord("s1", SessionKind.INDIVIDUAL_LUNCH, "Marek Dvořák", "no lunch hour is free for both"),
        UnplacedRecord(
            "s2", SessionKind.COWORKING, LONG_NAME, "no co-working room holds nine people on those days"
        ),
    ),
)
PLANNING = replace(
    RUN,
    state="running",
    finished_at=None,
    progress=ProgressRecord("senior_days", 44, 38, 18.3, "packing days"),
    score={},
    bounds={},
    unplaced=(),
)
PREVIEW = PreviewRecord(
    RUN,
    (proposal(), ONLINE_ONLY, proposal(16, senior=person(3, "Marek Dvořák"), proved=False), UGLY_DAY),
    (proposal(11, day=date(2027, 3, 10)),),
    ((PRIYA, 2), (person(3, "Marek Dvořák"), 1), (UGLY[0], 1)),
    "testing@example.org",
)
ROSTER = (
    RosterRecord(PRIYA, ("senior",), ("London",), "ics", NOW - timedelta(hours=3), None, 0),
    RosterRecord(
        JUNIORS[0],
        ("junior",),
        ("London",),
        "ics",
        NOW - timedelta(days=2),
        "the file ended in the middle of an event (line 812)",
        2,
    ),
    RosterRecord(UGLY[0], ("junior", "admin"), ("London", "New York"), None, None, None, 0),
    RosterRecord(UGLY[1], ("junior",), (), "ics", None, None, 0),
)

UNSENT = (
    UnsentMailRecord(1, "invitation", JUNIORS[0], NOW - timedelta(hours=3), "no such mailbox there"),
    UnsentMailRecord(2, "proposal", PRIYA, NOW - timedelta(days=1), "mail.example.org did not answer"),
)
