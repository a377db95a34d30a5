"""Events in the organizer's Google calendar: exactly one each, whatever happens on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import (
    Attendee,
    ConnectorError,
    EventDraft,
    EventGone,
    Refused,
    Response,
    Unreachable,
    Unreadable,
    WrittenEvent,
)
from planner.domain import Interval
from tests.connectors.faults import SLOW, Fault
from tests.connectors.google.calendars import Event, Notice
from tests.connectors.google.conftest import ORGANIZER, Company

KEY = "session0lunch7of2026march3"
START = datetime(2026, 3, 3, 9, tzinfo=UTC)
END = START + timedelta(hours=1)
MARCH = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
MARIA, BOB, ROOM = "Maria@corp.example", "bob@corp.example", "room1@resource.calendar.google.com"
GUEST = "guest@elsewhere.example"


def a_draft(version: int = 1, **more: Any) -> EventDraft:
    draft = EventDraft(
        key=KEY,
        version=version,
        start=START,
        end=END,
        title="Mentoring: CVs",
        description="Bring yours.",
        location="Room 1",
        attendees=(Attendee(MARIA, "Maria"), Attendee(BOB), Attendee(ROOM, "Room 1", is_room=True)),
    )
    return replace(draft, **more)


@pytest.fixture
def staffed(company: Company) -> Company:
    for address in (MARIA, BOB):
        company.calendars.add(address)
    company.calendars.add(ROOM, room=True)
    return company


@contextmanager
def lost_answers(company: Company, method: str, times: int = 1) -> Iterator[None]:
    """The server does its work, and the line is cut before it can say so."""
    lost = 0

    def spared(request: Any) -> bool:
        nonlocal lost
        if request.method != method or "/events" not in request.path or lost == times:
            return True
        lost += 1
        return False

    company.loopback.spared, company.loopback.fault = spared, Fault.RESET
    yield
    company.loopback.fault = None
    assert lost == times


def the_event(company: Company) -> Event:
    (event,) = company.calendars.live(ORGANIZER)
    return event


def responses(event: WrittenEvent) -> dict[str, Response]:
    return dict(event.responses)


def test_it_works(staffed: Company):
    assert staffed.writer().invites()
    written = staffed.writer().write(a_draft())

    waiting = Response.NEEDS_ACTION
    assert written == WrittenEvent(
        KEY, 1, START, END, False, {MARIA.lower(): waiting, BOB: waiting, ROOM: waiting}, None
    )
    event = the_event(staffed)
    assert (event["id"], event["summary"], event["description"]) == (KEY, "Mentoring: CVs", "Bring yours.")
    assert (event["location"], event["status"]) == ("Room 1", "confirmed")
    assert event["start"]["dateTime"] == "2026-03-03T09:00:00Z"
    assert [one.get("resource", False) for one in event["attendees"]] == [False, False, True]
    assert staffed.calendars.notices == [Notice(KEY, "all", frozenset((MARIA.lower(), BOB)))]


def test_a_persons_consent_writes_as_that_person(staffed: Company):
    staffed.writer(staffed.consented()).write(a_draft())

    assert the_event(staffed)["organizer"]["email"] == ORGANIZER


def test_writing_again_makes_no_second_event_and_sends_no_second_mail(staffed: Company):
    first = staffed.writer().write(a_draft())
    second = staffed.writer().write(a_draft())

    assert first == second
    assert len(staffed.calendars.notices) == 1 and the_event(staffed)["sequence"] == 0


def test_an_older_draft_that_comes_late_changes_nothing(staffed: Company):
    staffed.writer().write(a_draft(2, title="Newer"))

    assert staffed.writer().write(a_draft(1)).version == 2
    assert the_event(staffed)["summary"] == "Newer"


@pytest.mark.parametrize("times", [1, 4])
def test_an_insert_whose_answer_is_lost_makes_one_event(staffed: Company, times: int):
    with lost_answers(staffed, "POST", times):
        written = settled(lambda: staffed.writer().write(a_draft()))

    assert written == staffed.writer().write(a_draft())
    the_event(staffed)
    assert len(staffed.calendars.notices) == 1


@pytest.mark.parametrize("times", [1, 4])
def test_a_change_whose_answer_is_lost_is_made_once(staffed: Company, times: int):
    staffed.writer().write(a_draft())

    with lost_answers(staffed, "PATCH", times):
        written = settled(lambda: staffed.writer().write(a_draft(2, title="Changed")))

    assert written.version == 2 and the_event(staffed)["summary"] == "Changed"
    assert len(staffed.calendars.notices) == 2


@pytest.mark.parametrize("times", [1, 4])
def test_a_removal_whose_answer_is_lost_is_made_once(staffed: Company, times: int):
    staffed.writer().write(a_draft())

    with lost_answers(staffed, "DELETE", times):
        settled(lambda: staffed.writer().withdraw(KEY))

    assert staffed.calendars.live(ORGANIZER) == []
    assert [notice.cancelled for notice in staffed.calendars.notices] == [False, True]


#: faults that befall a request once it has arrived
ON_ARRIVAL = [
    fault
    for fault in list(Fault)[: list(Fault).index(Fault.GZIP_BOMB) + 1]
    if fault not in (Fault.DNS, Fault.CONNECT_TIMEOUT, Fault.BAD_TLS)
]


@pytest.mark.parametrize("fault", ON_ARRIVAL)
def test_whatever_befalls_the_answer_to_a_change_it_is_made_once(staffed: Company, fault: Fault):
    writer = staffed.writer(seconds=0.2 if fault in SLOW else 5)
    changes = {
        "POST": lambda: writer.write(a_draft()),
        "PATCH": lambda: writer.write(a_draft(2, title="Changed")),
        "DELETE": lambda: writer.withdraw(KEY),
    }
    for method, change in changes.items():
        staffed.loopback.spared = lambda request, method=method: (
            request.method != method or "/events" not in request.path
        )
        staffed.loopback.fault = fault
        with suppress(ConnectorError):
            change()
        staffed.loopback.fault = None
        staffed.clock.now += 3601  # nobody is held off any more
        change()
        there = [(event["id"], event["summary"]) for event in staffed.calendars.live(ORGANIZER)]
        assert (
            there
            == {
                "POST": [(KEY, "Mentoring: CVs")],
                "PATCH": [(KEY, "Changed")],
                "DELETE": [],
            }[method]
        )

    assert [notice.cancelled for notice in staffed.calendars.notices] == [False, False, True]


def settled(call: Any) -> Any:
    """What comes of a call that is repeated as long as that may help, as the outbox does."""
    try:
        return call()
    except Unreachable:
        return call()


def test_an_event_made_by_another_process_meanwhile_is_settled_with(staffed: Company):
    writer = staffed.writer()
    staffed.server.before = lambda method: (
        make_first_elsewhere(staffed) if method.id == "calendar.events.insert" else None
    )

    assert writer.write(a_draft()).version == 1
    the_event(staffed)


def make_first_elsewhere(company: Company) -> None:
    """Another process's insert gets in between; it holds the same draft."""
    company.server.before = None
    private = {"officeday": "1", "officedayKey": KEY, "officedayVersion": "1"}
    moment = {"start": {"dateTime": START.isoformat()}, "end": {"dateTime": END.isoformat()}}
    company.calendars.put(ORGANIZER, {"id": KEY, **moment, "extendedProperties": {"private": private}})


