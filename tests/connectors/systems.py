"""The calendar systems as the contract suites see them: what a test does to each, in one and the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol

from connectors import Settings, open_connector
from connectors.base import Connector, EventWriter, Response, Unreachable
from connectors.caldav.organizer import CaldavOrganizer
from connectors.caldav.reader import CaldavConnector
from connectors.calls import Calls
from connectors.google import GoogleWriter, google_api
from connectors.google.permissions import REQUIRED, names
from connectors.ics import IcsConnector
from connectors.memory import MemoryConnector, MemoryOrganizer
from connectors.microsoft.writer import MicrosoftWriter
from connectors.transport import Transport
from planner.domain import BusyInterval, BusyKind
from tests.connectors import loopback
from tests.connectors.caldav.front import Front, InThisProcess, an_account
from tests.connectors.caldav.server import RadicaleServer
from tests.connectors.clock import Clock
from tests.connectors.google.server import GoogleServer
from tests.connectors.ics.ical_text import a_calendar, an_event
from tests.connectors.loopback import Loopback, Request
from tests.connectors.microsoft.opened import a_graph
from tests.connectors.microsoft.server import Entry, GraphServer

TITLE = "CANARY-TITLE"
ORGANIZER = "mentoring@corp.example"
_NUMBERS = count(1)


# --- reading -------------------------------------------------------------------------------------


class Readable(Protocol):
    """A system that can be read."""

    connector: Connector
    kinds: frozenset[BusyKind]  #: that it can tell apart; where it cannot, everything is BUSY

    def calendar(self, *busy: BusyInterval) -> str:
        """A new calendar with these times in it, under events with the title TITLE; its address."""
        ...

    def unreadable(self) -> str:
        """The address of a calendar that is there and cannot be read."""
        ...

    def nobody(self) -> str:
        """The address of no calendar."""
        ...


class InMemory:
    kinds = frozenset(BusyKind)

    def __init__(self) -> None:
        self.connector = MemoryConnector()

    def calendar(self, *busy: BusyInterval) -> str:
        address = f"person-{next(_NUMBERS)}"
        self.connector.put(address, busy)
        return address

    def unreadable(self) -> str:
        address = self.calendar()
        self.connector.break_off(address, "The server is on fire.")
        return address

    def nobody(self) -> str:
        return "nobody"


class AsFiles:
    kinds = frozenset(BusyKind)

    def __init__(self, folder: Path) -> None:
        self.connector = IcsConnector()
        self._folder = folder

    def calendar(self, *busy: BusyInterval) -> str:
        path = self._folder / f"{next(_NUMBERS)}.ics"
        path.write_bytes(a_calendar(*map(_event, busy)))
        return str(path)

    def unreadable(self) -> str:
        path = Path(self.calendar())
        path.write_bytes(a_calendar(f"SUMMARY:{TITLE}").removesuffix(b"END:VCALENDAR\n"))
        return str(path)

    def nobody(self) -> str:
        return str(self._folder / "nobody.ics")


class OnRadicale:
    kinds = frozenset(BusyKind)

    def __init__(self, server: RadicaleServer) -> None:
        self._server = server
        self.connector = CaldavConnector(an_account(server.url), confined=InThisProcess())

    def calendar(self, *busy: BusyInterval) -> str:
        path = self._server.make_calendar(f"/maria/{next(_NUMBERS)}/")
        for one in busy:
            number = next(_NUMBERS)
            text = a_calendar("PRODID:-//test//EN", _event(one, number))
            self._server.put(f"{path}{number}.ics", text.replace(b"\n", b"\r\n"))
        return path

    def unreadable(self) -> str:
        path = self.calendar()
        endless = an_event(
            "DTSTAMP:20260101T000000Z", "DTSTART:20260301T000000Z", "RRULE:FREQ=SECONDLY", uid="endless"
        )
        self._server.put(f"{path}endless.ics", a_calendar("PRODID:-//test//EN", endless))
        return path

    def nobody(self) -> str:
        return "/maria/nobody/"


class AtGoogle:
    kinds = frozenset({BusyKind.BUSY})

    def __init__(self, server: GoogleServer, url: str, folder: Path) -> None:
        self._server = server
        server.calendars.add(ORGANIZER)
        settings = server.delegated(url, folder, names(REQUIRED), subject=ORGANIZER)
        self.connector = open_connector("google", Settings(google=settings))

    def calendar(self, *busy: BusyInterval) -> str:
        address = f"person-{next(_NUMBERS)}@corp.example"
        self._server.calendars.add(address)
        for one in busy:
            start, end = ({"dateTime": moment.isoformat()} for moment in (one.start, one.end))
            self._server.calendars.put(address, {"summary": TITLE, "start": start, "end": end})
        return address

    def unreadable(self) -> str:
        address = self.calendar()
        self._server.errors[address] = "internalError"
        return address

    def nobody(self) -> str:
        return "nobody@corp.example"


class AtMicrosoft:
    kinds = frozenset(BusyKind)

    def __init__(self, server: GraphServer, url: str, folder: Path) -> None:
        self._server = server
        server.mailbox(ORGANIZER)
        settings = server.settings(folder, url, consent_of=ORGANIZER)
        self.connector = open_connector("microsoft", Settings(microsoft=settings))

    def calendar(self, *busy: BusyInterval) -> str:
        address = f"person-{next(_NUMBERS)}@corp.example"
        statuses = {BusyKind.AWAY: "oof", BusyKind.ELSEWHERE: "workingElsewhere"}
        entries = [
            Entry(one.start, one.end, statuses.get(one.kind, one.kind.value), TITLE, TITLE) for one in busy
        ]
        self._server.mailbox(address, *entries)
        return address

    def unreadable(self) -> str:
        address = self.calendar()
        self._server.break_off(address, "5013")
        return address

    def nobody(self) -> str:
        return "nobody@corp.example"


@contextmanager
def opened_readable(kind: str, folder: Path) -> Iterator[Readable]:
    """A system of some kind, running while the block runs."""
    match kind:
        case "memory":
            yield InMemory()
        case "ics":
            yield AsFiles(folder)
        case "caldav":
            with RadicaleServer("maria") as server:
                yield OnRadicale(server)
        case "google":
            google = GoogleServer()
            with google.running() as served:
                yield AtGoogle(google, served.url, folder)
            assert google.breaches == []
        case "microsoft":
            graph = GraphServer()
            with Loopback(graph) as served:
                yield AtMicrosoft(graph, served.url, folder)


def _event(busy: BusyInterval, number: int = 0) -> str:
    marks = {
        BusyKind.TENTATIVE: "STATUS:TENTATIVE",
        BusyKind.AWAY: "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        BusyKind.ELSEWHERE: "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
    }
    return an_event(
        "DTSTAMP:20260101T000000Z",
        f"DTSTART:{busy.start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{busy.end:%Y%m%dT%H%M%SZ}",
        f"LOCATION:{TITLE}",
        marks.get(busy.kind, "STATUS:CONFIRMED"),
        uid=f"event-{number or next(_NUMBERS)}",
    ).replace("Canary title", TITLE)


# --- writing -------------------------------------------------------------------------------------


class Writable(Protocol):
    """An organizer's calendar, what people do to it, and how many events of a key are in it."""

    meets_online: bool  #: does it make links for online sessions?

    def writer(self) -> EventWriter:
        """A writer as another process has it, for which pauses take no time."""
        ...

    def count(self, key: str) -> int: ...

    def remove(self, key: str) -> None: ...

    def move(self, key: str, start: datetime, end: datetime) -> None: ...

    def answer(self, key: str, email: str, response: Response) -> None: ...

    def put_foreign(self, start: datetime, end: datetime) -> Callable[[], object]:
        """An event of somebody else's; what it looks like now, whenever it's called."""
        ...

    def lose_answers(self, times: int) -> None:
        """Let the next changes be made, and their answers not come back."""
        ...


