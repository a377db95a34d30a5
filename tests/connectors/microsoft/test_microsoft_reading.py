"""Free/busy from Graph: what is read of it, and in how many requests."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.base import CalendarRequest, Reading, Unreachable
from connectors.microsoft import open_reader, open_writer
from connectors.microsoft.reader import MicrosoftConnector
from connectors.microsoft.zones import custom_zone, named_zone
from planner.domain import BusyInterval, BusyKind, Interval
from tests.connectors.clock import Clock
from tests.connectors.loopback import Loopback, Request, Response
from tests.connectors.microsoft.opened import a_graph
from tests.connectors.microsoft.server import CUSTOM_ZONE, Entry, GraphServer

NOW = datetime(2026, 2, 1, tzinfo=UTC)
MARIA, OMAR, ORGANIZER = "maria@contoso.example", "omar@contoso.example", "mentoring@contoso.example"


def march(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


MARCH = Interval(march(1), march(29))


@pytest.fixture
def graph() -> GraphServer:
    return GraphServer()


@pytest.fixture
def front(graph: GraphServer) -> Iterator[Loopback]:
    with Loopback(graph) as running:
        yield running


@pytest.fixture
def connector(graph: GraphServer, front: Loopback, tmp_path: Path) -> MicrosoftConnector:
    return MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url)))


def read(connector: MicrosoftConnector, *addresses: str, window: Interval = MARCH) -> dict[str, Reading]:
    requests = [CalendarRequest(address) for address in addresses]
    return {reading.address: reading for reading in connector.read(requests, window, NOW, {})}


def many(graph: GraphServer, count: int) -> list[str]:
    addresses = [f"p{number}@contoso.example" for number in range(count)]
    for address in addresses:
        graph.mailbox(address, Entry(march(3, 9), march(3, 10)))
    return addresses


# --- what is read ---------------------------------------------------------------------------------


def test_each_status_keeps_its_meaning(graph: GraphServer, connector: MicrosoftConnector):
    statuses = [
        "free",
        "tentative",
        "busy",
        "oof",
        "workingElsewhere",
        "unknown",
        "Busy",
        "Tentative",
        "holiday",
    ]
    for hour, status in enumerate(statuses):
        graph.mailbox(MARIA, Entry(march(3, 2 * hour), march(3, 2 * hour + 1), status))

    reading = read(connector, MARIA)[MARIA]

    assert [(busy.start.hour, busy.kind) for busy in reading.busy] == [
        (2, BusyKind.TENTATIVE),
        (4, BusyKind.BUSY),
        (6, BusyKind.AWAY),
        (8, BusyKind.ELSEWHERE),
        (12, BusyKind.BUSY),
        (14, BusyKind.TENTATIVE),
    ]
    assert reading.unknown == (Interval(march(3, 10), march(3, 11)), Interval(march(3, 16), march(3, 17)))
    assert "does not say" in str(reading.reason)


def test_what_overlaps_the_window_is_clipped_and_what_lasts_no_time_is_left_out(
    graph: GraphServer, connector: MicrosoftConnector
):
    graph.mailbox(
        MARIA,
        Entry(march(1) - timedelta(days=2), march(1, 5)),
        Entry(march(3, 9), march(3, 9)),
        Entry(march(28, 20), march(30)),
    )

    assert read(connector, MARIA)[MARIA].busy == (
        BusyInterval(march(1), march(1, 5)),
        BusyInterval(march(28, 20), march(29)),
    )


def test_a_short_window_is_read(graph: GraphServer, connector: MicrosoftConnector):
    graph.mailbox(MARIA, Entry(march(3, 9), march(3, 10)))
    window = Interval(march(3, 9, 10), march(3, 9, 15))

    reading = read(connector, MARIA, window=window)[MARIA]

    assert reading.busy == (BusyInterval(window.start, window.end),) and reading.unknown == ()


@pytest.mark.parametrize(
    "zone", ["W. Europe Standard Time", "Asia/Kolkata", "Newfoundland Standard Time", CUSTOM_ZONE]
)
def test_times_in_another_zone_than_was_asked_for_are_understood(
    graph: GraphServer, connector: MicrosoftConnector, zone: str | dict[str, object]
):
    """The clocks of America change on 8 March 2026, at ten in the morning UTC."""
    graph.answer_zone = zone
    times = [(march(7, 9), march(7, 10)), (march(8, 9, 30), march(8, 10, 30)), (march(9, 9), march(9, 10))]
    graph.mailbox(MARIA, *(Entry(start, end) for start, end in times))

    reading = read(connector, MARIA)[MARIA]

    assert [(busy.start, busy.end) for busy in reading.busy] == times
    assert reading.unknown == ()


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "/etc/passwd", "Europe", "a\0b", "x" * 5000, "Mars/Base"]
)
def test_a_name_that_is_no_zone_has_none(name: str):
    assert named_zone(name) is None


def test_an_hour_that_comes_twice_is_taken_whole(graph: GraphServer, connector: MicrosoftConnector):
    """25 October 2026, 2:30 in Berlin: nobody knows which. An entry from the one to the other lasts both."""
    graph.answer_zone = "W. Europe Standard Time"
    october = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    graph.mailbox(MARIA, Entry(*october))
    window = Interval(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC))

    assert read(connector, MARIA, window=window)[MARIA].busy == (BusyInterval(*october),)


def test_a_custom_zone_of_the_south_and_one_without_summer_are_understood():
    half_past_nine = {
        **CUSTOM_ZONE,
        "name": "South",
        "bias": -570,
        "standardOffset": {
            "time": "03:00:00",
            "dayOccurrence": 1,
            "dayOfWeek": "sunday",
            "month": 4,
            "year": 0,
        },
        "daylightOffset": {
            "daylightBias": -60,
            "time": "02:00:00",
            "dayOccurrence": 1,
            "dayOfWeek": "sunday",
            "month": 10,
            "year": 0,
        },
    }
    south = custom_zone(half_past_nine)
    assert south is not None
    for month, hours in ((1, 10.5), (6, 9.5), (12, 10.5)):
        assert datetime(2026, month, 15, tzinfo=south[1]).utcoffset() == timedelta(hours=hours)
    steady = custom_zone({"name": "Steady", "bias": 210, "daylightOffset": None})
    assert steady is not None and datetime(2026, 7, 1, tzinfo=steady[1]).utcoffset() == timedelta(hours=-3.5)
    assert custom_zone({"name": "W. Europe Standard Time"}) is None


def test_a_mailbox_that_shares_only_the_merged_view_is_unknown(
    graph: GraphServer, connector: MicrosoftConnector
):
    graph.mailbox(MARIA, Entry(march(3, 9), march(3, 10))).merged_only = True
    graph.mailbox(OMAR).merged_only = True  # free in the merged view, too

    readings = read(connector, MARIA, OMAR)

    assert readings[MARIA].unknown == (MARCH,) and "merged view" in str(readings[MARIA].reason)
    assert readings[OMAR].unknown == ()


@pytest.mark.parametrize(
    ("code", "text", "remedy"),
    [
        ("5009", None, "no mailbox"),
        ("ErrorMailRecipientNotFound", "…", "no mailbox"),
        ("5013", None, "grant Calendars.ReadBasic"),
        ("ErrorNoFreeBusyAccess", "…", "grant Calendars.ReadBasic"),
        ("5999", "SUBJECT-CANARY could not be read", "5999"),
        ("<b>5999</b>", "…", "none given"),
    ],
)
def test_the_error_of_one_mailbox_says_what_to_do_and_stops_no_other(
    graph: GraphServer, connector: MicrosoftConnector, code: str, text: str | None, remedy: str
):
    graph.break_off(MARIA, code, text)
    graph.mailbox(OMAR, Entry(march(3, 9), march(3, 10)))

    readings = read(connector, MARIA, OMAR)

    assert readings[MARIA].unknown == (MARCH,) and remedy in str(readings[MARIA].reason)
    assert "CANARY" not in str(readings[MARIA].reason)
    assert readings[OMAR].busy == (BusyInterval(march(3, 9), march(3, 10)),)


def test_what_is_no_address_is_not_asked_about(
    graph: GraphServer, connector: MicrosoftConnector, front: Loopback
):
    graph.mailbox(MARIA)
    wrong = ["", "maria", "@contoso.example", "a b@contoso.example", "a\n@contoso.example", "x" * 400 + "@a"]

    readings = read(connector, *wrong, MARIA)

    assert all(readings[address].unknown == (MARCH,) and readings[address].reason for address in wrong)
    assert readings[MARIA].unknown == ()
    assert b"contoso.example" not in front.requests[-1].body.replace(MARIA.encode(), b"")


def test_one_address_in_two_spellings_gets_two_readings(graph: GraphServer, connector: MicrosoftConnector):
    graph.mailbox(MARIA, Entry(march(3, 9), march(3, 10)))

    readings = read(connector, MARIA, MARIA.upper())

    assert readings[MARIA].busy == readings[MARIA.upper()].busy != ()


def test_titles_and_places_go_no_further(
    graph: GraphServer, connector: MicrosoftConnector, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    addresses = many(graph, 50)
    graph.mailbox(MARIA, Entry(march(3, 9), None), Entry(march(4, 9), march(4, 10), "unknown"))

    readings = read(connector, *addresses, MARIA)

    assert "CANARY" not in repr(readings) and "CANARY" not in caplog.text
    graph.entra.revoke()
    assert "CANARY" not in repr(read(connector, MARIA)) and "CANARY" not in caplog.text


# --- in how many requests -------------------------------------------------------------------------


def test_five_thousand_calendars_take_as_many_requests_as_the_limits_force(
    graph: GraphServer, connector: MicrosoftConnector, front: Loopback
):
    addresses = many(graph, 5000)

    readings = read(connector, *addresses)

    assert len(readings) == 5000
    assert all(reading.busy and not reading.unknown for reading in readings.values())
    assert graph.outlook_requests == 250  # 20 mailboxes each
    assert [request.path for request in front.requests].count("/v1.0/$batch") == 13  # 20 questions each
    assert len(front.requests) == 14  # and one for the token


def test_never_more_than_four_questions_are_run_at_once(tmp_path: Path):
    graph = GraphServer(seconds=0.002)
    addresses = many(graph, 2000)
    with Loopback(graph) as front:
        readings = read(MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url))), *addresses)

    assert not any(reading.unknown for reading in readings.values())
    assert 1 < graph.most_at_once <= 4
    assert graph.count(" 429") == 0


def test_readings_come_as_their_answers_come(graph: GraphServer, connector: MicrosoftConnector):
    requests = [CalendarRequest(address) for address in many(graph, 1000)]

    readings = connector.read(requests, MARCH, NOW, {})
    next(readings)

    assert graph.outlook_requests == 10 and len(list(readings)) == 999


def test_a_long_window_is_asked_for_in_pieces_of_less_than_62_days(
    graph: GraphServer, connector: MicrosoftConnector
):
    window = Interval(march(1), march(1) + timedelta(days=200))
    across = Interval(march(1) + timedelta(days=49), march(1) + timedelta(days=51))
    graph.mailbox(MARIA, Entry(across.start, across.end))

    reading = read(connector, MARIA, window=window)[MARIA]

    assert reading.busy == (BusyInterval(across.start, across.end),) and reading.unknown == ()
    assert graph.outlook_requests == 4


def test_a_window_may_end_at_a_fraction_of_a_second(graph: GraphServer, connector: MicrosoftConnector):
    half = timedelta(milliseconds=500)
    graph.mailbox(MARIA, Entry(march(3, 9), march(3, 10)))
    window = Interval(march(1) + half, march(3, 9) + half)

    assert read(connector, MARIA, window=window)[MARIA].busy == (BusyInterval(march(3, 9), window.end),)


@pytest.mark.parametrize(("days", "questions"), [(61, 1), (62, 2), (122, 2), (123, 3)])
def test_no_question_is_too_long(
    graph: GraphServer, connector: MicrosoftConnector, days: int, questions: int
):
    graph.mailbox(MARIA)

    read(connector, MARIA, window=Interval(march(1), march(1) + timedelta(days=days)))

    assert graph.count(" 400") == 0 and graph.outlook_requests == questions


def test_a_server_with_a_shorter_limit_is_asked_for_shorter_windows(
    graph: GraphServer, connector: MicrosoftConnector
):
    graph.longest = timedelta(days=8)
    addresses = many(graph, 30)

    readings = read(connector, *addresses)

    assert all(
        reading.busy == (BusyInterval(march(3, 9), march(3, 10)),) and not reading.unknown
        for reading in readings.values()
    )


def test_a_full_calendar_is_asked_for_in_halves_down_to_a_day(
    graph: GraphServer, connector: MicrosoftConnector, front: Loopback
):
    """Graph lists 1000 entries: 1200 in the month can be had, 4000 in half of the tenth cannot."""
    later = [timedelta(seconds=10 * number) for number in range(4000)]
    graph.mailbox(
        MARIA, *(Entry(march(2) + 100 * each, march(2, 0, 1) + 100 * each) for each in later[:1200])
    )
    graph.mailbox(OMAR, *(Entry(march(10) + each, march(10) + each + timedelta(seconds=5)) for each in later))
    graph.mailbox(OMAR, Entry(march(20, 9), march(20, 10)))
    other = many(graph, 3)

    readings = read(connector, MARIA, OMAR, *other)

    assert len(readings[MARIA].busy) == 1200 and readings[MARIA].unknown == ()
    (unknown,) = readings[OMAR].unknown
    assert unknown.minutes <= 24 * 60 and unknown.overlaps(Interval(march(10, 6), march(10, 7)))
    assert "more entries" in str(readings[OMAR].reason)
    assert readings[OMAR].busy == (BusyInterval(march(20, 9), march(20, 10)),)
    assert graph.outlook_requests < 20
    # the others are asked about once
    assert sum(other[0].encode() in request.body for request in front.requests) == 1
    assert all(readings[address].busy for address in other)


def test_inside_a_batch_those_that_were_throttled_are_asked_again_and_no_others(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    clock = Clock()
    connector = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url), clock=clock))
    addresses = many(graph, 400)
    read(connector, *addresses[:20])
    before, asked = clock.now, graph.outlook_requests
    graph.throttle(3, retry_after=4)

    readings = read(connector, *addresses)

    assert all(reading.busy and not reading.unknown for reading in readings.values())
    assert graph.outlook_requests == asked + 20 + 3
    assert clock.now - before >= 3 * 4  # one after the other: those behind them had not been run


def test_nothing_is_asked_before_retry_after_is_over(graph: GraphServer, front: Loopback, tmp_path: Path):
    clock = Clock()
    connector = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url), clock=clock))
    addresses = many(graph, 400)
    graph.throttle(1, retry_after=120)

    first = read(connector, *addresses)
    asked = len(front.requests)
    second = read(connector, *addresses)

    assert all(
        reading.unknown == (MARCH,) and reading.reason for reading in (*first.values(), *second.values())
    )
    assert len(front.requests) == asked == 2  # one for the token
    clock.sleep(121)
    assert not any(reading.unknown for reading in read(connector, *addresses).values())


def test_whatever_is_opened_later_keeps_to_retry_after_too(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    graph.mailbox(MARIA)
    settings = graph.settings(tmp_path, front.url)
    graph.throttle(1, retry_after=3000)

    read(open_reader(settings), MARIA)
    with pytest.raises(Unreachable, match="not to be called"):
        open_writer(settings, (), MARIA).withdraw("lunchevent0000000000001")

    assert graph.outlook_requests == 1


def test_a_batch_that_is_too_slow_is_asked_again_in_halves(tmp_path: Path):
    graph = GraphServer(seconds=0.03)
    addresses = many(graph, 400)
    with Loopback(graph) as front:
        connector = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url), seconds=0.45))
        readings = read(connector, *addresses)

    assert all(reading.busy and not reading.unknown for reading in readings.values())


def test_a_batch_whose_answer_is_too_large_is_asked_again_in_halves(graph: GraphServer, tmp_path: Path):
    def app(request: Request) -> Response:
        response = graph(request)
        large = "$batch" in request.path and len(request.json()["requests"]) > 6
        return Response(200, response.headers, response.body + b" " * (large * 11 * 1024 * 1024))

    with Loopback(app) as front:
        connector = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url)))
        readings = read(connector, *many(graph, 600))

    assert len(readings) == 600
    assert all(reading.busy and not reading.unknown for reading in readings.values())


def test_batches_are_as_long_as_the_deadline_allows(graph: GraphServer, front: Loopback, tmp_path: Path):
    """A question takes a second, so five fit into half of the ten that a call may take."""
    connector = MicrosoftConnector(
        a_graph(graph.settings(tmp_path, front.url)), clock=lambda: float(graph.outlook_requests)
    )

    read(connector, *many(graph, 5 * 20 + 600))

    batches = [len(request.json()["requests"]) for request in front.requests if "$batch" in request.path]
    assert batches[0] == 15 and max(batches[1:]) <= 5  # the first one, which makes the number even, tells


@pytest.mark.parametrize("status", [404, 405, 413, 501])
def test_a_server_without_batches_is_asked_one_by_one(graph: GraphServer, tmp_path: Path, status: int):
    addresses = many(graph, 90)

    def app(request: Request) -> Response:
        return Response(status) if request.path == "/v1.0/$batch" else graph(request)

    with Loopback(app) as front:
        readings = read(MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url))), *addresses)

    assert all(reading.busy and not reading.unknown for reading in readings.values())
    assert graph.most_at_once <= 4 and len(front.requests) < 16  # five questions, and a few batches in vain


def test_one_address_that_spoils_a_question_is_found(graph: GraphServer, tmp_path: Path):
    """Graph may turn down all twenty for one that it does not like."""
    addresses = many(graph, 20)
    bad = "not.an.address@-"

    def app(request: Request) -> Response:
        if bad.encode() in request.body:
            return Response.of_json({"error": {"code": "ErrorInvalidSmtpAddress", "message": "…"}}, 400)
        return graph(request)

    with Loopback(app) as front:
        readings = read(MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url))), bad, *addresses)

    assert readings.pop(bad).unknown == (MARCH,)
    assert len(readings) == 20 and all(reading.busy and not reading.unknown for reading in readings.values())


# --- by which mailbox -----------------------------------------------------------------------------


def test_an_application_asks_by_the_first_mailbox_that_lets_it(
    graph: GraphServer, connector: MicrosoftConnector, front: Loopback
):
    addresses = many(graph, 60)
    graph.outside_policy.add(addresses[0])

    readings = read(connector, "left@contoso.example", *addresses)

    assert readings.pop("left@contoso.example").unknown == (MARCH,)
    assert all(reading.busy and not reading.unknown for reading in readings.values())
    doors = {line.split()[1] for line in graph.log if " 200" in line}
    assert doors == {f"/users/{addresses[1]}/calendar/getSchedule"}


def test_by_consent_everybody_is_asked_about_by_the_organizer(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    addresses = many(graph, 60)
    graph.mailbox(ORGANIZER)
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)

    readings = read(MicrosoftConnector(a_graph(settings)), *addresses)

    assert all(reading.busy and not reading.unknown for reading in readings.values())
    assert all("/me/calendar/getSchedule" in line for line in graph.log)


def test_without_the_permission_the_reason_names_it(
    graph: GraphServer, connector: MicrosoftConnector, front: Loopback
):
    graph.entra.roles = ("User.Read.All",)
    readings = read(connector, *many(graph, 400))

    assert all("grant Calendars.ReadBasic" in str(reading.reason) for reading in readings.values())
    assert len(front.requests) < 40


def test_a_token_that_ends_meanwhile_is_renewed_once(graph: GraphServer, front: Loopback, tmp_path: Path):
    graph.schedule_page, graph.tokens_end_between_pages = 10, True
    connector = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url)))

    readings = read(connector, *many(graph, 20))

    assert all(reading.busy and not reading.unknown for reading in readings.values())
    assert graph.entra.issued == 2


def test_a_token_that_is_turned_down_inside_a_batch_is_renewed_and_costs_nobody_anything(
    graph: GraphServer, tmp_path: Path
):
    spoilt: list[Request] = []

    def app(request: Request) -> Response:
        response = graph(request)
        if request.path != "/v1.0/$batch" or spoilt:
            return response
        spoilt.append(request)
        return Response(200, response.headers, response.body.replace(b'"status": 200', b'"status": 401'))

    with Loopback(app) as front:
        connector = MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url)))
        readings = read(connector, *many(graph, 100))

    assert all(reading.busy and not reading.unknown for reading in readings.values())
    assert graph.entra.issued == 2


def test_the_pages_of_an_answer_belong_together(graph: GraphServer, connector: MicrosoftConnector):
    graph.schedule_page = 7
    readings = read(connector, *many(graph, 20))

    assert all(reading.busy and not reading.unknown for reading in readings.values())


def test_a_next_page_elsewhere_gets_no_token(graph: GraphServer, tmp_path: Path):
    addresses = many(graph, 2)
    graph.schedule_page = 1
    with Loopback(lambda request: Response(200)) as elsewhere:

        def app(request: Request) -> Response:
            response = graph(request)
            body = response.body.replace(
                request.headers["Host"].encode(), elsewhere.url.removeprefix("http://").encode()
            )
            return Response(response.status, response.headers, body)

        with Loopback(app) as front:
            readings = read(MicrosoftConnector(a_graph(graph.settings(tmp_path, front.url))), *addresses)

    assert elsewhere.requests == []
    assert all(reading.busy and not reading.unknown for reading in readings.values())


def test_what_opens_a_reader_needs_nothing_but_its_section(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    graph.mailbox(MARIA, Entry(march(3, 9), march(3, 10)))
    settings = graph.settings(tmp_path, front.url)

    assert read(open_reader(settings), MARIA)[MARIA].busy
    settings.client_secret_file.unlink()  # type: ignore[union-attr]
    assert "client-secret" in str(read(open_reader(settings), MARIA)[MARIA].reason)


def test_every_part_of_a_batch_waits_for_the_one_before_it(
    graph: GraphServer, connector: MicrosoftConnector, front: Loopback
):
    read(connector, *many(graph, 400))

    requests = front.requests[-1].json()["requests"]
    assert all(later["dependsOn"] == [earlier["id"]] for earlier, later in pairwise(requests))
