"""What every calendar connector promises.

Glossary: an *address* names one calendar in its own system (a mail address, a path, a URL);
a *reading* is what one calendar said of one window at one moment; *unknown* is time that could
not be read, which is never free. Titles, places and attendees are dropped before a reading is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from planner.domain import BusyInterval, BusyKind, Interval
from planner.intervals import clip, merge


class ConnectorError(Exception):
    """A calendar could not be read or written; the text says so to a person.

    Attributes:
        retry: may waiting help?
    """

    retry = False


class Unreachable(ConnectorError):
    """The other side did not answer in time, or not at all."""

    retry = True


class Refused(ConnectorError):
    """The other side, or a guard of ours, said no."""


class Unreadable(ConnectorError):
    """An answer came, and it is no calendar, or breaks a limit."""


@dataclass(frozen=True, slots=True)
class CalendarRequest:
    """One calendar to read. `timezone` rules floating and all-day times unless the calendar names its own."""

    address: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one calendar said of one window. Each list is merged, sorted and clipped to the window."""

    address: str
    busy: tuple[BusyInterval, ...]  #: every kind but ELSEWHERE bars any session
    unknown: tuple[Interval, ...]
    read_at: datetime
    reason: str | None = None  #: why something is unknown, for a person
    warnings: tuple[str, ...] = ()  #: what was left out because it had no readable time; no titles
    state: str | None = None  #: opaque; handed back at the next reading

    def marked(self, *kinds: BusyKind) -> tuple[Interval, ...]:
        """The merged intervals of some kinds."""
        return merge(b.interval for b in self.busy if b.kind in kinds)


def marked_within(busy: Iterable[BusyInterval], window: Interval) -> tuple[BusyInterval, ...]:
    """What a reading may list of a window: merged by kind, clipped, sorted by start."""
    times: dict[BusyKind, list[Interval]] = {}
    for one in busy:
        times.setdefault(one.kind, []).append(one.interval)
    found = [
        BusyInterval(clipped.start, clipped.end, kind)
        for kind, intervals in times.items()
        for clipped in clip(intervals, window)
    ]
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.kind)))


def unreadable(address: str, window: Interval, reason: str, read_at: datetime) -> Reading:
    """The reading of a calendar that could not be read: all of the window is unknown."""
    return Reading(address, (), (window,), read_at, reason)


class Connector(Protocol):
    """One calendar system."""

    def read(
        self,
        requests: Sequence[CalendarRequest],
        window: Interval,
        now: datetime,
        states: Mapping[str, str | None],
    ) -> Iterator[Reading]:
        """Read many calendars, because vendors answer in bulk.

        Yields one reading for every request, in any order, as they come in. A calendar that fails
        is a reading too (`unreadable`), so that it never stops the others.
        """
        ...
