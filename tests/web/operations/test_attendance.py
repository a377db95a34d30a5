"""Was it held, and who came: said by those concerned, and put right by any of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from planner.domain import SessionKind
from tests.web.company import a_company, agree_coworking, member
from tests.web.history import History
from tests.web.made_up import NOW
from web.errors import NotFound, Refused
from web.operations import attendance, evaluation, seats
from web.records import PastSessionRecord
from web.site import Site
from web.store import attendance as kept
from web.store import tables as t
from web.store.attendance import Outcome, Word

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


def test_what_the_senior_says_for_all_of_it_decides_until_a_junior_puts_it_right(
    site: Site, session: str
) -> None:
    gita = member(site, "gita")
    attendance.say_outcome(site, session, False, member(site, "priya"), AFTER)

    attendance.say_attendance(site, session, gita.person.id, True, gita, AFTER + timedelta(hours=1))
    assert what_is_said(site) == ("fell_through", {"Gita": "came", "Hal": None})

    attendance.say_outcome(site, session, True, gita, AFTER + timedelta(hours=2))
    assert what_is_said(site) == ("held", {"Gita": "came", "Hal": None})
    assert reached(site) == {"Gita", "Hal"}


def test_a_correction_is_recorded_as_one(site: Site, session: str) -> None:
    attendance.say_outcome(site, session, True, member(site, "priya"), AFTER)
    attendance.say_outcome(site, session, True, member(site, "gita"), AFTER)
    attendance.say_outcome(site, session, False, member(site, "hal"), AFTER)

    attendance.say_outcome(site, session, False, member(site, "priya"), AFTER)

    assert noted(site) == [
        ("session.held", 0),
        ("attendance.came", 0),
        ("attendance.fell_through", 0),
        ("session.fell_through", 1),
    ]


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
        attendance.put_back(site, session, Outcome.HELD, {hal: Word.MISSED}, member(site, "gita"), AFTER)
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


# --- everybody's last word, in any order ---------------------------------------------------------


def say(site: Site, session: str, name: str, said: str | None, now: datetime) -> None:
    """As the taps of a mail do; a number is how useful it was, and None takes it back."""
    by = member(site, name)
    if said is None:
        words = {} if name == "priya" else {by.person.id: None}
        attendance.put_back(site, session, None, words, by, now)
    elif said == "absent":
        evaluation.say_absent(site, session, by, now)
    else:
        evaluation.say(site, session, None if said == "no" else int(said), by, now)


@pytest.fixture
def mentoring(site: Site) -> str:
    """Priya's group session with three."""
    return History(site).session(START, JUNIORS, None)


JUNIORS = ("aisha", "ben", "chidi")


def came_to(site: Site, session: str) -> tuple[str | None, set[str]]:
    """What stands, and who has had it."""
    (past,) = attendance.past_days(site, member(site, "priya"), AFTER + timedelta(days=1))
    assert past.session.id == session
    return (past.outcome.what if past.outcome else None, reached(site))


@pytest.mark.parametrize(
    ("said", "stands", "had_it"),
    [
        ({"aisha": "no"}, "fell_through", set()),
        ({"aisha": "no", "ben": "no"}, "fell_through", set()),
        ({"aisha": "no", "ben": "4"}, "held", {"Ben", "Chidi"}),
        ({"aisha": "no", "ben": "no", "chidi": "4"}, "held", {"Chidi"}),
        ({"aisha": "no", "priya": "5"}, "held", {"Ben", "Chidi"}),
        ({"aisha": "4", "ben": "5", "priya": "no"}, "fell_through", set()),
        ({"aisha": "absent"}, None, set()),
        ({"aisha": "absent", "ben": "no"}, "fell_through", set()),
        ({"aisha": "absent", "ben": "4"}, "held", {"Ben", "Chidi"}),
        ({"aisha": "absent", "ben": "absent", "chidi": "absent", "priya": "3"}, "held", set()),
    ],
)
def test_a_junior_speaks_for_themself_and_the_senior_for_all_of_it(
    site: Site, mentoring: str, said: dict[str, str], stands: str | None, had_it: set[str]
) -> None:
    for orders in (said, dict(reversed(said.items()))):
        for minute, (name, answer) in enumerate(orders.items()):
            say(site, mentoring, name, answer, AFTER + timedelta(minutes=minute))
        assert came_to(site, mentoring) == (stands, had_it)


