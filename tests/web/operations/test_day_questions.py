"""An agreed day when life changes: declines, calendars that move, and what people are asked then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update

from connectors.base import Reading, marked_within
from planner.domain import BusyInterval, BusyKind, Interval
from tests.web.company import a_company, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.organizers import a_company_with_an_organizer, differences, settle, wanted
from tests.web.pages.persons import WEDNESDAY, propose_a_day, state_of, version_of
from web import words
from web.errors import NotFound, Refused
from web.operations import absence, calendars, day_questions, proposals, seats
from web.operations.clashes import Clash, clashes
from web.records import DayQuestionRecord, SessionRecord
from web.site import Site
from web.store import day_questions as kept
from web.store import sessions
from web.store import tables as t

THURSDAY = date(2027, 3, 11)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    return site


def agreed(site: Site, fewest: int = 3) -> int:
    """Wednesday of Priya's, agreed: mentoring 9:30, lunch 12:00, co-working 13:00. The proposal's id."""
    limit_of(site, "priya", min_sessions_per_office_day=fewest)
    day = propose_a_day(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), site.now())
    settle(site)
    assert state_of(site, day) == "approved"
    return day


def limit_of(site: Site, name: str, **values: Any) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.person).where(t.person.c.email == f"{name}@example.org").values(values))


def give_up(site: Site, session_id: str, name: str) -> None:
    seats.give_up(site, session_id, member(site, name), site.now())


def asked(site: Site, name: str = "priya") -> tuple[DayQuestionRecord, ...]:
    return day_questions.open_to(site, member(site, name), site.now())


def answer(site: Site, choice: str, name: str = "priya", day: date | None = None) -> str:
    (question,) = asked(site, name)
    return day_questions.answer(site, question.id, choice, day, member(site, name), site.now())


def session(site: Site, session_id: str) -> SessionRecord | None:
    with site.store.reading() as connection:
        return sessions.one_agreed(connection, session_id)


def standing(site: Site, *ids: str) -> set[str]:
    return {each for each in ids or ("cohort", "lunch", "desk") if session(site, each) is not None}


def mails_after(site: Site, doing: Callable[[], object]) -> list[tuple[str, str]]:
    """What is owed because of something: the kind of mail and its recipient's name, in their order."""
    with site.store.reading() as connection:
        last = connection.execute(select(func.max(t.outbox.c.id))).scalar() or 0
    doing()
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.kind, t.person.c.name)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.id > last)
        )
        return sorted((row.name, row.kind) for row in rows)


def busy(site: Site, folder: Path, name: str, *times: tuple[datetime, datetime]) -> Site:
    """Somebody's calendar says this from now on, and has been read."""
    write_calendar(folder, name, times)
    later = at(site, site.now() + timedelta(minutes=10))
    calendars.sync(later, None, later.now())
    settle(later)
    return later


