"""Events in the organizer's calendar follow what becomes of sessions, each written once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from connectors.base import EventDraft, Refused, Unreachable, WrittenEvent
from connectors.memory import MemoryOrganizer
from tests.web.company import a_company, agree_coworking, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.operations.test_proposals import mails
from tests.web.organizers import (
    a_company_with_an_organizer,
    differences,
    draft_of,
    mailed_to,
    settle,
    there,
    wanted,
    with_organizer,
)
from tests.web.pages.persons import RESULT, draft_a_day, propose_a_day, state_of, version_of
from web.operations import calendars, events, proposals, rooms, runs, seats
from web.site import Site
from web.store import tables as t

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def company(tmp_path: Path) -> tuple[Site, MemoryOrganizer]:
    site, organizer = a_company_with_an_organizer(tmp_path)
    with site.store.writing() as connection:
        for room in ("park", "yard"):
            mailbox = update(t.room).where(t.room.c.id == room)
            connection.execute(mailbox.values(email=f"{room}@rooms.example.org"))
    return site, organizer


def approve(site: Site, day: int) -> None:
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)


def test_nothing_is_wanted_where_no_organizer_is_configured(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    propose_a_day(site)

    with site.store.reading() as connection:
        assert connection.execute(select(t.calendar_event)).all() == []


def test_a_draft_holds_nothing(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    draft_a_day(site)
    settle(site)

    assert (wanted(site), there(organizer)) == ({}, {})


def test_a_proposed_day_is_held_for_its_senior_and_rooms_and_for_no_junior(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    propose_a_day(site)
    settle(site)

    desk = draft_of(site, organizer, "desk")
    assert desk.title == "HOLD: Co-working with Priya"
    assert desk.tentative
    assert {each: mailed_to(draft_of(site, organizer, each)) for each in ("cohort", "lunch", "desk")} == {
        "cohort": {"priya", "park"},
        "lunch": {"priya"},
        "desk": {"priya", "yard"},
    }
    assert organizer.notices == []
    assert differences(site, organizer) == []


def test_a_yes_turns_the_same_event_from_a_hold_into_an_invitation(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = propose_a_day(site)
    settle(site)
    held = {event.key for event in wanted(site).values()}

    approve(site, day)

    assert set(there(organizer)) == held
    lunch = draft_of(site, organizer, "lunch")
    assert (lunch.title, lunch.tentative) == ("Lunch for two: Priya and Farid", False)
    assert mailed_to(lunch) == {"priya", "farid"}
    assert {notice.key for notice in organizer.notices} == held
    assert differences(site, organizer) == []


def test_what_was_left_out_of_a_yes_is_held_no_longer(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = propose_a_day(site)
    settle(site)

    proposals.approve(site, day, version_of(site, day), member(site, "priya"), ["lunch"], NOW)
    settle(site)

    assert set(wanted(site)) == {"cohort", "desk"}
    assert differences(site, organizer) == []


def test_a_skip_gives_the_holds_back_and_its_undo_makes_new_ones(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = propose_a_day(site)
    settle(site)
    held = set(there(organizer))

    proposals.skip(site, day, version_of(site, day), member(site, "priya"), NOW)
    settle(site)
    assert there(organizer) == {}

    proposals.reopen(site, day, version_of(site, day), member(site, "priya"), NOW)
    settle(site)
    assert len(there(organizer)) == 3
    assert set(there(organizer)).isdisjoint(held)


def test_a_day_that_nobody_answered_is_held_no_longer(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = propose_a_day(site)
    settle(site)

    settle(at(site, NOW + timedelta(days=5)))

    assert (state_of(site, day), there(organizer)) == ("expired", {})


def test_a_released_plan_gives_back_what_it_replaces(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    old = propose_a_day(site)
    settle(site)
    held = set(there(organizer))
    run_id = draft_a_day(site, date(2027, 3, 11))
    with site.store.writing() as connection:
        run = update(t.planning_run).where(t.planning_run.c.id == run_id)
        connection.execute(run.values(result=RESULT | {"supersedes": [old]}))

    runs.release(site, run_id, member(site, "ada"), NOW)
    settle(site)

    assert state_of(site, old) == "superseded"
    assert {one.start.date() for one in there(organizer).values()} == {date(2027, 3, 11)}
    assert set(there(organizer)) == held
    assert differences(site, organizer) == []


def test_calling_a_day_off_removes_its_events_and_tells_everybody(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = propose_a_day(site)
    approve(site, day)
    organizer.notices.clear()

    proposals.call_off(site, day, version_of(site, day), member(site, "priya"), NOW)
    settle(site)

    assert there(organizer) == {}
    assert [notice.cancelled for notice in organizer.notices] == [True, True, True]


def test_a_booking_changes_the_event_without_a_word_to_the_others(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    session = agree_coworking(site, 3)
    seats.book(site, session, member(site, "gita"), NOW)
    settle(site)
    organizer.notices.clear()

    seats.book(site, session, member(site, "hal"), NOW)
    settle(site)
    assert mailed_to(draft_of(site, organizer, session)) == {"priya", "gita", "hal", "yard"}
    seats.give_up(site, session, member(site, "gita"), NOW)
    settle(site)

    assert mailed_to(draft_of(site, organizer, session)) == {"priya", "hal", "yard"}
    assert organizer.notices == []


def test_another_room_is_news_to_everybody(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    approve(site, propose_a_day(site))
    organizer.notices.clear()
    (other,) = [room.id for room in rooms.rooms_for(site, "desk", member(site, "ada"), NOW)]

    rooms.move_session(site, "desk", other, member(site, "ada"), NOW)
    settle(site)

    assert len(organizer.notices) == 1
    assert draft_of(site, organizer, "desk").location == "Hall, London"


def test_a_new_name_in_the_roster_reaches_the_event(
    company: tuple[Site, MemoryOrganizer], tmp_path: Path
) -> None:
    site, organizer = company
    approve(site, propose_a_day(site))

    with site.store.writing() as connection:
        renamed = update(t.person).where(t.person.c.email == "farid@example.org")
        connection.execute(renamed.values(name="Farid Azizi"))
        assert events.want(connection, site, None, NOW) == 1
        assert events.want(connection, site, None, NOW) == 0
    settle(site)

    assert draft_of(site, organizer, "lunch").title == "Lunch for two: Priya and Farid Azizi"


def test_what_cannot_be_written_is_tried_again_with_its_reason_shown(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    organizer.fail(Unreachable("The calendar does not answer."), times=3)
    propose_a_day(site)
    settle(site)

    assert {event.problem for event in wanted(site).values()} == {"The calendar does not answer."}
    settle(at(site, NOW + timedelta(seconds=19)))
    assert there(organizer) == {}
    settle(at(site, NOW + timedelta(seconds=21)))
    assert differences(site, organizer) == []
    assert {event.problem for event in wanted(site).values()} == {None}


def test_a_vendor_that_asks_us_to_wait_is_left_alone_for_so_long(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    organizer.fail(Unreachable("Too many requests.", after=600), times=3)
    propose_a_day(site)
    settle(site)

    settle(at(site, NOW + timedelta(seconds=599)))
    assert there(organizer) == {}
    settle(at(site, NOW + timedelta(seconds=601)))
    assert differences(site, organizer) == []


def test_a_calendar_that_says_no_is_asked_less_often(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    organizer.fail(Refused("Ask the administrator to grant Calendars.ReadWrite."), times=3)
    propose_a_day(site)
    settle(site)

    settle(at(site, NOW + timedelta(minutes=4)))
    assert there(organizer) == {}
    settle(at(site, NOW + timedelta(minutes=6)))
    assert differences(site, organizer) == []


def test_one_event_that_we_cannot_write_does_not_keep_the_others_waiting(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    class Faulty(MemoryOrganizer):
        def write(self, draft: EventDraft, **how: bool) -> WrittenEvent:
            if "mentoring" in draft.title:
                raise ValueError("a mistake in this program")
            return super().write(draft, **how)

    faulty = Faulty()
    site = with_organizer(company[0], faulty)
    propose_a_day(site)
    settle(site)

    assert len(there(faulty)) == 2
    assert wanted(site)["cohort"].problem == "A fault of ours (ValueError); see the log."


def test_an_answer_that_is_lost_leaves_one_event(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    organizer.fail(Unreachable("The answer was lost."), after=True, times=3)
    propose_a_day(site)
    settle(site)
    settle(at(site, LATER))

    assert len(there(organizer)) == 3
    assert differences(site, organizer) == []


def test_a_late_write_of_another_worker_does_not_stand(company: tuple[Site, MemoryOrganizer]) -> None:
    """It took the event up, slept while the day was skipped and the hold removed, and wrote then."""
    site, organizer = company
    day = propose_a_day(site)
    late = events._due(site, site.config.connectors.organizer or "")
    proposals.skip(site, day, version_of(site, day), member(site, "priya"), NOW)
    settle(site)
    assert there(organizer) == {}

    for event, stands in late:
        events._write(site, organizer, event, stands)
    assert len(there(organizer)) == 3
    settle(site)

    assert there(organizer) == {}


def test_while_somebody_tries_things_out_nobody_else_is_invited(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    mail = site.config.mail.model_copy(update={"redirect_to": "tester@example.org"})
    site = replace(site, config=site.config.model_copy(update={"mail": mail}))
    approve(site, propose_a_day(site))

    assert {frozenset(one.responses) for one in there(organizer).values()} == {
        frozenset({"tester@example.org"})
    }


def test_mails_carry_no_second_invitation_where_the_calendar_invites(
    company: tuple[Site, MemoryOrganizer], tmp_path: Path
) -> None:
    site, _ = company
    approve(site, propose_a_day(site))

    texts = [file.read_text() for file in (tmp_path / "outbox").glob("*.eml")]
    assert len(mails(site, "invitation")) == 10
    assert not any("text/calendar" in text for text in texts)
    assert sum("It comes into your calendar by itself" in text.replace("=\n", "") for text in texts) == 10


def test_mails_invite_where_the_calendar_does_not(tmp_path: Path) -> None:
    site = with_organizer(a_company(tmp_path), MemoryOrganizer(invites=False))
    approve(site, propose_a_day(site))

    texts = [file.read_text() for file in (tmp_path / "outbox").glob("*.eml")]
    assert sum("text/calendar" in text for text in texts) == 10


def test_our_own_events_make_nobody_busy(company: tuple[Site, MemoryOrganizer]) -> None:
    """Calendars show a held time as busy; the yes to it must not fail on that."""
    site, organizer = company
    day = propose_a_day(site)
    settle(site)
    write_calendar(site.config.folder, "priya", [wanted_time(site, "desk")])

    approve(site, day)

    assert state_of(site, day) == "approved"
    assert differences(site, organizer) == []


def test_what_was_there_before_our_event_stays_busy(company: tuple[Site, MemoryOrganizer]) -> None:
    site, _ = company
    day = propose_a_day(site)
    desk = wanted_time(site, "desk")
    write_calendar(site.config.folder, "priya", [desk])
    calendars.sync(site, None, NOW)
    settle(site)
    calendars.sync(site, None, NOW)

    approve(site, day)

    assert "your own calendar has something else then" in str(
        proposals.one(site, day, member(site, "priya")).refusal
    )


def wanted_time(site: Site, session: str) -> tuple[datetime, datetime]:
    event = wanted(site)[session].wanted
    assert event is not None
    return event.when