def test_many_processes_at_once_make_one_event(staffed: Company):
    writers = [staffed.writer() for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        written = list(pool.map(lambda writer: writer.write(a_draft()), writers))

    assert {event.version for event in written} == {1}
    the_event(staffed)
    assert len(staffed.calendars.notices) == 1


# --- what people do ----------------------------------------------------------------------------------


def test_an_event_that_a_person_removed_is_gone_until_a_person_wants_it_back(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())
    staffed.calendars.answer(ORGANIZER, KEY, MARIA, "accepted")
    staffed.calendars.remove(ORGANIZER, KEY)

    for version in (1, 2):
        with pytest.raises(EventGone):
            writer.write(a_draft(version))
    assert list(writer.written(MARCH)) == []

    restored = writer.write(a_draft(1), restore=True)
    assert restored.responses[MARIA.lower()] is Response.NEEDS_ACTION
    assert [event.key for event in writer.written(MARCH)] == [KEY]
    assert writer.write(a_draft(1)) == restored


def test_an_event_that_google_says_was_deleted_is_gone(staffed: Company):
    staffed.server.refuse(2, 410, "deleted")

    with pytest.raises(EventGone):
        staffed.writer().write(a_draft())
    staffed.writer().withdraw(KEY)


def test_an_event_of_which_nothing_is_left_is_made_again(staffed: Company):
    staffed.writer().write(a_draft())
    staffed.calendars.forget(ORGANIZER, KEY)

    assert staffed.writer().write(a_draft(2)).version == 2
    the_event(staffed)


def test_an_event_that_a_person_moved_is_told_and_not_moved_back_unasked(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())
    staffed.calendars.move(ORGANIZER, KEY, START + timedelta(hours=3), END + timedelta(hours=3))

    (moved,) = writer.written(MARCH)
    assert (moved.start, moved.end) == (START + timedelta(hours=3), END + timedelta(hours=3))
    assert writer.write(a_draft()) == moved
    assert writer.write(a_draft(2)).start == START


def test_what_a_person_changes_at_the_same_moment_is_not_written_over_unseen(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())

    def move(method: Any) -> None:
        if method.id == "calendar.events.patch":
            staffed.server.before = None
            staffed.calendars.move(ORGANIZER, KEY, START + timedelta(days=1), END + timedelta(days=1))

    staffed.server.before = move
    with pytest.raises(Unreachable, match="just now") as failure:
        writer.write(a_draft(2, title="Changed"))

    assert failure.value.retry
    assert the_event(staffed)["summary"] == "Mentoring: CVs"
    assert next(writer.written(MARCH)).start == START + timedelta(days=1)


def test_an_event_that_a_person_made_all_day_is_brought_in_line(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())
    staffed.calendars.edit(ORGANIZER, KEY, start={"date": "2026-03-03"}, end={"date": "2026-03-04"})

    (there,) = writer.written(MARCH)
    assert (there.start, there.end) == (datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC))
    assert writer.write(a_draft(2)).start == START
    assert the_event(staffed)["start"] == {"dateTime": "2026-03-03T09:00:00Z", "timeZone": "UTC"}


