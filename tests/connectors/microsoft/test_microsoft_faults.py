"""28 faults of Microsoft 365, before and after a good reading: calendars become unknown, never free."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import CalendarRequest, Reading
from connectors.microsoft.reader import MicrosoftConnector
from planner.domain import BusyInterval, Interval
from tests.connectors.faults import SLOW, STATUSES, Fault
from tests.connectors.loopback import Loopback, Request, Response
from tests.connectors.microsoft.opened import a_graph
from tests.connectors.microsoft.server import Entry, GraphServer

MARCH = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC))
NOW = datetime(2026, 2, 1, tzinfo=UTC)
NINE, TEN = datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC)
MARIA, OMAR, ORGANIZER = "maria@contoso.example", "omar@contoso.example", "mentoring@contoso.example"
#: forty calendars more, so that there are batches
OTHERS = [f"colleague{number}@contoso.example" for number in range(40)]
#: those of one calendar, which must not keep others from being read
OF_ONE_CALENDAR = frozenset((Fault.CALENDAR_ERRORS, Fault.MISSING_CALENDAR, Fault.ENDLESS_INTERVAL))


@pytest.fixture
def graph() -> GraphServer:
    server = GraphServer()
    for address in (MARIA, OMAR, *OTHERS):
        server.mailbox(address, Entry(NINE, TEN))
    return server


@pytest.fixture
def front(graph: GraphServer) -> Iterator[Loopback]:
    with Loopback(graph) as running:
        running.spared = lambda request: not request.path.startswith("/v1.0/")
        yield running


def spoil(graph: GraphServer, fault: Fault) -> None:
    """The faults inside the format."""
    match fault:
        case Fault.CALENDAR_ERRORS:
            graph.break_off(MARIA, "5009")
        case Fault.MISSING_CALENDAR:
            graph.left_out.add(MARIA)
        case Fault.ENDLESS_INTERVAL:
            graph.mailbox(MARIA).entries[0].end = None
        case Fault.PAGE_LOOP:
            graph.schedule_page, graph.page_loop = 1, True
        case Fault.FAILURE_ON_PAGE_2:
            graph.schedule_page, graph.pages_fail = 1, True
        case Fault.TOKEN_EXPIRES_BETWEEN_PAGES:
            graph.schedule_page, graph.tokens_end_between_pages = 1, True
            graph.entra.expire = graph.entra.revoke  # type: ignore[method-assign]  # nor is there another one
        case Fault.INVALID_GRANT:
            graph.entra.revoke()
        case Fault.WINDOW_TOO_LONG:
            graph.longest = timedelta(hours=12)


def read(connector: MicrosoftConnector, *addresses: str) -> dict[str, Reading]:
    requests = [CalendarRequest(address) for address in addresses]
    return {reading.address: reading for reading in connector.read(requests, MARCH, NOW, {})}


@pytest.mark.parametrize("consent_of", [None, ORGANIZER], ids=["application", "delegated"])
@pytest.mark.parametrize("when", ["cold", "warm"])
@pytest.mark.parametrize("fault", Fault)
def test_a_faulty_server_makes_calendars_unknown(
    graph: GraphServer, front: Loopback, tmp_path: Path, fault: Fault, when: str, consent_of: str | None
):
    everybody = (MARIA, OMAR, *OTHERS)
    at = front.url
    settings = graph.settings(tmp_path, at, consent_of=consent_of)
    used = MicrosoftConnector(a_graph(settings))
    if when == "warm":
        before = read(used, *everybody)
        assert all(reading.busy and not reading.unknown for reading in before.values())
    spoil(graph, fault)
    front.fault = fault
    if front.url != at or fault in SLOW:
        elsewhere = settings.model_copy(update={"graph_endpoint": front.url})
        used = MicrosoftConnector(a_graph(elsewhere, seconds=0.1))

    readings = read(used, *everybody)

    assert set(readings) == set(everybody)
    for address, reading in readings.items():
        if fault in OF_ONE_CALENDAR and address != MARIA:
            assert reading.busy == (BusyInterval(NINE, TEN),) and reading.unknown == ()
        else:
            assert reading.unknown == (MARCH,) and reading.busy == () and reading.reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"value": null}',
        b'{"value": [null, 7, {"scheduleId": 5}]}',
        b'{"value": [{"scheduleId": "maria@contoso.example"}]}',
        b'{"value": [{"scheduleId": "maria@contoso.example", "scheduleItems": {}}]}',
        b'{"value": [{"scheduleId": "maria@contoso.example", "scheduleItems": [7]}]}',
        b"[" * 100_000,
        b"\x00\xff",
    ],
)
def test_an_answer_that_is_no_free_busy_time_is_unknown(graph: GraphServer, tmp_path: Path, body: bytes):
    def app(request: Request) -> Response:
        spoilt = request.path.endswith("/getSchedule")
        return Response(200, {"Content-Type": "application/json"}, body) if spoilt else graph(request)

    with Loopback(app) as front:
        reading = read(MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url))), MARIA)[MARIA]

    assert reading.unknown == (MARCH,) and reading.busy == () and reading.reason


@pytest.mark.parametrize(
    "item",
    [
        {"status": "busy"},
        {"start": {"dateTime": "2026-03-03T09:00:00.0000000", "timeZone": "UTC"}},
        {
            "status": "busy",
            "start": {"dateTime": "2026-03-03T10:00:00", "timeZone": "UTC"},
            "end": {"dateTime": "2026-03-03T09:00:00", "timeZone": "UTC"},
        },
        {
            "status": "busy",
            "start": {"dateTime": "2026-03-03T09:00:00", "timeZone": "Sunnydale Standard Time"},
            "end": {"dateTime": "2026-03-03T10:00:00", "timeZone": "Sunnydale Standard Time"},
        },
        {
            "status": "busy",
            "start": {"dateTime": "on Tuesday", "timeZone": "UTC"},
            "end": {"dateTime": "2026-03-03T10:00:00", "timeZone": "UTC"},
        },
        {
            "status": "busy",
            "start": {"dateTime": "0001-01-01T00:00:00", "timeZone": "Tokyo Standard Time"},
            "end": {"dateTime": "2026-03-03T10:00:00", "timeZone": "UTC"},
        },
    ],
)
def test_an_entry_without_a_readable_time_makes_its_calendar_unknown(
    graph: GraphServer, tmp_path: Path, item: dict[str, object]
):
    answer = {
        "value": [
            {"scheduleId": MARIA, "availabilityView": "2", "scheduleItems": [item]},
            {"scheduleId": OMAR, "availabilityView": "0", "scheduleItems": []},
        ]
    }

    def app(request: Request) -> Response:
        spoilt = request.path.endswith("/getSchedule")
        return Response.of_json(answer) if spoilt else graph(request)

    with Loopback(app) as front:
        readings = read(MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url))), MARIA, OMAR)

    assert readings[MARIA].unknown == (MARCH,) and readings[MARIA].reason
    assert readings[OMAR].unknown == () and readings[OMAR].busy == ()


@pytest.mark.parametrize(
    "fault", [Fault.STATUS_403, Fault.STATUS_404, Fault.STATUS_500, Fault.HTML, Fault.RESET]
)
def test_a_service_that_answers_nothing_is_not_asked_about_every_calendar(
    graph: GraphServer, front: Loopback, tmp_path: Path, fault: Fault
):
    used = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url)))
    front.fault = fault

    readings = read(used, *(f"p{number}@contoso.example" for number in range(2000)))

    assert all(reading.unknown == (MARCH,) for reading in readings.values()) and len(readings) == 2000
    assert len(front.requests) < 40


@pytest.mark.parametrize("fault", [fault for fault in STATUSES if STATUSES[fault][0] == 429])
def test_a_throttled_reading_says_when_to_come_back_and_asks_no_more(
    graph: GraphServer, front: Loopback, tmp_path: Path, fault: Fault
):
    used = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url)))
    front.fault = fault

    read(used, MARIA)
    first = len(front.requests)
    read(used, MARIA)

    if fault is Fault.THROTTLED_FOR_YEARS:
        assert len(front.requests) == first == 2  # one for the token
    else:
        assert first < 8


def test_a_part_that_a_batch_leaves_out_is_asked_for_again(graph: GraphServer, tmp_path: Path):
    def app(request: Request) -> Response:
        response = graph(request)
        if request.path != "/v1.0/$batch":
            return response
        parts = [part for part in json.loads(response.body)["responses"] if MARIA not in json.dumps(part)]
        return Response.of_json({"responses": parts})

    with Loopback(app) as front:
        used = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url)))
        readings = read(used, MARIA, *OTHERS, OMAR)

    assert all(reading.busy and not reading.unknown for reading in readings.values())
    assert len(readings) == 42
    assert [request.path for request in front.requests][-2:] == [
        "/v1.0/$batch",
        "/v1.0/users/maria@contoso.example/calendar/getSchedule",
    ]
