"""Calendars of a real CalDAV server, read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from connectors import Settings, open_connector
from connectors.base import CalendarRequest, Reading, Refused
from connectors.caldav import open_reader
from connectors.caldav.reader import CaldavConnector
from planner.domain import BusyKind, Interval
from tests.connectors.caldav.front import InThisProcess, an_account
from tests.connectors.caldav.server import RadicaleServer
from tests.connectors.ics.ical_text import MARCH, a_calendar, an_event, written

NOW = datetime(2026, 2, 1, tzinfo=UTC)
_NUMBERS = count(1)
#: a zone of its own definition, whose name says nothing: Berlin's clock
BERLIN = """\
BEGIN:VTIMEZONE
TZID:Zone of the office
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.fixture(scope="module")
def server() -> Iterator[RadicaleServer]:
    with RadicaleServer("lena", "maria", "noor", "omar", "o.neil+lab@corp.example") as running:
        yield running


@pytest.fixture
def calendar(server: RadicaleServer) -> str:
    return server.make_calendar(f"/maria/{next(_NUMBERS)}/")


def put(
    server: RadicaleServer, calendar: str, *lines: str, before: str = "", more: tuple[str, ...] = ()
) -> None:
    """An event with these lines; `before`: a VTIMEZONE, `more`: overrides."""
    uid = f"event-{next(_NUMBERS)}"
    events = [an_event("DTSTAMP:20260101T000000Z", *lines, uid=uid)]
    events += [an_event("DTSTAMP:20260101T000000Z", text, uid=uid) for text in more]
    parts = [part for part in ("PRODID:-//test//EN", before, *events) if part]
    server.put(f"{calendar}{uid}.ics", a_calendar(*parts).replace(b"\n", b"\r\n"))


def read(
    server: RadicaleServer, address: str, timezone: str = "Europe/Berlin", window: Interval = MARCH
) -> Reading:
    connector = CaldavConnector(an_account(server.url), confined=InThisProcess())
    (reading,) = connector.read([CalendarRequest(address, timezone)], window, NOW, {})
    assert reading.address == address and reading.read_at == NOW
    return reading


def busy(reading: Reading, *kinds: BusyKind) -> list[str]:
    assert reading.unknown == () and reading.reason is None
    return [written(b.interval) for b in reading.busy if not kinds or b.kind in kinds]


def assert_all_unknown(reading: Reading, reason: str, window: Interval = MARCH) -> None:
    assert reading.busy == ()
    assert reading.unknown == (window,)
    assert reading.reason is not None and reason in reading.reason


def test_an_empty_calendar_is_free(server: RadicaleServer, calendar: str):
    assert busy(read(server, calendar)) == []


