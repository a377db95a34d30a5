"""Make the company: offices, rooms and people as CSV files, and a calendar file each.

It is what `officeday import` takes, so the demo goes the way that a real company goes. Calendars begin
where the programme did, three months back; what it promises comes from the page Programme.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from web.demo.calendars import Producer, write_calendar
from web.demo.diaries import make_diary
from web.demo.names import ADMIN, COHORTS, JUNIORS, SENIORS, TEAMS, TOPICS
from web.sheets.columns import SHEETS, SheetKind

WEEKS = 4
WEEKS_OF_HISTORY = 12
LOAD = 0.4  #: how full calendars are
SENIOR_LOAD, JUNIOR_LOAD = 1.3, 0.8  #: of that
SEED = 7

LONDON, NEW_YORK = "london", "newyork"
ZONES = {LONDON: "Europe/London", NEW_YORK: "America/New_York"}

#: What one in so many eats, by their number.
EATS = {2: "vegetarian", 5: "no nuts", 7: "halal"}

#: One in four works in New York.
EVERY_NTH_ABROAD = 4

_OFFICES = (
    {
        "id": LONDON,
        "name": "London, Finsbury",
        "timezone": ZONES[LONDON],
        "hours": "mon-fri 08:00-18:30",
        "holidays": "GB-ENG",
    },
    {
        "id": NEW_YORK,
        "name": "New York, Tribeca",
        "timezone": ZONES[NEW_YORK],
        "hours": "mon-fri 08:00-18:30",
        "holidays": "US-NY",
    },
)
_ROOMS = (
    (LONDON, "Plane Tree", 10, "meeting lunch", "no", "step-free screen"),
    (LONDON, "Hawthorn", 8, "meeting lunch", "no", "screen"),
    (LONDON, "Rowan", 6, "meeting lunch", "no", "step-free"),
    (LONDON, "The Orchard", 16, "coworking", "yes", "step-free quiet"),
    (LONDON, "The Greenhouse", 12, "coworking", "yes", "step-free"),
    (NEW_YORK, "Sycamore", 8, "meeting lunch", "no", "step-free screen"),
    (NEW_YORK, "Ginkgo", 6, "meeting lunch", "no", "step-free"),
    (NEW_YORK, "The Loft", 14, "coworking", "yes", "step-free quiet"),
)


@dataclass(frozen=True)
class Member:
    """One made-up person, as their row in people.csv says."""

    name: str
    role: str
    office: str
    row: Mapping[str, Any]

    @property
    def email(self) -> str:
        return str(self.row["email"])

    @property
    def slug(self) -> str:
        return self.email.partition("@")[0].replace(".", "-")


@dataclass
class Company:
    """Where the files lie, and who is worth showing."""

    folder: Path
    first_day: date
    last_day: date
    programme_began: date = date.min
    own_calendars: int = 0  #: people whose calendar is a file that was given
    broken: str = ""  #: who has the calendar that cannot be read
    members: list[Member] = field(default_factory=list)

    def sheet(self, kind: SheetKind) -> Path:
        return self.folder / f"{kind.value}.csv"

    def of_role(self, role: str) -> list[Member]:
        return [member for member in self.members if member.role == role]


def make_company(
    folder: Path,
    today: date,
    *,
    for_everybody: Sequence[Path] = (),
    for_some_juniors: Sequence[Path] = (),
    seed: int = SEED,
) -> Company:
    """Write the whole company.

    Args:
        today: the window begins on the Monday after it.
        for_everybody: .ics files that take the place of made-up ones, the seniors' first.
        for_some_juniors: .ics files that a few juniors have.
    """
    first = today + timedelta(days=7 - today.weekday())
    began = first - timedelta(weeks=WEEKS_OF_HISTORY)
    company = Company(folder, first, first + timedelta(weeks=WEEKS, days=-3), began)
    rng = Random(f"{seed} {first}")  # noqa: S311 (the same company for everybody is the point)
    (folder / "calendars").mkdir(parents=True, exist_ok=True)
    given = _given(for_everybody, for_some_juniors)
    company.own_calendars = len(given)
    company.members = [
        _person(rng, company, name, role, number, given.get((role, number)))
        for name, role, number in _everybody()
    ]
    company.broken = _break_one(company, given)
    _write(company, SheetKind.OFFICES, _OFFICES)
    _write(company, SheetKind.ROOMS, (_room(*room) for room in _ROOMS))
    _write(company, SheetKind.PEOPLE, (member.row for member in company.members))
    return company


def calendar_files(folder: Path) -> list[Path]:
    """The .ics files of a folder, by name."""
    return sorted(path.resolve() for path in folder.iterdir() if path.suffix.lower() == ".ics")


def _everybody() -> Iterable[tuple[str, str, int]]:
    for role, names in (("senior", SENIORS), ("junior", JUNIORS), ("admin", (ADMIN,))):
        yield from ((name, role, number) for number, name in enumerate(names))


def _given(for_everybody: Sequence[Path], for_some_juniors: Sequence[Path]) -> dict[tuple[str, int], Path]:
    """Which file is whose calendar: one's own go to the seniors first, others to every third junior."""
    places = [("senior", n) for n in range(len(SENIORS))] + [("junior", n) for n in range(len(JUNIORS))]
    some = [("junior", n) for n in range(0, len(JUNIORS), 3)]
    given = dict(zip(some, for_some_juniors, strict=False))
    return given | dict(zip(places, for_everybody, strict=False))


