"""The two public documents as JSON: `officeday-problem/1` is read strictly, `officeday-plan/1` leniently.

A problem is refused with every mistake in it at once, each at the path where a person finds it
(`people[3].hours.mon (s00003): …`). Instants are RFC 3339 in UTC with a `Z`, dates ISO 8601, clock
times `HH:MM`; nothing is coerced: `true` is no number and `"1"` is none either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    PlainValidator,
    StrictBool,
    StrictStr,
    ValidationError,
)
from pydantic_core import ErrorDetails

from planner.domain import (
    MINUTES_A_DAY,
    Agreement,
    DayHours,
    Interval,
    Level,
    Move,
    Office,
    Person,
    Placement,
    Plan,
    PlanningProblem,
    Proof,
    Reasoned,
    Role,
    Room,
    RoomUse,
    Score,
    SeniorProof,
    Session,
    SessionKind,
    WeekHours,
)
from planner.errors import InvalidInterval, InvalidPlan, InvalidProblem

PROBLEM_FORMAT: Final = "officeday-problem/1"
PLAN_FORMAT: Final = "officeday-plan/1"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LISTS = ("offices", "rooms", "people", "sessions")

#: A planning window lies in these years, so that no sum of dates and lengths leaves the calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2999
#: Larger numbers are mistakes, and sums of them would leave the 64 bits that solvers count in.
LARGEST_COUNT = 1_000_000_000
#: Nineteen years; longer sessions or breaks would lead out of the calendar's range.
LONGEST_MINUTES = 10_000_000

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)

Value = TypeVar("Value")
Read = TypeVar("Read", bound=BaseModel)


# ---- single values ---------------------------------------------------------------------------


@lru_cache(maxsize=1 << 16)
def _instant_of(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is no UTC instant such as 2027-03-09T12:00:00Z")
    try:
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{text!r} is no time that exists") from None


def read_instant(text: str) -> datetime:
    """An instant as the documents have it, such as 2027-03-09T12:00:00Z.

    Raises:
        ValueError: it is none; the text says so.
    """
    return _instant_of(text)


@lru_cache(maxsize=1 << 17)
def _interval_of(start: str, end: str) -> Interval:
    try:
        return Interval(_instant_of(start), _instant_of(end))
    except InvalidInterval:
        raise ValueError(f"{start} – {end} ends before it starts, or is empty") from None


@lru_cache(maxsize=1 << 12)
def _date_of(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is no date such as 2027-03-09")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date that exists") from None


@cache
def _zone_exists(name: str) -> bool:
    if name.startswith(("right/", "posix/")):  # the system's variants of a zone, one with leap seconds
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _minutes_of(text: str, *, end: bool) -> int:
    if end and text == "24:00":
        return MINUTES_A_DAY
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is no clock time such as 09:30")
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _parsed_text(parse: Callable[[str], Value], what: str) -> Callable[[object], Value]:
    def parsed(value: object) -> Value:
        if not isinstance(value, str):
            raise ValueError(f"should be {what}, not {_shown(value)}")
        return parse(value)

    return parsed


def _pair_of_texts(value: object, what: str) -> tuple[str, str]:
    match value:
        case [str(first), str(second)]:
            return first, second
    raise ValueError(f"should be {what}, not {_shown(value)}")


def _parsed_interval(value: object) -> Interval:
    return _interval_of(*_pair_of_texts(value, "[start, end], two instants"))


def _parsed_day_hours(value: object) -> DayHours:
    opens, closes = _pair_of_texts(value, '[from, to], two clock times such as ["09:00", "17:30"]')
    try:
        return DayHours(_minutes_of(opens, end=False), _minutes_of(closes, end=True))
    except InvalidInterval:
        raise ValueError(f"{opens}–{closes} ends before it starts, or is empty") from None


def _known_zone(name: str) -> str:
    if not _zone_exists(name):
        raise ValueError(f"{name!r} is no IANA time zone such as Europe/London")
    return name


def _in_range(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _all_different(ids: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if repeated:
        raise ValueError(f"{_shown(repeated[0])} is named twice")
    return ids


def _dividing_an_hour(minutes: int) -> int:
    if 60 % minutes:
        raise ValueError(f"{minutes} does not divide 60")
    return minutes


def _in_order(seats: tuple[int, int]) -> tuple[int, int]:
    if seats[0] > seats[1]:
        raise ValueError(f"the fewest ({seats[0]}) is above the most ({seats[1]})")
    return seats


def _a_list(value: object) -> object:
    """JSON knows lists only, where pydantic would take a string or an object for a sequence too."""
    if not isinstance(value, list):
        raise ValueError(f"should be a list, not {_shown(value)}")
    return value


Listed = BeforeValidator(_a_list)
Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]
CountFromOne = Annotated[int, Field(strict=True, ge=1, le=LARGEST_COUNT)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=LONGEST_MINUTES)]
MinutesFromOne = Annotated[int, Field(strict=True, ge=1, le=LONGEST_MINUTES)]
Grid = Annotated[int, Field(strict=True, ge=1, le=60), AfterValidator(_dividing_an_hour)]
Seats = Annotated[tuple[CountFromOne, CountFromOne], AfterValidator(_in_order), Listed]
Zone = Annotated[StrictStr, AfterValidator(_known_zone)]
Day = Annotated[date, PlainValidator(_parsed_text(_date_of, "a date such as 2027-03-09"))]
Instant = Annotated[
    datetime, PlainValidator(_parsed_text(_instant_of, "an instant such as 2027-03-09T12:00:00Z"))
]
Between = Annotated[DayHours, PlainValidator(_parsed_day_hours)]
WindowDay = Annotated[Day, AfterValidator(_in_range)]
Ids = Annotated[tuple[StrictStr, ...], Listed]
DifferentIds = Annotated[Ids, AfterValidator(_all_different)]
Texts = Annotated[frozenset[StrictStr], Listed]
Days = Annotated[frozenset[Day], Listed]
Intervals = Annotated[tuple[Annotated[Interval, PlainValidator(_parsed_interval)], ...], Listed]


#: The default of a field that may be left out, and may not be null.
ABSENT: Any = None


# ---- rows of a problem -----------------------------------------------------------------------


class _Row(BaseModel):
    """One object of a problem: no field but these."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Week(_Row):
    mon: Between = ABSENT
    tue: Between = ABSENT
    wed: Between = ABSENT
    thu: Between = ABSENT
    fri: Between = ABSENT
    sat: Between = ABSENT
    sun: Between = ABSENT


