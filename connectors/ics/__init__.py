"""iCalendar files and feeds (RFC 5545), read as free/busy.

The way of a calendar: `confine` hands its address to `worker`, which fetches and reads it in a
process of its own; there `contentlines` makes properties of bytes, `zones` finds time zones,
`events` says when something is and what it marks, `expand` repeats it (by `rules`), and
`calendar` adds up what the window gets. Only instants, kinds and reasons come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import CalendarRequest, Reading, unreadable
from connectors.guard import AllowedHosts
from connectors.ics.confine import Job, Result, run
from connectors.ics.limits import MAX_ADDRESS, MAX_MEMORY, MAX_SECONDS
from planner.domain import BusyInterval, BusyKind, Interval

OWN_UID_SUFFIX = "@officeday"


@dataclass(frozen=True, slots=True)
class IcsSettings:
    allow_private: tuple[str, ...] = ()  #: hosts and networks inside the house that may be read
    own_uid_suffix: str = OWN_UID_SUFFIX  #: whose UID ends so is ours, hence nobody's busy time
    seconds: float = MAX_SECONDS  #: for one calendar
    memory: int = MAX_MEMORY  #: bytes of address space for one calendar


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar's text that somebody else has fetched, to be read with the same care."""

    name: str  #: whatever the caller knows it by; comes back as the reading's address
    timezone: str  #: as in `CalendarRequest`
    raw: bytes


class IcsConnector:
    """Reads paths of files, and https or webcal addresses."""

    def __init__(self, settings: IcsSettings | None = None) -> None:
        """
        Raises:
            Refused: `allow_private` holds something that is no host or network.
        """
        self._settings = settings or IcsSettings()
        AllowedHosts(self._settings.allow_private)

    def read(
        self,
        requests: Sequence[CalendarRequest],
        window: Interval,
        now: datetime,
        states: Mapping[str, str | None],
    ) -> Iterator[Reading]:
        """See `connectors.base.Connector`. `states` is not used: a feed is read whole each time."""
        jobs = []
        for request in requests:
            if len(request.address) > MAX_ADDRESS:
                yield unreadable(request.address, window, "The calendar's address is too long.", now)
            else:
                jobs.append(self._job(request.address, request.timezone, window))
        for result in run(jobs):
            yield _reading(result, window, now)

    def read_fetched(
        self, calendars: Sequence[Fetched], window: Interval, now: datetime
    ) -> Iterator[Reading]:
        """Read texts that are here already; one reading for each, in any order."""
        jobs = [self._job(found.name, found.timezone, window, found.raw) for found in calendars]
        for result in run(jobs):
            yield _reading(result, window, now)

    def _job(self, address: str, timezone: str, window: Interval, raw: bytes | None = None) -> Job:
        return Job(
            raw=raw,
            address=address,
            timezone=timezone,
            window=(window.start.isoformat(), window.end.isoformat()),
            own_uid_suffix=self._settings.own_uid_suffix,
            allow_private=tuple(self._settings.allow_private),
            seconds=self._settings.seconds,
            memory=self._settings.memory,
        )


def _reading(result: Result, window: Interval, now: datetime) -> Reading:
    address = result.job.address
    if result.said is None:
        return unreadable(address, window, result.failed or "The calendar could not be read.", now)
    return Reading(
        address=address,
        busy=tuple(BusyInterval(*_ends(busy), BusyKind(busy[2])) for busy in result.said["busy"]),
        unknown=tuple(Interval(*_ends(unknown)) for unknown in result.said["unknown"]),
        read_at=now,
        reason=result.said["reason"],
        warnings=tuple(result.said["warnings"]),
    )


def _ends(pair: Sequence[str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(pair[0]).astimezone(UTC), datetime.fromisoformat(pair[1]).astimezone(UTC)
