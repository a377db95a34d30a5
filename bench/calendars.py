"""How many requests, and how long, it takes to read a company's calendars: `python -m bench.calendars`.

Against the servers of the tests on this machine, which keep the vendors' limits, over real sockets. They
share this process's processor and check every request and answer against the vendors' schemas, so the
seconds are those of client and server together; no vendor's own pace is in them. The requests are those
that any run takes.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors import Settings, open_connector
from connectors.base import CalendarRequest
from connectors.transport import Transport
from planner.domain import Interval
from tests.connectors.caldav.server import RadicaleServer
from tests.connectors.google.server import GoogleServer
from tests.connectors.loopback import Loopback
from tests.connectors.microsoft.server import Entry, GraphServer

NOW = datetime(2027, 3, 5, 10, tzinfo=UTC)
#: What `web.operations.calendars` reads for a plan of four weeks.
WINDOW = Interval(NOW - timedelta(days=1), NOW + timedelta(weeks=6))
#: Busy hours of one calendar in the window.
BUSY = 40
SCOPES = ("https://www.googleapis.com/auth/calendar.freebusy",)


@dataclass(frozen=True)
class Measured:
    kind: str
    calendars: int
    requests: int
    seconds: float
    unknown: int  #: calendars that could not be read


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line a calendar system."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calendars", type=int, default=5000)
    parser.add_argument("kinds", nargs="*", default=[], metavar="google|microsoft|caldav")
    given = parser.parse_args(arguments)
    unread = 0
    print(f"{'':10} {'calendars':>9} {'requests':>9} {'seconds':>8} {'unknown':>8}")  # noqa: T201
    for kind in given.kinds or COMPANIES:
        with COMPANIES[kind](given.calendars) as (settings, addresses):
            found = measure(kind, settings, addresses)
        print(  # noqa: T201
            f"{kind:10} {found.calendars:9,} {found.requests:9,} {found.seconds:8.1f} {found.unknown:8,}",
            flush=True,
        )
        unread += found.unknown
    return 1 if unread else 0


def measure(kind: str, settings: Settings, addresses: Sequence[str]) -> Measured:
    """Read every calendar once, as a planning run does."""
    with counting_requests() as requests:
        begun = time.perf_counter()
        connector = open_connector(kind, settings)
        asked = [CalendarRequest(address, "Europe/London") for address in addresses]
        unknown = sum(1 for said in connector.read(asked, WINDOW, NOW, {}) if said.unknown)
        seconds = time.perf_counter() - begun
    return Measured(kind, len(addresses), requests(), seconds, unknown)


@contextmanager
def counting_requests() -> Iterator[Callable[[], int]]:
    """How many HTTP requests left this process, tokens' too."""
    count, lock, send = 0, threading.Lock(), Transport.exchange

    def counted(self: Transport, *arguments: Any, **named: Any) -> Any:
        nonlocal count
        with lock:
            count += 1
        return send(self, *arguments, **named)

    Transport.exchange = counted  # type: ignore[method-assign]
    try:
        yield lambda: count
    finally:
        Transport.exchange = send  # type: ignore[method-assign]


# --- companies -----------------------------------------------------------------------------------

Company = Iterator[tuple[Settings, list[str]]]


def mailboxes(count: int) -> list[str]:
    return [f"person{number}@contoso.example" for number in range(count)]


def busy_hours(seed: str, most: int = BUSY) -> list[tuple[datetime, datetime]]:
    """Hours on the window's days; the same for the same seed."""
    drawn = random.Random(seed)  # noqa: S311
    midnight = WINDOW.start.replace(hour=0)
    days = [
        midnight + timedelta(days=drawn.randrange(1, 42), hours=drawn.randrange(8, 18)) for _ in range(most)
    ]
    return [(start, start + timedelta(hours=1)) for start in sorted(set(days))]


@contextmanager
def google(count: int) -> Company:
    server, addresses = GoogleServer(), mailboxes(count)
    for address in addresses:
        server.calendars.add(address, busy_hours(address))
    with tempfile.TemporaryDirectory() as folder, Loopback(server) as loopback:
        section = server.delegated(loopback.url, Path(folder), SCOPES, subject=addresses[0])
        yield Settings(google=section), addresses


@contextmanager
def microsoft(count: int) -> Company:
    server, addresses = GraphServer(), mailboxes(count)
    for address in addresses:
        server.mailbox(address, *(Entry(start, end) for start, end in busy_hours(address)))
    with tempfile.TemporaryDirectory() as folder, Loopback(server) as loopback:
        yield Settings(microsoft=server.settings(Path(folder), loopback.url)), addresses


@contextmanager
def caldav(count: int) -> Company:
    """Radicale, a process of its own. Its files are written past it: that is no part of what is measured."""
    with RadicaleServer() as server:
        addresses = [f"/person{number}/work/" for number in range(count)]
        for address in addresses:
            folder = server.password_file.parent / "storage" / "collection-root" / address.strip("/")
            folder.mkdir(parents=True)
            (folder / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')
            for number, (start, end) in enumerate(busy_hours(address, 8)):
                (folder / f"{number}.ics").write_text(_event(number, start, end), newline="")
        yield Settings(caldav=server.settings()), addresses


def _event(number: int, start: datetime, end: datetime) -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{number}\r\nDTSTAMP:20270101T000000Z\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


COMPANIES = {"google": google, "microsoft": microsoft, "caldav": caldav}


if __name__ == "__main__":
    raise SystemExit(main())
