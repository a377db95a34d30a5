"""Free/busy and days at the office, read from a company at Google over real sockets."""

from __future__ import annotations

import logging
import math
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from connectors.base import CalendarRequest, Reading
from connectors.google.reader import GoogleReader
from planner.domain import BusyInterval, BusyKind, Interval
from tests.connectors.google.conftest import ORGANIZER, Company

NOW = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
MARIA = "maria@corp.example"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def read(
    reader: GoogleReader, *addresses: str, window: Interval = MARCH, timezone: str = "UTC"
) -> dict[str, Reading]:
    requests = [CalendarRequest(address, timezone) for address in addresses]
    readings = list(reader.read(requests, window, NOW, {}))
    assert len(readings) == len(requests)
    return {reading.address: reading for reading in readings}


def busy(*times: tuple[datetime, datetime], kind: BusyKind = BusyKind.BUSY) -> tuple[BusyInterval, ...]:
    return tuple(BusyInterval(start, end, kind) for start, end in times)


def assert_all_unknown(reading: Reading, why: str, window: Interval = MARCH) -> None:
    assert reading.unknown == (window,)
    assert reading.busy == () and reading.in_office == ()
    assert reading.reason is not None and why in reading.reason


def test_it_works(company: Company):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])

    reading = read(company.reader(), MARIA)[MARIA]

    assert reading == Reading(MARIA, busy((at(3, 9), at(3, 10))), (), NOW)


def test_a_persons_consent_reads_what_colleagues_see(company: Company):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])
    company.calendars.add("secret@corp.example", [(at(3, 9), at(3, 10))], role="none")

    readings = read(company.reader(company.consented()), MARIA, "secret@corp.example")

    assert readings[MARIA].busy == busy((at(3, 9), at(3, 10)))
    assert_all_unknown(readings["secret@corp.example"], "share free/busy")


def test_busy_times_are_merged_sorted_and_clipped(company: Company):
    company.calendars.add(MARIA)

    def spoil(method: str, query: object, answer: dict[str, Any]) -> dict[str, Any]:
        answer["calendars"][MARIA]["busy"] = [
            {"start": "2026-03-05T12:00:00+02:00", "end": "2026-03-05T13:00:00+02:00"},
            {"start": "2026-03-31T23:00:00Z", "end": "2026-04-02T00:00:00Z"},
            {"start": "2026-03-03T09:00:00.000Z", "end": "2026-03-03T10:00:00.000Z"},
            {"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T11:00:00Z"},
            {"start": "2026-03-04T10:00:00Z", "end": "2026-03-04T10:00:00Z"},
            {"start": "2026-02-01T10:00:00Z", "end": "2026-02-01T11:00:00Z"},
        ]
        return answer

    company.server.spoil = spoil

    reading = read(company.reader(), MARIA)[MARIA]

    assert reading.busy == busy(
        (at(3, 9), at(3, 11)), (at(5, 10), at(5, 11)), (at(31, 23), datetime(2026, 4, 1, tzinfo=UTC))
    )
    assert reading.unknown == ()


def test_five_thousand_calendars_cost_no_more_requests_than_the_limits_force(company: Company):
    addresses = [f"person{number}@corp.example" for number in range(5000)]
    for number, address in enumerate(addresses):
        company.calendars.add(address, [(at(1 + number % 28, 9), at(1 + number % 28, 10))])
    window = Interval(MARCH.start, MARCH.start + timedelta(days=100))

    readings = read(company.reader(), *addresses, window=window)

    windows = math.ceil(100 / 60)
    assert company.server.calls["calendar.freebusy.query"] == 5000 / 50 * windows
    assert company.server.calls["token"] == 1
    assert company.loopback.most_at_once <= 8
    assert all(
        reading.busy == busy((at(1 + number % 28, 9), at(1 + number % 28, 10))) and not reading.unknown
        for number, reading in enumerate(readings[address] for address in addresses)
    )


def test_readings_come_as_google_answers(company: Company):
    addresses = [f"person{number}@corp.example" for number in range(1000)]
    for address in addresses:
        company.calendars.add(address)
    readings = company.reader().read([CalendarRequest(one) for one in addresses], MARCH, NOW, {})

    next(readings)

    assert company.server.calls["calendar.freebusy.query"] < 1000 / 50
    readings.close()


def test_a_window_with_fractions_of_seconds_is_read_whole(company: Company):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])
    window = Interval(at(3, 9) + timedelta(microseconds=5), at(3, 9, 30) + timedelta(microseconds=5))

    reading = read(company.reader(), MARIA, window=window)[MARIA]

    assert reading.busy == busy((window.start, window.end)) and reading.unknown == ()