def _week_hours(week: _Week) -> WeekHours:
    return WeekHours(tuple(getattr(week, day) for day in WEEKDAYS))


Week = Annotated[_Week, AfterValidator(_week_hours)]


class _OfficeRow(_Row):
    id: StrictStr
    timezone: Zone
    open: Week
    closed: Days = frozenset()


class _RoomRow(_Row):
    id: StrictStr
    office: StrictStr
    capacity: CountFromOne
    uses: Annotated[frozenset[RoomUse], Listed]
    shared: StrictBool = False
    features: Texts = frozenset()
    busy: Intervals = ()


class _PersonRow(_Row):
    id: StrictStr
    role: Role
    offices: DifferentIds
    timezone: Zone
    hours: Week
    busy: Intervals = ()
    unknown: Intervals = ()
    elsewhere: Intervals = ()
    in_office: Days = frozenset()
    avoid: Days = frozenset()
    room_needs: Texts = frozenset()
    max_office_days_per_week: Count = 7
    max_minutes_per_day: Count = MINUTES_A_DAY
    min_sessions_per_office_day: Count = 1
    break_minutes: Minutes = 0
    travel_minutes: Minutes = 0
    max_sessions: Count = ABSENT
    need: Count = 1


class _AgreementRow(_Row):
    start: Instant
    room: StrictStr | None = None
    juniors: Ids


