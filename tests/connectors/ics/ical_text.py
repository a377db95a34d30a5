"""Calendars as tests write them, and their readings as tests compare them: `09-03 10:00/11:00`-like lists."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from connectors.ics.calendar import Contents, read_calendar
from planner.domain import BusyKind, Interval

CALENDARS = Path(__file__).resolve().parents[2] / "calendars"
REAL_FILES = Path(__file__).resolve().parents[4] / "shared" / "data" / "ics"
MARCH = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
YEAR = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def an_event(*lines: str, uid: str = "a") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Canary title", *lines, "END:VEVENT"])


def a_calendar(*parts: str) -> bytes:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).encode()


def read(raw: bytes | str, timezone: str = "Europe/Berlin", window: Interval = MARCH) -> Contents:
    """Read bytes, or a file of tests/calendars."""
    content = (CALENDARS / raw).read_bytes() if isinstance(raw, str) else raw
    return read_calendar(content, timezone, window, "@officeday")


def busy(contents: Contents, *kinds: BusyKind) -> list[str]:
    return [written(b.interval) for b in contents.busy if not kinds or b.kind in kinds]


def unknown(contents: Contents) -> list[str]:
    return [written(interval) for interval in contents.unknown]


def written(interval: Interval) -> str:
    """`03-04 09:00/10:00`, or with both dates where they differ."""
    end = "%H:%M" if interval.start.date() == interval.end.date() else "%m-%d %H:%M"
    return f"{interval.start:%m-%d %H:%M}/{interval.end.strftime(end)}"