class Losing:
    """In front of an app: lets answers to changes be lost once they are made."""

    def __init__(self, app: loopback.App) -> None:
        self._app = app
        self.left = 0

    def __call__(self, request: Request) -> loopback.Response:
        response = self._app(request)
        if self.left and request.method in self._changing(request):
            self.left -= 1
            return loopback.Response(503)
        return response

    @staticmethod
    def _changing(request: Request) -> tuple[str, ...]:
        return ("PUT", "PATCH", "DELETE") if "token" in request.path else ("PUT", "PATCH", "DELETE", "POST")


class MemoryDesk:
    meets_online = True

    def __init__(self) -> None:
        self._calendar = MemoryOrganizer()
        self.remove, self.move = self._calendar.remove, self._calendar.move
        self.answer = self._calendar.answer

    def writer(self) -> EventWriter:
        return self._calendar

    def count(self, key: str) -> int:
        try:
            self._calendar.draft(key)
        except KeyError:
            return 0
        return 1

    def put_foreign(self, start: datetime, end: datetime) -> Callable[[], object]:
        return lambda: None  # it holds ours only

    def lose_answers(self, times: int) -> None:
        self._calendar.fail(Unreachable("The answer was lost."), after=True, times=1 if times else 0)


class RadicaleDesk:
    meets_online = False

    def __init__(self, server: RadicaleServer, losing: Losing, url: str) -> None:
        self._server, self._losing, self._url = server, losing, url
        self._path = server.make_calendar(f"/officeday/{next(_NUMBERS)}/")

    def writer(self) -> EventWriter:
        return CaldavOrganizer(an_account(self._url), self._path)

    def count(self, key: str) -> int:
        texts = self._server.events(self._path).values()
        return sum(key in text.replace("\r\n ", "") and "STATUS:CANCELLED" not in text for text in texts)

    def remove(self, key: str) -> None:
        self._server.remove(self._event(key))

    def move(self, key: str, start: datetime, end: datetime) -> None:
        self._server.move(self._event(key), start, end)

    def answer(self, key: str, email: str, response: Response) -> None:
        self._server.answer(self._event(key), email, response.value.upper())

    def put_foreign(self, start: datetime, end: datetime) -> Callable[[], object]:
        path = f"{self._path}foreign.ics"
        text = a_calendar("PRODID:-//test//EN", _event(BusyInterval(start, end)))
        self._server.put(path, text)
        return lambda: self._server.get(path)

    def lose_answers(self, times: int) -> None:
        self._losing.left = times

    def _event(self, key: str) -> str:
        return f"{self._path}{key}.ics"