@pytest.mark.parametrize(
    ("said", "stands", "had_it"),
    [
        ({"aisha": "no"}, "fell_through", set()),
        ({"aisha": "absent"}, "fell_through", set()),
        ({"aisha": "4", "priya": "no"}, "fell_through", set()),
        ({"aisha": "no", "priya": "4"}, "held", set()),
        ({"aisha": "4", "priya": "4"}, "held", {"Aisha"}),
    ],
)
def test_in_a_session_of_two_it_did_not_happen_without_the_junior(
    site: Site, said: dict[str, str], stands: str | None, had_it: set[str]
) -> None:
    session = History(site).session(START, ["aisha"], None, kind=SessionKind.INDIVIDUAL_LUNCH)

    for orders in (said, dict(reversed(said.items()))):
        for minute, (name, answer) in enumerate(orders.items()):
            say(site, session, name, answer, AFTER + timedelta(minutes=minute))
        assert came_to(site, session) == (stands, had_it)


@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(["priya", *JUNIORS]), st.sampled_from(["1", "5", "no", "absent", "held", None])
        ).filter(lambda one: one != ("priya", "absent")),
        max_size=10,
    ),
    order=st.randoms(use_true_random=False),
)
@example(said=[("aisha", "no"), ("aisha", "1")], order=Random(1))
@example(said=[("priya", "no"), ("aisha", "5"), ("priya", None), ("ben", "no")], order=Random(1))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_stands_depends_on_everybodys_last_word_and_not_on_the_order(
    site: Site, said: list[tuple[str, str | None]], order: Random
) -> None:
    """`held` is said on a past page. A junior's puts right what was said for all of it, so it is left out
    where the senior says that it did not happen."""
    senior_says_no = any(one == ("priya", "no") for one in said)
    said = [one for one in said if not (senior_says_no and one[0] != "priya" and one[1] == "held")]
    last = [*dict(said).items()]
    order.shuffle(last)
    stands = []
    for some in (said, last):
        session = History(site).session(START, JUNIORS, None)
        for minute, (name, answer) in enumerate(some):
            now = AFTER + timedelta(minutes=minute)
            if answer == "held":
                attendance.say_outcome(site, session, True, member(site, name), now)
            else:
                say(site, session, name, answer, now)
        with site.store.reading() as connection:
            (found,) = kept.begun(connection, [session], AFTER + timedelta(days=1))
        stands.append((found.outcome, found.attendance))

    assert stands[0] == stands[1]


def test_what_a_senior_says_again_stands_whatever_was_put_right(site: Site, mentoring: str) -> None:
    priya, aisha = member(site, "priya"), member(site, "aisha")
    say(site, mentoring, "priya", "no", AFTER)
    attendance.say_outcome(site, mentoring, True, aisha, AFTER + timedelta(minutes=1))
    assert came_to(site, mentoring) == ("held", {"Aisha", "Ben", "Chidi"})

    attendance.say_outcome(site, mentoring, False, priya, AFTER + timedelta(minutes=2))

    assert came_to(site, mentoring) == ("fell_through", set())


def test_what_stood_by_a_junior_alone_stands_no_more_once_they_say_otherwise(
    site: Site, mentoring: str
) -> None:
    say(site, mentoring, "aisha", "4", AFTER)
    assert came_to(site, mentoring)[0] == "held"

    say(site, mentoring, "aisha", "absent", AFTER + timedelta(minutes=1))

    assert came_to(site, mentoring) == (None, set())


def test_who_comes_by_the_seniors_word_came_to_what_was_held(site: Site, mentoring: str) -> None:
    ben, priya = member(site, "ben"), member(site, "priya")
    say(site, mentoring, "ben", "no", AFTER)

    attendance.say_attendance(site, mentoring, ben.person.id, True, priya, AFTER + timedelta(minutes=1))

    assert came_to(site, mentoring) == ("held", {"Aisha", "Ben", "Chidi"})
