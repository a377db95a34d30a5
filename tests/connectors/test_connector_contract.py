"""What every connector promises (`connectors.base.Connector`), asked of each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import CalendarRequest, Reading
from connectors.memory import MemoryConnector
from planner.domain import BusyInterval, BusyKind, Interval
from tests.connectors.systems import TITLE, Readable, opened_readable

KINDS = ("memory", "ics", "caldav", "google", "microsoft")
WINDOW = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=KINDS)
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readable]:
    with opened_readable(request.param, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


def at(day: int, hour: int = 0, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def busy(start: datetime, end: datetime, kind: BusyKind = BusyKind.BUSY) -> BusyInterval:
    return BusyInterval(start, end, kind)


def read(system: Readable, *addresses: str, window: Interval = WINDOW) -> dict[str, Reading]:
    """By address; each was asked for, and each that was asked for is there once."""
    requests = [CalendarRequest(address) for address in addresses]
    readings = list(system.connector.read(requests, window, NOW, {}))
    assert sorted(reading.address for reading in readings) == sorted(addresses)
    return {reading.address: reading for reading in readings}


def read_one(system: Readable, address: str, window: Interval = WINDOW) -> tuple[BusyInterval, ...]:
    reading = read(system, address, window=window)[address]
    assert reading.unknown == () and reading.reason is None
    return reading.busy


def assert_all_unknown(reading: Reading, window: Interval = WINDOW) -> None:
    assert reading.busy == ()
    assert reading.unknown == (window,)
    assert reading.reason and reading.reason[-1] in ".)" and TITLE not in reading.reason


def test_nothing_to_read_is_no_reading(system: Readable):
    assert list(system.connector.read([], WINDOW, NOW, {})) == []


def test_an_empty_calendar_is_free(system: Readable):
    assert read_one(system, system.calendar()) == ()


def test_every_request_gets_one_reading_and_a_broken_calendar_stops_no_other(system: Readable):
    good = [system.calendar(busy(at(day, 9), at(day, 10))) for day in (2, 3, 4)]
    broken, nobody = system.unreadable(), system.nobody()
    addresses = [*good, broken, nobody]
    random.Random(1).shuffle(addresses)

    readings = read(system, *addresses)

    for day, address in zip((2, 3, 4), good, strict=True):
        assert readings[address].busy == (busy(at(day, 9), at(day, 10)),)
        assert readings[address].unknown == () and readings[address].read_at == NOW
    for address in (broken, nobody):
        assert_all_unknown(readings[address])
        assert readings[address].read_at == NOW


def test_more_calendars_than_any_one_request_may_name(system: Readable):
    """Google takes 50 in a request, Microsoft 20 in a question and 20 questions in a batch."""
    times = [busy(at(1 + number % 28, 9), at(1 + number % 28, 10)) for number in range(53)]
    addresses = [system.calendar(time) for time in times]

    readings = read(system, *addresses)

    assert [readings[address].busy for address in addresses] == [(time,) for time in times]


def test_times_that_touch_or_overlap_are_one(system: Readable):
    address = system.calendar(
        busy(at(3, 10), at(3, 11)),
        busy(at(3, 9), at(3, 10)),
        busy(at(3, 10, 30), at(3, 12)),
        busy(at(2, 9), at(2, 10)),
    )

    assert read_one(system, address) == (busy(at(2, 9), at(2, 10)), busy(at(3, 9), at(3, 12)))


def test_kinds_are_merged_apart_and_sorted(system: Readable):
    address = system.calendar(
        busy(at(3, 10), at(3, 12), BusyKind.TENTATIVE),
        busy(at(3, 9), at(3, 11)),
        busy(at(5), at(6), BusyKind.ELSEWHERE),
        busy(at(4), at(5), BusyKind.AWAY),
    )

    found = read_one(system, address)

    if system.kinds == {BusyKind.BUSY}:
        assert found == (busy(at(3, 9), at(3, 12)), busy(at(4), at(6)))
    else:
        assert found == (
            busy(at(3, 9), at(3, 11)),
            busy(at(3, 10), at(3, 12), BusyKind.TENTATIVE),
            busy(at(4), at(5), BusyKind.AWAY),
            busy(at(5), at(6), BusyKind.ELSEWHERE),
        )


def test_a_window_is_half_open_and_nothing_outside_is_told(system: Readable):
    window = Interval(at(10, 9), at(10, 17))
    address = system.calendar(
        busy(at(10, 8), at(10, 9)),  # ends as it begins
        busy(at(10, 17), at(10, 18)),  # begins as it ends
        busy(at(9), at(9, 12)),
        busy(at(11), at(11, 12)),
        busy(at(10, 8, 30), at(10, 9, 30)),
        busy(at(10, 16, 30), at(10, 20)),
    )

    assert read_one(system, address, window) == (
        busy(at(10, 9), at(10, 9, 30)),
        busy(at(10, 16, 30), at(10, 17)),
    )


def test_what_covers_the_window_fills_it(system: Readable):
    address = system.calendar(busy(at(1, month=1), at(1, month=12)))

    assert read_one(system, address) == (busy(WINDOW.start, WINDOW.end),)


@pytest.mark.parametrize("length", [timedelta(minutes=1), timedelta(hours=1), timedelta(days=200)])
def test_windows_may_be_short_or_long(system: Readable, length: timedelta):
    """Vendors take 42 to 90 days at once, and Microsoft no less than a slot."""
    window = Interval(at(3, 9, 30), at(3, 9, 30) + length)
    last = window.end - timedelta(seconds=30)
    address = system.calendar(busy(at(3, 9), at(3, 9, 31)), busy(last, last + timedelta(hours=1)))

    found = read_one(system, address, window)

    if length == timedelta(minutes=1):
        assert found == (busy(window.start, window.end),)
    else:
        assert found == (busy(window.start, at(3, 9, 31)), busy(last, window.end))


def test_days_on_which_clocks_change_are_read_by_the_instant(system: Readable):
    """29 March and 25 October 2026 in Berlin, 8 March in New York, 5 April on Lord Howe by half an hour."""
    window = Interval(at(1), at(1, month=11))
    times = [
        busy(at(8, 6, 30), at(8, 7, 30)),
        busy(at(29, 0, 30), at(29, 1, 30)),
        busy(at(4, 14, 45, month=4), at(4, 15, 15, month=4)),
        busy(at(25, 0, 15, month=10), at(25, 0, 45, month=10)),
        busy(at(25, 1, 15, month=10), at(25, 1, 45, month=10)),
    ]
    zones = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
    requests = [CalendarRequest(system.calendar(*times), zone) for zone in zones]

    readings = list(system.connector.read(requests, window, NOW, {}))

    times.sort(key=lambda one: one.start)
    assert [reading.busy for reading in readings] == [tuple(times)] * 3


def test_all_instants_are_aware_utc(system: Readable):
    reading = read(system, system.calendar(busy(at(3, 9), at(3, 10))))

    for one in reading.popitem()[1].busy:
        assert one.start.tzinfo is UTC and one.end.tzinfo is UTC


def test_titles_are_dropped(system: Readable):
    addresses = [system.calendar(busy(at(3, 9), at(3, 10))), system.unreadable(), system.nobody()]

    for reading in read(system, *addresses).values():
        assert TITLE not in repr(reading) and TITLE not in str(reading)


def test_an_address_asked_for_twice_is_answered_alike(system: Readable):
    address, broken = system.calendar(busy(at(3, 9), at(3, 10))), system.unreadable()
    requests = [CalendarRequest(one) for one in (address, broken, address, broken)]

    readings = list(system.connector.read(requests, WINDOW, NOW, {}))

    assert {reading.address for reading in readings} == {address, broken}
    assert len(set(map(repr, readings))) == 2


def test_states_go_round(system: Readable):
    address, broken = system.calendar(busy(at(3, 9), at(3, 10))), system.unreadable()
    requests = [CalendarRequest(one) for one in (address, broken)]
    states: dict[str, str | None] = {address: None, broken: "of an older version", "somebody else": "x"}

    for _ in range(2):
        readings = {one.address: one for one in system.connector.read(requests, WINDOW, NOW, states)}
        assert readings[address].busy == (busy(at(3, 9), at(3, 10)),)
        assert_all_unknown(readings[broken])
        states = {one.address: one.state for one in readings.values()}


def test_strange_addresses_spoil_no_other(system: Readable):
    strange = ["", " ", "x" * 5000, "a\nb@corp.example", "\x00", "../../etc/passwd", "a b@corp.example", "@"]
    strange += ["ünïcödé", "😀"]
    good = system.calendar(busy(at(3, 9), at(3, 10)))

    readings = read(system, *strange, good)

    assert readings[good].busy == (busy(at(3, 9), at(3, 10)),)
    for address in strange:
        assert_all_unknown(readings[address])


def test_a_reading_may_be_left_half_way(system: Readable):
    addresses = [system.calendar(busy(at(3, 9), at(3, 10))) for _ in range(3)]
    readings = iter(system.connector.read([CalendarRequest(one) for one in addresses], WINDOW, NOW, {}))

    assert next(readings).busy
    del readings

    assert all(reading.busy for reading in read(system, *addresses).values())


def test_a_calendar_in_memory_can_be_put_right_again():
    connector = MemoryConnector()
    connector.break_off("maria", "Away.")
    connector.put("maria", [])

    (reading,) = connector.read([CalendarRequest("maria")], WINDOW, NOW, {})

    assert reading.busy == () and reading.unknown == ()
