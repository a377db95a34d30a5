"""The bytes of a calendar → what it says of a window.

Runs in a process of its own (`connectors.ics.confine`), because what comes in is not to be
trusted with time or memory. Knows no address, clock or network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from connectors.base import Unreadable, marked_within
from connectors.ics.contentlines import Component, Property, read_calendars
from connectors.ics.events import (
    FIRST_INSTANT,
    LAST_INSTANT,
    WHOLE_DAY,
    Event,
    Unclear,
    parse_period,
    read_events,
    shifted,
)
from connectors.ics.expand import Occurrence, grouped, occurrences
from connectors.ics.limits import MAX_OCCURRENCES, MAX_WARNINGS, LimitExceeded
from connectors.ics.zones import Zones
from planner.domain import BusyInterval, BusyKind, Interval
from planner.intervals import clip, subtract

_FREE_BUSY_KINDS: dict[str, BusyKind | None] = {
    "FREE": None,
    "BUSY-TENTATIVE": BusyKind.TENTATIVE,
    "BUSY-UNAVAILABLE": BusyKind.AWAY,
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a calendar says of a window; every list sorted, merged and clipped to it."""

    busy: tuple[BusyInterval, ...]
    unknown: tuple[Interval, ...]
    reason: str | None  #: why something is unknown
    warnings: tuple[str, ...]


def read_calendar(raw: bytes, timezone: str, window: Interval, own_uid_suffix: str = "") -> Contents:
    """Read every VCALENDAR of a file.

    Args:
        raw: the file.
        timezone: IANA name; rules floating and all-day times of a calendar without X-WR-TIMEZONE.
        window: outside of it nothing is reported.
        own_uid_suffix: events whose UID ends so are ours, hence nobody's busy time; "" for none.

    Raises:
        Unreadable: it is no calendar, is cut off, or breaks a limit: all of the window is unknown.
    """
    zone = Zones().find(timezone)
    if zone is None:
        raise Unreadable(f"The time zone of the calendar's owner, {timezone!r}, is not known.")
    reader = _Reader(window, zone, own_uid_suffix)
    found = list(reader.occurrences(read_calendars(raw)))
    return Contents(
        marked_within((BusyInterval(o.start, o.end, o.kind) for o in found if o.kind is not None), window),
        clip((Interval(o.start, o.end) for o in found if o.kind is None), window),
        _listed(o.why for o in found if o.kind is None) or None,
        tuple(reader.warnings),
    )


def _listed(reasons: Iterable[str]) -> str:
    """The first few reasons, and how many more there are."""
    distinct = list(dict.fromkeys(reasons))
    more = [f"and {len(distinct) - 5} more"] if len(distinct) > 5 else []
    return "; ".join(distinct[:5] + more)


class _Reader:
    """Reads the calendars of one file and notes what had to be left out."""

    def __init__(self, window: Interval, timezone: tzinfo, own_uid_suffix: str) -> None:
        self.window = window
        self.timezone = timezone
        self.own_uid_suffix = own_uid_suffix
        self.warnings: list[str] = []

    def occurrences(self, calendars: Iterable[Component]) -> Iterator[Occurrence]:
        """All that touches the window.

        Raises:
            LimitExceeded: that is more than ten thousand.
        """
        count = 0
        for found in self._everywhere(calendars):
            if found.start < self.window.end and found.end > self.window.start:
                count += 1
                if count > MAX_OCCURRENCES:
                    raise LimitExceeded(f"The calendar has more than {MAX_OCCURRENCES} events in the window.")
                yield found

    def _everywhere(self, calendars: Iterable[Component]) -> Iterator[Occurrence]:
        events: list[Event] = []
        for calendar in calendars:
            zones = Zones(calendar)
            default = zones.find(calendar.text("X-WR-TIMEZONE") or "") or self.timezone
            events += self._events(calendar.named("VEVENT"), zones, default)
            for component in calendar.named("VFREEBUSY"):
                yield from self._free_busy(component, zones, default)
            for component in calendar.named("VAVAILABILITY"):
                yield from self._availability(component, zones, default)
        # an override may stand in another VCALENDAR of the file than its series
        for group in grouped(events):
            yield from occurrences(group, self.window)

    def _events(self, components: Iterable[Component], zones: Zones, default: tzinfo) -> Iterator[Event]:
        for component in components:
            if self.own_uid_suffix and (component.text("UID") or "").endswith(self.own_uid_suffix):
                continue
            try:
                read = read_events(component, zones, default)
            except Unclear:
                self._warn(component.line, "an event has no readable time and was left out")
                continue
            if read[0].end < read[0].start.instant:
                self._warn(component.line, "an event ends before it begins and was left out")
            if read[0].lost:
                self._warn(component.line, "an extra date of an event cannot be read and was left out")
            yield from read

    def _warn(self, line: int, what: str) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(f"line {line}: {what}")

    def _free_busy(self, component: Component, zones: Zones, default: tzinfo) -> Iterator[Occurrence]:
        """The periods of a VFREEBUSY (RFC 5545 §3.6.4); no FBTYPE, or one nobody knows, is BUSY."""
        for line in component.all("FREEBUSY"):
            kind = _FREE_BUSY_KINDS.get(line.parameters.get("FBTYPE", "").upper(), BusyKind.BUSY)
            for text in line.value.split(","):
                if kind is not None and text.strip():
                    yield from self._period(text, line, component.line, kind, zones, default)

    def _period(
        self, text: str, line: Property, number: int, kind: BusyKind, zones: Zones, default: tzinfo
    ) -> Iterator[Occurrence]:
        try:
            start, length = parse_period(text, line.parameters, zones, default)
        except Unclear:
            self._warn(number, "a period of free/busy time has no readable start and was left out")
            return
        before, after = start.margin
        begins, ends = start.instant, (length or WHOLE_DAY).after(start.local, start.zone)
        if length is None or not start.known:
            why = f"line {number}: a period of free/busy time cannot be read"
            yield Occurrence(shifted(begins, -before), shifted(ends, after), None, why)
        elif ends > begins:
            yield Occurrence(begins, ends, kind)

    def _availability(self, component: Component, zones: Zones, default: tzinfo) -> Iterator[Occurrence]:
        """RFC 7953: inside its own span, what is not AVAILABLE is of the BUSYTYPE."""
        kind = _FREE_BUSY_KINDS.get((component.text("BUSYTYPE") or "BUSY-UNAVAILABLE").upper(), BusyKind.BUSY)
        open_events = list(self._events(component.named("AVAILABLE"), zones, default))
        available = [
            Interval(o.start, o.end)
            for group in grouped(open_events)
            for o in occurrences(group, self.window)
            if o.kind is not None
        ]
        if kind is not None:
            for start, end in self._span(component, zones, default):
                for taken in subtract([Interval(start, end)], available):
                    yield Occurrence(taken.start, taken.end, kind)

    def _span(
        self, component: Component, zones: Zones, default: tzinfo
    ) -> Iterator[tuple[datetime, datetime]]:
        """From DTSTART to DTEND; without one of them, or with one unreadable, without that bound."""
        try:
            event = read_events(component, zones, default)[0]
        except Unclear:
            yield FIRST_INSTANT, LAST_INSTANT
            return
        start = event.start.instant if event.unclear is None else FIRST_INSTANT
        bounded = event.unclear is None and (component.all("DTEND") or component.all("DURATION"))
        end = event.end if bounded else LAST_INSTANT
        if start < end:
            yield start, end
