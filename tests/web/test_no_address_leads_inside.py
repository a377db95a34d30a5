"""No address that somebody can enter makes officeday knock on a door inside the house (SSRF).

Sixty addresses, each entered everywhere an address can be: as a person's calendar, as a room's, as a CalDAV
calendar, and as what an OpenID provider says of itself. Connections are counted by the interpreter's audit
events and, where a process of its own reads, by a listener on the loopback interface. Names that change
their address and redirects are for tests/connectors/test_transport.py.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.base import ConnectorError
from connectors.transport import Transport
from tests.web.company import OFFICES
from tests.web.conftest import site_in
from tests.web.made_up import NOW
from web.oidc import NotSignedIn, Provider
from web.operations import calendars
from web.operations.roster import import_sheet
from web.sheets.columns import SheetKind
from web.sign_in_settings import ProviderConfig
from web.store import tables as t

#: Hosts that lie inside, in every spelling; `{port}` is that of a listener on this machine.
INSIDE = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "localhost",
    "LOCALHOST.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fd00::1]",
    "[fe80::1]",
    "[ff02::1]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "168.63.129.16",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "user@127.0.0.1",
    "example.org@127.0.0.1",
    "example.org%2f@127.0.0.1",
    "127.0.0.1%00.example.org",
)
URLS = (
    *(f"https://{host}:{{port}}/calendar.ics" for host in INSIDE),
    "http://127.0.0.1:{port}/calendar.ics",
    "http://localhost:{port}/",
    "webcal://127.0.0.1:{port}/calendar.ics",
    "WEBCAL://localhost:{port}/",
    "https://127.0.0.1/",
    "https://127.0.0.1:25/",
    "https://127.0.0.1:6379/",
    "https://127.0.0.1:22/",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "gopher://127.0.0.1:{port}/_stats",
    "ftp://127.0.0.1:{port}/calendar.ics",
    "dict://127.0.0.1:{port}/info",
    "ldap://127.0.0.1:{port}/",
    "https:///127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@example.org/",
    "https://[::1%25lo]:{port}/",
)


class Listener:
    """Counts who knocks, on both loopback addresses."""

    def __init__(self) -> None:
        self.knocks = 0
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        if socket.has_ipv6:
            with suppress(OSError):  # this machine may have no ::1
                self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for each in self._sockets:
            threading.Thread(target=self._count, args=(each,), daemon=True).start()

    def _count(self, listening: socket.socket) -> None:
        while True:
            try:
                listening.accept()[0].close()
            except OSError:
                return
            self.knocks += 1

    def close(self) -> None:
        for each in self._sockets:
            each.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


_connects: list[Any] = []
_counting = threading.Event()


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _counting.is_set() and not isinstance(arguments[1], str | bytes):
        _connects.append(arguments[1])


sys.addaudithook(_note)


@contextmanager
def counted() -> Iterator[list[Any]]:
    """Every address that this process connects to meanwhile."""
    _connects.clear()
    _counting.set()
    try:
        yield _connects
    finally:
        _counting.clear()


def test_there_are_sixty_of_them() -> None:
    assert len(set(URLS)) == 60


@pytest.mark.parametrize("url", URLS)
def test_nothing_is_connected_to(url: str, listener: Listener) -> None:
    address = url.format(port=listener.port)
    transport = Transport(seconds=5)
    with counted() as connects:
        with pytest.raises(ConnectorError):
            transport.get(address)
        with pytest.raises(ConnectorError):
            transport.exchange("POST", address, body=b"x")
    assert connects == []
    assert listener.knocks == 0


def test_the_counting_would_see_a_connection(listener: Listener) -> None:
    """The negative control: with the house allowed, it is knocked on."""
    with counted() as connects, pytest.raises(ConnectorError):
        Transport(["127.0.0.1"], seconds=2).get(f"http://127.0.0.1:{listener.port}/")
    assert connects == [("127.0.0.1", listener.port)]


def test_no_calendar_of_a_person_or_room_leads_inside(tmp_path: Path, listener: Listener) -> None:
    site = site_in(tmp_path)
    addresses = [url.format(port=listener.port) for url in URLS]
    people = [
        f'p{n}@example.org,P{n},junior,london,"{kind}:{address}?p{n}"'  # nobody has another's
        for n, (kind, address) in enumerate((kind, url) for kind in ("ics", "caldav") for url in addresses)
    ]
    rooms = [f'r{n},london,R{n},8,meeting,"ics:{address}?r{n}"' for n, address in enumerate(addresses)]
    sheets = {
        SheetKind.OFFICES: OFFICES,
        SheetKind.ROOMS: "\n".join(["id,office,name,capacity,uses,calendar", *rooms, ""]),
        SheetKind.PEOPLE: "\n".join(["email,name,role,offices,calendar", *people, ""]),
    }
    for kind, text in sheets.items():
        (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
        import_sheet(site, kind, tmp_path / f"{kind}.csv", NOW)

    with counted() as connects:
        read, unknown = calendars.sync(site, None, NOW)

    assert (read, unknown) == (180, 180)
    assert connects == []
    assert listener.knocks == 0
    with site.store.reading() as connection:
        known = select(func.count()).select_from(t.busy_interval).where(t.busy_interval.c.kind != "unknown")
        assert connection.execute(known).scalar_one() == 0


@pytest.mark.parametrize("url", URLS)
def test_a_sign_in_provider_cannot_point_inside(url: str, listener: Listener) -> None:
    """What a provider says of its own addresses is reached by the guard's leave only."""
    settings = ProviderConfig(issuer="https://id.example.org", client_id="x")
    provider = Provider("company", settings, Transport(seconds=5, endpoints=["https://id.example.org"]))
    told = url.format(port=listener.port)
    with counted() as connects, pytest.raises(NotSignedIn):
        provider._read(told)
    assert connects == []
    assert listener.knocks == 0
