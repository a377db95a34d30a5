"""The organizer's calendar at Google, Microsoft and a CalDAV server, all on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from connectors.google.permissions import REQUIRED, WRITE_EVENTS, names
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings
from tests.connectors.caldav.server import RadicaleServer
from tests.connectors.google.server import GoogleServer
from tests.connectors.loopback import Loopback
from tests.connectors.microsoft.server import GraphServer


class Vendor(Protocol):
    kind: str
    settings: GoogleSettings | MicrosoftSettings | CaldavSettings

    def calendar(self, number: int) -> str:
        """Make an empty calendar; its address."""
        ...

    def count(self, address: str) -> int:
        """How many events stand in it, whoever made them."""
        ...

    def remove(self, address: str, key: str) -> None:
        """Remove an event of ours as a person does."""
        ...

    def decline(self, address: str, key: str, email: str) -> None:
        """Answer an invitation of ours."""
        ...


class Google:
    kind = "google"

    def __init__(self, server: GoogleServer, url: str, folder: Path) -> None:
        self._server = server
        self.settings = server.delegated(url, folder, names((*REQUIRED, WRITE_EVENTS)))

    def calendar(self, number: int) -> str:
        address = f"mentoring{number}@corp.example"
        self._server.calendars.add(address)
        return address

    def count(self, address: str) -> int:
        return len(self._server.calendars.live(address))

    def remove(self, address: str, key: str) -> None:
        self._server.calendars.remove(address, key)

    def decline(self, address: str, key: str, email: str) -> None:
        self._server.calendars.answer(address, key, email, "declined")


class Microsoft:
    kind = "microsoft"

    def __init__(self, server: GraphServer, url: str, folder: Path) -> None:
        self._server = server
        self.settings = server.settings(folder, url)

    def calendar(self, number: int) -> str:
        address = f"mentoring{number}@corp.example"
        self._server.mailbox(address)
        return address

    def count(self, address: str) -> int:
        return len(self._server.mailbox(address).events)

    def remove(self, address: str, key: str) -> None:
        self._server.remove(key)

    def decline(self, address: str, key: str, email: str) -> None:
        self._server.answer(key, email, "declined")


class Caldav:
    kind = "caldav"

    def __init__(self, server: RadicaleServer) -> None:
        self._server = server
        self.settings = server.settings()

    def calendar(self, number: int) -> str:
        return self._server.make_calendar(f"/officeday/mentoring{number}/")

    def count(self, address: str) -> int:
        return len(self._server.events(address))

    def remove(self, address: str, key: str) -> None:
        self._server.remove(self._path(address, key))

    def decline(self, address: str, key: str, email: str) -> None:
        self._server.answer(self._path(address, key), email, "DECLINED")

    def _path(self, address: str, key: str) -> str:
        (path,) = (path for path, text in self._server.events(address).items() if key in path + text)
        return path


@contextmanager
def vendor(kind: str, folder: Path) -> Iterator[Google | Microsoft | Caldav]:
    """A vendor of that kind, running for as long as the block lasts."""
    folder.mkdir(exist_ok=True)
    if kind == "google":
        google = GoogleServer()
        with google.running() as loopback:
            yield Google(google, loopback.url, folder)
    elif kind == "microsoft":
        graph = GraphServer()
        with Loopback(graph) as loopback:
            yield Microsoft(graph, loopback.url, folder)
    else:
        with RadicaleServer() as radicale:
            yield Caldav(radicale)
