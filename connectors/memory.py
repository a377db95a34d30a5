"""A calendar system in memory: for a demonstration, for tests, and to see what a connector must do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from connectors.base import CalendarRequest, Reading, marked_within, unreadable
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
