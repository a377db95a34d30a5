"""A calendar system in memory: for a demonstration, for tests, and to see what a connector must do."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.base import (
    CalendarRequest,
    ConnectorError,
    EventDraft,
    EventGone,
    Reading,
    Response,
    WrittenEvent,
    marked_within,
    unreadable,
)
from planner.domain import BusyInterval, Interval


class MemoryConnector:
    """Calendars by address. One that was never put in cannot be read, as in any other system."""

    def __init__(self, calendars: Mapping[str, Sequence[BusyInterval]] | None = None) -> None:
        self._busy = {address: tuple(busy) for address, busy in (calendars or {}).items()}
        self._broken: dict[str, str] = {}

    def put(self, address: str, busy: Sequence[BusyInterval]) -> None:
        """What a calendar says from now on."""
        self._busy[address] = tuple(busy)
        self._broken.pop(address, None)

    def break_off(self, address: str, reason: str) -> None:
        """Let a calendar be unreadable from now on."""
        self._broken[address] = reason

    def read(
        self,
        requests: Sequence[CalendarRequest],
        window: Interval,
        now: datetime,
        states: Mapping[str, str | None],
    ) -> Iterator[Reading]:
        """See `connectors.base.Connector`."""
        for request in requests:
            address = request.address
            if address in self._broken:
                yield unreadable(address, window, self._broken[address], now)
            elif address not in self._busy:
                yield unreadable(address, window, "There is no calendar at this address.", now)
            else:
                yield Reading(address, marked_within(self._busy[address], window), (), now)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the attendees of an event were told."""

    key: str
    version: int
    to: frozenset[str]  #: addresses, lower case
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """An event, and whether somebody removed it."""

    draft: EventDraft
    written: WrittenEvent
    gone: bool = False


class MemoryOrganizer:
    """The organizer's calendar (`connectors.base.EventWriter`), and what people do to it.

    Safe to use from many threads.
    """

    def __init__(self, *, invites: bool = True) -> None:
        self._events: dict[str, _Kept] = {}
        self._failures: list[tuple[ConnectorError, bool]] = []
        self._invites = invites
        self._lock = threading.RLock()
        self.notices: list[Notice] = []  #: in the order in which they were sent

    def write(self, draft: EventDraft, *, quietly: bool = False, restore: bool = False) -> WrittenEvent:
        """See `connectors.base.EventWriter`."""
        with self._lock:
            lost = self._fail_before()
            kept = self._events.get(draft.key)
            if kept is not None and kept.gone and not restore:
                raise EventGone("Somebody removed the event from the organizer's calendar.")
            if kept is None or kept.gone or kept.written.version < draft.version:
                self._put(draft, None if kept is None or kept.gone else kept.written, quietly)
            if lost is not None:
                raise lost
            return self._events[draft.key].written

    def withdraw(self, key: str, *, quietly: bool = False) -> None:
        """See `connectors.base.EventWriter`."""
        with self._lock:
            lost = self._fail_before()
            kept = self._events.get(key)
            if kept is not None and not kept.gone:
                self._events[key] = replace(kept, gone=True)
                self._notify(kept.draft, quietly, cancelled=True)
            if lost is not None:
                raise lost

    def written(self, window: Interval) -> Iterator[WrittenEvent]:
        """See `connectors.base.EventWriter`."""
        with self._lock:
            lost = self._fail_before()
            if lost is not None:
                raise lost
            there = [kept.written for kept in self._events.values() if not kept.gone]
        return iter([one for one in there if one.start < window.end and window.start < one.end])

    def invites(self) -> bool:
        """See `connectors.base.EventWriter`."""
        return self._invites

    def draft(self, key: str) -> EventDraft:
        """What the event was last written from.

        Raises:
            KeyError: there is none, or somebody removed it.
        """
        with self._lock:
            kept = self._events[key]
            if kept.gone:
                raise KeyError(key)
            return kept.draft

    def remove(self, key: str) -> None:
        """Remove an event as a person does."""
        with self._lock:
            self._events[key] = replace(self._events[key], gone=True)

    def move(self, key: str, start: datetime, end: datetime) -> None:
        """Move an event as a person does."""
        self._change(key, start=start, end=end)

    def answer(self, key: str, email: str, response: Response) -> None:
        """Answer an invitation as a person does, or a room's calendar by itself.

        Raises:
            KeyError: nobody of that address is invited.
        """
        with self._lock:
            responses = dict(self._events[key].written.responses)
            if email.lower() not in responses:
                raise KeyError(email)
            self._change(key, responses={**responses, email.lower(): response})

    def fail(self, error: ConnectorError, *, after: bool = False, times: int = 1) -> None:
        """Let the next calls fail; `after`: when their work is done, so that only the answer is lost."""
        with self._lock:
            self._failures += [(error, after)] * times

    def _fail_before(self) -> ConnectorError | None:
        """The error to raise at the end of this call, if it is to fail there."""
        if not self._failures:
            return None
        error, after = self._failures.pop(0)
        if not after:
            raise error
        return error

    def _put(self, draft: EventDraft, before: WrittenEvent | None, quietly: bool) -> None:
        same_time = before is not None and (before.start, before.end) == (draft.start, draft.end)
        answers = before.responses if before is not None and same_time else {}
        addresses = [attendee.email.lower() for attendee in draft.attendees]
        self._events[draft.key] = _Kept(
            draft,
            WrittenEvent(
                key=draft.key,
                version=draft.version,
                start=draft.start,
                end=draft.end,
                tentative=draft.tentative,
                responses={address: answers.get(address, Response.NEEDS_ACTION) for address in addresses},
                link=f"https://meet.example/{draft.key}" if draft.online else None,
            ),
        )
        self._notify(draft, quietly)

    def _notify(self, draft: EventDraft, quietly: bool, cancelled: bool = False) -> None:
        if self._invites and not quietly:
            to = frozenset(attendee.email.lower() for attendee in draft.attendees)
            self.notices.append(Notice(draft.key, draft.version, to, cancelled))

    def _change(
        self,
        key: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        responses: Mapping[str, Response] | None = None,
    ) -> None:
        with self._lock:
            kept = self._events[key]
            before = kept.written
            written = replace(
                before,
                start=start or before.start,
                end=end or before.end,
                responses=before.responses if responses is None else responses,
            )
            self._events[key] = replace(kept, written=written)
