"""What people do to our events in the calendar: a question to the senior, or an answer taken up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from connectors.base import Response, Unreachable, WrittenEvent
from connectors.memory import MemoryOrganizer
from planner.domain import Interval
from tests.web.company import agree_coworking, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.operations.test_proposals import mails
from tests.web.organizers import (
    a_company_with_an_organizer,
    differences,
    draft_of,
    look,
    mailed_to,
    settle,
    there,
    wanted,
    with_organizer,
)
from tests.web.pages.persons import propose_a_day, state_of, version_of
from web.errors import NotFound, Refused
from web.operations import calendars, event_questions, proposals, reconcile, seats
from web.records import EventRecord
from web.site import Site
from web.store import events as kept
from web.store import tables as t

SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(minutes=10)
HOUR = timedelta(hours=1)


@pytest.fixture
def company(tmp_path: Path) -> tuple[Site, MemoryOrganizer]:
    site, organizer = a_company_with_an_organizer(tmp_path)
    with site.store.writing() as connection:
        for room in ("park", "yard", "hall"):
            mailbox = update(t.room).where(t.room.c.id == room)
            connection.execute(mailbox.values(email=f"{room}@rooms.example.org"))
    calendars.sync(site, None, NOW)
    return site, organizer


def held(site: Site) -> int:
    day = propose_a_day(site)
    settle(site)
    return day


def agreed(site: Site) -> int:
    day = held(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)
    return day


def key(site: Site, session: str) -> str:
    return wanted(site)[session].key


def shown(site: Site, day: int, session: str) -> EventRecord:
    events = event_questions.of_proposal(site, day, member(site, "priya"), site.now())
    return next(each for each in events if each.session.id == session)


def answer(site: Site, day: int, session: str, choice: str) -> None:
    question = shown(site, day, session)
    event_questions.answer(site, question.id, choice, member(site, "priya"), site.now())
    settle(site)


def state_of_seat(site: Site, session: str, name: str) -> str | None:
    with site.store.reading() as connection:
        seat = t.seat
        query = select(seat.c.state).where(
            seat.c.session_id == session, seat.c.person_id == member(site, name).person.id
        )
        return connection.execute(query).scalar()


# --- removed by a person -------------------------------------------------------------------------


def test_an_event_that_somebody_removed_is_asked_about_once(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.remove(key(site, "lunch"))

    site = look(look(site, SOON), LATER)

    question = shown(site, day, "lunch")
    assert question.question == "Its event was removed from the calendar. The session itself still stands."
    assert question.choices == ("put_back", "call_off")
    assert mails(site, "question") == [("question", "Priya")]
    assert len(there(organizer)) == 2  # nobody put it back


def test_it_is_put_back_on_the_seniors_word(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.remove(key(site, "lunch"))
    site = look(site, SOON)

    answer(site, day, "lunch", "put_back")

    assert differences(site, organizer) == []
    assert shown(site, day, "lunch").question is None


def test_or_the_session_is_called_off_and_the_rest_of_the_day_stands(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.remove(key(site, "lunch"))
    site = look(site, SOON)

    answer(site, day, "lunch", "call_off")

    assert set(wanted(site)) == {"cohort", "desk"}
    assert state_of(site, day) == "approved"
    assert mails(site, "cancellation") == [("cancellation", "Priya"), ("cancellation", "Farid")]
    assert differences(site, organizer) == []


def test_calling_off_the_last_session_calls_off_the_day(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    for session in ("lunch", "cohort", "desk"):
        organizer.remove(key(site, session))
    site = look(site, SOON)

    for session in ("lunch", "cohort", "desk"):
        answer(site, day, session, "call_off")

    assert (state_of(site, day), wanted(site)) == ("cancelled", {})


def test_a_hold_that_was_removed_is_asked_about_too(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = held(site)
    organizer.remove(key(site, "desk"))
    site = look(site, SOON)

    assert shown(site, day, "desk").choices == ("put_back", "skip")
    answer(site, day, "desk", "skip")

    assert (state_of(site, day), there(organizer)) == ("skipped", {})


def test_a_yes_to_the_day_answers_the_question_about_its_hold(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = held(site)
    organizer.remove(key(site, "desk"))
    site = look(site, SOON)

    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), SOON)
    settle(site)

    assert state_of(site, day) == "approved"
    assert differences(site, organizer) == []


def test_an_event_found_missing_while_it_is_changed_is_asked_about(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    session = agree_coworking(site, 3)
    seats.book(site, session, member(site, "gita"), NOW)
    settle(site)
    organizer.remove(key(site, session))

    seats.book(site, session, member(site, "hal"), NOW)
    settle(site)

    assert wanted(site)[session].question == "removed"
    assert there(organizer) == {}


def test_an_event_that_somebody_brought_back_needs_no_answer(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = agreed(site)
    draft = draft_of(site, organizer, "lunch")
    organizer.remove(draft.key)
    site = look(site, SOON)
    organizer.write(draft, restore=True)

    site = look(site, LATER)

    assert shown(site, day, "lunch").question is None
    assert differences(site, organizer) == []


def test_an_event_of_the_past_may_be_removed(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    agreed(site)
    organizer.remove(key(site, "lunch"))

    site = look(site, NOW + timedelta(days=6))

    assert {event.question for event in wanted(site).values()} == {None}
    assert len(there(organizer)) == 2


# --- moved by a person ---------------------------------------------------------------------------


def moved(site: Site, organizer: MemoryOrganizer, session: str, by: timedelta) -> Site:
    one = there(organizer)[key(site, session)]
    organizer.move(one.key, one.start + by, one.end + by)
    return look(site, SOON)


def test_a_moved_event_may_keep_its_new_time_and_everybody_hears_once(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = agreed(site)
    before = len(mails(site, "invitation"))
    site = moved(site, organizer, "desk", HOUR)
    assert shown(site, day, "desk").moved_to == there(organizer)[key(site, "desk")].start
    organizer.notices.clear()

    answer(site, day, "desk", "keep_time")

    assert differences(site, organizer) == []
    assert mails(site, "invitation")[before:] == [
        ("invitation", "Priya"),
        ("invitation", "Gita"),
        ("invitation", "Hal"),
    ]
    assert organizer.notices == []


def test_a_new_time_that_breaks_a_rule_is_refused_with_the_reason(
    company: tuple[Site, MemoryOrganizer], tmp_path: Path
) -> None:
    site, organizer = company
    day = agreed(site)
    desk = wanted(site)["desk"].wanted
    assert desk is not None
    write_calendar(tmp_path, "priya", [(desk.end, desk.end + HOUR)])
    calendars.sync(site, None, NOW)
    site = moved(site, organizer, "desk", HOUR)

    with pytest.raises(Refused, match="your own calendar has something else then"):
        answer(site, day, "desk", "keep_time")
    assert shown(site, day, "desk").question is not None


def test_or_it_is_put_back(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    site = moved(site, organizer, "desk", HOUR)

    answer(site, day, "desk", "put_back")

    assert differences(site, organizer) == []


def test_a_day_of_several_sessions_is_not_torn_in_two(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    site = moved(site, organizer, "desk", timedelta(days=1))

    with pytest.raises(Refused, match="two days instead of one"):
        answer(site, day, "desk", "keep_time")


def test_who_cannot_come_at_the_new_time_leaves_when_it_is_kept(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.answer(key(site, "desk"), "gita@example.org", Response.DECLINED)
    site = moved(site, organizer, "desk", HOUR)
    assert state_of_seat(site, "desk", "gita") == "invited"

    answer(site, day, "desk", "keep_time")
    site = look(site, LATER)

    assert state_of_seat(site, "desk", "gita") == "declined"
    assert differences(site, organizer) == []


def test_a_moved_hold_may_keep_its_new_time(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = held(site)
    site = moved(site, organizer, "desk", HOUR)

    answer(site, day, "desk", "keep_time")

    desk = shown(site, day, "desk").session
    assert desk.start == there(organizer)[key(site, "desk")].start
    assert differences(site, organizer) == []


def test_an_event_moved_back_by_hand_needs_no_answer(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    site = moved(site, organizer, "desk", HOUR)

    site = moved(site, organizer, "desk", -HOUR)

    assert shown(site, day, "desk").question is None


# --- answers -------------------------------------------------------------------------------------


def test_a_declined_invitation_is_a_declined_seat(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    agreed(site)
    organizer.answer(key(site, "desk"), "gita@example.org", Response.DECLINED)

    site = look(site, SOON)

    assert state_of_seat(site, "desk", "gita") == "declined"
    assert mailed_to(draft_of(site, organizer, "desk")) == {"priya", "hal", "yard"}
    assert mails(site, "cancellation") == [("cancellation", "Gita")]
    assert differences(site, organizer) == []


def test_the_next_in_line_is_offered_the_seat_that_was_declined(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "gita"), NOW)
    seats.wait(site, session, member(site, "ben"), NOW)
    settle(site)
    organizer.answer(key(site, session), "gita@example.org", Response.DECLINED)

    site = look(site, SOON)

    assert state_of_seat(site, session, "ben") == "offered"
    assert mailed_to(draft_of(site, organizer, session)) == {"priya", "yard"}
    seats.claim(site, session, member(site, "ben"), SOON)
    settle(site)
    assert mailed_to(draft_of(site, organizer, session)) == {"priya", "ben", "yard"}


def test_who_declined_and_books_again_keeps_the_seat(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    session = agree_coworking(site, 2)
    seats.book(site, session, member(site, "gita"), NOW)
    settle(site)
    organizer.answer(key(site, session), "gita@example.org", Response.DECLINED)
    site = look(site, SOON)

    seats.take_back(site, session, member(site, "gita"), SOON)
    site = look(site, LATER)

    assert state_of_seat(site, session, "gita") == "booked"


def test_a_yes_in_the_calendar_is_noted(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.answer(key(site, "desk"), "gita@example.org", Response.ACCEPTED)

    site = look(site, SOON)

    assert (shown(site, day, "desk").accepted, shown(site, day, "desk").declined) == (1, 0)


def test_a_senior_who_declines_is_asked_what_that_means(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.answer(key(site, "desk"), "priya@example.org", Response.DECLINED)
    site = look(site, SOON)

    assert shown(site, day, "desk").choices == ("keep", "another_day", "call_off")
    assert mails(site, "cancellation") == []
    answer(site, day, "desk", "keep")

    site = look(site, LATER)
    assert shown(site, day, "desk").question is None  # and is not asked again
    assert mails(site, "question") == [("question", "Priya")]


def test_another_day_is_proposed_for_what_a_senior_declined(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.answer(key(site, "desk"), "priya@example.org", Response.DECLINED)
    site = look(site, SOON)

    answer(site, day, "desk", "another_day")

    (new,) = [p for p in proposals.of_senior(site, member(site, "priya"), SOON) if p.state == "proposed"]
    assert [session.id for session in new.sessions] == ["desk"]
    assert new.day != shown(site, day, "lunch").session.local_start.date()
    assert wanted(site)["desk"].wanted is not None
    assert draft_of(site, organizer, "desk").tentative
    assert set(mails(site, "cancellation")) == {(("cancellation"), name) for name in ("Priya", "Gita", "Hal")}
    assert differences(site, organizer) == []


def test_a_senior_who_declines_a_hold_is_asked_whether_to_skip(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = held(site)
    organizer.answer(key(site, "desk"), "priya@example.org", Response.DECLINED)
    site = look(site, SOON)

    assert state_of(site, day) == "proposed"
    answer(site, day, "desk", "skip")

    assert (state_of(site, day), there(organizer)) == ("skipped", {})


def test_a_room_that_declines_is_replaced_by_one_that_fits(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    agreed(site)
    organizer.answer(key(site, "desk"), "yard@rooms.example.org", Response.DECLINED)

    site = look(site, SOON)

    assert mailed_to(draft_of(site, organizer, "desk")) == {"priya", "gita", "hal", "hall"}
    assert differences(site, organizer) == []


def test_where_no_other_room_fits_the_senior_is_asked(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.answer(key(site, "desk"), "yard@rooms.example.org", Response.DECLINED)
    site = look(site, SOON)
    organizer.answer(key(site, "desk"), "hall@rooms.example.org", Response.DECLINED)

    site = look(site, LATER)

    assert shown(site, day, "desk").choices == ("keep", "another_day", "call_off")
    site = look(site, LATER + HOUR)
    assert mails(site, "question") == [("question", "Priya")]


def test_the_room_of_a_hold_is_replaced_too(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = held(site)
    organizer.answer(key(site, "desk"), "yard@rooms.example.org", Response.DECLINED)

    site = look(site, SOON)

    assert shown(site, day, "desk").session.room == "Hall"
    assert differences(site, organizer) == []


# --- what else may be found ----------------------------------------------------------------------


def test_an_event_that_should_have_gone_is_removed_once_more(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = held(site)
    draft = draft_of(site, organizer, "desk")
    proposals.skip(site, day, version_of(site, day), member(site, "priya"), NOW)
    settle(site)
    organizer.write(draft, restore=True)

    look(site, SOON)

    assert there(organizer) == {}


def test_an_event_of_an_unknown_key_is_left_alone_and_reported(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    held(site)
    stranger = replace(draft_of(site, organizer, "desk"), key="0" * 32)
    organizer.write(stranger)

    site = look(site, SOON)

    assert stranger.key in there(organizer)
    told = event_questions.organizer(site, member(site, "ada"), SOON)
    assert told is not None
    assert told.strangers == 1


def test_an_older_state_of_an_event_is_written_over(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    """A calendar restored from a backup: the event is the hold that it was before the yes."""
    site, organizer = company
    day = held(site)
    hold = draft_of(site, organizer, "desk")
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)
    organizer.remove(hold.key)
    organizer.write(hold, restore=True)

    site = look(site, SOON)

    assert differences(site, organizer) == []


def test_a_calendar_that_cannot_be_read_asks_nobody_anything(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    agreed(site)
    organizer.fail(Unreachable("The calendar does not answer."))
    later = at(site, SOON)

    reconcile.reconcile(later)

    assert {event.question for event in wanted(site).values()} == {None}
    told = event_questions.organizer(later, member(site, "ada"), SOON)
    assert told is not None
    assert told.problem == "The calendar does not answer."


def test_a_fault_in_a_connector_is_noted_and_not_tried_again_at_once(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    class Faulty(MemoryOrganizer):
        looked = 0

        def written(self, window: Interval) -> Iterator[WrittenEvent]:
            self.looked += 1
            raise ValueError("a mistake in this program")

    faulty = Faulty()
    site = with_organizer(company[0], faulty)

    settle(site)
    settle(site)

    told = event_questions.organizer(site, member(site, "ada"), NOW)
    assert told is not None
    assert (told.problem, faulty.looked) == ("A fault of ours (ValueError); see the log.", 1)


def test_what_was_just_written_is_not_missed_yet(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    agreed(site)
    organizer.remove(key(site, "lunch"))

    reconcile.reconcile(at(site, NOW + timedelta(seconds=5)))

    assert wanted(site)["lunch"].question is None


def test_only_the_senior_answers_and_only_what_is_asked(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    day = agreed(site)
    organizer.remove(key(site, "lunch"))
    site = look(site, SOON)
    event = shown(site, day, "lunch").id

    with pytest.raises(NotFound):
        event_questions.answer(site, event, "call_off", member(site, "marek"), SOON)
    with pytest.raises(NotFound):
        event_questions.answer(site, event, "call_off", member(site, "farid"), SOON)
    with pytest.raises(Refused):
        event_questions.answer(site, event, "keep_time", member(site, "priya"), SOON)
    with pytest.raises(NotFound):
        event_questions.answer(site, 999, "call_off", member(site, "priya"), SOON)
    answer(site, day, "lunch", "put_back")
    with pytest.raises(Refused, match="has been answered"):
        event_questions.answer(site, event, "call_off", member(site, "priya"), SOON)
    with site.store.reading() as connection:
        told = connection.execute(select(t.calendar_event).where(t.calendar_event.c.id == event)).one()
    assert (told.answer, told.answered_by) == ("put_back", member(site, "priya").person.id)
    assert kept.UNTOUCHED == ("removed", "moved")