def on(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


LUNCH = on(WEDNESDAY, 12), on(WEDNESDAY, 13)
OVER_LUNCH = on(WEDNESDAY, 12, 30), on(WEDNESDAY, 13)


# --- worth it, still -----------------------------------------------------------------------------


def test_a_lunch_for_two_falls_with_its_junior_and_the_senior_is_asked_in_one_mail(site: Site) -> None:
    agreed(site)

    mails = mails_after(site, lambda: give_up(site, "lunch", "farid"))

    assert mails == [("Farid", "changes"), ("Priya", "day_question")]
    assert standing(site) == {"cohort", "desk"}
    (question,) = asked(site)
    assert (question.cause, question.worth, question.fewest) == ("below", 2, 3)
    assert question.choices == ("come", "move", "online", "call_off")
    assert [each.id for each in question.sessions] == ["cohort", "desk"]


def test_a_group_that_still_has_enough_goes_on_and_nobody_is_asked(site: Site) -> None:
    agreed(site)

    mails = mails_after(site, lambda: give_up(site, "cohort", "aisha"))

    assert mails == [("Aisha", "cancellation"), ("Priya", "invitation")]
    assert standing(site) == {"cohort", "lunch", "desk"}
    assert asked(site) == ()


def test_a_group_below_its_fewest_falls_and_everybody_left_is_told_once(site: Site) -> None:
    agreed(site)
    give_up(site, "cohort", "aisha")

    mails = mails_after(site, lambda: give_up(site, "cohort", "ben"))

    told = [(name, "changes") for name in ("Ben", "Chidi", "Dana")]
    assert mails == [*told, ("Priya", "day_question")]
    assert standing(site) == {"lunch", "desk"}


def test_a_session_that_others_may_book_stands_but_does_not_count(site: Site) -> None:
    agreed(site)

    give_up(site, "desk", "gita")

    assert standing(site) == {"cohort", "lunch", "desk"}
    assert [(each.worth, len(each.sessions)) for each in asked(site)] == [(2, 3)]


def test_a_booking_that_lifts_the_day_again_closes_the_question(site: Site) -> None:
    agreed(site)
    give_up(site, "desk", "gita")
    (question,) = asked(site)
    with site.store.writing() as connection:
        connection.execute(update(t.session).where(t.session.c.id == "desk").values(by_need_until=None))

    seats.book(site, "desk", member(site, "emil"), NOW)

    assert asked(site) == ()
    assert day_questions.settle(site, NOW) == 1
    with pytest.raises(Refused, match="changed meanwhile"):
        day_questions.answer(site, question.id, "call_off", None, member(site, "priya"), NOW)
    assert standing(site) == {"cohort", "lunch", "desk"}


def test_nobody_is_asked_while_the_day_is_worth_it_or_its_senior_is_in_anyway(site: Site) -> None:
    agreed(site, fewest=2)
    give_up(site, "lunch", "farid")
    assert asked(site) == ()

    limit_of(site, "priya", days_in_anyway=["wed"])
    give_up(site, "desk", "gita")
    give_up(site, "desk", "hal")

    assert standing(site) == {"cohort"}
    assert asked(site) == ()


def test_one_question_is_asked_for_a_day_however_much_falls(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")

    mails = mails_after(site, lambda: [give_up(site, "desk", who) for who in ("gita", "hal")])

    assert [kind for _, kind in mails].count("day_question") == 0
    (question,) = asked(site)
    assert question.worth == 1
    assert [each.id for each in question.sessions] == ["cohort"]


def test_who_comes_anyway_is_asked_again_only_when_more_falls(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")

    assert answer(site, "come") == "come"
    assert asked(site) == ()
    give_up(site, "cohort", "aisha")
    assert asked(site) == ()
    give_up(site, "cohort", "ben")

    assert [each.worth for each in asked(site)] == [1]


def test_what_is_left_goes_online_at_the_same_time_and_gives_its_rooms_back(site: Site) -> None:
    day = agreed(site)
    give_up(site, "cohort", "aisha")
    give_up(site, "cohort", "ben")
    before = session(site, "lunch")

    mails = mails_after(site, lambda: answer(site, "online"))

    after, desk = session(site, "lunch"), session(site, "desk")
    assert before and after and desk
    assert (after.start, after.juniors) == (before.start, before.juniors)
    assert (after.office, after.room) == (None, None)
    assert desk.room is None
    assert after.sequence > before.sequence
    assert [(name, kind) for name, kind in mails] == [
        (name, "changes") for name in ("Farid", "Gita", "Hal", "Priya")
    ]
    assert proposals.one(site, day, member(site, "priya")).office is None
    assert asked(site) == ()


def test_a_session_that_went_online_and_fell_is_due_in_the_office_again(site: Site) -> None:
    agreed(site)
    give_up(site, "cohort", "aisha")
    give_up(site, "cohort", "ben")
    answer(site, "online")

    give_up(site, "lunch", "farid")

    with site.store.reading() as connection:
        row = connection.execute(select(t.session).where(t.session.c.id == "lunch")).one()
    assert (row.state, row.office_id, row.office_before) == ("due", "london", None)


def test_what_is_left_moves_to_the_day_that_is_chosen_with_everybody_in_it(site: Site) -> None:
    day = agreed(site)
    give_up(site, "lunch", "farid")
    (question,) = asked(site)
    others = day_questions.other_days(site, question, NOW)
    before = session(site, "desk")

    mails = mails_after(site, lambda: answer(site, "move", day=others[0].day))

    after = session(site, "desk")
    assert before and after
    assert after.local_start.date() == others[0].day != WEDNESDAY
    assert after.juniors == before.juniors
    assert after.sequence > before.sequence
    assert {kind for _, kind in mails} == {"changes"}
    assert sorted({name for name, _ in mails}) == sorted(name for name, _ in mails)
    moved = proposals.one(site, day, member(site, "priya"))
    assert (moved.day, moved.state) == (others[0].day, "approved")


def test_a_day_that_became_busy_is_not_moved_to(site: Site, tmp_path: Path) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    later = busy(site, tmp_path, "priya", (on(THURSDAY, 7), on(THURSDAY, 20)))

    with pytest.raises(Refused, match="no longer works"):
        answer(later, "move", day=THURSDAY)

    assert len(asked(later)) == 1
    assert standing(later) == {"cohort", "desk"}


def test_calling_what_is_left_off_gives_everybody_their_turn_back(site: Site) -> None:
    day = agreed(site)
    give_up(site, "lunch", "farid")

    mails = mails_after(site, lambda: answer(site, "call_off"))

    assert standing(site) == set()
    assert state_of(site, day) == "cancelled"
    assert len(mails) == len({name for name, _ in mails}) == 7


def test_no_answer_leaves_the_day_as_it_is(site: Site) -> None:
    day = agreed(site)
    give_up(site, "lunch", "farid")
    (question,) = asked(site)
    assert question.expires_at == on(date(2027, 3, 9), 17)

    later = at(site, on(date(2027, 3, 9), 17, 1))

    assert asked(later) == ()
    assert day_questions.settle(later, later.now()) == 1
    assert day_questions.settle(later, later.now()) == 0
    with pytest.raises(Refused, match="time to answer is over"):
        day_questions.answer(later, question.id, "call_off", None, member(site, "priya"), later.now())
    assert standing(later) == {"cohort", "desk"}
    assert state_of(later, day) == "approved"


def test_a_decline_on_the_day_itself_is_asked_about_until_the_first_session(site: Site) -> None:
    agreed(site)
    morning = at(site, on(WEDNESDAY, 8))

    give_up(morning, "lunch", "farid")
    assert [each.expires_at for each in asked(morning)] == [on(WEDNESDAY, 9, 30)]

    there = at(site, on(WEDNESDAY, 10))
    give_up(there, "desk", "gita")
    give_up(there, "desk", "hal")
    assert asked(there) == ()


def test_somebody_elses_question_is_not_found(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    (question,) = asked(site)

    for name in ("marek", "farid", "ada"):
        with pytest.raises(NotFound):
            day_questions.one(site, question.id, member(site, name), NOW)
        with pytest.raises(NotFound):
            day_questions.answer(site, question.id, "call_off", None, member(site, name), NOW)
    with pytest.raises(NotFound):
        day_questions.answer(site, question.id, "give_up", None, member(site, "priya"), NOW)


# --- a calendar that moves -----------------------------------------------------------------------


def test_a_senior_whose_calendar_moved_is_asked_and_moves_the_session_as_suggested(
    site: Site, tmp_path: Path
) -> None:
    agreed(site, fewest=1)

    later = busy(site, tmp_path, "priya", OVER_LUNCH)

    (question,) = asked(later)
    assert (question.cause, [each.id for each in question.sessions]) == ("busy", ["lunch"])
    assert question.choices == ("come", "move", "give_up")
    assert question.suggested is not None
    assert question.suggested.local_start.date() == WEDNESDAY
    assert question.suggested.start in (on(WEDNESDAY, 11, 30),)

    mails = mails_after(later, lambda: answer(later, "move"))

    moved = session(later, "lunch")
    assert moved is not None
    assert moved.start == question.suggested.start
    assert mails == [("Farid", "changes"), ("Priya", "changes")]
    assert asked(later) == ()


def test_who_is_asked_of_a_session_online_reads_their_own_clock_and_in_an_office_its(
    site: Site, tmp_path: Path
) -> None:
    agreed(site, fewest=1)
    limit_of(site, "farid", timezone="Asia/Tokyo")
    later = busy(site, tmp_path, "farid", OVER_LUNCH)

    (question,) = asked(later, "farid")
    assert question.timezone == "Europe/London"
    assert "at 12:00 (London time)" in words.day_question_says(question)

    online = {t.session.c.office_id: None, t.session.c.room_id: None}
    with later.store.writing() as connection:
        connection.execute(update(t.session).where(t.session.c.id == "lunch").values(online))
    (question,) = asked(later, "farid")
    assert question.timezone == "Asia/Tokyo"
    assert "at 21:00," in words.day_question_says(question)


def test_the_same_clash_is_not_asked_about_again(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "priya", OVER_LUNCH)
    assert len(asked(later)) == 1
    later = busy(later, tmp_path, "priya", OVER_LUNCH)
    assert len(asked(later)) == 1

    assert answer(later, "come") == "come"

    later = busy(later, tmp_path, "priya", OVER_LUNCH)
    assert asked(later) == ()
    (tmp_path / "calendars" / "priya.ics").write_text("no calendar")
    later = at(later, later.now() + timedelta(minutes=10))
    calendars.sync(later, None, later.now())
    assert asked(busy(later, tmp_path, "priya", OVER_LUNCH)) == ()
    more = busy(later, tmp_path, "priya", (on(WEDNESDAY, 12, 15), on(WEDNESDAY, 13)))
    assert len(asked(more)) == 1


def test_a_calendar_that_cannot_be_read_changes_nothing(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "priya", OVER_LUNCH)
    (question,) = asked(later)
    (tmp_path / "calendars" / "priya.ics").write_text("no calendar")
    (tmp_path / "calendars" / "farid.ics").write_text("no calendar")

    later = at(later, later.now() + timedelta(minutes=10))
    calendars.sync(later, None, later.now())
    settle(later)

    assert [each.id for each in asked(later)] == [question.id]
    assert asked(later, "farid") == ()


def test_a_question_closes_by_itself_once_the_calendar_is_clear_again(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "priya", OVER_LUNCH)
    (question,) = asked(later)

    later = busy(later, tmp_path, "priya")

    assert asked(later) == ()
    with pytest.raises(Refused, match="changed meanwhile"):
        day_questions.answer(later, question.id, "give_up", None, member(later, "priya"), later.now())
    assert standing(later) == {"cohort", "lunch", "desk"}
    assert len(asked(busy(later, tmp_path, "priya", OVER_LUNCH))) == 1


def test_inside_the_freeze_nothing_is_asked(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    soon = at(site, on(date(2027, 3, 8), 12, 30))

    assert asked(busy(soon, tmp_path, "priya", OVER_LUNCH)) == ()


def test_a_question_that_stays_open_until_the_freeze_leaves_everything_as_it_is(
    site: Site, tmp_path: Path
) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "priya", OVER_LUNCH)
    (question,) = asked(later)
    assert question.expires_at == LUNCH[0] - timedelta(hours=48)

    frozen = at(later, question.expires_at)

    assert asked(frozen) == ()
    assert day_questions.settle(frozen, frozen.now()) == 1
    assert standing(frozen) == {"cohort", "lunch", "desk"}
    assert asked(busy(frozen, tmp_path, "priya", OVER_LUNCH)) == ()


def test_a_senior_who_gives_a_session_up_is_asked_about_the_day_it_leaves_thin(
    site: Site, tmp_path: Path
) -> None:
    agreed(site, fewest=3)
    later = busy(site, tmp_path, "priya", OVER_LUNCH)

    mails = mails_after(later, lambda: answer(later, "give_up"))

    assert mails == [("Farid", "changes"), ("Priya", "day_question")]
    assert [each.cause for each in asked(later)] == ["below"]


def test_a_junior_moves_a_lunch_only_if_the_senior_agrees(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "farid", OVER_LUNCH)
    (question,) = asked(later, "farid")
    assert question.suggested is not None
    assert asked(later) == ()

    assert answer(later, "move", "farid") == "ask"
    before = session(later, "lunch")
    assert before is not None
    assert before.start == LUNCH[0]
    (wish,) = asked(later)
    with site.store.reading() as connection:
        asked_of_senior = kept.one(connection, wish.id)
    assert asked_of_senior is not None
    assert set(asked_of_senior.facts) == {"start", "suggested", "wish_of"}
    assert (wish.cause, wish.wish_of and wish.wish_of.name, wish.choices) == (
        "agree",
        "Farid",
        ("move", "keep"),
    )

    assert answer(later, "move") == "move"
    after = session(later, "lunch")
    assert after is not None
    assert after.start == question.suggested.start


def test_a_junior_whose_wish_is_not_met_says_whether_to_come_as_agreed(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "farid", OVER_LUNCH)
    answer(later, "move", "farid")

    assert answer(later, "keep") == "keep"

    (question,) = asked(later, "farid")
    assert question.choices == ("come", "give_up")
    assert answer(later, "give_up", "farid") == "give_up"
    assert standing(later) == {"cohort", "desk"}


def test_a_junior_of_a_group_that_goes_on_may_come_or_give_the_seat_back(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "aisha", (on(WEDNESDAY, 10), on(WEDNESDAY, 11)))
    (question,) = asked(later, "aisha")
    assert question.choices == ("come", "give_up")
    assert question.proposal_id is None

    answer(later, "give_up", "aisha")

    group = session(later, "cohort")
    assert group is not None
    assert "Aisha" not in {each.name for each in group.juniors}
    assert len(group.juniors) == 3


def test_a_suggestion_that_is_taken_meanwhile_is_refused_and_another_one_looked_for(
    site: Site, tmp_path: Path
) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "priya", OVER_LUNCH)
    (first,) = asked(later)
    assert first.suggested is not None
    start = first.suggested.start
    write_calendar(tmp_path, "farid", [(start - timedelta(minutes=15), start + timedelta(minutes=15))])
    calendars.sync(later, None, later.now())

    with pytest.raises(Refused, match="taken meanwhile"):
        answer(later, "move")
    settle(later)

    again = session(later, "lunch")
    assert again is not None
    assert again.start == LUNCH[0]
    (second,) = [each for each in asked(later) if each.cause == "busy"]
    assert second.suggested is not None
    assert second.suggested.start != start


# --- "I can't come today" ------------------------------------------------------------------------


def test_a_senior_who_cannot_come_calls_off_or_goes_online_and_everybody_hears_once(site: Site) -> None:
    agreed(site)
    morning = at(site, on(WEDNESDAY, 7))

    mails = mails_after(
        morning,
        lambda: absence.senior_cannot_come(
            morning, 1, ["lunch", "desk"], member(site, "priya"), morning.now()
        ),
    )

    assert standing(morning) == {"lunch", "desk"}
    assert [name for name, _ in mails] == sorted({name for name, _ in mails})
    assert {kind for _, kind in mails} == {"changes"}
    assert {name for name, _ in mails} == {
        "Aisha", "Ben", "Chidi", "Dana", "Farid", "Gita", "Hal", "Priya",
    }  # fmt: skip
    lunch = session(morning, "lunch")
    assert lunch is not None
    assert lunch.office is None
    assert asked(morning) == ()


def test_cannot_come_closes_what_was_asked_about_the_day(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    assert len(asked(site)) == 1

    absence.senior_cannot_come(site, 1, [], member(site, "priya"), NOW)

    assert asked(site) == ()
    assert standing(site) == set()
    assert state_of(site, 1) == "cancelled"
    with pytest.raises(Refused, match="nothing left"):
        absence.senior_cannot_come(site, 1, [], member(site, "priya"), NOW)


def test_only_what_has_not_begun_is_called_off(site: Site) -> None:
    agreed(site)
    noon = at(site, on(WEDNESDAY, 12, 30))

    absence.senior_cannot_come(noon, 1, [], member(site, "priya"), noon.now())

    assert standing(noon) == {"cohort", "lunch"}


def test_a_junior_who_cannot_come_frees_the_seats_and_a_lunch_for_two_falls(site: Site) -> None:
    agreed(site)
    morning = at(site, on(WEDNESDAY, 7))

    mails = mails_after(
        morning, lambda: absence.junior_cannot_come(morning, WEDNESDAY, member(site, "farid"), morning.now())
    )

    assert mails == [("Farid", "changes"), ("Priya", "day_question")]
    assert standing(morning) == {"cohort", "desk"}


def test_nobody_cancels_for_somebody_else(site: Site) -> None:
    agreed(site)
    for name in ("marek", "farid", "ada"):
        with pytest.raises(NotFound):
            absence.senior_cannot_come(site, 1, [], member(site, name), NOW)
    with pytest.raises(NotFound):
        absence.junior_cannot_come(site, WEDNESDAY, member(site, "priya"), NOW)
    assert standing(site) == {"cohort", "lunch", "desk"}


# --- everything at once --------------------------------------------------------------------------


def together(*doing: Callable[[], object]) -> list[object]:
    """What each came to, done in threads that begin at one moment."""
    gate = threading.Barrier(len(doing))

    def begin(one: Callable[[], object]) -> object:
        gate.wait()
        try:
            return one()
        except Refused as why:
            return why

    with ThreadPoolExecutor(len(doing)) as threads:
        return list(threads.map(begin, doing))


def test_two_declines_at_once_ask_once(site: Site) -> None:
    agreed(site)

    mails = mails_after(
        site,
        lambda: together(
            lambda: give_up(site, "lunch", "farid"),
            lambda: give_up(site, "desk", "gita"),
            lambda: give_up(site, "desk", "hal"),
        ),
    )

    assert standing(site) == {"cohort"}
    assert [kind for _, kind in mails].count("day_question") == 1
    assert [each.worth for each in asked(site)] == [1]


def test_two_answers_at_once_count_once(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    (question,) = asked(site)
    priya = member(site, "priya")

    came_to = together(
        *[
            lambda choice=choice: day_questions.answer(site, question.id, choice, None, priya, NOW)
            for choice in ("online", "call_off", "online", "call_off")
        ]
    )

    assert sum(isinstance(each, str) for each in came_to) == 1
    assert sum(isinstance(each, Refused) for each in came_to) == 3


def test_two_workers_with_the_same_news_ask_once(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = at(site, NOW + timedelta(minutes=10))
    write_calendar(tmp_path, "priya", [OVER_LUNCH])
    calendars.sync(later, None, later.now())
    with site.store.reading() as connection:
        args = connection.execute(select(t.job.c.args).where(t.job.c.kind == "clashes")).scalar_one()

    came_to = together(*[lambda: day_questions.take_up(later, **args) for _ in range(3)])

    assert came_to == [None] * 3
    assert len(asked(later)) == 1


def statements(site: Site, doing: Callable[[], object]) -> int:
    """How many statements of SQL something takes."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(site.store.engine, "before_cursor_execute", note)
    try:
        doing()
    finally:
        event.remove(site.store.engine, "before_cursor_execute", note)
    return len(seen)


def test_looking_whether_questions_still_are_any_takes_no_more_for_many(site: Site, tmp_path: Path) -> None:
    agreed(site, fewest=1)
    later = busy(site, tmp_path, "priya", OVER_LUNCH)
    before = statements(later, lambda: day_questions.settle(later, later.now()))
    (question,) = asked(later)
    with site.store.writing() as connection:
        (row,) = connection.execute(select(t.day_question)).mappings()
        for _ in range(40):
            again = {key: value for key, value in row.items() if key != "id"}
            connection.execute(insert(t.day_question).values(again))

    assert statements(later, lambda: day_questions.settle(later, later.now())) == before
    assert question.id in {each.id for each in asked(later)}


# --- in the organizer's calendar -----------------------------------------------------------------


def test_the_organizers_events_follow_what_is_answered(tmp_path: Path) -> None:
    site, organizer = a_company_with_an_organizer(tmp_path)
    calendars.sync(site, None, NOW)
    agreed(site)
    assert differences(site, organizer) == []

    give_up(site, "lunch", "farid")
    settle(site)
    assert set(wanted(site)) == {"cohort", "desk"}
    answer(site, "online")
    settle(site)

    assert differences(site, organizer) == []
    assert {each.wanted.start for each in wanted(site).values() if each.wanted} == {
        on(WEDNESDAY, 9, 30),
        on(WEDNESDAY, 13),
    }


# --- what is a clash -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "before", "found"),
    [
        ([(12.5, 14)], [], [(12.5, 14)]),
        ([(12.5, 14)], [(12.5, 14)], []),
        ([(12.5, 14)], [(12.5, 13)], []),
        ([(9, 12), (13, 17)], [], [(9, 12), (13, 17)]),
        ([(9, 12), (13, 17)], [(9, 12)], []),
        ([(9, 12)], [], []),
        ([(9, 11), (14, 15)], [], []),
    ],
    ids=[
        "something lies over it",
        "it was there before",
        "only what is beside it is new",
        "something goes right through our time, which is cut out",
        "something begins right after it",
        "something ends right before it",
        "something stands further away",
    ],
)
def test_a_clash_is_new_and_at_our_time(
    said: list[tuple[float, float]], before: list[tuple[float, float]], found: list[tuple[float, float]]
) -> None:
    def times(some: list[tuple[float, float]]) -> list[Interval]:
        noon = on(WEDNESDAY, 0)
        return [Interval(noon + timedelta(hours=a), noon + timedelta(hours=b)) for a, b in some]

    window = Interval(on(WEDNESDAY, 0), on(THURSDAY, 0))
    marked = [BusyInterval(each.start, each.end) for each in times(said)]
    reading = Reading("ana", marked_within(marked, window), (), window.start)
    engaged = [kept.Engagement("lunch", 1, Interval(*LUNCH), True)]
    was = {kept.BARS: times(before), kept.BARS_IN_OFFICE: times(before)}

    expected = [Clash(1, "lunch", tuple(times(found)))] if found else []
    assert list(clashes(engaged, reading, was)) == expected


@pytest.mark.parametrize(
    ("kind", "in_office", "bars"),
    [
        (BusyKind.AWAY, False, True),
        (BusyKind.ELSEWHERE, True, True),
        (BusyKind.ELSEWHERE, False, False),
        (BusyKind.TENTATIVE, True, False),
    ],
)
def test_what_bars_a_session_depends_on_where_it_is(kind: BusyKind, in_office: bool, bars: bool) -> None:
    window = Interval(on(WEDNESDAY, 0), on(THURSDAY, 0))
    reading = Reading("ana", (BusyInterval(*OVER_LUNCH, kind),), (), window.start)
    engaged = [kept.Engagement("lunch", 1, Interval(*LUNCH), in_office)]

    assert bool(list(clashes(engaged, reading, {kept.BARS: [], kept.BARS_IN_OFFICE: []}))) is bars