def test_answers_of_people_and_rooms_come_back(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())
    staffed.calendars.answer(ORGANIZER, KEY, MARIA, "accepted")
    staffed.calendars.answer(ORGANIZER, KEY, BOB, "tentative")
    staffed.calendars.rooms_answer()

    (there,) = writer.written(MARCH)

    assert responses(there) == {
        MARIA.lower(): Response.ACCEPTED,
        BOB: Response.TENTATIVE,
        ROOM: Response.ACCEPTED,
    }


def test_a_room_that_is_taken_declines(staffed: Company):
    staffed.calendars.there[ROOM].busy = [(START, END)]
    writer = staffed.writer()
    writer.write(a_draft())
    staffed.calendars.rooms_answer()

    assert next(writer.written(MARCH)).responses[ROOM] is Response.DECLINED


def test_answers_stand_while_the_time_does(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())
    staffed.calendars.answer(ORGANIZER, KEY, MARIA, "accepted")
    staffed.calendars.rooms_answer()

    carol = Attendee("carol@corp.example")
    changed = writer.write(a_draft(2, attendees=(*a_draft().attendees, carol)), quietly=True)
    moved = writer.write(a_draft(3, start=START + timedelta(hours=2), end=END + timedelta(hours=2)))

    accepted, waiting = Response.ACCEPTED, Response.NEEDS_ACTION
    assert responses(changed) == {MARIA.lower(): accepted, BOB: waiting, ROOM: accepted, carol.email: waiting}
    assert responses(moved) == {MARIA.lower(): waiting, BOB: waiting, ROOM: waiting}
    assert [one.get("resource", False) for one in the_event(staffed)["attendees"]] == [False, False, True]


