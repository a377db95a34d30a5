"""Times as Google writes them (RFC 3339), and as it wants them written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from planner.domain import Interval


def instant(text: object) -> datetime:
    """
    Raises:
        ValueError: it is no time with an offset.
    """
    if not isinstance(text, str):
        raise ValueError("no text")
    found = datetime.fromisoformat(text)
    if found.utcoffset() is None:
        raise ValueError("no offset")
    return found


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def whole_seconds(window: Interval) -> Interval:
    """The window, widened: Google ignores fractions of a second."""
    start = window.start.replace(microsecond=0)
    end = window.end.replace(microsecond=0)
    return Interval(start, end if end == window.end else end + timedelta(seconds=1))


def event_time(said: object, zone: tzinfo) -> datetime | date:
    """When an event starts or ends (EventDateTime): an instant, or a date if it is all-day.

    Args:
        zone: the calendar's own, for a time without an offset.

    Raises:
        ValueError: it is no time.
    """
    if not isinstance(said, Mapping):
        raise ValueError("no time")
    if isinstance(said.get("date"), str):
        return date.fromisoformat(said["date"])
    text = said.get("dateTime")
    if not isinstance(text, str):
        raise ValueError("no time")
    found = datetime.fromisoformat(text)
    return found if found.utcoffset() is not None else found.replace(tzinfo=zone)


def as_instant(moment: datetime | date, zone: tzinfo) -> datetime:
    """A date is its 00:00 in the zone."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), zone)
    return moment.astimezone(UTC)