def test_an_event_is_busy_time(server: RadicaleServer, calendar: str):
    put(server, calendar, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")

    assert busy(read(server, calendar)) == ["03-03 09:00/10:00"]


def test_a_series_has_its_moved_and_its_cancelled_dates(server: RadicaleServer, calendar: str):
    put(
        server,
        calendar,
        "DTSTART;TZID=Europe/Berlin:20260302T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Europe/Berlin:20260309T090000",
        more=(
            "RECURRENCE-ID;TZID=Europe/Berlin:20260316T090000\nDTSTART:20260317T120000Z\nDTEND:20260317T130000Z",
        ),
    )

    # the last one is after the change to summer time
    assert busy(read(server, calendar)) == [
        "03-02 08:00/09:00",
        "03-17 12:00/13:00",
        "03-23 08:00/09:00",
        "03-30 07:00/08:00",
    ]


def test_an_instance_moved_into_the_window_is_seen(server: RadicaleServer, calendar: str):
    put(
        server,
        calendar,
        "DTSTART:20260105T090000Z",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;COUNT=3",
        more=("RECURRENCE-ID:20260106T090000Z\nDTSTART:20260310T090000Z\nDTEND:20260310T100000Z",),
    )

    assert busy(read(server, calendar)) == ["03-10 09:00/10:00"]


def test_kinds_are_kept(server: RadicaleServer, calendar: str):
    for day, mark in enumerate(
        (
            "STATUS:TENTATIVE",
            "STATUS:CANCELLED",
            "TRANSP:TRANSPARENT",
            "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
            "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
            "CLASS:PRIVATE",
        ),
        start=1,
    ):
        put(server, calendar, f"DTSTART:202603{day:02}T090000Z", f"DTEND:202603{day:02}T100000Z", mark)

    reading = read(server, calendar)

    assert busy(reading, BusyKind.TENTATIVE) == ["03-01 09:00/10:00"]
    assert busy(reading, BusyKind.ELSEWHERE) == ["03-04 09:00/10:00"]
    assert busy(reading, BusyKind.AWAY) == ["03-05 09:00/10:00"]
    assert busy(reading, BusyKind.BUSY) == ["03-07 09:00/10:00"]


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("Europe/London", ["03-03 09:00/10:00", "03-05/03-06 00:00", "03-30 08:00/09:00"]),
        ("America/New_York", ["03-03 14:00/15:00", "03-05 05:00/03-06 05:00", "03-30 13:00/14:00"]),
        ("Pacific/Auckland", ["03-02 20:00/21:00", "03-04 11:00/03-05 11:00", "03-29 20:00/21:00"]),
    ],
)
def test_floating_and_whole_day_times_are_the_owners(
    server: RadicaleServer, calendar: str, timezone: str, expected: list[str]
):
    put(server, calendar, "DTSTART:20260303T090000", "DTEND:20260303T100000")
    put(server, calendar, "DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260306")
    put(server, calendar, "DTSTART:20260330T090000", "DTEND:20260330T100000")

    assert busy(read(server, calendar, timezone)) == [
        each.replace("03-05/", "03-05 00:00/") for each in expected
    ]


def test_floating_times_at_the_edge_of_the_window_are_not_lost_to_utc(server: RadicaleServer, calendar: str):
    put(server, calendar, "DTSTART:20260228T230000", "DTEND:20260228T233000")  # 1 March in UTC
    put(server, calendar, "DTSTART:20260401T003000", "DTEND:20260401T013000")

    assert busy(read(server, calendar, "America/Los_Angeles")) == ["03-01 07:00/07:30"]
    assert busy(read(server, calendar, "Pacific/Auckland")) == ["03-31 11:30/12:30"]


def test_a_calendar_says_itself_in_which_zone_it_floats(server: RadicaleServer):
    named = server.make_calendar(
        f"/maria/{next(_NUMBERS)}/",
        "<C:calendar-timezone>BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\nBEGIN:VTIMEZONE\n"
        "TZID:America/New_York\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:-0500\n"
        "TZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR\n</C:calendar-timezone>",
    )
    put(server, named, "DTSTART:20260303T090000", "DTEND:20260303T100000")

    assert busy(read(server, named, "Europe/Berlin")) == ["03-03 14:00/15:00"]


@pytest.mark.parametrize(
    ("zone", "definition"),
    [
        ("W. Europe Standard Time", BERLIN.replace("Zone of the office", "W. Europe Standard Time")),
        ("Zone of the office", BERLIN),
        (
            "/mozilla.org/20050126_1/Europe/Berlin",
            BERLIN.replace("Zone of the office", "/mozilla.org/20050126_1/Europe/Berlin"),
        ),
    ],
)
def test_zones_by_windows_names_and_by_own_definition(
    server: RadicaleServer, calendar: str, zone: str, definition: str
):
    put(
        server,
        calendar,
        f"DTSTART;TZID={zone}:20260330T090000",
        f"DTEND;TZID={zone}:20260330T100000",
        before=definition,
    )

    assert busy(read(server, calendar, "Asia/Tokyo")) == ["03-30 07:00/08:00"]