# --- what an event says -------------------------------------------------------------------------------


def test_a_hold_is_tentative_until_it_is_confirmed(staffed: Company):
    writer = staffed.writer()

    assert writer.write(a_draft(tentative=True)).tentative
    assert the_event(staffed)["status"] == "tentative"
    assert not writer.write(a_draft(2)).tentative
    assert the_event(staffed)["status"] == "confirmed"


def test_an_online_session_has_a_link_that_stays(staffed: Company):
    writer = staffed.writer()
    link = writer.write(a_draft(online=True)).link

    assert link is not None and link.startswith("https://meet.google.com/")
    assert writer.write(a_draft(2, online=True, title="Changed")).link == link
    assert writer.write(a_draft(3)).link is None
    assert "hangoutLink" not in the_event(staffed)


def test_a_link_that_google_is_still_making_comes_later(staffed: Company):
    staffed.calendars.meet_is_slow = True
    writer = staffed.writer()

    assert writer.write(a_draft(online=True)).link is None
    staffed.calendars.meet_settles()
    (there,) = writer.written(MARCH)
    assert there.link is not None
    assert writer.write(a_draft(2, online=True)).link == there.link


def test_a_link_that_google_failed_to_make_is_asked_for_with_the_next_change(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft(online=True))
    failed = {"createRequest": {"requestId": "a", "status": {"statusCode": "failure"}}}
    event = staffed.calendars.event(ORGANIZER, KEY)
    del event["hangoutLink"]
    staffed.calendars.put(ORGANIZER, {**event, "conferenceData": failed})

    assert next(writer.written(MARCH)).link is None
    assert writer.write(a_draft(2, online=True)).link is not None


def test_quietly_mails_only_those_whose_calendar_is_not_at_google(staffed: Company):
    everybody = (*a_draft().attendees, Attendee(GUEST))
    writer = staffed.writer()
    writer.write(a_draft(attendees=everybody))
    writer.write(a_draft(2, attendees=everybody, title="Changed"), quietly=True)
    writer.withdraw(KEY, quietly=True)

    first, *later = [notice.people for notice in staffed.calendars.notices]
    assert first == {MARIA.lower(), BOB, GUEST}
    assert later == [{GUEST}, {GUEST}]
    assert "none" not in {notice.send_updates for notice in staffed.calendars.notices}


def test_withdrawing_twice_or_what_was_never_there_is_fine(staffed: Company):
    writer = staffed.writer()
    writer.withdraw(KEY)
    writer.write(a_draft())
    writer.withdraw(KEY)
    writer.withdraw(KEY)

    assert staffed.calendars.live(ORGANIZER) == []
    assert [notice.cancelled for notice in staffed.calendars.notices] == [False, True]


def test_an_event_in_a_calendar_that_is_not_shown_is_not_taken_for_gone(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())
    hidden = staffed.calendars.there.pop(ORGANIZER)

    for call in (
        lambda: writer.withdraw(KEY),
        lambda: writer.write(a_draft(2)),
        lambda: list(writer.written(MARCH)),
    ):
        with pytest.raises(Refused, match="not show it to us"):
            call()

    staffed.calendars.there[ORGANIZER] = hidden
    writer.withdraw(KEY)
    assert staffed.calendars.live(ORGANIZER) == []


# --- what is not ours ---------------------------------------------------------------------------------


def a_foreign_event(key: str = "foreign0event") -> Event:
    moment = {"start": {"dateTime": START.isoformat()}, "end": {"dateTime": END.isoformat()}}
    return {"id": key, "summary": "canary-title", "description": "canary-text", **moment}


def test_an_event_that_is_not_ours_is_left_alone(staffed: Company):
    staffed.calendars.put(ORGANIZER, a_foreign_event(KEY))
    before = staffed.calendars.event(ORGANIZER, KEY)

    for call in (
        lambda: staffed.writer().write(a_draft()),
        lambda: staffed.writer().write(a_draft(2), restore=True),
        lambda: staffed.writer().withdraw(KEY),
    ):
        with pytest.raises(Refused, match="not made"):
            call()
    assert staffed.calendars.event(ORGANIZER, KEY) == before