def test_one_calendar_asked_for_by_people_in_two_zones_is_read_for_both(company: Company):
    company.calendars.add(MARIA)
    requests = [CalendarRequest(MARIA, "Europe/London"), CalendarRequest(MARIA, "Asia/Tokyo")]

    readings = list(company.reader().read(requests, MARCH, NOW, {}))

    assert [reading.address for reading in readings] == [MARIA, MARIA]


def test_an_address_in_other_letters_is_the_same_calendar(company: Company):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])

    def spoil(method: str, query: object, answer: dict[str, Any]) -> dict[str, Any]:
        return {
            **answer,
            "calendars": {
                MARIA: {"busy": [{"start": "2026-03-03T09:00:00Z", "end": "2026-03-03T10:00:00Z"}]}
            },
        }

    company.server.spoil = spoil

    assert read(company.reader(), "Maria@Corp.example")["Maria@Corp.example"].busy == busy(
        (at(3, 9), at(3, 10))
    )


@pytest.mark.parametrize(
    "address", ["", "maria corp", "a\nb@corp.example", "x" * 300 + "@corp.example"], ids=repr
)
def test_what_is_no_address_is_never_sent(company: Company, address: str):
    company.calendars.add(MARIA)

    readings = read(company.reader(), address, MARIA)

    assert_all_unknown(readings[address], "no address")
    assert readings[MARIA].unknown == ()


def test_a_group_is_no_calendar(company: Company):
    company.calendars.add(MARIA)
    company.calendars.groups = {"one@corp.example": [MARIA], "all@corp.example": [MARIA, ORGANIZER]}

    readings = read(company.reader(), "one@corp.example", "all@corp.example", MARIA)

    assert_all_unknown(readings["one@corp.example"], "address of a group")
    assert_all_unknown(readings["all@corp.example"], "address of a group")
    assert readings[MARIA].unknown == ()


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("notFound", "Check the address"),
        ("internalError", "asked again at the next reading"),
        ("tooManyCalendarsRequested", "too many calendars"),
        ("somethingNewAtGoogle", "(somethingNewAtGoogle)"),
        ("<script>", "does not say why"),
    ],
)
def test_an_error_of_one_calendar_makes_it_unknown_and_stops_no_other(
    company: Company, reason: str, why: str
):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])
    company.calendars.add("bob@corp.example", [(at(3, 9), at(3, 10))])
    company.server.errors = {"bob@corp.example": reason}

    readings = read(company.reader(), "bob@corp.example", MARIA)

    assert_all_unknown(readings["bob@corp.example"], why)
    assert readings[MARIA].busy == busy((at(3, 9), at(3, 10))) and readings[MARIA].reason is None


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "busy",
        {},
        {"busy": None},
        {"busy": "all day"},
        {"busy": [None]},
        {"busy": [{"start": "2026-03-03T09:00:00Z"}]},
        {"busy": [{"start": "2026-03-03", "end": "2026-03-04"}]},
        {"busy": [{"start": "2026-03-03T09:00:00", "end": "2026-03-03T10:00:00"}]},
        {"busy": [{"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T09:00:00Z"}]},
        {"busy": [{"start": "0001-01-01T00:00:00+12:00", "end": "2026-03-03T09:00:00Z"}]},
        {"busy": [{"start": 5, "end": 6}]},
        {"errors": "broken", "busy": []},
        {"errors": [{}], "busy": []},
    ],
    ids=repr,
)
def test_a_calendar_that_cannot_be_understood_is_unknown(company: Company, entry: object):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])
    company.calendars.add("bob@corp.example", [(at(3, 9), at(3, 10))])

    def spoil(method: str, query: object, answer: dict[str, Any]) -> dict[str, Any]:
        answer["calendars"]["bob@corp.example"] = entry
        return answer

    company.server.spoil = spoil

    readings = read(company.reader(), "bob@corp.example", MARIA)

    assert_all_unknown(readings["bob@corp.example"], "Google")
    assert readings[MARIA].busy == busy((at(3, 9), at(3, 10)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeMax": "2026-03-15T00:00:00Z"},
        {"timeMin": "2026-03-15T00:00:00Z"},
        {"timeMin": "yesterday"},
        {"calendars": None},
        {"calendars": []},
        {"calendars": {}},
    ],
    ids=repr,
)
def test_an_answer_about_less_than_was_asked_for_frees_nobody(company: Company, wrong: dict[str, Any]):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])
    company.server.spoil = lambda method, query, answer: {**answer, **wrong}

    assert_all_unknown(read(company.reader(), MARIA)[MARIA], "Google")


