"""The nouns of planning: what a problem is made of, and what a plan says.

Frozen, and checked when made, so that no function has to ask again whether a value can be right.
Instants are aware UTC, intervals half-open, clock times whole minutes after local midnight,
lengths whole minutes, zones IANA names. The two documents that carry these nouns between
programs are read and written in `planner.documents`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from planner.errors import InvalidInterval

MINUTES_A_DAY = 24 * 60

#: What the first, second … sixth session of one person is worth to `share`; later ones nothing.
SHARE_OF_TURN = (60, 30, 20, 15, 12, 10)


class BusyKind(StrEnum):
    """What a calendar says of a stretch of time; RFC 5545 §3.2.9, and Microsoft's item status."""

    BUSY = "busy"
    TENTATIVE = "tentative"  #: counts as busy
    AWAY = "away"  #: out of office (RFC: BUSY-UNAVAILABLE); counts as busy
    ELSEWHERE = "elsewhere"  #: working, not in an office: bars an office day, not an online session


class Role(StrEnum):
    SENIOR = "senior"
    JUNIOR = "junior"


class SessionKind(StrEnum):
    INDIVIDUAL_LUNCH = "individual_lunch"
    COFFEE_ROULETTE = "coffee_roulette"
    GROUP_LUNCH = "group_lunch"
    GROUP_MENTORING = "group_mentoring"
    COWORKING = "coworking"
    VIRTUAL_COWORKING = "virtual_coworking"

    @property
    def is_lunch(self) -> bool:
        """Nobody has two of these on one date."""
        return self in (SessionKind.INDIVIDUAL_LUNCH, SessionKind.GROUP_LUNCH)


class RoomUse(StrEnum):
    LUNCH = "lunch"
    MEETING = "meeting"
    COWORKING = "coworking"


class Level(StrEnum):
    """The goals, in the order in which they are settled."""

    MOVED = "moved"
    REACHED = "reached"
    PLACED = "placed"
    SENIOR_DAYS = "senior_days"
    SHARE = "share"
    JUNIOR_DAYS = "junior_days"
    IDLE = "idle"

    @property
    def more_is_better(self) -> bool:
        return self in (Level.REACHED, Level.PLACED, Level.SHARE)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """`[start, end)`, both aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise InvalidInterval(f"{self.start} – {self.end}: both ends must be aware UTC")
        if self.end <= self.start:
            raise InvalidInterval(f"{self.start} – {self.end}: the end must come after the start")

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds()) // 60

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class BusyInterval:
    """Time its owner's calendar marks. `kind` says what it bars; there is no title."""

    start: datetime  #: aware UTC, included
    end: datetime  #: aware UTC, excluded
    kind: BusyKind = BusyKind.BUSY

    def __post_init__(self) -> None:
        Interval(self.start, self.end)

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)


