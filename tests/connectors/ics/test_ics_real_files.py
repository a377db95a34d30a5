"""Real calendars of other programs, with answers that were checked by hand and by other engines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.ics.calendar import read_calendar
from planner.domain import BusyKind, Interval
from planner.intervals import merge
from tests.connectors.ics.ical_text import REAL_FILES

EXPECTED = REAL_FILES / "expected.json"
if not EXPECTED.exists():
    pytest.skip("the collection of real calendars is not beside this checkout", allow_module_level=True)
ANSWERS: dict[str, dict[str, Any]] = json.loads(EXPECTED.read_text())


def instants(pair: list[str]) -> Interval:
    return Interval(*(datetime.fromisoformat(text).astimezone(UTC) for text in pair))


@pytest.mark.parametrize("name", sorted(ANSWERS.get("files", ANSWERS)))
def test_a_real_calendar_gives_the_intervals_that_are_right(name: str):
    answer = ANSWERS.get("files", ANSWERS)[name]

    contents = read_calendar(
        (REAL_FILES / "open" / name).read_bytes(), answer["tz"], instants(answer["window"])
    )

    taken = merge(b.interval for b in contents.busy if b.kind is not BusyKind.ELSEWHERE)
    assert list(taken) == [instants(pair) for pair in answer["busy"]]
    assert contents.unknown == ()