def test_a_part_of_the_window_that_fails_leaves_the_rest_known(company: Company):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])
    window = Interval(MARCH.start, MARCH.start + timedelta(days=100))
    middle = MARCH.start + timedelta(days=60)

    def spoil(method: str, query: object, answer: dict[str, Any]) -> dict[str, Any]:
        later = answer["timeMin"] != "2026-03-01T00:00:00Z"
        return {**answer, "calendars": {}} if later else answer

    company.server.spoil = spoil

    reading = read(company.reader(), MARIA, window=window)[MARIA]

    assert reading.busy == busy((at(3, 9), at(3, 10)))
    assert reading.unknown == (Interval(middle, window.end),) and reading.reason


# --- days at the office ------------------------------------------------------------------------------


def located(kind: str, start: date, end: date, **more: Any) -> dict[str, Any]:
    return {
        "eventType": "workingLocation",
        "transparency": "transparent",
        "summary": "canary-title",
        "start": {"date": start.isoformat()},
        "end": {"date": end.isoformat()},
        "workingLocationProperties": {"type": kind, "officeLocation": {"label": "canary-place"}},
        **more,
    }


def away(start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    return {
        "eventType": "outOfOffice",
        "summary": "canary-title",
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": end.isoformat()},
        **more,
    }


def locations(company: Company) -> GoogleReader:
    return company.reader(company.delegated(working_locations=True))


def test_office_days_are_read_where_a_company_wants_it(company: Company):
    company.calendars.add(MARIA, role="reader")
    company.calendars.put(MARIA, located("officeLocation", date(2026, 3, 3), date(2026, 3, 5)))
    company.calendars.put(MARIA, located("homeOffice", date(2026, 3, 5), date(2026, 3, 6)))
    company.calendars.put(MARIA, located("customLocation", date(2026, 3, 6), date(2026, 3, 7)))

    assert read(company.reader(), MARIA)[MARIA].in_office == ()
    reading = read(locations(company), MARIA)[MARIA]

    assert reading.in_office == (date(2026, 3, 3), date(2026, 3, 4))
    assert reading.busy == () and reading.warnings == ()


def test_office_days_are_dates_of_their_owner_within_the_window(company: Company):
    company.calendars.add(MARIA, role="reader", zone="Asia/Tokyo")
    company.calendars.put(MARIA, located("officeLocation", date(2026, 2, 1), date(2026, 3, 3)))
    half_a_day = {
        "start": {"dateTime": "2026-03-10T20:00:00Z"},
        "end": {"dateTime": "2026-03-10T23:00:00Z"},
    }
    company.calendars.put(
        MARIA, {**located("officeLocation", date(2026, 3, 1), date(2026, 3, 2)), **half_a_day}
    )

    reading = read(locations(company), MARIA, timezone="Asia/Tokyo")[MARIA]

    assert reading.in_office == (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 11))


def test_time_out_of_office_is_away(company: Company):
    company.calendars.add(MARIA, role="reader", zone="Europe/Berlin")
    company.calendars.put(MARIA, away(at(3, 9), at(3, 17)))
    all_day = {"start": {"date": "2026-03-10"}, "end": {"date": "2026-03-11"}}
    company.calendars.put(MARIA, {**away(at(1, 1), at(1, 2)), **all_day})
    company.calendars.put(MARIA, away(at(20, 9), at(20, 17), status="cancelled"))

    reading = read(locations(company), MARIA)[MARIA]

    assert reading.marked(BusyKind.AWAY) == (Interval(at(3, 9), at(3, 17)), Interval(at(9, 23), at(10, 23)))


@pytest.mark.parametrize("zone", [None, 5, "", "/etc/passwd", "America", "Nowhere/Atall"], ids=repr)
def test_a_calendar_in_no_known_zone_is_read_by_its_owners(company: Company, zone: object):
    company.calendars.add(MARIA, role="reader")
    all_day = {"start": {"date": "2026-03-10"}, "end": {"date": "2026-03-11"}}
    company.calendars.put(MARIA, {**away(at(1, 1), at(1, 2)), **all_day})
    company.server.spoil = lambda method, query, answer: (
        {**answer, "timeZone": zone} if method == "calendar.events.list" else answer
    )

    reading = read(locations(company), MARIA, timezone="Asia/Tokyo")[MARIA]

    assert reading.marked(BusyKind.AWAY) == (Interval(at(9, 15), at(10, 15)),)


@pytest.mark.parametrize(
    "items",
    [None, "none", [None], [{"eventType": "outOfOffice"}], [{**away(at(3, 9), at(3, 10)), "end": {}}]],
)
def test_events_that_cannot_be_understood_leave_free_busy_standing(company: Company, items: object):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))], role="reader")
    company.server.spoil = lambda method, query, answer: (
        {**answer, "items": items} if method == "calendar.events.list" else answer
    )

    reading = read(locations(company), MARIA)[MARIA]

    assert reading.busy == busy((at(3, 9), at(3, 10))) and reading.unknown == ()
    assert reading.in_office == () and "not read" in reading.warnings[0]