@dataclass(frozen=True, slots=True)
class DayHours:
    """Local clock times of one weekday, minutes after midnight: 0 ≤ opens < closes ≤ 1440."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY:
            raise InvalidInterval(f"{self.opens}–{self.closes}: not a stretch of one day, in minutes")


@dataclass(frozen=True, slots=True)
class WeekHours:
    """Hours by weekday, Monday first; None is a day off."""

    days: tuple[DayHours | None, ...]

    def __post_init__(self) -> None:
        if len(self.days) != 7:
            raise ValueError(f"a week has seven days, not {len(self.days)}")

    def on(self, day: date) -> DayHours | None:
        return self.days[day.weekday()]


@dataclass(frozen=True, slots=True)
class Office:
    id: str
    timezone: str
    open: WeekHours
    closed: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    office: str
    capacity: int  #: most people in it at once, the senior included; ≥ 1
    uses: frozenset[RoomUse]
    shared: bool = False  #: may hold several sessions at once while everybody fits
    features: frozenset[str] = frozenset()
    busy: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    role: Role  #: where this person's office days count
    offices: frozenset[str]
    timezone: str
    hours: WeekHours
    busy: tuple[Interval, ...] = ()
    unknown: tuple[Interval, ...] = ()  #: could not be read; as good as busy
    elsewhere: tuple[Interval, ...] = ()  #: bars sessions in an office only
    in_office: frozenset[date] = frozenset()  #: comes in anyway
    avoid: frozenset[date] = frozenset()  #: will not come in
    room_needs: frozenset[str] = frozenset()
    max_office_days_per_week: int = 7
    max_minutes_per_day: int = MINUTES_A_DAY
    min_sessions_per_office_day: int = 1
    break_minutes: int = 0
    travel_minutes: int = 0
    max_sessions: int | None = None  #: as a junior, in the window; None: no limit
    need: int = 1  #: larger for those who have had less


@dataclass(frozen=True, slots=True)
class Agreement:
    """When, where and with whom a session was agreed already."""

    start: datetime
    room: str | None
    juniors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """One mentoring meeting that is due: who may come, for how long, on which days."""

    id: str
    kind: SessionKind
    senior: str
    juniors: tuple[str, ...]  #: candidates; a person of either role
    seats: tuple[int, int]  #: fewest ≥ 1, most
    minutes: int
    between: DayHours  #: local clock times it must lie in
    first_day: date
    last_day: date
    required: frozenset[str] = frozenset()
    open_seats: int = 0  #: kept free for booking; they count as people in the room
    office: str | None = None  #: None: online
    room_use: RoomUse | None = None  #: None: no room needed
    weight: int = 1
    fixed: Agreement | None = None

    @property
    def most_juniors(self) -> int:
        """Seats that the planner may give away."""
        return self.seats[1] - self.open_seats


@dataclass(frozen=True)
class PlanningProblem:
    """Everything a plan depends on. Ids are unique within their list and point somewhere.

    `planner.documents` checks that for documents; whoever builds a problem otherwise calls
    `planner.documents.check_references` (or gets a KeyError later).
    """

    first_day: date
    last_day: date
    offices: tuple[Office, ...]
    rooms: tuple[Room, ...]
    people: tuple[Person, ...]
    sessions: tuple[Session, ...]
    grid_minutes: int = 15

    @cached_property
    def office_by_id(self) -> Mapping[str, Office]:
        return MappingProxyType({office.id: office for office in self.offices})

    @cached_property
    def room_by_id(self) -> Mapping[str, Room]:
        return MappingProxyType({room.id: room for room in self.rooms})

    @cached_property
    def person_by_id(self) -> Mapping[str, Person]:
        return MappingProxyType({person.id: person for person in self.people})

    @cached_property
    def session_by_id(self) -> Mapping[str, Session]:
        return MappingProxyType({session.id: session for session in self.sessions})

    def zone_of(self, session: Session) -> str:
        """The zone whose clock and dates rule a session: its office's, or online its senior's."""
        if session.office is not None:
            return self.office_by_id[session.office].timezone
        return self.person_by_id[session.senior].timezone


@dataclass(frozen=True, slots=True)
class Placement:
    """Session + start + room + who comes, chosen by the planner (or agreed before)."""

    session: str
    start: datetime
    room: str | None
    juniors: tuple[str, ...]

    def interval(self, minutes: int) -> Interval:
        return Interval(self.start, self.start + timedelta(minutes=minutes))


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A session and, in words a person would use, why it stands where it does (or nowhere)."""

    session: str
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """A session of the plan before that stands elsewhere now; `now` None: dropped."""

    session: str
    before: datetime
    now: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    reached: int = 0
    placed: int = 0
    senior_days: int = 0
    share: int = 0
    junior_days: int = 0
    idle: int = 0

    def at(self, level: Level) -> int:
        return int(getattr(self, level.value))


@dataclass(frozen=True, slots=True)
class Proof:
    """A value reached and a bound that no plan can pass that is as good on every level above."""

    level: Level
    value: int
    bound: int

    @property
    def closed(self) -> bool:
        return self.value == self.bound


@dataclass(frozen=True, slots=True)
class SeniorProof:
    """One senior's office days in the plan, and the fewest any plan needs that places as much of theirs.

    `days == bound` is what allows a page to say "no plan needs fewer days" of this person.
    """

    senior: str
    days: int
    bound: int


@dataclass(frozen=True)
class Plan:
    """What `planner.solve.propose` answers; passed through `planner.check` before it is handed out."""

    placements: tuple[Placement, ...]
    unplaced: tuple[Reasoned, ...] = ()
    conflicts: tuple[Reasoned, ...] = ()
    moved: tuple[Move, ...] | None = None  #: None: there was no plan before
    score: Score = field(default_factory=Score)
    proof: tuple[Proof, ...] = ()
    seniors: tuple[SeniorProof, ...] = ()
    seconds: float = 0.0

    @cached_property
    def placement_of(self) -> Mapping[str, Placement]:
        return MappingProxyType({placement.session: placement for placement in self.placements})