class GoogleDesk:
    meets_online = True

    def __init__(self, server: GoogleServer, losing: Losing, url: str, folder: Path) -> None:
        self._server, self._losing, self._calendars = server, losing, server.calendars
        self._calendars.add(ORGANIZER)
        self._settings = server.consented(url, folder, ORGANIZER, names(REQUIRED))

    def writer(self) -> EventWriter:
        clock = Clock()
        transport = Transport(endpoints=(self._settings.endpoint, self._settings.token_endpoint))
        calls = partial(Calls, clock=clock, sleep=clock.sleep, jitter=lambda: 0.5)
        api = google_api(self._settings, transport, scopes=names(REQUIRED), subject=None, calls=calls)
        return GoogleWriter(api, ORGANIZER)

    def count(self, key: str) -> int:
        return sum(event["id"] == key for event in self._calendars.live(ORGANIZER))

    def remove(self, key: str) -> None:
        self._calendars.remove(ORGANIZER, key)

    def move(self, key: str, start: datetime, end: datetime) -> None:
        self._calendars.move(ORGANIZER, key, start, end)

    def answer(self, key: str, email: str, response: Response) -> None:
        self._calendars.answer(ORGANIZER, key, email, response.value)

    def put_foreign(self, start: datetime, end: datetime) -> Callable[[], object]:
        times = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
        number = self._calendars.put(ORGANIZER, {"summary": TITLE, **times})
        return lambda: self._calendars.event(ORGANIZER, number)

    def lose_answers(self, times: int) -> None:
        self._losing.left = times


class MicrosoftDesk:
    meets_online = True

    def __init__(self, server: GraphServer, losing: Losing, url: str, folder: Path) -> None:
        self._server, self._losing = server, losing
        self._box = server.mailbox(ORGANIZER)
        self._settings = server.settings(folder, url, consent_of=ORGANIZER)
        self.remove, self.move = server.remove, server.move

    def writer(self) -> EventWriter:
        return MicrosoftWriter(a_graph(self._settings), ORGANIZER)

    def count(self, key: str) -> int:
        return len(self._server.events(key))

    def answer(self, key: str, email: str, response: Response) -> None:
        said = "tentativelyAccepted" if response is Response.TENTATIVE else response.value
        self._server.answer(key, email, said)

    def put_foreign(self, start: datetime, end: datetime) -> Callable[[], object]:
        entry = Entry(start, end, subject=TITLE)
        self._box.entries.append(entry)
        return lambda: (entry.start, entry.end, entry.subject)

    def lose_answers(self, times: int) -> None:
        self._losing.left = times


@contextmanager
def opened_writable(kind: str, folder: Path) -> Iterator[Writable]:
    """An organizer's calendar of some kind, there while the block runs."""
    match kind:
        case "memory":
            yield MemoryDesk()
        case "caldav":
            with RadicaleServer() as server:
                losing = Losing(Front(server))
                with Loopback(losing) as served:
                    yield RadicaleDesk(server, losing, served.url)
        case "google":
            google = GoogleServer()
            losing = Losing(google)
            with Loopback(losing) as served:
                yield GoogleDesk(google, losing, served.url, folder)
            assert google.breaches == []
        case "microsoft":
            graph = GraphServer()
            losing = Losing(graph)
            with Loopback(losing) as served:
                yield MicrosoftDesk(graph, losing, served.url, folder)
