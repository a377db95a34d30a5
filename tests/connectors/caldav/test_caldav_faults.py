"""28 faults of a CalDAV server, before and after a good reading: calendars become unknown, never free.

The server is Radicale behind one that spoils what is said of Maria's two calendars. Omar's is there to
be read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.base import CalendarRequest, ConnectorError, EventDraft, Reading
from connectors.caldav.organizer import CaldavOrganizer
from connectors.caldav.reader import CaldavConnector
from planner.domain import Interval
from tests.connectors.caldav.front import Front, InThisProcess, an_account
from tests.connectors.caldav.server import RadicaleServer
from tests.connectors.faults import SLOW, Fault
from tests.connectors.ics.ical_text import MARCH, a_calendar, an_event
from tests.connectors.loopback import Loopback, Request, Response

NOW = datetime(2026, 2, 1, tzinfo=UTC)
NINE = Interval(datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC))
#: those that concern all of the server, since it cannot be reached, or asks to be left alone
EVERYBODYS = frozenset(
    (
        Fault.DNS,
        Fault.CONNECT_TIMEOUT,
        Fault.BAD_TLS,
        Fault.THROTTLED,
        Fault.THROTTLED_WITH_RETRY_AFTER,
        Fault.THROTTLED_FOR_YEARS,
    )
)
IN_THE_FORMAT = frozenset(
    (
        Fault.CALENDAR_ERRORS,
        Fault.MISSING_CALENDAR,
        Fault.ENDLESS_INTERVAL,
        Fault.PAGE_LOOP,
        Fault.FAILURE_ON_PAGE_2,
        Fault.TOKEN_EXPIRES_BETWEEN_PAGES,
        Fault.INVALID_GRANT,
        Fault.WINDOW_TOO_LONG,
    )
)


@pytest.fixture(scope="module")
def radicale() -> Iterator[RadicaleServer]:
    text = a_calendar(
        "PRODID:-//test//EN",
        an_event("DTSTAMP:20260101T000000Z", "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z"),
    )
    with RadicaleServer("maria", "omar") as running:
        running.make_calendar("/officeday/events/")
        for calendar in ("/maria/one/", "/maria/two/", "/omar/work/"):
            running.make_calendar(calendar)
            running.put(f"{calendar}event.ics", text)
        yield running


@pytest.fixture
def front(radicale: RadicaleServer) -> Iterator[Loopback]:
    app = Front(radicale)
    with Loopback(app) as running:
        app.spoil = lambda request, response: spoilt(running.fault, request, response)
        running.spared = lambda request: not request.path.startswith("/maria/")
        yield running


def spoilt(fault: Fault | None, request: Request, response: Response) -> Response:
    """The faults inside the format."""
    if not request.path.startswith("/maria/"):
        return response
    second = request.method == "REPORT" and request.path == "/maria/two/"
    match fault:
        case Fault.CALENDAR_ERRORS if second:
            refused = b"<status>HTTP/1.1 403 Forbidden</status></response>"
            head, _, tail = response.body.partition(b"<propstat>")
            return replace(response, body=head + refused + tail.rpartition(b"</response>")[2])
        case Fault.MISSING_CALENDAR if second:
            return replace(response, body=response.body.replace(b"200 OK", b"404 Not Found"))
        case Fault.ENDLESS_INTERVAL:
            return replace(response, body=response.body.replace(b"DTEND:20260303T100000Z", b"DTEND:"))
        case Fault.PAGE_LOOP:
            return Response(302, {"Location": request.path})
        case Fault.FAILURE_ON_PAGE_2 if second:
            return Response(500)
        case Fault.TOKEN_EXPIRES_BETWEEN_PAGES if second:
            return Response(401, {"WWW-Authenticate": 'Basic realm="x"'})
        case Fault.INVALID_GRANT:
            return Response(401, {"WWW-Authenticate": 'Basic realm="x"'})
        case Fault.WINDOW_TOO_LONG if second:
            return Response(507)
    return response


def connector(front: Loopback) -> CaldavConnector:
    seconds = 0.25 if front.fault in SLOW else 5.0
    return CaldavConnector(an_account(front.url, seconds=seconds), confined=InThisProcess())


def read(connector: CaldavConnector) -> dict[str, Reading]:
    requests = [CalendarRequest("/maria/"), CalendarRequest("/omar/work/")]
    return {reading.address: reading for reading in connector.read(requests, MARCH, NOW, {})}


def assert_read(reading: Reading) -> None:
    assert [busy.interval for busy in reading.busy] == [NINE]
    assert reading.unknown == () and reading.reason is None


def test_without_a_fault_both_are_read(front: Loopback):
    for reading in read(connector(front)).values():
        assert_read(reading)


@pytest.mark.parametrize("when", ["cold", "warm", "late"])
@pytest.mark.parametrize("fault", Fault)
def test_a_faulty_server_makes_calendars_unknown(front: Loopback, fault: Fault, when: str):
    """`warm`: after a good reading; `late`: only once calendars were found and their events are asked for."""
    used = connector(front)
    if when == "warm":
        read(used)
    if when == "late":
        front.spared = lambda request: request.method != "REPORT" or not request.path.startswith("/maria/")
    at = front.url
    front.fault = fault
    if when != "warm" or fault in SLOW or front.url != at:
        used = connector(front)

    readings = read(used)

    assert set(readings) == {"/maria/", "/omar/work/"}
    maria = readings["/maria/"]
    assert maria.reason
    if fault is Fault.ENDLESS_INTERVAL:
        (unknown,) = maria.unknown
        assert unknown.start <= NINE.start and NINE.end <= unknown.end
    else:
        assert maria.unknown == (MARCH,) and maria.busy == ()
    omar = readings["/omar/work/"]
    if fault not in EVERYBODYS or omar.unknown != (MARCH,):
        assert_read(omar)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in IN_THE_FORMAT])
def test_a_faulty_server_neither_doubles_an_event_nor_hides_one(
    front: Loopback, radicale: RadicaleServer, fault: Fault
):
    calendar = "/officeday/events/"
    front.spared = lambda request: False
    draft = EventDraft("0123456789abcdefghij", 1, NINE.start, NINE.end, "Lunch", "", "", ())

    def writer() -> CaldavOrganizer:
        return CaldavOrganizer(an_account(front.url, seconds=0.25 if fault in SLOW else 5.0), calendar)

    used, at = writer(), front.url
    assert list(used.written(MARCH)) == []
    front.fault = fault
    written = None
    with suppress(ConnectorError):  # an answer that only lost its end, or is too short for that, may do
        written = used.write(draft)
    with pytest.raises(ConnectorError):
        list(writer().written(MARCH))
    if front.url == at:
        with pytest.raises(ConnectorError):
            list(used.written(MARCH))
    front.fault = None

    assert written is None or len(radicale.events(calendar)) == 1
    assert writer().write(draft).version == 1
    assert len(radicale.events(calendar)) == 1
    writer().withdraw(draft.key)
    assert radicale.events(calendar) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b'<?xml version="1.0"?><html/>',
        b'<?xml version="1.0" encoding="no-such"?><D:multistatus xmlns:D="DAV:"/>',
        b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">]><multistatus xmlns="DAV:">&a;</multistatus>',
        b'<!DOCTYPE m SYSTEM "file:///etc/passwd"><multistatus xmlns="DAV:"/>',
        b'<multistatus xmlns="DAV:">' + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</multistatus>",
        b'<multistatus xmlns="DAV:"><response><href>/a</href></response></multistatus>',
        b'<multistatus xmlns="DAV:"><response><propstat><prop/></propstat></response></multistatus>',
        b'<multistatus xmlns="DAV:"><response><href>/a</href><status>200</status></response></multistatus>',
        b"\x00\xff\xfe" * 100,
    ],
)
def test_an_answer_that_is_no_multistatus_is_unknown(radicale: RadicaleServer, body: bytes):
    app = Front(radicale)
    app.spoil = lambda request, response: Response(207, {}, body) if request.method == "REPORT" else response
    with Loopback(app) as front:
        reading = read(connector(front))["/omar/work/"]

    assert reading.unknown == (MARCH,) and reading.busy == () and reading.reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nFREEBUSY:20260303T090000Z/PT1H\r\n",
        b"<html>sign in</html>",
    ],
)
def test_an_answer_that_is_no_free_busy_time_is_unknown(body: bytes):
    with Loopback(free_busy_only(body)) as front:
        reading = read(connector(front))["/omar/work/"]

    assert reading.unknown == (MARCH,) and reading.busy == () and reading.reason


@pytest.mark.parametrize("media_type", ["text/calendar; charset=utf-8", "application/octet-stream"])
def test_a_server_with_nothing_but_the_free_busy_report_is_read(media_type: str):
    body = b"\r\n".join(
        [
            b"BEGIN:VCALENDAR",
            b"BEGIN:VFREEBUSY",
            b"DTSTART:20260301T000000Z",
            b"DTEND:20260401T000000Z",
            b"FREEBUSY:20260303T093000Z/20260303T100000Z,20260303T090000Z/PT30M",
            b"FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260201T000000Z/20260302T000000Z",
            b"FREEBUSY;FBTYPE=FREE:20260304T090000Z/PT1H",
            b"END:VFREEBUSY",
            b"END:VCALENDAR",
            b"",
        ]
    )
    with Loopback(free_busy_only(body, media_type)) as front:
        reading = read(connector(front))["/omar/work/"]

    assert [(busy.start.day, busy.end.hour, busy.kind.value) for busy in reading.busy] == [
        (1, 0, "away"),
        (3, 10, "busy"),
    ]
    assert reading.unknown == ()


def test_what_a_server_leaves_out_of_the_window_is_unknown():
    body = (
        b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nDTSTART:20260301T000000Z\r\nDTEND:20260315T000000Z\r\n"
        b"END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
    with Loopback(free_busy_only(body)) as front:
        reading = read(connector(front))["/omar/work/"]

    assert reading.unknown == (Interval(datetime(2026, 3, 15, tzinfo=UTC), MARCH.end),) and reading.reason


def free_busy_only(body: bytes, media_type: str = "text/calendar"):
    """A server that knows one report."""

    def app(request: Request) -> Response:
        if b"free-busy-query" in request.body:
            assert request.headers["Content-Type"].startswith("application/xml")
            return Response(200, {"Content-Type": media_type}, body)
        return Response(501 if request.method == "PROPFIND" else 403)

    return app


def test_a_server_that_leads_elsewhere_is_not_followed(radicale: RadicaleServer):
    with Loopback(lambda request: Response(200)) as elsewhere, Loopback(Front(radicale)) as front:
        front.app = lambda request: Response(307, {"Location": f"{elsewhere.url}/omar/work/"})
        reading = read(connector(front))["/omar/work/"]

    assert reading.unknown == (MARCH,) and "another server" in str(reading.reason)
    assert elsewhere.requests == []


def test_calendars_that_do_not_count_are_left_out(radicale: RadicaleServer):
    app = Front(radicale)
    name = b"schedule-calendar-transp"
    mark = b'<%b xmlns="urn:ietf:params:xml:ns:caldav"><transparent/></%b>' % (name, name)
    asked = []

    def spoil(request: Request, response: Response) -> Response:
        asked.append((request.method, request.path))
        if request.method != "PROPFIND" or request.headers["Depth"] != "1":
            return response
        head, second, tail = response.body.partition(b"<href>/maria/two/</href>")
        status = b"<status>HTTP/1.1 200 OK</status>"
        prop = b"<propstat><prop>" + mark + b"</prop>" + status + b"</propstat>"
        return replace(response, body=head + second + prop + tail)

    app.spoil = spoil
    with Loopback(app) as front:
        assert_read(read(connector(front))["/maria/"])

    assert ("REPORT", "/maria/one/") in asked and ("REPORT", "/maria/two/") not in asked


def test_a_mail_address_is_searched_for_among_the_principals(radicale: RadicaleServer):
    app = Front(radicale)

    def spoil(request: Request, response: Response) -> Response:
        if b"principal-property-search" in request.body:
            return Response(207, {}, found.encode())
        return response

    def a_principal(path: str, mail: str) -> str:
        return (
            f"<D:response><D:href>{path}</D:href><D:propstat><D:prop><C:calendar-user-address-set>"
            f"<D:href>mailto:{mail}</D:href></C:calendar-user-address-set></D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )

    app.spoil = spoil
    head = '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    omar = a_principal("/omar/", "Omar@corp.example") + a_principal("/maria/", "not-omar@corp.example")
    twice = omar + a_principal("/maria/", "omar@corp.example")
    readings = []
    with Loopback(app) as front:
        for principals in (omar, twice):
            found = f"{head}{principals}</D:multistatus>"
            requests = [CalendarRequest("omar@corp.example")]
            readings += connector(front).read(requests, MARCH, NOW, {})

    assert_read(readings[0])
    assert readings[1].unknown == (MARCH,) and "Several users" in str(readings[1].reason)
