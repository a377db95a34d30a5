"""What every writer promises (`connectors.base.EventWriter`), asked of each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from connectors.base import Attendee, EventDraft, EventGone, Response, Unreachable, WrittenEvent
from planner.domain import Interval
from tests.connectors.systems import Writable, opened_writable

KINDS = ("memory", "caldav", "google", "microsoft")
START = datetime(2026, 3, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Interval(datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC))
NOOR, ROOM = "Noor@corp.example", "room1@corp.example"
_NUMBERS = count(1)


@pytest.fixture(scope="module", params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writable]:
    with opened_writable(request.param, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


@pytest.fixture
def draft() -> EventDraft:
    """A draft of a new key."""
    return EventDraft(
        key=f"{next(_NUMBERS):020}",
        version=1,
        start=START,
        end=START + HOUR,
        title="Lunch with Noor 🍜",
        description="An invitation, never an order.\nIf it does not suit you, just say so.",
        location="Room 1, 2nd floor; left",
        attendees=(Attendee(NOOR, 'Noor "N" O\'Hara'), Attendee(ROOM, "Room 1", is_room=True)),
    )


def of(draft: EventDraft, version: int, **changes: object) -> EventDraft:
    """A later version of a draft."""
    return replace(draft, version=version, **changes)


def now(desk: Writable, draft: EventDraft, window: Interval = DAY) -> WrittenEvent | None:
    """The event of a draft, as another process sees it."""
    found = [event for event in desk.writer().written(window) if event.key == draft.key]
    assert len(found) <= 1
    return found[0] if found else None


def test_an_event_is_written_and_found(desk: Writable, draft: EventDraft):
    written = desk.writer().write(draft)

    assert (written.key, written.version) == (draft.key, 1)
    assert (written.start, written.end, written.tentative) == (draft.start, draft.end, False)
    assert written.start.tzinfo is UTC
    assert written.responses == {NOOR.lower(): Response.NEEDS_ACTION, ROOM: Response.NEEDS_ACTION}
    assert now(desk, draft) == written
    assert desk.count(draft.key) == 1


def test_written_twice_it_is_there_once(desk: Writable, draft: EventDraft):
    first = desk.writer().write(draft)

    for restore in (False, True, False):
        assert desk.writer().write(draft, restore=restore) == first

    assert desk.count(draft.key) == 1


@pytest.mark.parametrize("quietly", [False, True])
def test_a_change_is_brought_in_line(desk: Writable, draft: EventDraft, quietly: bool):
    writer = desk.writer()
    writer.write(of(draft, 1, tentative=True))

    written = writer.write(of(draft, 2, start=START + HOUR, end=START + 3 * HOUR), quietly=quietly)

    assert (written.start, written.end, written.tentative) == (START + HOUR, START + 3 * HOUR, False)
    assert written.version == 2 and now(desk, draft) == written
    assert desk.count(draft.key) == 1


def test_an_earlier_version_that_comes_late_changes_nothing(desk: Writable, draft: EventDraft):
    desk.writer().write(draft)
    later = desk.writer().write(of(draft, 3, start=START + HOUR, end=START + 2 * HOUR))

    assert desk.writer().write(of(draft, 2)) == later
    assert now(desk, draft) == later


def test_what_a_person_moved_stays_until_the_next_version(desk: Writable, draft: EventDraft):
    writer = desk.writer()
    writer.write(draft)
    desk.move(draft.key, START + 2 * HOUR, START + 3 * HOUR)

    moved = writer.write(draft)
    assert (moved.start, moved.end, moved.version) == (START + 2 * HOUR, START + 3 * HOUR, 1)
    assert now(desk, draft) == moved

    assert writer.write(of(draft, 2)).start == START
    assert desk.count(draft.key) == 1


def test_what_a_person_removed_is_put_back_by_a_persons_word_only(desk: Writable, draft: EventDraft):
    writer = desk.writer()
    writer.write(draft)
    desk.remove(draft.key)

    assert now(desk, draft) is None
    for _ in range(2):
        with pytest.raises(EventGone) as gone:
            desk.writer().write(of(draft, 2))
        assert not gone.value.retry
    assert desk.count(draft.key) == 0

    restored = writer.write(of(draft, 2), restore=True)
    assert restored.version == 2 and restored.start == START
    assert now(desk, draft) == restored and desk.count(draft.key) == 1
    assert desk.writer().write(of(draft, 3)).version == 3


def test_a_first_version_that_nobody_wrote_is_no_hindrance(desk: Writable, draft: EventDraft):
    """A draft that changed before it was ever written."""
    assert desk.writer().write(of(draft, 4), restore=True).version == 4
    assert desk.count(draft.key) == 1


def test_an_event_is_withdrawn_once_and_for_all(desk: Writable, draft: EventDraft):
    writer = desk.writer()
    writer.write(draft)

    writer.withdraw(draft.key)
    desk.writer().withdraw(draft.key, quietly=True)

    assert now(desk, draft) is None and desk.count(draft.key) == 0
    assert desk.writer().write(of(draft, 2), restore=True).version == 2
    assert desk.count(draft.key) == 1


def test_withdrawing_what_was_removed_or_never_there_is_fine(desk: Writable, draft: EventDraft):
    writer = desk.writer()
    writer.withdraw(draft.key)
    writer.write(of(draft, 1), restore=True)
    desk.remove(draft.key)

    writer.withdraw(draft.key)

    assert desk.count(draft.key) == 0


def test_answers_come_back(desk: Writable, draft: EventDraft):
    desk.writer().write(draft)

    for answer in (Response.ACCEPTED, Response.TENTATIVE, Response.DECLINED):
        desk.answer(draft.key, NOOR, answer)
        found = now(desk, draft)
        assert found is not None and found.responses[NOOR.lower()] is answer


def test_a_room_may_decline(desk: Writable, draft: EventDraft):
    desk.writer().write(draft)
    desk.answer(draft.key, ROOM, Response.DECLINED)

    found = now(desk, draft)

    assert found is not None
    assert found.responses == {NOOR.lower(): Response.NEEDS_ACTION, ROOM: Response.DECLINED}


def test_who_comes_in_or_leaves_takes_nobodys_answer_along(desk: Writable, draft: EventDraft):
    writer = desk.writer()
    writer.write(draft)
    desk.answer(draft.key, NOOR, Response.ACCEPTED)
    omar = Attendee("omar@corp.example", "Omar")

    joined = writer.write(of(draft, 2, attendees=(*draft.attendees, omar)), quietly=True)
    left = writer.write(of(draft, 3, attendees=(draft.attendees[0], omar)), quietly=True)

    assert joined.responses == {
        NOOR.lower(): Response.ACCEPTED,
        ROOM: Response.NEEDS_ACTION,
        "omar@corp.example": Response.NEEDS_ACTION,
    }
    assert left.responses == {NOOR.lower(): Response.ACCEPTED, "omar@corp.example": Response.NEEDS_ACTION}


def test_an_event_may_have_no_attendees(desk: Writable, draft: EventDraft):
    assert desk.writer().write(of(draft, 1, attendees=())).responses == {}


def test_only_what_overlaps_the_window_is_listed(desk: Writable, draft: EventDraft):
    desk.writer().write(draft)

    for window in (
        Interval(START - HOUR, START),  # ends as it begins
        Interval(START + HOUR, START + 2 * HOUR),  # begins as it ends
        Interval(START + timedelta(days=30), START + timedelta(days=60)),
    ):
        assert now(desk, draft, window) is None
    for window in (Interval(START - HOUR, START + timedelta(minutes=1)), Interval(START, START + HOUR)):
        assert now(desk, draft, window) is not None


def test_events_of_others_are_neither_listed_nor_touched(desk: Writable, draft: EventDraft):
    foreign = desk.put_foreign(START, START + HOUR)
    before = foreign()
    writer = desk.writer()
    keys = {event.key for event in writer.written(DAY)}

    writer.write(draft)
    writer.write(of(draft, 2, start=START + HOUR, end=START + 2 * HOUR))
    assert {event.key for event in writer.written(DAY)} == keys | {draft.key}
    writer.withdraw(draft.key)

    assert foreign() == before


def test_writers_of_one_key_at_one_moment_make_one_event(desk: Writable, draft: EventDraft):
    def write(number: int) -> int:
        try:
            return desk.writer().write(of(draft, 1 + number % 3), restore=True).version
        except Unreachable:  # of those that come too often between each other, some are to come again
            return 0

    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(write, range(12)))

    found = now(desk, draft)
    assert found is not None and desk.count(draft.key) == 1
    assert found.version == max(written) > 0  # no earlier version was written over a later one
    assert desk.writer().write(of(draft, 3), restore=True).version == 3
    assert desk.count(draft.key) == 1


def test_a_lost_answer_makes_no_second_event(desk: Writable, draft: EventDraft):
    for version in (1, 2):
        desk.lose_answers(1)
        with suppress(Unreachable):
            desk.writer().write(of(draft, version))
        desk.lose_answers(0)

        assert desk.writer().write(of(draft, version)).version == version
        assert desk.count(draft.key) == 1


def test_answers_lost_for_long_make_no_second_event(desk: Writable, draft: EventDraft):
    """As if killed after the change: the writer never hears of it, another process comes later."""
    desk.lose_answers(50)
    with pytest.raises(Unreachable) as lost:
        desk.writer().write(draft)
    desk.lose_answers(0)
    assert lost.value.retry and desk.count(draft.key) == 1

    assert desk.writer().write(draft) == now(desk, draft)
    assert desk.count(draft.key) == 1


def test_a_withdrawal_whose_answer_was_lost_can_be_repeated(desk: Writable, draft: EventDraft):
    desk.writer().write(draft)
    desk.lose_answers(50)
    with suppress(Unreachable):
        desk.writer().withdraw(draft.key)
    desk.lose_answers(0)

    desk.writer().withdraw(draft.key)

    assert desk.count(draft.key) == 0


def test_online_sessions_get_a_link_where_there_are_some(desk: Writable, draft: EventDraft):
    writer = desk.writer()

    link = writer.write(of(draft, 1, online=True)).link

    assert (link is not None and link.startswith("https://")) is desk.meets_online
    changed = writer.write(of(draft, 2, online=True, start=START + HOUR, end=START + 2 * HOUR))
    assert changed.link == link
    found = now(desk, draft)
    assert found is not None and found.link == link


def test_keys_may_be_long(desk: Writable, draft: EventDraft):
    long = replace(draft, key=f"{next(_NUMBERS):0>64}")

    assert desk.writer().write(long).key == long.key
    assert now(desk, long) is not None


def test_a_writer_knows_whether_its_system_invites(desk: Writable):
    assert desk.writer().invites() in (True, False)
