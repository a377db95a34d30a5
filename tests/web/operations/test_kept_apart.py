"""Two who are kept apart: what was ahead of them, and every way into one room that is shut since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from planner.errors import IllegalMove
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, agree_coworking, member
from tests.web.made_up import NOW
from tests.web.operations.test_day_questions import agreed, mails_after, session, standing, statements
from tests.web.organizers import settle
from tests.web.pages.persons import draft_a_day, propose_a_day, state_of, version_of
from web.operations import calendars, membership, proposals, requests, runs, seats
from web.operations.departures import Departed
from web.records import SeatRecord
from web.site import Site
from web.store import never_pairs
from web.store import seats as kept
from web.store import tables as t
from web.store.planning import Wanted, load_problem

SOON = NOW + timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    return site


def part(site: Site, one: str, other: str) -> Departed:
    """Keep two apart on the page of one of them."""
    ada = member(site, "ada")
    return membership.keep_apart(site, member(site, one).person.id, f"{other}@example.org", ada, NOW)


def by_request(site: Site) -> None:
    """Farid would rather not meet Priya again, and the admin sees to it."""
    requests.ask(site, "senior", member(site, "priya").person.id, "", member(site, "farid"), NOW)
    (asked,) = requests.waiting(site, member(site, "ada"))
    requests.answer(site, asked.id, "Done.", member(site, "ada"), NOW, keep_apart=True)


def by_page(site: Site) -> None:
    part(site, "farid", "priya")


def by_the_other_s_page(site: Site) -> None:
    part(site, "priya", "farid")


WAYS = pytest.mark.parametrize("way", [by_request, by_page, by_the_other_s_page])


def approve(site: Site, proposal_id: int) -> None:
    proposals.approve(site, proposal_id, version_of(site, proposal_id), member(site, "priya"), (), NOW)
    settle(site)


def only_noted(site: Site, one: str, other: str) -> None:
    """The pair as a row alone: what was planned, or offered, knows nothing of it yet."""
    with site.store.writing() as connection:
        never_pairs.add(connection, member(site, one).person.id, member(site, other).person.id)


def seat(site: Site, session_id: str, name: str) -> SeatRecord:
    return seats.one(site, session_id, member(site, name), NOW)


def state(site: Site, session_id: str, name: str) -> str | None:
    with site.store.reading() as connection:
        return kept.state_of(connection, session_id, member(site, name).person.id)


# --- what was ahead ------------------------------------------------------------------------------


@WAYS
def test_a_day_that_waits_goes_on_without_the_two(site: Site, way: Callable[[Site], None]) -> None:
    day = propose_a_day(site)

    way(site)
    approve(site, day)

    assert state_of(site, day) == "approved"
    assert standing(site) == {"cohort", "desk"}


@WAYS
def test_a_draft_is_released_without_the_two(site: Site, way: Callable[[Site], None]) -> None:
    run = draft_a_day(site)

    way(site)
    runs.release(site, run, member(site, "ada"), NOW)

    (day,) = proposals.of_senior(site, member(site, "priya"), NOW)
    assert [each.id for each in day.sessions] == ["cohort", "desk"]


@WAYS
def test_a_lunch_for_two_that_is_agreed_is_called_off_and_no_mail_says_why(
    site: Site, way: Callable[[Site], None]
) -> None:
    agreed(site, fewest=1)

    mails = mails_after(site, lambda: way(site))

    assert standing(site) == {"cohort", "desk"}
    assert [mail for mail in mails if mail[1] == "departure"] == [
        ("Farid", "departure"),
        ("Priya", "departure"),
    ]
    with site.store.reading() as connection:
        letters = select(t.outbox.c.payload).where(t.outbox.c.kind == "departure")
        for letter in connection.execute(letters).scalars():
            assert letter["from_day"] is letter["until"] is None
            assert [each["id"] for each in letter["cancelled"]] == ["lunch"]


def test_a_group_goes_on_without_the_junior_whose_turn_comes_again(site: Site) -> None:
    agreed(site, fewest=1)

    done = part(site, "aisha", "priya")

    stays = session(site, "cohort")
    assert stays and [one.name for one in stays.juniors] == ["Ben", "Chidi", "Dana"]
    assert done == Departed(cancelled=0, thinned=1, withdrawn=0, shortened=0, told=2)
    assert state(site, "cohort", "aisha") == "declined"  # an invitation that came to nothing


def test_of_two_juniors_the_one_whose_turn_is_less_due_leaves(site: Site) -> None:
    agreed(site, fewest=1)
    with site.store.writing() as connection:
        part_of = t.participation
        more = update(part_of).where(part_of.c.person_id == member(site, "ben").person.id)
        connection.execute(more.values(need=9))

    part(site, "ben", "aisha")

    stays = session(site, "cohort")
    assert stays and [one.name for one in stays.juniors] == ["Ben", "Chidi", "Dana"]


def test_a_day_that_waits_goes_on_with_one_of_two_juniors(site: Site) -> None:
    day = propose_a_day(site)

    done = part(site, "dana", "chidi")

    (proposed,) = proposals.of_senior(site, member(site, "priya"), NOW)
    assert proposed.id == day
    assert [one.name for one in proposed.sessions[0].juniors] == ["Aisha", "Ben", "Chidi"]
    assert done.told == 0  # no session is lost to anybody who knows of it


def test_places_in_line_and_offers_end(site: Site) -> None:
    open_seat = agree_coworking(site, 1)
    seats.book(site, open_seat, member(site, "hal"), NOW)
    seats.wait(site, open_seat, member(site, "gita"), NOW)
    seats.wait(site, open_seat, member(site, "emil"), SOON)
    seats.give_up(site, open_seat, member(site, "hal"), NOW)
    assert seat(site, open_seat, "gita").state == "offered"

    part(site, "gita", "priya")

    assert seats.coming(site, member(site, "gita"), NOW) == ()
    assert seat(site, open_seat, "emil").state == "offered"
    with pytest.raises(IllegalMove, match="no longer kept for you"):
        seats.claim(site, open_seat, member(site, "gita"), NOW)


def test_a_seat_offered_beside_the_other_junior_goes_to_the_next(site: Site) -> None:
    open_seat = agree_coworking(site, 2)
    for name in ("hal", "ben"):
        seats.book(site, open_seat, member(site, name), NOW)
    seats.wait(site, open_seat, member(site, "gita"), NOW)
    seats.wait(site, open_seat, member(site, "emil"), SOON)
    seats.give_up(site, open_seat, member(site, "ben"), NOW)
    assert seat(site, open_seat, "gita").state == "offered"

    part(site, "gita", "hal")

    assert (seat(site, open_seat, "hal").state, seat(site, open_seat, "emil").state) == ("booked", "offered")
    assert state(site, open_seat, "gita") == "cancelled"


def test_nobody_leaves_a_line_for_somebody_who_only_waits_too(site: Site) -> None:
    open_seat = agree_coworking(site, 1)
    seats.book(site, open_seat, member(site, "hal"), NOW)
    for name in ("gita", "emil"):
        seats.wait(site, open_seat, member(site, name), NOW)

    part(site, "gita", "emil")
    part(site, "gita", "hal")

    assert [state(site, open_seat, name) for name in ("hal", "gita", "emil")] == [
        "booked",
        "waiting",
        "waiting",
    ]


def test_keeping_apart_who_share_nothing_changes_and_tells_nothing(site: Site) -> None:
    agreed(site, fewest=1)

    mails = mails_after(site, lambda: part(site, "farid", "marek"))

    assert (mails, standing(site)) == ([], {"cohort", "lunch", "desk"})


# --- defence in depth ----------------------------------------------------------------------------


def test_a_day_that_was_proposed_before_and_brings_the_two_together_is_not_agreed(site: Site) -> None:
    day = propose_a_day(site)
    only_noted(site, "farid", "priya")

    approve(site, day)

    assert session(site, "lunch") is None
    (proposed,) = proposals.of_senior(site, member(site, "priya"), NOW)
    assert "lunch" not in [each.id for each in proposed.sessions]
    assert "no longer fits" in (proposed.refusal or "") and "Farid" not in (proposed.refusal or "")


def test_a_draft_that_brings_the_two_together_is_released_without_it(site: Site) -> None:
    run = draft_a_day(site)
    only_noted(site, "farid", "priya")

    runs.release(site, run, member(site, "ada"), NOW)

    (day,) = proposals.of_senior(site, member(site, "priya"), NOW)
    assert [each.id for each in day.sessions] == ["cohort", "desk"]


def test_no_plan_has_two_juniors_of_a_sheet_in_one_session(site: Site) -> None:
    only_noted(site, "gita", "hal")
    only_noted(site, "farid", "priya")

    with site.store.reading() as connection:
        programme = member(site, "ada").programme_id
        problem = load_problem(connection, Wanted(programme, FIRST_DAY, LAST_DAY))

    candidates = {one.id: one.juniors for one in problem.sessions}
    gita, hal, farid = (str(member(site, name).person.id) for name in ("gita", "hal", "farid"))
    assert gita in candidates["desk"] and hal not in candidates["desk"]
    assert farid not in candidates.get("lunch", ())


# --- seats for booking ---------------------------------------------------------------------------


def test_a_session_the_other_junior_sits_in_looks_full_and_is(site: Site) -> None:
    open_seat = agree_coworking(site, 4)
    part(site, "gita", "hal")
    seats.book(site, open_seat, member(site, "hal"), NOW)

    (shown,) = seats.open_sessions(site, member(site, "gita"), NOW)
    assert (shown.state, shown.taken, shown.seats) == ("full", 4, 4)
    with pytest.raises(IllegalMove, match="The last seat has just gone"):
        seats.book(site, open_seat, member(site, "gita"), NOW)
    assert seats.wait(site, open_seat, member(site, "gita"), NOW) == "waiting"
    seats.settle_due(site, SOON)
    assert seat(site, open_seat, "gita").state == "waiting"
    assert seat(site, open_seat, "gita").taken == 4  # to everybody else three seats are free
    assert seat(site, open_seat, "ben").taken == 1


def test_the_line_passes_over_them_until_the_other_has_left(site: Site) -> None:
    open_seat = agree_coworking(site, 2)
    part(site, "gita", "hal")
    for name in ("hal", "ben"):
        seats.book(site, open_seat, member(site, name), NOW)
    seats.wait(site, open_seat, member(site, "gita"), NOW)
    seats.wait(site, open_seat, member(site, "emil"), SOON)

    seats.give_up(site, open_seat, member(site, "ben"), SOON)
    assert [state(site, open_seat, name) for name in ("gita", "emil")] == ["waiting", "offered"]

    seats.give_up(site, open_seat, member(site, "hal"), SOON)
    assert state(site, open_seat, "gita") == "offered"


def test_of_two_in_line_for_two_seats_one_is_offered_one(site: Site) -> None:
    open_seat = agree_coworking(site, 2)
    part(site, "gita", "hal")
    with site.store.writing() as connection:
        kept.begin_by_need(connection, [open_seat], NOW)
    for name in ("gita", "hal", "ben"):
        seats.wait(site, open_seat, member(site, name), NOW)

    seats.settle_due(site, NOW + timedelta(days=1))

    states = sorted(str(state(site, open_seat, name)) for name in ("gita", "hal"))
    assert (states, state(site, open_seat, "ben")) == (["booked", "waiting"], "booked")


def test_so_near_the_start_nobody_is_told_of_a_seat_they_cannot_have(site: Site) -> None:
    open_seat = agree_coworking(site, 2, NOW + timedelta(hours=3))
    part(site, "gita", "hal")
    for name in ("hal", "ben"):
        seats.book(site, open_seat, member(site, name), NOW)
    for name in ("gita", "emil"):
        seats.wait(site, open_seat, member(site, name), NOW)
    late = NOW + timedelta(hours=2)

    mails = mails_after(site, lambda: seats.give_up(site, open_seat, member(site, "ben"), late))

    assert ("Emil", "line") in mails and ("Gita", "line") not in mails


@pytest.mark.parametrize("of", [("gita", "priya"), ("gita", "hal")])
def test_an_offer_or_an_invitation_is_not_taken_beside_them(site: Site, of: tuple[str, str]) -> None:
    open_seat = agree_coworking(site, 2)
    seats.book(site, open_seat, member(site, "hal"), NOW)
    with site.store.writing() as connection:
        gita, until = member(site, "gita").person.id, NOW + timedelta(days=1)
        kept.put(connection, open_seat, gita, kept.SeatState.OFFERED, NOW, until)
    only_noted(site, *of)
    assert seat(site, open_seat, "gita").taken == 2  # theirs is one of them, so nothing is hidden

    for taking in (seats.claim, seats.book):
        with pytest.raises(IllegalMove, match="The last seat has just gone"):
            taking(site, open_seat, member(site, "gita"), NOW)
    seats.give_up(site, open_seat, member(site, "gita"), NOW)
    with pytest.raises(IllegalMove, match="The last seat has just gone"):
        seats.take_back(site, open_seat, member(site, "gita"), NOW)


def test_a_report_may_sit_beside_their_line_manager_as_juniors_of_a_third(site: Site) -> None:
    open_seat = agree_coworking(site, 2)
    with site.store.writing() as connection:
        report = t.person.c.id == member(site, "gita").person.id
        connection.execute(update(t.person).where(report).values(manager_id=member(site, "hal").person.id))

    for name in ("gita", "hal"):
        assert seats.book(site, open_seat, member(site, name), NOW) == "booked"


def test_the_page_of_open_seats_asks_as_often_with_many_pairs(site: Site) -> None:
    for n in range(2, 5):
        agree_coworking(site, n, NOW + timedelta(days=n))

    def look() -> None:
        assert len(seats.open_sessions(site, member(site, "gita"), NOW)) == 3

    before = statements(site, look)
    with site.store.writing() as connection:
        gita = member(site, "gita").person.id
        for name in ("aisha", "ben", "hal"):
            one, other = sorted((gita, member(site, name).person.id))
            connection.execute(insert(t.never_pair).values(one_id=one, other_id=other))
    assert statements(site, look) == before
