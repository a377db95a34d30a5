"""A day as rows: its sessions in order, the free time between them, and its end.

Rows carry aware UTC instants and the zone to show them in, so that two sessions of different zones
(an office's and an online one's) still stand on one clock. Nothing here knows a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from web.records import SessionRecord


@dataclass(frozen=True, slots=True)
class Row:
    """A session, or the free time before the next one (`session` None)."""

    start: datetime  #: aware UTC
    end: datetime  #: aware UTC
    zone: str
    session: SessionRecord | None = None

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds()) // 60

    @property
    def size(self) -> str:
        """How tall to draw it: style sheets under our policy cannot be told minutes."""
        sizes = ((30, "brief"), (60, "hour"), (90, "long"))
        return next((size for most, size in sizes if self.minutes <= most), "longest")


@dataclass(frozen=True, slots=True)
class Segment:
    """A session on a strip that stands for a stretch of the day; per mille of the strip's width."""

    offset: int
    width: int
    session: SessionRecord


def day_rows(sessions: Iterable[SessionRecord], zone: str) -> tuple[Row, ...]:
    """Sessions by start, with a gap row wherever nobody is in one.

    Sessions that overlap or touch have no gap between them. Gaps are lengths of real time, so an
    hour that a clock change drops is no gap.
    """
    rows: list[Row] = []
    for session in sorted(sessions, key=lambda each: (each.start, each.end)):
        until = max((row.end for row in rows), default=session.start)
        if session.start > until:
            rows.append(Row(until, session.start, zone))
        rows.append(Row(session.start, session.end, zone, session))
    return tuple(rows)


def day_strip(
    sessions: Iterable[SessionRecord], zone: str, opens: int = 8, closes: int = 18
) -> tuple[Segment, ...]:
    """Where each session stands on a strip from `opens` to `closes` o'clock in `zone`.

    The strip grows to hold a session outside it; what lies on another local date is cut off.
    """
    ordered = sorted(sessions, key=lambda each: each.start)
    if not ordered:
        return ()
    day = ordered[0].start.astimezone(ZoneInfo(zone)).date()
    stretches = [(_minute(each.start, day, zone), _minute(each.end, day, zone), each) for each in ordered]
    first, last = strip_hours(ordered, zone, opens, closes)

    def across(minute: int) -> int:
        return round((minute - 60 * first) * 1000 / (60 * (last - first)))

    return tuple(
        Segment(across(start), max(1, across(end) - across(start)), each)
        for start, end, each in stretches
        if end > start
    )


def strip_hours(
    sessions: Iterable[SessionRecord], zone: str, opens: int = 8, closes: int = 18
) -> tuple[int, int]:
    """The whole hours, first and last, of a strip that holds every session of one local date."""
    ordered = sorted(sessions, key=lambda each: each.start)
    if not ordered:
        return opens, closes
    day = ordered[0].start.astimezone(ZoneInfo(zone)).date()
    first = min(_minute(each.start, day, zone) for each in ordered)
    last = max(_minute(each.end, day, zone) for each in ordered)
    return min(opens, first // 60), max(closes, -(-last // 60))


def _minute(instant: datetime, day: date, zone: str) -> int:
    """Clock minutes after midnight of `day`, kept within it."""
    local = instant.astimezone(ZoneInfo(zone))
    if local.date() != day:
        return 0 if local.date() < day else 24 * 60
    return 60 * local.hour + local.minute