def test_only_events_of_ours_within_the_window_are_listed(staffed: Company, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    writer = staffed.writer()
    for number in range(12):
        start = START + timedelta(days=number)
        key = f"session0number{number:06}"
        writer.write(a_draft(key=key, start=start, end=start + timedelta(hours=1)))
        staffed.calendars.put(ORGANIZER, a_foreign_event(f"foreign{number:06}"))
    writer.withdraw("session0number000002")
    staffed.server.page_size = 4
    said: list[str] = []
    staffed.server.spoil = lambda method, query, answer: said.append(repr(answer)) or answer

    window = Interval(START, START + timedelta(days=9))
    keys = {event.key for event in writer.written(window)}

    assert keys == {f"session0number{number:06}" for number in range(9) if number != 2}
    assert len(said) == 2 and not any("canary" in text or "Mentoring" in text for text in said)
    assert "canary" not in caplog.text


def test_a_copy_that_a_person_makes_is_not_ours(staffed: Company):
    writer = staffed.writer()
    writer.write(a_draft())
    staffed.calendars.put(
        ORGANIZER, {**staffed.calendars.event(ORGANIZER, KEY), "id": "copy0of0the0session0"}
    )

    assert [event.key for event in writer.written(MARCH)] == [KEY]
    with pytest.raises(Refused, match="not made"):
        writer.withdraw("copy0of0the0session0")


def test_pages_of_events_that_do_not_end_are_not_taken_for_all(staffed: Company):
    staffed.writer().write(a_draft())
    staffed.loopback.fault = Fault.PAGE_LOOP

    with pytest.raises(Exception, match="do not come to an end"):
        list(staffed.writer().written(MARCH))


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": None},
        {"end": {"dateTime": "soon"}},
        {"start": {"dateTime": "0001-01-01T00:00:00+12:00"}},
        {"attendees": "all"},
        {"attendees": [{"responseStatus": "accepted"}]},
    ],
    ids=repr,
)
def test_an_event_that_cannot_be_understood_is_no_answer(staffed: Company, wrong: dict[str, Any]):
    staffed.writer().write(a_draft())
    staffed.server.spoil = lambda method, query, answer: (
        {**answer, **wrong}
        if "items" not in answer
        else {"items": [{**one, **wrong} for one in answer["items"]]}
    )

    for call in (lambda: staffed.writer().write(a_draft()), lambda: list(staffed.writer().written(MARCH))):
        with pytest.raises(Unreadable, match="event"):
            call()


def test_an_event_whose_version_somebody_has_spoilt_is_written_anew(staffed: Company):
    staffed.writer().write(a_draft())
    private = {"officeday": "1", "officedayKey": KEY, "officedayVersion": "newest"}
    staffed.calendars.edit(ORGANIZER, KEY, summary="Changed", extendedProperties={"private": private})

    assert staffed.writer().write(a_draft()).version == 1
    assert the_event(staffed)["summary"] == "Mentoring: CVs"


# --- errors that a person can help --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "why"),
    [
        (403, "forbiddenForServiceAccounts", "domain-wide delegation"),
        (403, "insufficientPermissions", "calendar.events.owned"),
        (403, "requiredAccessLevel", "requiredAccessLevel"),
        (403, "quotaExceeded", "quota"),
        (404, "notFound", "Check its address"),
    ],
)
def test_an_error_says_what_a_person_should_do(staffed: Company, status: int, reason: str, why: str):
    if status == 404:
        del staffed.calendars.there[ORGANIZER]
    else:
        staffed.server.refuse(1, status, reason)

    with pytest.raises((Refused, Unreachable), match=why):
        staffed.writer().write(a_draft())


def test_a_key_with_other_letters_is_no_draft():
    with pytest.raises(ValueError, match="no event key"):
        a_draft(key="Not-A-Key-Of-Base32hex-wxyz")
