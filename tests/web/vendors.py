"""The organizer's calendar at Google, Microsoft and a CalDAV server, all on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from connectors.google.permissions import REQUIRED, WRITE_EVENTS, names
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings
from planner.domain import Interval
from tests.connectors.caldav.server import RadicaleServer
from tests.connectors.google.server import GoogleServer
from tests.connectors.ics.ical_text import a_calendar, an_event
from tests.connectors.loopback import Loopback
from tests.connectors.microsoft.server import Entry, GraphServer


class Vendor(Protocol):
    kind: str
    settings: GoogleSettings | MicrosoftSettings | CaldavSettings
    loopback: Loopback | None

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

    def rename(self, address: str, key: str, title: str) -> None:
        """Give an event of ours another title, as a person does."""
        ...

    def person(self, email: str, times: Sequence[Interval], title: str) -> str:
        """Make somebody's calendar, every event in it with that title; its address, without the kind."""
        ...


class Google:
    kind = "google"

    def __init__(self, server: GoogleServer, loopback: Loopback, folder: Path) -> None:
        self._server, self.loopback = server, loopback
        self.settings = server.delegated(loopback.url, folder, names((*REQUIRED, WRITE_EVENTS)))

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

    def rename(self, address: str, key: str, title: str) -> None:
        self._server.calendars.edit(address, key, summary=title)

    def person(self, email: str, times: Sequence[Interval], title: str) -> str:
        if email not in self._server.calendars.there:
            self._server.calendars.add(email)
        said = {"summary": title, "description": title, "location": title}
        for one in times:
            moments = {"start": {"dateTime": _iso(one.start)}, "end": {"dateTime": _iso(one.end)}}
            self._server.calendars.put(email, said | moments)
        return email


class Microsoft:
    kind = "microsoft"

    def __init__(self, server: GraphServer, loopback: Loopback, folder: Path) -> None:
        self._server, self.loopback = server, loopback
        self.settings = server.settings(folder, loopback.url)

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

    def rename(self, address: str, key: str, title: str) -> None:
        for event in self._server.events(key):
            event.subject, event.body, event.location = title, title, title
            event.revision += 1

    def person(self, email: str, times: Sequence[Interval], title: str) -> str:
        entries = [Entry(one.start, one.end, "busy", title, title) for one in times]
        self._server.mailbox(email, *entries)
        return email


class Caldav:
    kind = "caldav"
    loopback: Loopback | None = None  #: nothing that could spoil what the real server answers

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

    def rename(self, address: str, key: str, title: str) -> None:
        path = self._path(address, key)
        text = re.sub(r"(?m)^SUMMARY:.*$", f"SUMMARY:{title}\r", self._server.get(path))
        self._server.put(path, text)

    def person(self, email: str, times: Sequence[Interval], title: str) -> str:
        path = f"/{email.partition('@')[0]}/work/"
        events = [
            an_event(
                f"LOCATION:{title}",
                "DTSTAMP:20270101T000000Z",
                f"DTSTART:{one.start:%Y%m%dT%H%M%SZ}",
                f"DTEND:{one.end:%Y%m%dT%H%M%SZ}",
                uid=f"{number}@example.org",
            ).replace("Canary title", title)
            for number, one in enumerate(times)
        ]
        whole = a_calendar("PRODID:-//somebody//EN", *events)
        self._server.as_person("PUT", path, whole, allowed=(201,), **{"Content-Type": "text/calendar"})
        return path

    def _path(self, address: str, key: str) -> str:
        (path,) = (path for path, text in self._server.events(address).items() if key in path + text)
        return path


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def vendor(kind: str, folder: Path, people: Sequence[str] = ()) -> Iterator[Google | Microsoft | Caldav]:
    """A vendor of that kind, running for as long as the block lasts; `people` by the name before the @."""
    folder.mkdir(exist_ok=True)
    if kind == "google":
        google = GoogleServer()
        with google.running() as loopback:
            yield Google(google, loopback, folder)
    elif kind == "microsoft":
        graph = GraphServer()
        with Loopback(graph) as loopback:
            yield Microsoft(graph, loopback, folder)
    else:
        with RadicaleServer(*people) as radicale:
            yield Caldav(radicale)
