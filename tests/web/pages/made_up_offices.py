"""What the pages of offices are handed, made up: a year of holidays and closures, nothing yet, ugly names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.web.made_up import LONG_NAME, NOW, four_sessions
from web import public_holidays
from web.errors import Refused
from web.operations.holidays import AHEAD
from web.operations.offices import AgreedThen
from web.pages import offices
from web.pages.offices import Question
from web.records import ClosedDayRecord, OfficeRecord

HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("08:00", "18:30"))
EASTER_MONDAY = date(2027, 3, 29)
ADDRESS = "/admin/offices/london/closures"


def _days() -> tuple[ClosedDayRecord, ...]:
    year = public_holidays.between("GB-ENG", NOW.date(), NOW.date() + AHEAD)
    holidays = [
        ClosedDayRecord(day, name, True, open_anyway=day == EASTER_MONDAY) for day, name in year.days.items()
    ]
    works = [ClosedDayRecord(date(2027, 8, 2) + timedelta(days=n), "New floors", False) for n in range(5)]
    return tuple(sorted([*holidays, *works], key=lambda each: each.day))


LONDON = OfficeRecord("london", "London, Finsbury", "Europe/London", HOURS, "GB-ENG", 12, _days())
COLOMBO = OfficeRecord("colombo", "Colombo", "Asia/Colombo", HOURS, "LK", 1)
NEW = OfficeRecord("new", "New York, Tribeca", "America/New_York", HOURS, None, 0)
UGLY = replace(
    LONDON,
    id="ugly/1",
    name=LONG_NAME,
    hours={**HOURS, "wed": ("09:00", "12:00"), "sat": ("10:00", "24:00")},
    days=(ClosedDayRecord(date(2027, 5, 3), f"{LONG_NAME} {LONG_NAME}", False), *LONDON.days[:1]),
)
NOTHING_AGREED = AgreedThen(())
AGREED = AgreedThen(four_sessions()[:2], 3, 2)


def listed(*some: OfficeRecord) -> dict[str, Any]:
    return offices.listed(some)


def one(office: OfficeRecord = LONDON, agreed: AgreedThen = NOTHING_AGREED, **more: Any) -> dict[str, Any]:
    return offices.as_shown(office, agreed, **more)


def asked(then: AgreedThen = AGREED) -> dict[str, Any]:
    question = Question(
        "Nothing is closed yet.", ADDRESS, "Close it all the same", {"first": "2027-03-11"}, then
    )
    return one(asked=question)


def asked_of_proposed() -> dict[str, Any]:
    return asked(AgreedThen((), 0, 1))


def wrong() -> dict[str, Any]:
    mistakes = {"first": "must be today or later", "place": "no country has this code; did you mean GB?"}
    return one(UGLY, mistakes=mistakes, refused=Refused("It is closed on all of these days already."))