def test_marks_that_were_removed_or_take_no_time_are_no_marks(company: Company):
    company.calendars.add(MARIA, role="reader")
    marks = [
        located("officeLocation", date(2026, 3, 3), date(2026, 3, 4), status="cancelled"),
        located("officeLocation", date(2026, 3, 4), date(2026, 3, 4)),
        away(at(5, 9), at(5, 8)),
    ]
    company.server.spoil = lambda method, query, answer: (
        {**answer, "items": marks} if method == "calendar.events.list" else answer
    )

    reading = read(locations(company), MARIA)[MARIA]

    assert reading.in_office == () and reading.busy == () and reading.warnings == ()


def test_a_calendar_that_is_unknown_is_not_asked_for_office_days(company: Company):
    assert_all_unknown(read(locations(company), MARIA)[MARIA], "share free/busy")
    assert company.server.calls["calendar.events.list"] == 0


def test_office_days_are_read_page_by_page(company: Company):
    company.calendars.add(MARIA, role="reader")
    for day in range(1, 20):
        company.calendars.put(MARIA, located("officeLocation", date(2026, 3, day), date(2026, 3, day + 1)))
    company.server.page_size = 5

    assert len(read(locations(company), MARIA)[MARIA].in_office) == 19
    assert company.server.calls["calendar.events.list"] == 4


def test_a_calendar_that_shares_only_free_busy_is_read_without_office_days(company: Company):
    company.calendars.add(MARIA, [(at(3, 9), at(3, 10))])

    reading = read(locations(company), MARIA)[MARIA]

    assert reading.busy == busy((at(3, 9), at(3, 10))) and reading.unknown == ()
    assert "requiredAccessLevel" in reading.warnings[0]


def test_nothing_but_times_and_kinds_leaves_google(company: Company, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    company.calendars.add(MARIA, role="reader")
    for day in range(1, 28):
        meeting = {
            "start": {"dateTime": at(day, 9).isoformat()},
            "end": {"dateTime": at(day, 10).isoformat()},
        }
        texts = {"summary": "canary-title", "description": "canary-text", "location": "canary-place"}
        guests = [{"email": "canary@corp.example", "responseStatus": "accepted", "comment": "canary-comment"}]
        company.calendars.put(MARIA, {**meeting, **texts, "attendees": guests})
        company.calendars.put(MARIA, located("officeLocation", date(2026, 3, day), date(2026, 3, day + 1)))
        company.calendars.put(MARIA, away(at(day, 12), at(day, 13), **texts))
    said: list[str] = []
    company.server.spoil = lambda method, query, answer: said.append(repr(answer)) or answer

    reading = read(locations(company), MARIA)[MARIA]

    assert len(reading.in_office) == 27 and len(reading.busy) == 81
    assert len(said) == 2 and not any("canary" in text for text in said)
    assert "canary" not in repr(reading) and "canary" not in caplog.text


def test_requests_and_secrets_are_never_logged(company: Company, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    company.calendars.add(MARIA)

    for settings in (company.delegated(), company.consented()):
        assert read(company.reader(settings), MARIA)[MARIA].unknown == ()

    assert not any(secret in caplog.text for secret in ("canary", "ya29", "1//", "PRIVATE KEY"))


# --- against an oracle --------------------------------------------------------------------------------

MINUTES = 31 * 24 * 60


@pytest.mark.parametrize("seed", range(5))
def test_random_calendars_are_read_minute_by_minute(company: Company, seed: int):
    random = Random(seed)
    people = [f"person{number}@corp.example" for number in range(120)]
    marked: dict[str, set[int]] = {}
    for address in people:
        times = [(start, start + random.randint(1, 3000)) for start in random.sample(range(MINUTES), 12)]
        marked[address] = {minute for start, end in times for minute in range(start, min(end, MINUTES))}
        instants = [
            (MARCH.start + timedelta(minutes=a), MARCH.start + timedelta(minutes=b)) for a, b in times
        ]
        company.calendars.add(address, instants)

    readings = read(company.reader(), *random.sample(people, len(people)))

    for address in people:
        minutes = [
            range(_minute(one.start), _minute(one.end)) for one in readings[address].marked(BusyKind.BUSY)
        ]
        assert {minute for some in minutes for minute in some} == marked[address]


def _minute(moment: datetime) -> int:
    return int((moment - MARCH.start).total_seconds() // 60)
