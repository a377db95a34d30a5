"""Was it held, and who came: said by those concerned, and put right by any of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from tests.web.company import a_company, agree_coworking, member
from tests.web.made_up import NOW
from web.errors import NotFound, Refused
from web.operations import attendance, seats
from web.records import PastSessionRecord
from web.site import Site
from web.store import attendance as kept
from web.store import tables as t
from web.store.attendance import Attendance, Outcome

START = NOW + timedelta(days=5)
AFTER = START + timedelta(hours=3)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def session(site: Site) -> str:
    """Co-working of Priya's, with Gita and Hal in it and Ben in line."""
    session = agree_coworking(site, 2, START)
    seats.book(site, session, member(site, "gita"), NOW)
    seats.book(site, session, member(site, "hal"), NOW)
    seats.wait(site, session, member(site, "ben"), NOW)
    return session


def seen_by_priya(site: Site) -> PastSessionRecord:
    (past,) = attendance.past_days(site, member(site, "priya"), AFTER)
    return past


def what_is_said(site: Site) -> tuple[str | None, dict[str, str | None]]:
    """The outcome, and each junior's attendance."""
    past = seen_by_priya(site)
    return (
        past.outcome.what if past.outcome else None,
        {seat.junior.name: seat.said.what if seat.said else None for seat in past.seats},
    )


def reached(site: Site) -> set[str]:
    """Who counts as having had a session that was held."""
    with site.store.reading() as connection:
        query = (
            select(t.person.c.name)
            .join(t.seat, t.seat.c.person_id == t.person.c.id)
            .join(t.session, t.session.c.id == t.seat.c.session_id)
            .where(kept.was_held())
        )
        return set(connection.execute(query).scalars())


def noted(site: Site) -> list[tuple[str, int]]:
    """The audit log: what was done to sessions, and whether it corrected what was said before."""
    with site.store.reading() as connection:
        rows = connection.execute(select(t.audit_entry).order_by(t.audit_entry.c.id))
        return [
            (row.action, row.details["corrected"])
            for row in rows
            if row.object.startswith("session:open") and "corrected" in row.details
        ]


def test_what_the_senior_says_of_a_session_counts_for_everybody_in_it(site: Site, session: str) -> None:
    attendance.say_outcome(site, session, True, member(site, "priya"), AFTER)

    assert what_is_said(site) == ("held", {"Gita": None, "Hal": None})
    assert reached(site) == {"Gita", "Hal"}


def test_whoever_waited_in_line_was_not_there(site: Site, session: str) -> None:
    attendance.say_outcome(site, session, True, member(site, "priya"), AFTER)

    with pytest.raises(NotFound):
        attendance.say_attendance(
            site, session, member(site, "ben").person.id, True, member(site, "ben"), AFTER
        )


def test_a_session_of_which_nobody_has_said_anything_is_not_held(site: Site, session: str) -> None:
    assert what_is_said(site) == (None, {"Gita": None, "Hal": None})
    assert reached(site) == set()


def test_a_junior_who_says_they_were_there_says_it_was_held(site: Site, session: str) -> None:
    gita = member(site, "gita")

    attendance.say_attendance(site, session, gita.person.id, True, gita, AFTER)

    assert what_is_said(site) == ("held", {"Gita": "came", "Hal": None})
    past = seen_by_priya(site)
    assert past.outcome is not None
    assert (past.outcome.by.name, past.outcome.at) == ("Gita", AFTER)


def test_a_junior_who_was_not_there_is_not_reached_by_what_was_held(site: Site, session: str) -> None:
    hal = member(site, "hal")

    attendance.say_attendance(site, session, hal.person.id, False, hal, AFTER)
    attendance.say_outcome(site, session, True, member(site, "priya"), AFTER)

    assert reached(site) == {"Gita"}


def test_nobody_is_reached_by_a_session_that_did_not_happen(site: Site, session: str) -> None:
    gita = member(site, "gita")
    attendance.say_attendance(site, session, gita.person.id, True, gita, AFTER)

    attendance.say_outcome(site, session, False, member(site, "priya"), AFTER)

    assert reached(site) == set()


def test_the_latest_word_counts_whoever_of_those_concerned_says_it(site: Site, session: str) -> None:
    gita = member(site, "gita")
    attendance.say_outcome(site, session, False, member(site, "priya"), AFTER)

    attendance.say_attendance(site, session, gita.person.id, True, gita, AFTER + timedelta(hours=1))

    assert what_is_said(site) == ("held", {"Gita": "came", "Hal": None})
    assert reached(site) == {"Gita", "Hal"}


