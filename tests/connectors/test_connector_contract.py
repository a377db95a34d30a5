"""What every connector promises (`connectors.base.Connector`), asked of each that needs no server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import CalendarRequest, Connector
from connectors.ics import IcsConnector
from connectors.memory import MemoryConnector
from planner.domain import BusyInterval, BusyKind, Interval

WINDOW = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
NOW = datetime(2026, 2, 1, tzinfo=UTC)
BUSY = [
    (datetime(2026, 2, 28, 20, tzinfo=UTC), datetime(2026, 3, 1, 2, tzinfo=UTC), BusyKind.BUSY),
    (datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC), BusyKind.BUSY),
    (datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC), BusyKind.BUSY),
    (datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC), BusyKind.TENTATIVE),
    (datetime(2026, 5, 1, 10, tzinfo=UTC), datetime(2026, 5, 1, 12, tzinfo=UTC), BusyKind.AWAY),
]


def in_memory(folder: Path) -> tuple[Connector, str, str]:
    connector = MemoryConnector({"maria": [BusyInterval(*entry) for entry in BUSY]})
    connector.break_off("broken", "The server is on fire.")
    return connector, "maria", "broken"


def as_files(folder: Path) -> tuple[Connector, str, str]:
    events = [
        f"BEGIN:VEVENT\nUID:{number}\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}\n"
        f"STATUS:{'TENTATIVE' if kind is BusyKind.TENTATIVE else 'CONFIRMED'}\nEND:VEVENT\n"
        for number, (start, end, kind) in enumerate(BUSY)
    ]
    (folder / "maria.ics").write_text("BEGIN:VCALENDAR\n" + "".join(events) + "END:VCALENDAR\n")
    (folder / "broken.ics").write_text("BEGIN:VCALENDAR\n")
    return IcsConnector(), str(folder / "maria.ics"), str(folder / "broken.ics")


@pytest.mark.parametrize("made", [in_memory, as_files])
def test_every_request_gets_one_reading_and_a_broken_calendar_stops_no_other(
    made: Callable[[Path], tuple[Connector, str, str]], tmp_path: Path
):
    connector, good, broken = made(tmp_path)
    requests = [CalendarRequest(address) for address in (broken, good, "nobody")]

    readings = {
        reading.address: reading for reading in connector.read(requests, WINDOW, NOW, {good: "before"})
    }

    assert set(readings) == {broken, good, "nobody"}
    assert readings[good].busy == (
        BusyInterval(WINDOW.start, datetime(2026, 3, 1, 2, tzinfo=UTC)),
        BusyInterval(datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC)),
        BusyInterval(
            datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC), BusyKind.TENTATIVE
        ),
    )
    assert readings[good].unknown == () and readings[good].read_at == NOW
    for address in (broken, "nobody"):
        assert readings[address].unknown == (WINDOW,)
        assert readings[address].busy == () and readings[address].reason


def test_a_calendar_in_memory_can_be_put_right_again():
    connector = MemoryConnector()
    connector.break_off("maria", "Away.")
    connector.put("maria", [])

    (reading,) = connector.read([CalendarRequest("maria")], WINDOW, NOW, {})

    assert reading.busy == () and reading.unknown == ()
