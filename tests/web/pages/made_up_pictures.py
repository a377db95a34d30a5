"""What the page of pictures is handed, made up: a year, a first month, nothing yet, three ugly years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from planner.domain import SessionKind
from tests.web.made_up import LONG_NAME, NOW
from web.operations.pictures import Asked, days_of, month_of, next_month
from web.pages import pictures
from web.records import (
    HeadcountRecord,
    KindMonthsRecord,
    OfficeDaysRecord,
    ReachedMonthRecord,
    RoomMonthRecord,
    SaidOfRecord,
)

TODAY = NOW.date()
THIS_MONTH = month_of(TODAY)

#: Wider than its letters are many.
WIDE_NAME = "Донаудампфшифффартсгезелльшафт 🏢 Rindfleischetikettierungsüberwachungsgesetz"


def shown(
    months: int,
    many: int = 1,
    offices: tuple[str, ...] = ("London", "New York"),
    alike: bool = False,
) -> dict[str, Any]:
    """The last so many months; `many` times the sessions. `alike`: a greedy packer does as well as we do."""
    rng = Random(f"pictures of {months} months")
    over = [next_month(THIS_MONTH, -n) for n in reversed(range(months))]
    days = tuple(_office_days(month, rng, many) for month in over)
    found = {
        "office-days": tuple(replace(each, greedy=each.ours) for each in days) if alike else days,
        "reach": tuple(
            ReachedMonthRecord(month, 40 * many, 40 * many * min(94, 30 + 8 * n + rng.randrange(6)) // 100)
            for n, month in enumerate(over)
        ),
        "kinds": (tuple(over), tuple(_kind(kind, over, rng, many) for kind in SessionKind)),
        "usefulness": (tuple(over), (_said(over[2:], 2, rng), _said(over, 1, rng))),
        "rooms": _rooms(rng, offices, many),
        "headcount": tuple(_headcount(office, rng, many) for office in offices),
    }
    asked = Asked(36 if months > 12 else 12, THIS_MONTH)
    return pictures.as_shown(asked, found, TODAY, {})


def nothing(**mistakes: str) -> dict[str, Any]:
    found = {
        "office-days": (),
        "reach": (),
        "kinds": ((), ()),
        "usefulness": ((), ((), ())),
        "rooms": None,
        "headcount": (),
    }
    return pictures.as_shown(Asked(12, THIS_MONTH), found, TODAY, mistakes)


def _office_days(month: date, rng: Random, many: int) -> OfficeDaysRecord:
    sessions = many * (60 + rng.randrange(30))
    return OfficeDaysRecord(
        month,
        sessions=sessions,
        compared=sessions - 2,
        unplaced=1,
        ours=sessions * 10 // 31,
        first_free=sessions * (20 + rng.randrange(3)) // 31,
        greedy=sessions * (12 + rng.randrange(2)) // 31,
        all_days=sessions * 10 // 31 + 1,
        mandate=many * (118 + rng.randrange(20)),
    )


def _kind(kind: SessionKind, months: list[date], rng: Random, many: int) -> KindMonthsRecord:
    most = many * (4 + 3 * [*SessionKind].index(kind))
    held = [rng.randrange(most // 2, most) for _ in months]
    held[-1] //= 4
    still_open = [rng.randrange(2) * many for _ in months[:-1]]
    return KindMonthsRecord(kind, tuple(held), (*still_open, most // 2))


def _said(months: list[date], wide: int, rng: Random) -> tuple[tuple[date, date, SaidOfRecord], ...]:
    """Blocks of so many months."""
    return tuple(
        (
            block[0],
            block[-1],
            SaidOfRecord(None, 60, 41, 39, (1, 2, 5 + rng.randrange(9), 18, 4 + rng.randrange(12))),
        )
        for block in (months[at : at + wide] for at in range(0, len(months), wide))
    )


def _rooms(rng: Random, offices: tuple[str, ...], many: int) -> RoomMonthRecord:
    names = ["Hall", "Park", "Yard", "Bishopsgate", "Board room", LONG_NAME[:60]][: 5 if many == 1 else 6]
    rooms = tuple(
        (
            name,
            tuple(
                None if day.weekday() > 4 else rng.choice((0, 0, 12.5, 30, 44, 61.9, 85, 100))
                for day in days_of(THIS_MONTH)
            ),
        )
        for name in names
    )
    ids = tuple((f"o{n}", name) for n, name in enumerate(offices))
    return RoomMonthRecord(offices[0], "o0", ids, rooms)


def _headcount(office: str, rng: Random, many: int) -> HeadcountRecord:
    return HeadcountRecord(
        office, tuple(0 if day.weekday() > 4 else rng.randrange(22) * many for day in days_of(THIS_MONTH))
    )