def test_a_correction_is_recorded_as_one(site: Site, session: str) -> None:
    attendance.say_outcome(site, session, True, member(site, "priya"), AFTER)
    attendance.say_outcome(site, session, True, member(site, "gita"), AFTER)
    attendance.say_outcome(site, session, False, member(site, "hal"), AFTER)

    assert noted(site) == [("session.held", 0), ("session.held", 0), ("session.fell_through", 1)]


def test_an_undo_leaves_things_as_they_were(site: Site, session: str) -> None:
    gita = member(site, "gita")
    attendance.say_outcome(site, session, False, member(site, "priya"), AFTER)
    before = attendance.say_attendance(site, session, gita.person.id, True, gita, AFTER)

    attendance.put_back(site, session, before.outcome, {gita.person.id: None}, gita, AFTER)

    assert before.outcome is Outcome.FELL_THROUGH
    assert what_is_said(site) == ("fell_through", {"Gita": None, "Hal": None})


def test_an_undo_is_no_way_to_speak_for_others(site: Site, session: str) -> None:
    hal = member(site, "hal").person.id

    with pytest.raises(NotFound):
        attendance.put_back(
            site, session, Outcome.HELD, {hal: Attendance.MISSED}, member(site, "gita"), AFTER
        )
    assert what_is_said(site) == (None, {"Gita": None, "Hal": None})


def test_a_junior_speaks_for_nobody_else(site: Site, session: str) -> None:
    hal = member(site, "hal").person.id

    with pytest.raises(NotFound):
        attendance.say_attendance(site, session, hal, False, member(site, "gita"), AFTER)


def test_the_senior_speaks_for_everybody_in_it(site: Site, session: str) -> None:
    hal = member(site, "hal").person.id

    attendance.say_attendance(site, session, hal, False, member(site, "priya"), AFTER)

    assert what_is_said(site) == (None, {"Gita": None, "Hal": "missed"})


@pytest.mark.parametrize("name", ["marek", "ben", "aisha"])
def test_who_was_not_to_be_in_it_says_nothing_of_it(site: Site, session: str, name: str) -> None:
    with pytest.raises(NotFound):
        attendance.say_outcome(site, session, False, member(site, name), AFTER)


def test_an_admin_of_its_programme_may_put_it_right_and_one_of_another_may_not(
    site: Site, session: str
) -> None:
    ada = member(site, "ada")

    attendance.say_outcome(site, session, True, ada, AFTER)
    with pytest.raises(NotFound):
        attendance.say_outcome(site, session, False, replace(ada, programme_id=99), AFTER)

    assert what_is_said(site)[0] == "held"


def test_nothing_is_said_before_it_has_begun(site: Site, session: str) -> None:
    with pytest.raises(Refused, match="not begun"):
        attendance.say_outcome(site, session, True, member(site, "priya"), NOW)


def test_what_an_assistant_says_is_put_down_to_them_for_their_senior(site: Site, session: str) -> None:
    priya, marek = member(site, "priya"), member(site, "marek")
    with site.store.writing() as connection:
        connection.execute(
            insert(t.assistant).values(senior_id=priya.person.id, assistant_id=marek.person.id, since=NOW)
        )

    attendance.say_outcome(site, session, True, replace(priya, behind=marek.person), AFTER)

    said = seen_by_priya(site).outcome
    assert said is not None and said.for_senior is not None
    assert (said.by.name, said.for_senior.name) == ("Marek", "Priya")


def test_a_junior_sees_the_outcome_and_of_the_seats_only_their_own(site: Site, session: str) -> None:
    hal = member(site, "hal")
    attendance.say_attendance(site, session, hal.person.id, False, member(site, "priya"), AFTER)
    attendance.say_outcome(site, session, True, member(site, "priya"), AFTER)

    (past,) = attendance.past_sessions(site, member(site, "gita"), AFTER)

    assert past.outcome is not None and past.outcome.what == "held"
    assert [seat.junior.name for seat in past.seats] == ["Gita"]
    assert attendance.past_sessions(site, member(site, "aisha"), AFTER) == ()


def test_a_whole_day_is_said_at_once_and_taken_back_at_once(site: Site, session: str) -> None:
    priya = member(site, "priya")

    attendance.say_all_held(site, [session], priya, AFTER)
    assert what_is_said(site)[0] == "held"
    attendance.take_all_back(site, [session], priya, AFTER)
    assert what_is_said(site)[0] is None


def test_nobody_says_of_somebody_elses_whole_day(site: Site, session: str) -> None:
    for who, ids in (("gita", [session]), ("marek", [session]), ("priya", [session, "lunch"])):
        with pytest.raises(NotFound):
            attendance.say_all_held(site, ids, member(site, who), AFTER)
    assert what_is_said(site)[0] is None