def test_touching_events_are_merged_and_clipped_to_the_window(server: RadicaleServer, calendar: str):
    put(server, calendar, "DTSTART:20260228T220000Z", "DTEND:20260301T010000Z")
    put(server, calendar, "DTSTART:20260301T010000Z", "DTEND:20260301T020000Z")
    put(server, calendar, "DTSTART:20260331T230000Z", "DTEND:20260402T000000Z")
    put(server, calendar, "DTSTART:20260401T000000Z", "DTEND:20260401T010000Z")

    assert busy(read(server, calendar)) == ["03-01 00:00/02:00", "03-31 23:00/04-01 00:00"]


def test_what_officeday_has_written_is_nobodys_busy_time(server: RadicaleServer, calendar: str):
    server.put(
        f"{calendar}ours.ics",
        a_calendar(
            "PRODID:-//test//EN",
            an_event(
                "DTSTAMP:20260101T000000Z",
                "DTSTART:20260303T090000Z",
                "DURATION:PT1H",
                uid=f"{'0' * 20}@officeday",
            ),
        ),
    )

    assert busy(read(server, calendar)) == []


def test_of_a_calendar_that_shows_free_busy_times_only_those_are_read(server: RadicaleServer):
    discreet = server.make_calendar("/noor/discreet/")
    put(server, discreet, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z", "STATUS:TENTATIVE")
    put(server, discreet, "DTSTART:20260304T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    put(server, discreet, "DTSTART:20260306T090000Z", "DURATION:PT1H", "STATUS:CANCELLED")

    reading = read(server, discreet)

    assert busy(reading, BusyKind.TENTATIVE) == ["03-03 09:00/10:00"]
    assert busy(reading, BusyKind.BUSY) == ["03-04 09:00/10:00", "03-05 09:00/10:00"]


def test_a_calendar_that_may_not_be_read_is_unknown(server: RadicaleServer):
    assert_all_unknown(read(server, server.make_calendar("/noor/private/")), "'officeday' may not read")


def test_a_calendar_that_does_not_exist_is_unknown(server: RadicaleServer):
    assert_all_unknown(read(server, "/maria/never/"), "no calendar at this address")
    assert_all_unknown(read(server, "nobody"), "no calendar at this address")


def test_a_user_is_read_with_all_their_calendars(server: RadicaleServer):
    first, second = server.make_calendar("/omar/one/"), server.make_calendar("/omar/two/")
    server.make_calendar(
        "/omar/tasks/",
        '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>',
    )
    put(server, first, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")
    put(server, second, "DTSTART:20260303T093000Z", "DTEND:20260303T110000Z")

    for address in ("omar", "/omar/", server.url + "/omar", "omar/"):
        assert busy(read(server, address)) == ["03-03 09:00/11:00"]
    assert_all_unknown(read(server, "OMAR"), "no calendar")  # names of users have their case


def test_one_calendar_of_a_user_that_cannot_be_read_makes_them_unknown(server: RadicaleServer):
    broken = server.make_calendar("/omar/three/")
    put(server, broken, "DTSTART:20260303T090000Z", "DURATION:PT1M", "RRULE:FREQ=SECONDLY")
    try:
        assert_all_unknown(read(server, "omar"), "every minute or second")
    finally:
        server.remove(broken)


def test_a_mail_address_may_be_a_users_name(server: RadicaleServer):
    path = server.make_calendar("/o.neil+lab@corp.example/work/")
    put(server, path, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")

    assert busy(read(server, "o.neil+lab@corp.example")) == ["03-03 09:00/10:00"]


def test_the_accounts_own_calendars_are_found(server: RadicaleServer):
    own = server.make_calendar("/officeday/own/")
    put(server, own, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")

    assert busy(read(server, "officeday")) == ["03-03 09:00/10:00"]


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/maria/",
        "//elsewhere.example/maria/",
        "http://127.0.0.1:1/maria/",
        "http://officeday:secret@127.0.0.1/maria/",
        "ftp://127.0.0.1/maria/",
        "file:///etc/passwd",
        "http://[::1",
        "http://127.0.0.1:99999999/",
    ],
)
def test_no_other_server_is_ever_called(server: RadicaleServer, address: str):
    assert_all_unknown(read(server, address), "address")


@pytest.mark.parametrize(
    "address", ["", " ", "/maria/1/?export", "/maria/\n/", "x" * 5000, "../../etc/", "\x00"]
)
def test_strange_addresses_are_unknown(server: RadicaleServer, address: str):
    reading = read(server, address)

    assert reading.busy == () and reading.unknown == (MARCH,) and reading.reason


def test_as_configured_calendars_are_read_in_a_process_of_their_own(server: RadicaleServer, calendar: str):
    put(server, calendar, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")
    endless = server.make_calendar(f"/maria/{next(_NUMBERS)}/")
    put(server, endless, "DTSTART:20260301T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")
    empty = server.make_calendar(f"/maria/{next(_NUMBERS)}/")
    connector = open_connector("caldav", Settings(caldav=server.settings()))
    requests = [CalendarRequest(address) for address in (endless, empty, calendar, "nobody")]

    readings = {reading.address: reading for reading in connector.read(requests, MARCH, NOW, {})}

    assert busy(readings[calendar]) == ["03-03 09:00/10:00"] and busy(readings[empty]) == []
    assert_all_unknown(readings[endless], "every minute or second")
    assert_all_unknown(readings["nobody"], "no calendar at this address")


def test_a_wrong_password_is_told_as_such(server: RadicaleServer, calendar: str, tmp_path: Path):
    settings = server.settings().model_copy(update={"password_file": tmp_path / "password"})
    settings.password_file.write_text("wrong")
    (reading,) = open_reader(settings).read([CalendarRequest(calendar)], MARCH, NOW, {})

    assert_all_unknown(reading, "password_file")


def test_without_its_section_or_its_password_nothing_is_opened(server: RadicaleServer, tmp_path: Path):
    with pytest.raises(Refused, match=r"\[connectors\.caldav\]"):
        open_connector("caldav", Settings())
    missing = server.settings().model_copy(update={"password_file": tmp_path / "no-such-file"})
    with pytest.raises(Refused, match="no-such-file"):
        open_connector("caldav", Settings(caldav=missing))


def test_titles_go_nowhere(server: RadicaleServer, calendar: str):
    put(server, calendar, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")
    put(
        server,
        calendar,
        "DTSTART;TZID=Nowhere/Known:20260303T090000",
        "DTEND;TZID=Nowhere/Known:20260303T100000",
    )

    assert "Canary" not in repr(read(server, calendar))


def test_a_server_may_begin_elsewhere_than_at_its_address(server: RadicaleServer):
    """RFC 6764 §5: a well-known address leads there."""
    own = server.make_calendar("/lena/own/")
    put(server, own, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")
    account = an_account(f"{server.url}/nothing/is/here", username="lena")
    connector = CaldavConnector(account, confined=InThisProcess())

    (reading,) = connector.read([CalendarRequest("lena")], MARCH, NOW, {})

    assert busy(reading) == ["03-03 09:00/10:00"]


def test_a_server_that_hangs_over_an_event_makes_its_calendar_unknown():
    """Radicale repeats an event of every second for ever, when asked for free/busy times (its issue 2188)."""
    with RadicaleServer("maria") as hanging:
        discreet, other = hanging.make_calendar("/maria/discreet/"), hanging.make_calendar("/maria/work/")
        put(hanging, discreet, "DTSTART:20200101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")
        put(hanging, other, "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z")
        account = an_account(hanging.url, seconds=2, attempts=1)
        connector = CaldavConnector(account, at_once=1, confined=InThisProcess())
        requests = [CalendarRequest(address) for address in (other, discreet)]

        readings = {reading.address: reading for reading in connector.read(requests, MARCH, NOW, {})}

    assert busy(readings[other]) == ["03-03 09:00/10:00"]
    assert_all_unknown(readings[discreet], "did not answer within 2 seconds")
