"""What every calendar connector promises.

Glossary: an *address* names one calendar in its own system (a mail address, a path, a URL);
a *reading* is what one calendar said of one window at one moment; *unknown* is time that could
not be read, which is never free. Titles, places and attendees are dropped before a reading is made.
An *organizer* is the one mailbox whose calendar holds the events that officeday makes; a *draft* is
what such an event should say, a *written event* what it says now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
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

    def __init__(self, text: str, *, after: float | None = None) -> None:
        """
        Args:
            after: seconds before which asking again is of no use, where that is known.
        """
        super().__init__(text)
        self.after = after


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
    in_office: tuple[date, ...] = ()  #: days the owner has marked as at the office, where they are read

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

        Yields one reading for every request, in any order, as they come in; what is asked for twice may
        be answered once. A calendar that fails is a reading too (`unreadable`), so that it never stops
        the others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Permission:
    """One right that a vendor's administrator or mailbox owner grants us, and what it opens."""

    name: str  #: as the vendor spells it
    why: str  #: what we use it for
    could_read: str  #: what it would let us read beyond that, for staff to see
    granted: bool | None = None  #: None: the vendor does not say


# --- writing -------------------------------------------------------------------------------------

#: Keys of events are base32hex in lower case, so that every vendor takes them in an id.
_KEY = re.compile(r"[a-v0-9]{20,64}")


class EventGone(ConnectorError):
    """An event of ours was there and somebody removed it. Only a person's word puts it back."""


class Response(StrEnum):
    """What an attendee answered (RFC 5545 §3.2.12)."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is invited, or a room, which answers by itself and is never written into."""

    email: str
    name: str = ""
    is_room: bool = False


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What one event of ours should say. Its texts are ours; none comes out of a calendar."""

    key: str  #: names the event for ever; connectors make their ids of it
    version: int  #: ≥ 1, rises with every change (RFC 5545 §3.8.7.4 SEQUENCE)
    start: datetime
    end: datetime
    title: str
    description: str
    location: str
    attendees: tuple[Attendee, ...]
    online: bool = False  #: wants a meeting link
    tentative: bool = False  #: a hold: blocks time until somebody has answered

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"{self.key!r} is no event key")
        if self.start.utcoffset() is None or self.end.utcoffset() is None or self.start >= self.end:
            raise ValueError(f"{self.start} to {self.end} is no time of aware instants")


@dataclass(frozen=True, slots=True)
class WrittenEvent:
    """An event of ours, as the organizer's calendar has it now."""

    key: str
    version: int  #: of the draft it was last written from
    start: datetime
    end: datetime
    tentative: bool
    responses: Mapping[str, Response]  #: by attendee's address, lower case
    link: str | None = None  #: where to meet online


class EventWriter(Protocol):
    """The organizer's calendar. Only events this product made are ever read, changed or removed.

    Every method may raise `ConnectorError`; `retry` says whether waiting helps. Each may be repeated
    after any failure, at any time, by another process: the same key never makes a second event.
    """

    def write(self, draft: EventDraft, *, quietly: bool = False, restore: bool = False) -> WrittenEvent:
        """Make the event, or bring it in line with the draft.

        An event that has this version already, or a later one, is left as it is, also where a person
        has moved it since: the answer says where it is now. A person's change is undone by a higher
        version only.

        Args:
            quietly: most attendees are not concerned by this change, so they are not sent a mail.
            restore: put it back if a person removed it. Say so, too, where nothing is known of a first
                write: some systems keep no trace of what was removed, and to them a draft of a version
                above 1 that is not there is one.

        Raises:
            EventGone: a person removed it, and `restore` is false.
        """
        ...

    def withdraw(self, key: str, *, quietly: bool = False) -> None:
        """Remove the event; one that is gone already is fine."""
        ...

    def written(self, window: Interval) -> Iterator[WrittenEvent]:
        """Every event of ours that overlaps the window; those that were removed are missing."""
        ...

    def invites(self) -> bool:
        """Does this calendar system send the attendees their invitations by itself?

        Where it does not, a mail of ours has to carry them.
        """
        ...
