"""Reading calendars of a CalDAV server (RFC 4791) as free/busy.

Two ways lead to what a calendar marks. `free-busy-query` (§7.10) is made for the purpose, but servers
read floating and whole-day times as UTC there, which moves a day off by hours for anybody who lives
elsewhere, and what Microsoft's clients write of working elsewhere is lost. So where the account may
read the events, they are fetched (`calendar-query`, §7.8), and repeated and placed here, by the same
confined reader as every feed; where it may read free/busy times only, or the server has no such
report, the first way is taken, and times are what the server makes of them. The events are not asked
for `expand`ed: that would leave repetition and zones to the server, and make a hostile rule its burden.
What they hold besides times goes no further than the process that reads them.

Every calendar of an address must be read whole, or all of its window is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from connectors.base import (
    CalendarRequest,
    ConnectorError,
    Reading,
    Refused,
    Unreadable,
    marked_within,
    unreadable,
)
from connectors.caldav.account import NOT_OFFERED, Account, document
from connectors.caldav.discovery import Collection, Directory
from connectors.caldav.multistatus import CALDAV, Resource
from connectors.ics import Fetched, IcsConnector
from connectors.ics.events import shifted
from connectors.ics.limits import MAX_BYTES, MAX_WARNINGS
from connectors.transport import Answer
from planner.domain import Interval
from planner.intervals import clip, subtract

#: Servers compare floating and whole-day times with UTC; anybody's clock is within a day of it.
_AROUND = timedelta(days=1)
#: addresses fetched and not yet read, at most: many large calendars would fill the memory
_AHEAD = 32
#: What one process reads. The first few come soon, so that somebody who waits sees progress.
_BATCH_BYTES = 32 * 1024 * 1024
_FIRST_BATCH, _BATCH = 10, 200
_BOUND = re.compile(rb"^DT(START|END)[^:\r\n]*:(\d{8}T\d{6}Z)\s*$", re.MULTILINE)


class CaldavConnector:
    """Reads calendars of one server, through one account."""

    def __init__(self, account: Account, *, at_once: int = 4, confined: IcsConnector | None = None) -> None:
        """
        Args:
            at_once: calendars fetched at one moment.
            confined: what reads the texts.
        """
        self._account = account
        self._directory = Directory(account)
        self._at_once = at_once
        self._confined = confined or IcsConnector()

    def read(
        self,
        requests: Sequence[CalendarRequest],
        window: Interval,
        now: datetime,
        states: Mapping[str, str | None],
    ) -> Iterator[Reading]:
        """See `connectors.base.Connector`. `states` is not used: all is read each time."""
        fetched = self._fetched(requests, window)
        for batch in _batches(fetched):
            yield from self._readings(batch, window, now)

    def _fetched(self, requests: Sequence[CalendarRequest], window: Interval) -> Iterator[_Address]:
        """What was fetched for each request, as it comes in; never far ahead of whoever reads it."""
        waiting = iter(requests)
        with ThreadPoolExecutor(self._at_once) as threads:
            under_way: set[Future[_Address]] = set()
            try:
                while True:
                    for request in islice(waiting, _AHEAD - len(under_way)):
                        under_way.add(threads.submit(self._fetch, request, window))
                    if not under_way:
                        return
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    yield from (fetched.result() for fetched in done)
            finally:
                for unread in under_way:
                    unread.cancel()

    def _fetch(self, request: CalendarRequest, window: Interval) -> _Address:
        try:
            texts = [
                self._text(collection, request.timezone, window)
                for collection in self._directory.collections(request.address)
            ]
            if sum(len(text.raw) for text in texts) > MAX_BYTES:
                raise Unreadable(f"The calendar is larger than {MAX_BYTES // 2**20} MB.")
        except ConnectorError as why:
            return _Address(request, (), str(why))
        except Exception as error:  # noqa: BLE001 – a fault of ours makes it unknown too, and ends here
            return _Address(request, (), f"The calendar could not be read ({type(error).__name__}).")
        return _Address(request, tuple(texts))

    def _text(self, collection: Collection, timezone: str, window: Interval) -> _Text:
        """What a calendar says of the window, as iCalendar text."""
        timezone = collection.timezone or timezone
        if collection.tells_events is not False:
            answer = self._account.report(collection.url, _events_of(window), depth=1)
            if answer.status not in NOT_OFFERED:
                return _Text(timezone, _joined(self._account.multistatus(answer)))
        answer = self._account.report(collection.url, _free_busy_of(window), depth=1)
        if answer.status == 200:
            return _Text(timezone, answer.body, _untold(answer, window))
        raise self._account.error(answer.status)

    def _readings(self, batch: Sequence[_Address], window: Interval, now: datetime) -> Iterator[Reading]:
        texts = [
            Fetched(f"{number}", text.timezone, text.raw)
            for number, (_, text) in enumerate(_paired(batch))
            if text.raw
        ]
        read = {int(found.address): found for found in self._confined.read_fetched(texts, window, now)}
        parts: dict[int, list[Reading]] = {}
        for number, (place, text) in enumerate(_paired(batch)):
            found = read[number] if text.raw else Reading("", (), (), now)
            parts.setdefault(place, []).append(_limited(found, text, window))
        for place, address in enumerate(batch):
            yield address.reading(parts.get(place, []), window, now)


@dataclass(frozen=True, slots=True)
class _Text:
    """What one calendar says. Of a window it may say less than was asked."""

    timezone: str
    raw: bytes  #: empty: it holds no events
    untold: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class _Address:
    """What was fetched for one request: a text for each calendar, or why there is none."""

    request: CalendarRequest
    texts: tuple[_Text, ...]
    failed: str | None = None

    def reading(self, parts: Sequence[Reading], window: Interval, now: datetime) -> Reading:
        """All calendars of the address as one; if one of them cannot be read at all, nothing is known."""
        address = self.request.address
        if self.failed is not None:
            return unreadable(address, window, self.failed, now)
        reasons = [part.reason for part in parts if part.reason]
        if any(part.unknown == (window,) for part in parts):
            return unreadable(address, window, reasons[0], now)
        return Reading(
            address=address,
            busy=marked_within((busy for part in parts for busy in part.busy), window),
            unknown=clip((unknown for part in parts for unknown in part.unknown), window),
            read_at=now,
            reason="; ".join(dict.fromkeys(reasons)) or None,
            warnings=tuple(warning for part in parts for warning in part.warnings)[:MAX_WARNINGS],
        )


def _paired(batch: Sequence[_Address]) -> Iterator[tuple[int, _Text]]:
    return ((place, text) for place, address in enumerate(batch) for text in address.texts)


def _limited(found: Reading, text: _Text, window: Interval) -> Reading:
    """The reading of one text, with what its server did not tell of as unknown."""
    if not text.untold:
        return found
    reason = found.reason or "The server tells only a part of the time that it was asked for."
    unknown = clip([*found.unknown, *text.untold], window)
    return Reading("", found.busy, unknown, found.read_at, reason, found.warnings)


def _batches(fetched: Iterable[_Address]) -> Iterator[list[_Address]]:
    batch: list[_Address] = []
    most, size = _FIRST_BATCH, 0
    for address in fetched:
        batch.append(address)
        size += sum(len(text.raw) for text in address.texts)
        if size > _BATCH_BYTES or len(batch) >= most:
            yield batch
            batch, size, most = [], 0, min(2 * most, _BATCH)
    if batch:
        yield batch


def _events_of(window: Interval) -> bytes:
    start, end = _bounds(shifted(window.start, -_AROUND), shifted(window.end, _AROUND))
    return document(
        "C:calendar-query",
        "<D:prop><C:calendar-data/></D:prop>"
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f'<C:time-range start="{start}" end="{end}"/>'
        "</C:comp-filter></C:comp-filter></C:filter>",
    )


def _free_busy_of(window: Interval) -> bytes:
    start, end = _bounds(window.start, window.end)
    return document("C:free-busy-query", f'<C:time-range start="{start}" end="{end}"/>')


def _joined(resources: Sequence[Resource]) -> bytes:
    """The events of a calendar, one after the other.

    Raises:
        Unreadable, Refused: one of them is not told, so what it takes is not known.
    """
    texts = [_event(resource) for resource in resources]
    return "\r\n".join(texts).encode()


def _event(resource: Resource) -> str:
    text = resource.text(f"{CALDAV}calendar-data") or ""
    if "BEGIN:VCALENDAR" in text.upper() and resource.status in (None, 200):
        return text
    status = resource.status or resource.refused.get(f"{CALDAV}calendar-data")
    if status == 507:
        raise Unreadable("The calendar holds more events than the server is willing to tell (HTTP 507).")
    if status in (401, 403):
        raise Refused(f"The account may not read one of the calendar's events (HTTP {status}).")
    raise Unreadable(f"The server does not tell one of the calendar's events (HTTP {status or 200}).")


def _untold(answer: Answer, window: Interval) -> tuple[Interval, ...]:
    """What a free/busy answer leaves out of the window.

    Raises:
        Unreadable: it is no such answer.
    """
    if b"BEGIN:VFREEBUSY" not in answer.body.upper():
        raise Unreadable("The server's answer holds no free/busy times.")
    bounds = {name: _instant(text) for name, text in _BOUND.findall(answer.body)}
    start, end = bounds.get(b"START", window.start), bounds.get(b"END", window.end)
    return subtract([window], [Interval(start, end)] if start < end else [])


def _bounds(start: datetime, end: datetime) -> tuple[str, str]:
    """As a time-range has them: whole seconds, with all of the time between them inside."""
    if end.microsecond:
        end = shifted(end.replace(microsecond=0), timedelta(seconds=1))
    return f"{start:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}"


def _instant(text: bytes) -> datetime:
    return datetime.strptime(text.decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
