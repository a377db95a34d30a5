"""Calendars broken at random: nothing is raised but `Unreadable`, and what is cut off is never free."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import Unreadable
from connectors.ics.calendar import read_calendar
from planner.domain import Interval
from tests.connectors.ics.ical_text import CALENDARS, REAL_FILES

FILES = sorted([*CALENDARS.glob("*.ics"), *REAL_FILES.glob("open/*.ics")])
WHOLE = [path for path in FILES if not path.name.startswith("11-")]
WINDOW = Interval(datetime(2010, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
PIECES = [
    b"\r\n",
    b"\n ",
    b":",
    b";",
    b"=",
    b'"',
    b",",
    b"Z",
    b"T",
    b"/",
    b"-",
    b"\0",
    b"\xff\xfe",
    b"9999",
    b"0000",
    b"00010101",
]
LINES = [
    b"BEGIN:VEVENT",
    b"END:VEVENT",
    b"BEGIN:VTIMEZONE",
    b"END:VCALENDAR",
    b"DTEND:20200101",
    b"DURATION:P1W",
    b"DURATION:-P99999999W",
    b"RRULE:FREQ=DAILY;COUNT=0",
    b"RRULE:FREQ=YEARLY;BYDAY=53MO",
    b"RRULE:FREQ=WEEKLY;UNTIL=00010101",
    b"RDATE;VALUE=PERIOD:99991231T000000Z/P9W",
    b"EXDATE:99991231",
    b"RECURRENCE-ID;RANGE=THISANDFUTURE:00010101T000000Z",
    b"DTSTART;TZID=Nowhere:99991231T235959",
    b"DTSTART:00010101",
    b"EXRULE:FREQ=DAILY",
    b"BEGIN:VAVAILABILITY",
    b"FREEBUSY:99991231T000000Z/00010101T000000Z",
    b"TZOFFSETTO:-2400",
    b"SEQUENCE:99999999999",
]


def broken(raw: bytes, chance: random.Random) -> bytes:
    """A copy with some bytes or lines dropped, doubled, swapped or put in."""
    lines = raw.split(b"\n")
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                lines.insert(at, chance.choice(LINES))
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2 if len(lines) > 1:
                del lines[at]
            case 3:
                place = chance.randint(0, len(lines[at]))
                lines[at] = lines[at][:place] + chance.choice(PIECES) + lines[at][place:]
            case 4:
                place = chance.randint(0, len(lines[at]))
                lines[at] = lines[at][:place] + lines[at][place + chance.randint(1, 5) :]
            case _:
                lines[at] = bytes(
                    chance.choice(b"0123456789TZ")
                    if byte in b"0123456789" and chance.random() < 0.1
                    else byte
                    for byte in lines[at]
                )
    return b"\n".join(lines)


def read_or_refuse(raw: bytes) -> None:
    try:
        contents = read_calendar(raw, "Europe/Berlin", WINDOW, "@officeday")
    except Unreadable as why:
        assert str(why)
        return
    for interval in [b.interval for b in contents.busy] + list(contents.unknown):
        assert WINDOW.start <= interval.start < interval.end <= WINDOW.end
    assert bool(contents.reason) == bool(contents.unknown)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_broken_calendar_is_read_or_refused(path: Path):
    chance = random.Random(path.name)
    raw = path.read_bytes()

    for _ in range(8):
        read_or_refuse(broken(raw, chance))


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_calendar_cut_off_anywhere_is_refused(path: Path):
    raw = path.read_bytes().rstrip()
    first = raw.upper().rfind(b"BEGIN:VCALENDAR")
    chance = random.Random(path.name)

    for place in [chance.randrange(first + len(b"BEGIN:VCALENDAR"), len(raw)) for _ in range(8)] + [
        len(raw) - 1
    ]:
        with pytest.raises(Unreadable):
            read_calendar(raw[:place], "Europe/Berlin", WINDOW)


@pytest.mark.slow
def test_half_a_minute_of_broken_calendars():
    chance = random.Random(time.time_ns())
    ends = time.monotonic() + 30
    contents = [path.read_bytes() for path in FILES]

    while time.monotonic() < ends:
        raw = broken(chance.choice(contents), chance)
        try:
            read_or_refuse(raw)
        except Exception as error:
            raise AssertionError(f"this calendar is neither read nor refused: {raw!r}") from error
