"""The organizer's calendar in memory, where it is more than any writer promises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.base import Attendee, EventDraft, Response, Unreachable
from connectors.memory import MemoryOrganizer
from planner.domain import Interval

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
END = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = Interval(datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC))
KEY = "session0lunch7of2026march3"


def a_draft(version: int = 1) -> EventDraft:
    return EventDraft(KEY, version, START, END, "Lunch", "", "Room 1", (Attendee("Maria@corp.example"),))


def test_a_call_can_fail_before_its_work_and_after_it():
    calendar = MemoryOrganizer()
    calendar.fail(Unreachable("Away."))

    with pytest.raises(Unreachable):
        calendar.write(a_draft())
    assert list(calendar.written(DAY)) == []

    calendar.fail(Unreachable("Away."), after=True)
    with pytest.raises(Unreachable):
        calendar.write(a_draft())
    assert [event.key for event in calendar.written(DAY)] == [KEY]


def test_attendees_are_told_unless_quietly():
    calendar = MemoryOrganizer()

    calendar.write(a_draft(1))
    calendar.write(a_draft(2), quietly=True)
    calendar.withdraw(KEY)

    assert [(notice.version, notice.cancelled) for notice in calendar.notices] == [(1, False), (2, True)]
    assert all(notice.to == {"maria@corp.example"} for notice in calendar.notices)


def test_one_that_invites_nobody_tells_nobody():
    calendar = MemoryOrganizer(invites=False)

    calendar.write(a_draft())

    assert not calendar.invites() and calendar.notices == []


def test_only_somebody_who_is_invited_can_answer():
    calendar = MemoryOrganizer()
    calendar.write(a_draft())

    calendar.answer(KEY, "maria@CORP.example", Response.DECLINED)
    with pytest.raises(KeyError):
        calendar.answer(KEY, "stranger@corp.example", Response.ACCEPTED)

    assert next(calendar.written(DAY)).responses == {"maria@corp.example": Response.DECLINED}