class _SessionRow(_Row):
    id: StrictStr
    kind: SessionKind
    senior: StrictStr
    juniors: Ids
    seats: Seats
    minutes: MinutesFromOne
    between: Between
    first_day: Day
    last_day: Day
    required: DifferentIds = ()
    open_seats: Count = 0
    office: StrictStr | None = None
    room_use: RoomUse | None = None
    weight: CountFromOne = 1
    fixed: _AgreementRow | None = None


class _ProblemHead(_Row):
    """Everything of a problem but the rows of its four lists, which are read one by one."""

    format: Literal["officeday-problem/1"] = PROBLEM_FORMAT
    first_day: WindowDay
    last_day: WindowDay
    grid_minutes: Grid = 15
    offices: Annotated[list[Any], Listed]
    rooms: Annotated[list[Any], Listed]
    people: Annotated[list[Any], Listed]
    sessions: Annotated[list[Any], Listed]


def _office(row: _OfficeRow) -> Office:
    return Office(**row.__dict__)


def _room(row: _RoomRow) -> Room:
    return Room(**row.__dict__)


def _person(row: _PersonRow) -> Person:
    return Person(**{**row.__dict__, "offices": frozenset(row.offices)})


def _session(row: _SessionRow) -> Session:
    fixed = Agreement(**row.fixed.__dict__) if row.fixed else None
    return Session(**{**row.__dict__, "required": frozenset(row.required), "fixed": fixed})


# ---- reading a problem -----------------------------------------------------------------------


def read_problem(text: str | bytes, name: str) -> PlanningProblem:
    """Read an `officeday-problem/1` document.

    Args:
        text: the document; bytes are UTF-8.
        name: what a person calls it (its file); stands before each mistake.

    Raises:
        InvalidProblem: with all mistakes, in the order of the document.
    """
    document, mistakes = _parsed_json(text)
    problem = None
    if not mistakes:
        problem, mistakes = _read_document(document)
    if problem is None or mistakes:
        raise InvalidProblem([f"{name}: {mistake}" for mistake in mistakes])
    return problem


def check_references(problem: PlanningProblem) -> None:
    """Say that every id is unique and points somewhere, for a problem that was not read from a document.

    Raises:
        InvalidProblem: with all mistakes.
    """
    mistakes = list(_reference_mistakes(_Rows.of(problem), problem.first_day, problem.last_day))
    if mistakes:
        raise InvalidProblem(mistakes)


def _read_document(document: object) -> tuple[PlanningProblem | None, list[str]]:
    if not isinstance(document, dict):
        return None, [f"should be an object with the fields of {PROBLEM_FORMAT}, not {_shown(document)}"]
    mistakes = [f"{place}: this field stands twice" for place in _repeated_fields(document)]
    head = _read_row(_ProblemHead, document, "", mistakes)
    rows = _Rows(
        {field: _ids(document.get(field)) for field in LISTS},
        _read_list(_OfficeRow, _office, document, "offices", mistakes),
        _read_list(_RoomRow, _room, document, "rooms", mistakes),
        _read_list(_PersonRow, _person, document, "people", mistakes),
        _read_list(_SessionRow, _session, document, "sessions", mistakes),
    )
    first_day, last_day = (head.first_day, head.last_day) if head else (None, None)
    mistakes += _reference_mistakes(rows, first_day, last_day)
    if head is None or mistakes:
        return None, mistakes
    return _problem(head, rows), []


def _problem(head: _ProblemHead, rows: _Rows) -> PlanningProblem:
    return PlanningProblem(
        first_day=head.first_day,
        last_day=head.last_day,
        grid_minutes=head.grid_minutes,
        offices=tuple(rows.offices.values()),
        rooms=tuple(rows.rooms.values()),
        people=tuple(rows.people.values()),
        sessions=tuple(rows.sessions.values()),
    )


