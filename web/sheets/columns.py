"""The columns of the four sheets that can be imported: offices, rooms, people, sessions.

A column that a file leaves out stays as it is for who is there already, and takes what an empty cell
means for who is new. `None` in `empty` stands for a default that depends on the rest of the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from planner.domain import Role, RoomUse, SessionKind
from web import public_holidays
from web.sheets import Column, cells

ONLINE = "online"
NO_ROOM = "none"

OFFICE_HOURS = cells.hours("mon-fri 08:00-18:30")
PERSON_HOURS = cells.hours("mon-fri 09:00-17:30")


class SheetKind(StrEnum):
    OFFICES = "offices"
    ROOMS = "rooms"
    PEOPLE = "people"
    SESSIONS = "sessions"


class ProgrammeRole(StrEnum):
    SENIOR = Role.SENIOR.value
    JUNIOR = Role.JUNIOR.value
    ADMIN = "admin"


OFFICES = (
    Column("id", cells.identifier, "a short name of yours; it never changes", "london", required=True),
    Column("name", cells.line_of_text(200), "what people call it", "London, Finsbury", required=True),
    Column("timezone", cells.timezone, "IANA zone", "Europe/London", required=True),
    Column(
        "hours",
        cells.hours,
        "when it is open (mon-fri 08:00-18:30)",
        "mon-fri 08:00-18:30",
        empty=OFFICE_HOURS,
        write=cells.hours_text,
    ),
    Column(
        "holidays",
        public_holidays.place,
        "whose public holidays close it: a country or region (nobody's)",
        "GB-ENG",
    ),
    Column(
        "closed",
        cells.closures,
        "dates it is closed, with the reason",
        "2027-05-03 Works",
        empty={},
        write=cells.closures_text,
    ),
)

ROOMS = (
    Column("id", cells.identifier, "a short name of yours; it never changes", "london-park", required=True),
    Column("office", cells.identifier, "id of its office", "london", required=True),
    Column("name", cells.line_of_text(200), "what the door says (its id)", "Park"),
    Column(
        "capacity", cells.whole(2, 10_000), "most people at once, the senior included", "8", required=True
    ),
    Column(
        "uses",
        cells.some_of([*RoomUse]),
        "any of lunch, meeting, coworking",
        "meeting lunch",
        required=True,
    ),
    Column("shared", cells.yes_or_no, "may hold several sessions while all fit (no)", "no", empty=False),
    Column("features", cells.features, "what it has, in words of yours", "step-free", empty=frozenset()),
    Column(
        "email",
        cells.mailbox,
        "its own mailbox, invited as the room (its calendar's)",
        "park@resource.calendar.google.com",
    ),
    Column(
        "calendar",
        cells.line_of_text(2000),
        "its own, nobody's; kind:address like a person's (none known: free unless closed)",
        "google:park@resource.calendar.google.com",
    ),
)

PEOPLE = (
    Column("email", cells.mailbox, "who it is; letter case does not count", "ana@example.org", required=True),
    Column("name", cells.line_of_text(200), "as others should read it", "Ana Sousa", required=True),
    Column(
        "role",
        cells.some_of([*ProgrammeRole]),
        "any of senior, junior, admin",
        "senior",
        required=True,
    ),
    Column(
        "offices",
        cells.identifiers,
        "ids of the offices they work in (none: online only)",
        "london",
        empty=(),
    ),
    Column("timezone", cells.timezone, "IANA zone (that of their first office)", "Europe/London"),
    Column(
        "hours",
        cells.hours,
        "when sessions may be; later parts win (mon-fri 09:00-17:30)",
        "mon-fri 09:00-17:30; wed 09:00-12:00",
        empty=PERSON_HOURS,
        write=cells.hours_text,
    ),
    Column(
        "calendar",
        cells.line_of_text(2000),
        "their own: ics:PATH from this file's folder, ics:https://…, google:MAILBOX, microsoft:MAILBOX or "
        "caldav:CALENDAR (none known: never planned)",
        "ics:calendars/ana.ics",
    ),
    Column("days_in_anyway", cells.weekdays, "weekdays they come in whatever happens", "tue", empty=()),
    Column("days_never", cells.weekdays, "weekdays they do not come in", "fri", empty=()),
    Column("room_needs", cells.features, "what a room must have for them", "step-free", empty=frozenset()),
    Column(
        "max_office_days_per_week",
        cells.whole(0, 7),
        "most days in an office, a week (7: no limit)",
        "2",
        empty=7,
    ),
    Column(
        "min_sessions_per_office_day",
        cells.whole(1, 20),
        "fewest sessions that are worth the trip (2 for a senior of any programme, else 1)",
        "2",
    ),
    Column(
        "max_minutes_per_day",
        cells.whole(15, 1440),
        "most minutes of sessions, a day (480)",
        "360",
        empty=480,
    ),
    Column("break_minutes", cells.whole(0, 240), "rest between two sessions (0)", "15", empty=0),
    Column(
        "travel_minutes", cells.whole(0, 480), "kept free before and after an office day (0)", "45", empty=0
    ),
    Column(
        "max_sessions", cells.whole(0, 1000), "most sessions as a junior in any four weeks (no limit)", "4"
    ),
    Column(
        "need",
        cells.whole(0, 1000),
        "larger for a junior who has had less (1; a programme with formats works it out)",
        "1",
        empty=1,
    ),
    Column("cohort", cells.cohort, "the juniors they learn with", "spring-27", empty=""),
    Column("team", cells.line_of_text(60), "where they work; the page Fairness asks", "payments", empty=""),
    Column("manager", cells.mailbox, "line manager, who never mentors them", "marek@example.org"),
    Column("languages", cells.features, "they can be mentored in (any)", "en de", empty=frozenset()),
    Column(
        "topics",
        cells.phrases,
        "what a senior knows, what a junior wishes for; apart by commas",
        "pricing, public speaking",
        empty=frozenset(),
        write=cells.phrases_text,
    ),
    Column("online_only", cells.yes_or_no, "never meets in an office (no)", "no", empty=False),
    Column(
        "formats_not",
        cells.some_of([*SessionKind]),
        "kinds of session they would rather not have",
        "",
        empty=frozenset(),
    ),
    Column(
        "eats",
        cells.eats,
        "what they eat, for lunches in the office; apart by commas",
        "vegetarian, no nuts",
        empty="",
    ),
    Column("joined", cells.day, "since when they take part (the day of the import)", "2027-01-11"),
    Column("left", cells.day, "first day they no longer take part", ""),
    Column("paused_from", cells.day, "first day of a pause", ""),
    Column("paused_until", cells.day, "last day of a pause", ""),
)

SESSIONS = (
    Column("id", cells.identifier, "a short name of yours; it never changes", "ana-lunch-1", required=True),
    Column(
        "kind",
        cells.one_of(SessionKind),
        ", ".join(kind.value for kind in SessionKind),
        "group_lunch",
        required=True,
    ),
    Column("title", cells.line_of_text(200), "what it is for", "Ask me anything about pricing", empty=""),
    Column("senior", cells.mailbox, "mail address", "ana@example.org", required=True),
    Column(
        "juniors",
        cells.mailboxes,
        "mail addresses of who may come",
        "ben@example.org cy@example.org",
        required=True,
    ),
    Column("required", cells.mailboxes, "of these, who must be there", "", empty=()),
    Column("seats", cells.seats, "fewest and most juniors (by kind)", "2-4", write=cells.seats_text),
    Column("open_seats", cells.whole(0, 1000), "seats kept for booking, of the most (0)", "0", empty=0),
    Column("minutes", cells.whole(5, 720), "length (by kind)", "60"),
    Column(
        "between",
        cells.between,
        "local times it must lie in (by kind)",
        "11:30-14:30",
        write="-".join,
    ),
    Column(
        "office",
        cells.identifier,
        "id of an office, or online (by kind: online, or the senior's office)",
        "london",
    ),
    Column(
        "room_use",
        cells.one_of([*RoomUse, NO_ROOM]),
        "lunch, meeting, coworking or none (by kind)",
        "lunch",
    ),
    Column("first_day", cells.day, "first date it may be on", "2027-03-08", required=True),
    Column("last_day", cells.day, "last date it may be on (by kind: its cadence)", "2027-04-02"),
    Column("weight", cells.whole(1, 1000), "how much it counts against others (1)", "1", empty=1),
)

SHEETS = {
    SheetKind.OFFICES: OFFICES,
    SheetKind.ROOMS: ROOMS,
    SheetKind.PEOPLE: PEOPLE,
    SheetKind.SESSIONS: SESSIONS,
}


@dataclass(frozen=True, slots=True)
class KindDefaults:
    """What a session of a kind is like unless its row says otherwise."""

    seats: tuple[int, int]
    minutes: int
    between: tuple[str, str]
    room_use: str  #: of a session in an office
    weeks: int  #: its cadence: how long it may wait for its turn
    online: bool = False


LUNCHTIME = ("11:30", "14:30")
WORKDAY = ("09:00", "18:00")
ONLINE_DAY = ("08:00", "18:00")

DEFAULTS = {
    SessionKind.INDIVIDUAL_LUNCH: KindDefaults((1, 1), 60, LUNCHTIME, NO_ROOM, 12),
    SessionKind.COFFEE_ROULETTE: KindDefaults((1, 1), 30, ONLINE_DAY, NO_ROOM, 4, online=True),
    SessionKind.GROUP_LUNCH: KindDefaults((2, 4), 60, LUNCHTIME, RoomUse.LUNCH, 4),
    SessionKind.GROUP_MENTORING: KindDefaults((3, 8), 60, WORKDAY, RoomUse.MEETING, 2),
    SessionKind.COWORKING: KindDefaults((2, 8), 120, WORKDAY, RoomUse.COWORKING, 2),
    SessionKind.VIRTUAL_COWORKING: KindDefaults((2, 8), 90, ONLINE_DAY, NO_ROOM, 4, online=True),
}