# --- people --------------------------------------------------------------------------------------


def _person(rng: Random, company: Company, name: str, role: str, number: int, given: Path | None) -> Member:
    office = NEW_YORK if number % EVERY_NTH_ABROAD == EVERY_NTH_ABROAD - 1 else LONDON
    email = f"{_plain(name)}@example.com"
    diary = make_diary(rng, _working_days(company), LOAD * (SENIOR_LOAD if role == "senior" else JUNIOR_LOAD))
    calendar = given or company.folder / "calendars" / f"{_plain(name)}.ics"
    if given is None:
        stamp = datetime.combine(company.first_day, time(), UTC) - timedelta(days=7)
        producer = list(Producer)[number % len(Producer)]
        calendar.write_bytes(write_calendar(diary, producer, ZONES[office], email, stamp))
    row = {
        "email": email,
        "name": name,
        "role": role,
        "offices": office,
        "timezone": ZONES[office],
        "hours": _hours(rng),
        "calendar": f"ics:{calendar if given else calendar.relative_to(company.folder)}",
        "eats": EATS.get(number % 9, "") if role != "admin" else "",
        **_as(role, rng, company, number),
    }
    return Member(name, role, office, row)


def _plain(name: str) -> str:
    """`Siobhán O'Neill` → `siobhan.oneill`."""
    folded = unicodedata.normalize("NFKD", name.replace("ı", "i")).encode("ascii", "ignore").decode()
    return folded.lower().replace("'", "").replace(" ", ".")


def _as(role: str, rng: Random, company: Company, number: int) -> dict[str, Any]:
    """What a row says of somebody in their role."""
    if role == "senior":
        known = rng.sample(TOPICS, 3)
        return _limits_of_senior(rng) | {"topics": ", ".join(known), "joined": company.programme_began}
    if role == "junior":
        return _limits_of_junior(rng) | {
            "topics": ", ".join(rng.sample(TOPICS, rng.choice((0, 1, 1, 2)))),
            "cohort": COHORTS[number % len(COHORTS)],
            "team": TEAMS[number // 3 % len(TEAMS)],
            "manager": f"{_plain(rng.choice(SENIORS))}@example.com",
            "joined": _joined(company, number),
        }
    return {}


def _joined(company: Company, number: int) -> date:
    """Most were there when it began; one in twelve came later, week after week."""
    late = number % 12 == 5
    return company.programme_began + timedelta(weeks=number % WEEKS_OF_HISTORY + 1 if late else 0)


def _working_days(company: Company) -> list[date]:
    """Of the months that were and the weeks to come."""
    weeks = WEEKS_OF_HISTORY + WEEKS
    span = (company.programme_began + timedelta(days=n) for n in range(weeks * 7))
    return [day for day in span if day.weekday() < 5]


def _hours(rng: Random) -> str:
    begin = rng.choice(("08:00", "08:30", "09:00", "09:00", "09:30"))
    end = rng.choice(("17:00", "17:30", "18:00"))
    if rng.random() < 0.1:  # part time
        return f"mon-thu {begin}-{end}"
    return f"mon-fri {begin}-{end}"


def _limits_of_senior(rng: Random) -> dict[str, Any]:
    in_anyway = rng.choice(("mon", "tue", "wed", "thu")) if rng.random() < 0.2 else ""
    never = rng.choice(("mon", "fri")) if rng.random() < 0.3 else ""
    return {
        "max_office_days_per_week": rng.choice((2, 3, 3, 5)),
        "max_minutes_per_day": 360,
        "travel_minutes": rng.choice((0, 0, 30)),
        "break_minutes": rng.choice((0, 0, 15)),
        "days_in_anyway": in_anyway,
        "days_never": "" if never == in_anyway else never,
    }


def _limits_of_junior(rng: Random) -> dict[str, Any]:
    return {"max_sessions": rng.choice((6, 8)) if rng.random() < 0.15 else ""}


def _break_one(company: Company, given: Mapping[tuple[str, int], Path]) -> str:
    """Cut one junior's file off in the middle, as a download that stopped does; whose, or ""."""
    number = max((n for n in range(len(JUNIORS)) if ("junior", n) not in given), default=None)
    if number is None:
        return ""
    member = company.of_role("junior")[number]
    file = company.folder / "calendars" / f"{_plain(member.name)}.ics"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])
    return member.name


def _room(office: str, name: str, capacity: int, uses: str, shared: str, features: str) -> dict[str, Any]:
    slug = f"{office}-{name.removeprefix('The ').lower().replace(' ', '-')}"
    return {
        "id": slug,
        "office": office,
        "name": name,
        "capacity": capacity,
        "uses": uses,
        "shared": shared,
        "features": features,
        "email": f"{slug}@rooms.example.com",
    }


def _write(company: Company, kind: SheetKind, rows: Iterable[Mapping[str, Any]]) -> None:
    listed = list(rows)
    used = {name for row in listed for name in row}
    columns = [column.name for column in SHEETS[kind] if column.name in used]
    with company.sheet(kind).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(listed)