def _ids(listed: object) -> list[str | None]:
    """The ids of one list in its order, None where a row has no readable one."""
    if not isinstance(listed, list):
        return []
    ids = (row.get("id") if isinstance(row, dict) else None for row in listed)
    return [found if isinstance(found, str) else None for found in ids]


def _read_list(
    row_type: type[Read],
    noun: Callable[[Read], Value],
    document: dict[str, object],
    field: str,
    mistakes: list[str],
) -> dict[int, Value]:
    """Read the rows of one list; those with mistakes are missing in the answer."""
    listed = document.get(field)
    if not isinstance(listed, list):
        return {}
    read: dict[int, Value] = {}
    for index, row in enumerate(listed):
        checked = _read_row(row_type, row, f"{field}[{index}]", mistakes)
        if checked is not None:
            read[index] = noun(checked)
    return read


def _read_row(row_type: type[Read], row: object, place: str, mistakes: list[str]) -> Read | None:
    try:
        return row_type.model_validate(row)
    except ValidationError as why:
        owner = row.get("id") if isinstance(row, dict) else None
        fields = list(row_type.model_fields)
        mistakes += [
            f"{_place(place, error['loc'], owner)}: {_words_for(error, fields)}"
            for error in why.errors(include_url=False)
        ]
        return None


def _place(start: str, path: Iterable[int | str], owner: object) -> str:
    place = start
    for step in path:
        if isinstance(step, int):
            place += f"[{step}]"
        else:
            place += f".{step}" if place else step
    return (place or "the document") + (f" ({owner})" if isinstance(owner, str) else "")


