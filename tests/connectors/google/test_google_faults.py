"""Whatever goes wrong at Google: calendars become unknown, never free, and others stay as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.base import CalendarRequest, Reading
from connectors.google.reader import GoogleReader
from planner.domain import BusyInterval, BusyKind, Interval
from tests.connectors.faults import SLOW, Fault
from tests.connectors.google.conftest import Company
from tests.connectors.google.server import PAGE_FAULTS
from tests.connectors.loopback import Loopback, Response

NOW = datetime(2026, 2, 1, tzinfo=UTC)
WINDOW = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
BUSY = (datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC))
PEOPLE = [f"person{number}@corp.example" for number in range(60)]
MARIA, BOB = PEOPLE[:2]

#: faults that may befall one calendar
OF_ONE = (Fault.CALENDAR_ERRORS, Fault.MISSING_CALENDAR, Fault.ENDLESS_INTERVAL)


def seconds_for(fault: Fault) -> float:
    return 0.2 if fault in SLOW else 5


def read(reader: GoogleReader, window: Interval = WINDOW) -> dict[str, Reading]:
    readings = reader.read([CalendarRequest(address) for address in PEOPLE], window, NOW, {})
    return {reading.address: reading for reading in readings}


@pytest.fixture
def staffed(company: Company) -> Company:
    for address in PEOPLE:
        company.calendars.add(address, [BUSY], role="reader")
    return company


@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in PAGE_FAULTS])
def test_a_faulty_server_makes_calendars_unknown(staffed: Company, fault: Fault, is_warm: bool):
    reader = staffed.reader(seconds=seconds_for(fault))
    if is_warm:
        assert all(reading.unknown == () for reading in read(reader).values())
    staffed.loopback.fault = fault
    if not is_warm or fault in (Fault.DNS, Fault.CONNECT_TIMEOUT, Fault.BAD_TLS):
        # a name or a port that is no more is one of the settings
        reader = staffed.reader(seconds=seconds_for(fault))
    if is_warm and fault is Fault.INVALID_GRANT:
        staffed.server.tokens.expire()

    readings = read(reader)

    assert set(readings) == set(PEOPLE)
    for reading in readings.values():
        assert reading.unknown == (WINDOW,), reading
        assert reading.busy == () and reading.reason, reading
        assert "canary" not in reading.reason and "ya29" not in reading.reason


@pytest.mark.parametrize("fault", [Fault.STATUS_500, Fault.STATUS_401, Fault.TRUNCATED, Fault.RESET])
def test_a_fault_at_the_token_endpoint_makes_calendars_unknown(staffed: Company, fault: Fault):
    staffed.loopback.spared = lambda request: request.path != "/token"
    staffed.loopback.fault = fault

    assert all(reading.unknown == (WINDOW,) for reading in read(staffed.reader()).values())


@pytest.mark.parametrize("fault", OF_ONE)
def test_a_fault_of_one_calendar_leaves_the_others_as_they_are(staffed: Company, fault: Fault):
    staffed.server.faulty = frozenset((BOB,))
    staffed.loopback.fault = fault

    readings = read(staffed.reader())

    assert readings.pop(BOB).unknown == (WINDOW,)
    assert all(
        reading.busy == (BusyInterval(*BUSY),) and reading.unknown == () for reading in readings.values()
    )


@pytest.mark.parametrize(
    "fault", [Fault.STATUS_500, Fault.STATUS_403, Fault.TRUNCATED, Fault.HTML, Fault.RESET]
)
def test_a_group_that_fails_leaves_the_other_groups_as_they_are(staffed: Company, fault: Fault):
    staffed.loopback.spared = lambda request: MARIA.encode() not in request.body
    staffed.loopback.fault = fault

    readings = read(staffed.reader())

    assert {address for address, reading in readings.items() if reading.unknown} == set(PEOPLE[:50])
    assert all(readings[address].busy == (BusyInterval(*BUSY),) for address in PEOPLE[50:])


@pytest.mark.parametrize("fault", sorted(PAGE_FAULTS))
def test_pages_that_fail_leave_free_busy_standing_and_no_day_at_the_office(staffed: Company, fault: Fault):
    staffed.calendars.put(
        MARIA,
        {
            "eventType": "workingLocation",
            "start": {"date": date(2026, 3, 5).isoformat()},
            "end": {"date": date(2026, 3, 6).isoformat()},
            "workingLocationProperties": {"type": "officeLocation"},
        },
    )
    staffed.loopback.fault = fault
    reader = staffed.reader(staffed.delegated(working_locations=True))

    (reading,) = reader.read([CalendarRequest(MARIA)], WINDOW, NOW, {})

    assert reading.busy == (BusyInterval(*BUSY, BusyKind.BUSY),) and reading.unknown == ()
    assert reading.in_office == () and "not read" in reading.warnings[0]


@pytest.mark.parametrize("fault", [Fault.STATUS_500, Fault.STATUS_401, Fault.HTML])
def test_a_failure_in_a_later_part_of_the_window_is_unknown_there(staffed: Company, fault: Fault):
    window = Interval(WINDOW.start, WINDOW.start + timedelta(days=100))
    staffed.loopback.spared = lambda request: (
        b'"timeMin": "2026-03-01' in request.body or request.path == "/token"
    )
    staffed.loopback.fault = fault

    for reading in read(staffed.reader(), window).values():
        assert reading.busy == (BusyInterval(*BUSY),)
        assert reading.unknown == (Interval(WINDOW.start + timedelta(days=60), window.end),)


@pytest.mark.parametrize(
    ("status", "reason", "why"),
    [
        (403, "quotaExceeded", "quota for our project is used up"),
        (403, "dailyLimitExceeded", "quota for our project is used up"),
        (429, "quotaExceeded", "quota for our project is used up"),
        (403, "insufficientPermissions", "grant https://www.googleapis.com/auth/calendar.freebusy"),
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "grant https://www.googleapis.com/auth/calendar.freebusy"),
        (403, "accessNotConfigured", "enable it"),
        (403, "forbidden", "HTTP 403, forbidden"),
        (404, "notFound", "connectors.google.endpoint"),
        (410, "deleted", "is gone"),
        (400, "badRequest", "HTTP 400, badRequest"),
    ],
)
def test_an_error_is_told_with_its_remedy_and_not_asked_for_again(
    staffed: Company, status: int, reason: str, why: str
):
    staffed.server.refuse(1000, status, reason)

    (reading,) = staffed.reader().read([CalendarRequest(MARIA)], WINDOW, NOW, {})

    assert reading.unknown == (WINDOW,)
    assert reading.reason is not None and why in reading.reason
    assert staffed.server.calls["calendar.freebusy.query"] == 1


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            {"details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}], "status": "PERMISSION_DENIED"},
            "grant http",
        ),
        ({"errors": [None, {"reason": "<b>"}], "details": [{"reason": "SERVICE_DISABLED"}]}, "enable it"),
        ({"errors": [], "details": "none"}, "HTTP 403)"),
        ("PERMISSION_DENIED", "HTTP 403)"),
    ],
    ids=repr,
)
def test_an_error_is_understood_in_each_of_googles_forms(staffed: Company, error: object, why: str):
    staffed.server.answer_next(Response.of_json({"error": error}, 403))

    (reading,) = staffed.reader().read([CalendarRequest(MARIA)], WINDOW, NOW, {})

    assert reading.unknown == (WINDOW,)
    assert reading.reason is not None and why in reading.reason and "<b>" not in reading.reason


def test_no_call_is_made_for_a_while_when_the_quota_is_used_up(staffed: Company):
    staffed.server.refuse(1, 403, "dailyLimitExceeded")
    reader = staffed.reader()
    list(reader.read([CalendarRequest(MARIA)], WINDOW, NOW, {}))

    (at_once,) = reader.read([CalendarRequest(MARIA)], WINDOW, NOW, {})
    staffed.clock.now += 3601
    (later,) = reader.read([CalendarRequest(MARIA)], WINDOW, NOW, {})

    assert at_once.unknown == (WINDOW,) and later.unknown == ()
    assert staffed.server.calls["calendar.freebusy.query"] == 2


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "rateLimitExceeded"),
        (403, "userRateLimitExceeded"),
        (429, "rateLimitExceeded"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "backendError"),
        (503, "backendError"),
    ],
)
def test_a_throttled_call_is_made_again(staffed: Company, status: int, reason: str):
    staffed.server.refuse(2, status, reason)

    (reading,) = staffed.reader().read([CalendarRequest(MARIA)], WINDOW, NOW, {})

    assert reading.busy == (BusyInterval(*BUSY),) and reading.unknown == ()
    assert staffed.server.calls["calendar.freebusy.query"] == 3
    assert len(staffed.clock.slept) == 2


def test_retry_after_is_obeyed(staffed: Company):
    staffed.server.refuse(1, 403, "userRateLimitExceeded", retry_after="7")

    (reading,) = staffed.reader().read([CalendarRequest(MARIA)], WINDOW, NOW, {})

    assert reading.unknown == () and staffed.clock.slept == [7]


def test_a_token_that_ends_between_two_groups_is_renewed_once(staffed: Company):
    expired = False

    def expire(method: Any) -> None:
        nonlocal expired
        if staffed.server.calls["calendar.freebusy.query"] == 2 and not expired:
            expired = True
            staffed.server.tokens.expire()

    staffed.server.before = expire

    assert all(reading.unknown == () for reading in read(staffed.reader()).values())
    assert staffed.server.calls["token"] == 2


@pytest.mark.parametrize("fault", [Fault.STATUS_503, Fault.RESET])
def test_a_service_that_is_down_is_left_alone_after_some_calls(company: Company, fault: Fault):
    requests = [CalendarRequest(f"person{number}@corp.example") for number in range(5000)]
    company.loopback.spared = lambda request: request.path == "/token"
    company.loopback.fault = fault

    readings = list(company.reader().read(requests, WINDOW, NOW, {}))

    assert all(reading.unknown == (WINDOW,) for reading in readings)
    assert company.server.calls["calendar.freebusy.query"] < 100


def test_nobody_answers_where_the_endpoint_is_wrong(company: Company):
    with Loopback(company.server) as other:
        gone = company.delegated(endpoint=other.url)
    (reading,) = company.reader(gone).read([CalendarRequest(MARIA)], WINDOW, NOW, {})

    assert reading.unknown == (WINDOW,) and reading.reason is not None
