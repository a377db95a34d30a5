"""Free/busy of many Google calendars, in the largest groups that Google takes.

`freebusy.query` answers with bare times: no titles, and no kinds. Kinds come from `office_days`, where
a company has switched that on. Whatever cannot be read is unknown, by calendar and by part of the window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import CalendarRequest, ConnectorError, Reading, marked_within, unreadable
from connectors.google.api import CalendarApi
from connectors.google.moments import instant, rfc3339, whole_seconds
from connectors.google.office_days import office_days
from planner.domain import BusyInterval, Interval
from planner.intervals import merge

#: `calendarExpansionMax`, of the discovery document.
GROUP = 50
#: Google does not say how long a window may be; at some three months it answers 400.
LONGEST = timedelta(days=60)
AT_ONCE = 8
MAX_ADDRESS = 254  #: characters; RFC 5321 §4.5.3.1.3


@dataclass
class _Said:
    """What Google has said of one calendar so far."""

    busy: list[BusyInterval] = field(default_factory=list)
    unknown: list[Interval] = field(default_factory=list)
    reason: str | None = None  #: of the first unknown

    def add(self, part: Interval, told: Sequence[BusyInterval] | str) -> None:
        """Busy times of a part of the window, or why they are unknown."""
        if isinstance(told, str):
            self.unknown.append(part)
            self.reason = self.reason or told
        else:
            self.busy += told


class GoogleReader:
    """Reads addresses of mailboxes, rooms and other calendars (`connectors.base.Connector`)."""

    def __init__(self, api: CalendarApi, *, working_locations: bool = False) -> None:
        """
        Args:
            working_locations: read the days marked as at the office, too: a request more for each calendar.
        """
        self._api = api
        self._working_locations = working_locations

    def read(
        self,
        requests: Sequence[CalendarRequest],
        window: Interval,
        now: datetime,
        states: Mapping[str, str | None],
    ) -> Iterator[Reading]:
        """See `connectors.base.Connector`. `states` is not used: free/busy is read whole each time."""
        fit = [request for request in requests if _is_address(request.address)]
        for request in requests:
            if not _is_address(request.address):
                yield unreadable(request.address, window, "This is no address of a Google calendar.", now)
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="google")
        try:
            groups = [fit[first : first + GROUP] for first in range(0, len(fit), GROUP)]
            for done in as_completed([pool.submit(self._group, group, window, now) for group in groups]):
                yield from done.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _group(self, requests: Sequence[CalendarRequest], window: Interval, now: datetime) -> list[Reading]:
        addresses = list(dict.fromkeys(request.address for request in requests))
        said = {address: _Said() for address in addresses}
        for part in parts(window):
            for address, told in self._free_busy(addresses, part).items():
                said[address].add(part, told)
        readings = [_reading(request.address, said[request.address], window, now) for request in requests]
        if not self._working_locations:
            return readings
        return [self._with_office_days(*both, window) for both in zip(requests, readings, strict=True)]

    def _free_busy(
        self, addresses: Sequence[str], part: Interval
    ) -> Mapping[str, Sequence[BusyInterval] | str]:
        """By address: busy times, or why they are unknown."""
        asked = whole_seconds(part)
        try:
            answer = self._api.free_busy(
                {
                    "timeMin": rfc3339(asked.start),
                    "timeMax": rfc3339(asked.end),
                    "timeZone": "UTC",
                    "items": [{"id": address} for address in addresses],
                    "calendarExpansionMax": GROUP,
                    "groupExpansionMax": 1,  # a group of people is no calendar
                }
            )
        except ConnectorError as why:
            return dict.fromkeys(addresses, str(why))
        if not _answers(answer, asked):
            return dict.fromkeys(addresses, "Google answered for another time than it was asked for.")
        there = answer.get("calendars")
        calendars = there if isinstance(there, dict) else {}
        in_any_case = {address.casefold(): entry for address, entry in calendars.items()}
        return {
            address: _told(calendars.get(address, in_any_case.get(address.casefold())))
            for address in addresses
        }

    def _with_office_days(self, request: CalendarRequest, reading: Reading, window: Interval) -> Reading:
        """What cannot be read of these leaves the free/busy standing, which bars their time all the same."""
        if reading.unknown:
            return reading
        try:
            marked = office_days(self._api, request, window)
        except ConnectorError as why:
            return replace(reading, warnings=(f"Days marked as at the office were not read. {why}",))
        busy = marked_within([*reading.busy, *marked.away], window)
        return replace(reading, busy=busy, in_office=tuple(sorted(set(marked.in_office))))


def parts(window: Interval) -> list[Interval]:
    """The window in as few pieces as Google answers for."""
    found = []
    start = window.start
    while start < window.end:
        end = min(start + LONGEST, window.end)
        found.append(Interval(start, end))
        start = end
    return found


def _reading(address: str, said: _Said, window: Interval, now: datetime) -> Reading:
    return Reading(address, marked_within(said.busy, window), merge(said.unknown), now, said.reason)


def _is_address(address: str) -> bool:
    return 0 < len(address) <= MAX_ADDRESS and address.isprintable() and " " not in address


def _answers(answer: Mapping[str, Any], asked: Interval) -> bool:
    """Is it about all of the time that was asked for? A shorter answer would leave the rest free."""
    try:
        start = instant(answer.get("timeMin", rfc3339(asked.start)))
        end = instant(answer.get("timeMax", rfc3339(asked.end)))
    except ValueError:
        return False
    return start <= asked.start and asked.end <= end


def _told(entry: object) -> Sequence[BusyInterval] | str:
    """The busy times of one calendar, or why they are unknown."""
    if not isinstance(entry, dict):
        return (
            "Google's answer left this calendar out. If this is the address of a group, write down the "
            "addresses of its members."
        )
    if entry.get("errors"):
        return _remedy(entry["errors"])
    try:
        ends = [(instant(one["start"]), instant(one["end"])) for one in entry["busy"]]
        return [
            BusyInterval(start.astimezone(UTC), end.astimezone(UTC)) for start, end in ends if start != end
        ]
    except (KeyError, TypeError, ValueError, OverflowError):
        return "Google's answer for this calendar holds a time that cannot be read."


_REMEDIES = {
    "notFound": "Google knows no calendar of this address, or does not show it to us. Check the address, and "
    "ask its owner or the Workspace administrator to share free/busy with us (notFound).",
    "groupTooBig": "This is the address of a group. Write down the addresses of its members (groupTooBig).",
    "tooManyCalendarsRequested": "Google was asked for too many calendars at once "
    "(tooManyCalendarsRequested). Write down members in place of groups.",
    "internalError": "Google could not read this calendar just now (internalError). It is asked again at "
    "the next reading.",
}


def _remedy(errors: object) -> str:
    """What a person should do about what Google says of one calendar."""
    first = errors[0] if isinstance(errors, list) else None
    reason = first.get("reason") if isinstance(first, dict) else None
    if not isinstance(reason, str) or not reason.isalnum() or len(reason) > MAX_ADDRESS:
        return "Google could not read this calendar and does not say why."
    return _REMEDIES.get(reason, f"Google could not read this calendar ({reason}).")