def _words_for(error: ErrorDetails, fields: Sequence[str]) -> str:
    """One mistake in words; the rest are pydantic's own ("Input should be a valid integer")."""
    kind = error["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), fields, n=1)
        return "is no field of this format" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "value_error":
        return str(error["ctx"]["error"])
    words = error["msg"].removeprefix("Input ")
    return f"{words[0].lower()}{words[1:]}, not {_shown(error['input'])}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value if len(value) <= 60 else value[:60] + "…", ensure_ascii=False)
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
    text = str(value)
    return text if len(text) <= 60 else text[:60] + "…"


# ---- JSON ------------------------------------------------------------------------------------


class _Repeated(dict[str, Any]):
    """An object in which fields stood twice."""

    fields: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    repeated = _Repeated(plain)
    names = [name for name, _ in pairs]
    repeated.fields = tuple(name for name in plain if names.count(name) > 1)
    return repeated


def _parsed_json(text: str | bytes) -> tuple[object, list[str]]:
    """Parse JSON; a mistake of syntax is the only one that can be told then."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_object), []
    except UnicodeDecodeError as why:
        return None, [f"is not UTF-8: byte {why.start} (save it as UTF-8)"]
    except json.JSONDecodeError as why:
        return None, [f"line {why.lineno}, column {why.colno}: {why.msg} (this is not JSON)"]
    except RecursionError:
        return None, ["is nested too deeply for this format"]
    except ValueError as why:  # a number of thousands of digits
        return None, [f"cannot be read: {why}"]


def _repeated_fields(document: object) -> Iterator[str]:
    """The places of fields that stand twice in one object; lists of plain values are passed over."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, _Repeated):
            yield from (_place(place, [name], value.get("id")) for name in value.fields)
        if isinstance(value, dict):
            waiting += [
                (_place(place, [str(name)], None), inner) for name, inner in value.items() if _holds(inner)
            ]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            waiting += [(f"{place}[{index}]", inner) for index, inner in enumerate(value)]


def _holds(value: object) -> bool:
    return isinstance(value, dict | list)


# ---- references ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rows:
    """What could be read of a problem's lists, by its index there, and every id that stands in them."""

    ids: Mapping[str, Sequence[str | None]]
    offices: Mapping[int, Office]
    rooms: Mapping[int, Room]
    people: Mapping[int, Person]
    sessions: Mapping[int, Session]

    @classmethod
    def of(cls, problem: PlanningProblem) -> _Rows:
        return cls(
            {field: [row.id for row in getattr(problem, field)] for field in LISTS},
            dict(enumerate(problem.offices)),
            dict(enumerate(problem.rooms)),
            dict(enumerate(problem.people)),
            dict(enumerate(problem.sessions)),
        )


def _reference_mistakes(rows: _Rows, first_day: date | None, last_day: date | None) -> Iterator[str]:
    known = {field: frozenset(id_ for id_ in rows.ids[field] if id_ is not None) for field in LISTS}
    if first_day and last_day and last_day < first_day:
        yield f"last_day: {last_day} comes before first_day, {first_day}"
    for field in LISTS:
        yield from _duplicates(field, rows.ids[field])
    for index, room in rows.rooms.items():
        if room.office not in known["offices"]:
            yield f"rooms[{index}].office ({room.id}): no office has the id {_shown(room.office)}"
    for index, person in rows.people.items():
        for office in sorted(person.offices - known["offices"]):
            yield f"people[{index}].offices ({person.id}): no office has the id {_shown(office)}"
    for index, session in rows.sessions.items():
        for field, words in _session_mistakes(session, known):
            yield f"sessions[{index}].{field} ({session.id}): {words}"


def _duplicates(field: str, ids: Sequence[str | None]) -> Iterator[str]:
    first_at: dict[str, int] = {}
    for index, id_ in enumerate(ids):
        if id_ is None:
            continue
        if id_ in first_at:
            yield f"{field}[{index}].id: {_shown(id_)} is the id of {field}[{first_at[id_]}] already"
        first_at.setdefault(id_, index)


def _session_mistakes(session: Session, known: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    if session.senior not in known["people"]:
        yield "senior", f"no person has the id {_shown(session.senior)}"
    if session.office is not None and session.office not in known["offices"]:
        yield "office", f"no office has the id {_shown(session.office)}"
    if session.last_day < session.first_day:
        yield "last_day", f"{session.last_day} comes before first_day, {session.first_day}"
    yield from _attendance_mistakes("juniors", session.juniors, session.senior, known["people"])
    for junior in sorted(session.required - set(session.juniors)):
        yield "required", f"{_shown(junior)} is not among the juniors"
    if session.fixed is not None:
        yield from _agreement_mistakes(session, session.fixed, known)


def _agreement_mistakes(
    session: Session, fixed: Agreement, known: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    yield from _attendance_mistakes("fixed.juniors", fixed.juniors, session.senior, known["people"])
    if fixed.room is not None and fixed.room not in known["rooms"]:
        yield "fixed.room", f"no room has the id {_shown(fixed.room)}"
    if not FIRST_YEAR <= fixed.start.year <= LAST_YEAR:
        yield "fixed.start", f"{fixed.start.date()} is not between the years {FIRST_YEAR} and {LAST_YEAR}"


def _attendance_mistakes(
    field: str, juniors: Sequence[str], senior: str, people: frozenset[str]
) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for index, junior in enumerate(juniors):
        if junior in seen:
            yield f"{field}[{index}]", f"{_shown(junior)} is named twice"
        elif junior == senior:
            yield f"{field}[{index}]", f"{_shown(junior)} is the senior of this session"
        elif junior not in people:
            yield f"{field}[{index}]", f"no person has the id {_shown(junior)}"
        seen.add(junior)


# ---- writing a problem -----------------------------------------------------------------------


def problem_to_json(problem: PlanningProblem) -> str:
    """Write a problem so that `read_problem` gives an equal one; ASCII only, fields in the format's order."""
    return json.dumps(
        {
            "format": PROBLEM_FORMAT,
            "first_day": str(problem.first_day),
            "last_day": str(problem.last_day),
            "grid_minutes": problem.grid_minutes,
            "offices": [_office_json(office) for office in problem.offices],
            "rooms": [_room_json(room) for room in problem.rooms],
            "people": [_person_json(person) for person in problem.people],
            "sessions": [_session_json(session) for session in problem.sessions],
        }
    )


def _office_json(office: Office) -> dict[str, object]:
    return {
        "id": office.id,
        "timezone": office.timezone,
        "open": _week_json(office.open),
        "closed": _dates_json(office.closed),
    }


def _room_json(room: Room) -> dict[str, object]:
    return {
        "id": room.id,
        "office": room.office,
        "capacity": room.capacity,
        "uses": sorted(room.uses),
        "shared": room.shared,
        "features": sorted(room.features),
        "busy": _intervals_json(room.busy),
    }


def _person_json(person: Person) -> dict[str, object]:
    row: dict[str, object] = {
        "id": person.id,
        "role": person.role,
        "offices": sorted(person.offices),
        "timezone": person.timezone,
        "hours": _week_json(person.hours),
        "busy": _intervals_json(person.busy),
        "unknown": _intervals_json(person.unknown),
        "elsewhere": _intervals_json(person.elsewhere),
        "in_office": _dates_json(person.in_office),
        "avoid": _dates_json(person.avoid),
        "room_needs": sorted(person.room_needs),
        "max_office_days_per_week": person.max_office_days_per_week,
        "max_minutes_per_day": person.max_minutes_per_day,
        "min_sessions_per_office_day": person.min_sessions_per_office_day,
        "break_minutes": person.break_minutes,
        "travel_minutes": person.travel_minutes,
        "need": person.need,
    }
    if person.max_sessions is not None:
        row["max_sessions"] = person.max_sessions
    return row


def _session_json(session: Session) -> dict[str, object]:
    row: dict[str, object] = {
        "id": session.id,
        "kind": session.kind,
        "senior": session.senior,
        "juniors": session.juniors,
        "required": [junior for junior in session.juniors if junior in session.required],
        "seats": session.seats,
        "open_seats": session.open_seats,
        "minutes": session.minutes,
        "between": _hours_json(session.between),
        "office": session.office,
        "room_use": session.room_use,
        "first_day": str(session.first_day),
        "last_day": str(session.last_day),
        "weight": session.weight,
    }
    if session.fixed is not None:
        fixed = session.fixed
        row["fixed"] = {"start": _instant_json(fixed.start), "room": fixed.room, "juniors": fixed.juniors}
    return row


def _week_json(week: WeekHours) -> dict[str, list[str]]:
    return {
        name: _hours_json(hours) for name, hours in zip(WEEKDAYS, week.days, strict=True) if hours is not None
    }


def _hours_json(hours: DayHours) -> list[str]:
    return [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (hours.opens, hours.closes)]


def _dates_json(days: Iterable[date]) -> list[str]:
    return [str(day) for day in sorted(days)]


def _intervals_json(intervals: Iterable[Interval]) -> list[list[str]]:
    return [[_instant_json(interval.start), _instant_json(interval.end)] for interval in intervals]


@lru_cache(maxsize=1 << 16)
def _instant_json(instant: datetime) -> str:
    return instant.isoformat().removesuffix("+00:00") + "Z"


# ---- plans -----------------------------------------------------------------------------------


class _PlanRow(BaseModel):
    """One object of a plan; what a later version adds is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


AnyWhole = Annotated[int, Field(strict=True)]


class _PlacementRow(_PlanRow):
    id: StrictStr
    start: Instant
    room: StrictStr | None = None
    juniors: Ids


class _ReasonedRow(_PlanRow):
    id: StrictStr
    reason: StrictStr


class _MoveRow(_PlanRow):
    id: StrictStr
    before: Annotated[Instant, Field(alias="from")]
    now: Annotated[Instant | None, Field(alias="to")] = None
    reason: StrictStr


class _ScoreRow(_PlanRow):
    reached: AnyWhole = 0
    placed: AnyWhole = 0
    senior_days: AnyWhole = 0
    share: AnyWhole = 0
    junior_days: AnyWhole = 0
    idle: AnyWhole = 0


class _ProofRow(_PlanRow):
    level: Level
    value: AnyWhole
    bound: AnyWhole


class _SeniorProofRow(_PlanRow):
    senior: StrictStr
    days: AnyWhole
    bound: AnyWhole


def _plan_format(text: str) -> str:
    if not re.fullmatch(r"officeday-plan/\d+", text, re.ASCII):
        raise ValueError(f'should be "{PLAN_FORMAT}", a plan, not {_shown(text)}')
    return text


class _PlanDocument(_PlanRow):
    format: Annotated[StrictStr, AfterValidator(_plan_format)] = PLAN_FORMAT
    sessions: Annotated[tuple[_PlacementRow, ...], Listed]
    unplaced: Annotated[tuple[_ReasonedRow, ...], Listed] = ()
    conflicts: Annotated[tuple[_ReasonedRow, ...], Listed] = ()
    moved: Annotated[tuple[_MoveRow, ...], Listed] = ABSENT
    score: _ScoreRow = _ScoreRow()
    proof: Annotated[tuple[_ProofRow, ...], Listed] = ()
    seniors: Annotated[tuple[_SeniorProofRow, ...], Listed] = ()
    seconds: Annotated[FiniteFloat, Field(strict=True, ge=0)] = 0.0


def read_plan(text: str | bytes, name: str) -> Plan:
    """Read an `officeday-plan/1` document, passing over fields that a later version added.

    Whether its ids point somewhere, and whether it keeps the rules, `planner.check` says.

    Raises:
        InvalidPlan: with all mistakes of form, `name` before each.
    """
    document, mistakes = _parsed_json(text)
    if not mistakes:
        row = _read_row(_PlanDocument, document, "", mistakes)
        if row is not None:
            return _plan(row)
    no_plan = [mistake for mistake in mistakes if mistake.startswith("format: ")]  # the rest follows from it
    raise InvalidPlan([f"{name}: {mistake}" for mistake in no_plan or mistakes])


def _plan(row: _PlanDocument) -> Plan:
    return Plan(
        placements=tuple(Placement(p.id, p.start, p.room, p.juniors) for p in row.sessions),
        unplaced=tuple(Reasoned(r.id, r.reason) for r in row.unplaced),
        conflicts=tuple(Reasoned(r.id, r.reason) for r in row.conflicts),
        moved=None
        if row.moved is ABSENT
        else tuple(Move(m.id, m.before, m.now, m.reason) for m in row.moved),
        score=Score(**row.score.__dict__),
        proof=tuple(Proof(p.level, p.value, p.bound) for p in row.proof),
        seniors=tuple(SeniorProof(s.senior, s.days, s.bound) for s in row.seniors),
        seconds=row.seconds,
    )


def plan_to_json(plan: Plan) -> str:
    """Write a plan; `seniors`, each senior's own days and bound, is an addition of ours. ASCII only."""
    document: dict[str, object] = {
        "format": PLAN_FORMAT,
        "sessions": [_placement_json(placement) for placement in plan.placements],
        "conflicts": [{"id": c.session, "reason": c.reason} for c in plan.conflicts],
        "unplaced": [{"id": u.session, "reason": u.reason} for u in plan.unplaced],
    }
    if plan.moved is not None:
        document["moved"] = [_move_json(move) for move in plan.moved]
    document["score"] = asdict(plan.score)
    document["proof"] = [{"level": p.level, "value": p.value, "bound": p.bound} for p in plan.proof]
    if plan.seniors:
        document["seniors"] = [{"senior": s.senior, "days": s.days, "bound": s.bound} for s in plan.seniors]
    document["seconds"] = plan.seconds
    return json.dumps(document)


def _placement_json(placement: Placement) -> dict[str, object]:
    return {
        "id": placement.session,
        "start": _instant_json(placement.start),
        "room": placement.room,
        "juniors": placement.juniors,
    }


def _move_json(move: Move) -> dict[str, object]:
    now = None if move.now is None else _instant_json(move.now)
    return {"id": move.session, "from": _instant_json(move.before), "to": now, "reason": move.reason}
