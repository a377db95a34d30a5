"""Seats: booked, given up, waited for – and the last one sold once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from planner.errors import IllegalMove
from planner.lifecycle import SEATED, SeatState
from tests.web.company import a_company, agree_coworking, member
from tests.web.history import History, participation
from tests.web.made_up import NOW
from tests.web.operations.test_day_questions import limit_of, statements
from tests.web.pages.persons import propose_a_day, version_of
from web import jobs
from web.errors import NotFound, Refused
from web.operations import agreements, outbox, proposals, rooms, seats
from web.records import Member
from web.site import Site
from web.store import Store
from web.store import seats as kept
from web.store import tables as t

LATER = NOW + timedelta(minutes=5)
START = NOW + timedelta(days=5)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def seated(site: Site, session_id: str) -> int:
    with site.store.reading() as connection:
        query = select(func.count()).where(t.seat.c.session_id == session_id, t.seat.c.state.in_(SEATED))
        return connection.execute(query).scalar_one()


def mails(site: Site) -> list[tuple[str, str]]:
    """What is owed: the kind of mail and its recipient's name."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.kind, t.person.c.name)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .order_by(t.outbox.c.id)
        )
        return [(row.kind, row.name) for row in rows]


def full(site: Site, inside: str, *waiting: str) -> str:
    """A session with one seat, which somebody has, and some who wait for it in that order."""
    session = agree_coworking(site, 1, START)
    seats.book(site, session, member(site, inside), NOW)
    for minutes, name in enumerate(waiting):
        seats.wait(site, session, member(site, name), NOW + timedelta(minutes=minutes))
    return session


def state_of(site: Site, session_id: str, name: str) -> str:
    return seats.one(site, session_id, member(site, name), NOW).state


def test_booking_a_seat_invites_the_junior_and_tells_the_senior(site: Site) -> None:
    session = agree_coworking(site, 2)

    seats.book(site, session, member(site, "gita"), NOW)

    assert mails(site) == [("invitation", "Gita"), ("invitation", "Priya")]
    (coming,) = seats.coming(site, member(site, "gita"), NOW)
    assert (coming.state, coming.taken, coming.seats) == ("booked", 1, 2)


def test_a_full_session_offers_the_waitlist_and_says_whose_turn_it_is(site: Site) -> None:
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "gita"), NOW)

    with pytest.raises(IllegalMove, match="waitlist"):
        seats.book(site, session, member(site, "hal"), NOW)
    seats.wait(site, session, member(site, "hal"), NOW)
    seats.wait(site, session, member(site, "ben"), LATER)

    assert [s.place_in_line for s in seats.coming(site, member(site, "hal"), NOW)] == [1]
    assert [s.place_in_line for s in seats.coming(site, member(site, "ben"), NOW)] == [2]


def test_a_seat_given_up_is_offered_to_the_first_in_line_and_kept_for_them(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")

    seats.give_up(site, session, member(site, "gita"), LATER)

    offered = seats.one(site, session, member(site, "hal"), LATER)
    assert (offered.state, offered.offered_until, offered.taken) == (
        "offered",
        LATER + timedelta(hours=24),
        1,
    )
    assert state_of(site, session, "ben") == "waiting"
    assert mails(site)[2:] == [("cancellation", "Gita"), ("invitation", "Priya"), ("seat_offer", "Hal")]
    with pytest.raises(IllegalMove, match="last seat"):  # kept for Hal, so nobody else has it
        seats.book(site, session, member(site, "dana"), LATER)


def test_an_offered_seat_is_taken_with_one_answer(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), LATER)

    assert seats.claim(site, session, member(site, "hal"), LATER) == "booked"

    assert mails(site)[-2:] == [("invitation", "Hal"), ("invitation", "Priya")]
    with pytest.raises(IllegalMove):
        seats.claim(site, session, member(site, "ben"), LATER)


def test_passing_costs_nothing_and_offers_the_seat_to_the_next(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), LATER)

    seats.give_up(site, session, member(site, "hal"), LATER)

    assert [state_of(site, session, name) for name in ("hal", "ben")] == ["full", "offered"]
    assert seats.wait(site, session, member(site, "hal"), LATER) == "waiting"  # and may join again


def test_an_offer_that_runs_out_goes_on_to_the_next_with_a_kind_mail(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), LATER)
    later = LATER + timedelta(hours=24)
    seats.settle_due(site, later - timedelta(seconds=1))
    assert state_of(site, session, "hal") == "offered"

    seats.settle_due(site, later)
    seats.settle_due(site, later)

    assert [state_of(site, session, name) for name in ("hal", "ben")] == ["full", "offered"]
    assert mails(site)[-2:] == [("line", "Hal"), ("seat_offer", "Ben")]


def test_whoever_books_the_moment_an_offer_runs_out_does_not_overtake_the_line(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), LATER)
    later = LATER + timedelta(hours=24)

    with pytest.raises(IllegalMove, match="no longer kept"):
        seats.claim(site, session, member(site, "hal"), later)
    with pytest.raises(IllegalMove, match="last seat"):
        seats.book(site, session, member(site, "dana"), later)
    assert seats.wait(site, session, member(site, "dana"), later) == "waiting"

    assert [state_of(site, session, name) for name in ("ben", "dana")] == ["offered", "waiting"]


def test_an_offer_ends_two_hours_before_the_session_and_then_seats_go_by_order(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    late = START - timedelta(hours=5)
    seats.give_up(site, session, member(site, "gita"), late)
    assert seats.one(site, session, member(site, "hal"), late).offered_until == START - timedelta(hours=2)

    seats.settle_due(site, START - timedelta(hours=2))

    assert state_of(site, session, "ben") == "waiting"
    assert mails(site)[-2:] == [("line", "Hal"), ("line", "Ben")]  # it went on; and: whoever is first
    assert seats.book(site, session, member(site, "ben"), START - timedelta(hours=1)) == "booked"
    seats.give_up(site, session, member(site, "ben"), START - timedelta(hours=1))
    assert seats.book(site, session, member(site, "dana"), START - timedelta(minutes=1)) == "booked"


def test_everybody_in_line_is_told_once_that_seats_go_by_order_now(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    late = START - timedelta(hours=1)
    before = len(mails(site))

    seats.give_up(site, session, member(site, "gita"), late)
    seats.book(site, session, member(site, "dana"), late)
    seats.give_up(site, session, member(site, "dana"), late)

    assert [mail for mail in mails(site)[before:] if mail[0] == "line"] == [("line", "Hal"), ("line", "Ben")]


def test_whoever_waits_and_is_elsewhere_by_then_is_passed_over(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    other = agree_coworking(site, 3)  # at the same time
    seats.book(site, other, member(site, "hal"), NOW)

    seats.give_up(site, session, member(site, "gita"), NOW)

    assert [state_of(site, session, name) for name in ("hal", "ben")] == ["waiting", "offered"]


def test_a_room_that_holds_more_offers_its_seats_to_the_line(site: Site) -> None:
    session = agree_coworking(site, 3)
    _set_capacity(site, 2)
    seats.book(site, session, member(site, "gita"), NOW)
    for minutes, name in enumerate(("hal", "ben", "dana")):
        seats.wait(site, session, member(site, name), NOW + timedelta(minutes=minutes))

    _set_capacity(site, 4)
    seats.settle_due(site, NOW + timedelta(minutes=5))

    assert [state_of(site, session, name) for name in ("hal", "ben", "dana")] == [
        "offered",
        "offered",
        "waiting",
    ]
    with pytest.raises(Refused):  # what is offered counts as taken
        _set_capacity(site, 3)


def test_a_free_seat_is_offered_as_soon_as_whoever_waits_is_no_longer_elsewhere(site: Site) -> None:
    session = full(site, "gita", "hal")
    other = agree_coworking(site, 3)  # at the same time
    seats.book(site, other, member(site, "hal"), NOW)
    seats.give_up(site, session, member(site, "gita"), NOW)
    seats.settle_due(site, NOW)
    assert state_of(site, session, "hal") == "waiting"

    seats.give_up(site, other, member(site, "hal"), NOW)
    seats.settle_due(site, NOW)

    assert state_of(site, session, "hal") == "offered"


def test_a_seat_given_up_in_a_shared_room_is_offered_to_the_line_of_the_other_session(site: Site) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.room).where(t.room.c.id == "yard").values(shared=True))
    one, other = agree_coworking(site, 2), agree_coworking(site, 3)
    _set_capacity(site, 4)  # two seniors and two juniors
    for name in ("gita", "hal"):
        seats.book(site, one, member(site, name), NOW)
    seats.wait(site, other, member(site, "ben"), NOW)

    seats.give_up(site, one, member(site, "gita"), NOW)
    seats.settle_due(site, NOW)

    assert state_of(site, other, "ben") == "offered"


def test_a_session_that_is_called_off_tells_those_who_wait_for_a_seat(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), NOW)
    with site.store.writing() as connection:
        agreements.call_off_sessions(connection, site, [session], NOW)

    assert mails(site)[-3:] == [("cancellation", "Priya"), ("line", "Ben"), ("line", "Hal")]


# --- from the mail -------------------------------------------------------------------------------


def token_to(site: Site, name: str) -> str:
    """That of the newest link about a seat."""
    with site.store.reading() as connection:
        query = select(t.link.c.id).where(
            t.link.c.purpose == "seat", t.link.c.person_id == member(site, name).person.id
        )
        link_id = connection.execute(query.order_by(t.link.c.created_at.desc()).limit(1)).scalar_one()
    return outbox.signer(site).url("seat_offer", link_id).rpartition("/")[2]


def test_a_link_shows_the_seat_and_decides_once(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), NOW)
    token = token_to(site, "hal")

    assert seats.by_link(site, token, NOW).problem is None
    assert state_of(site, session, "hal") == "offered"
    seats.decide_by_link(site, token, True, NOW)

    assert state_of(site, session, "hal") == "booked"
    with pytest.raises(Refused, match="You have this seat"):
        seats.decide_by_link(site, token, False, NOW)


def test_a_link_whose_time_is_over_decides_nothing(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), NOW)
    token, later = token_to(site, "hal"), NOW + timedelta(hours=24)

    for settle in (False, True):
        if settle:
            seats.settle_due(site, later)
        with pytest.raises(Refused, match="no longer kept"):
            seats.decide_by_link(site, token, True, later)
    assert state_of(site, session, "ben") == "offered"


def test_passing_by_link_offers_the_seat_to_the_next(site: Site) -> None:
    session = full(site, "gita", "hal", "ben")
    seats.give_up(site, session, member(site, "gita"), NOW)

    seats.decide_by_link(site, token_to(site, "hal"), False, NOW)

    assert state_of(site, session, "ben") == "offered"
    assert seats.by_link(site, token_to(site, "ben"), NOW).problem is None
    problem = seats.by_link(site, token_to(site, "hal"), NOW).problem
    assert problem is not None and "passed" in problem


def test_an_old_link_does_not_take_a_seat_that_is_offered_anew(site: Site) -> None:
    session = full(site, "gita", "hal")
    seats.give_up(site, session, member(site, "gita"), NOW)
    old = token_to(site, "hal")
    later = NOW + timedelta(hours=24)
    seats.settle_due(site, later)
    seats.book(site, session, member(site, "gita"), later)
    seats.wait(site, session, member(site, "hal"), later)
    seats.give_up(site, session, member(site, "gita"), later)

    with pytest.raises(Refused, match="no longer kept"):
        seats.decide_by_link(site, old, True, later)
    seats.decide_by_link(site, token_to(site, "hal"), True, later)


# --- by need -------------------------------------------------------------------------------------


def by_need(site: Site, session_id: str, **needs: int) -> datetime:
    """Have a session's seats go by need for a day, and so much need of each; when that is over."""
    with site.store.writing() as connection:
        kept.begin_by_need(connection, [session_id], NOW)
    for name, need in needs.items():
        participation(site, name, joined=(NOW - timedelta(weeks=need - 1)).date())
    return NOW + timedelta(hours=24)


def test_seats_go_to_those_who_have_had_least_whoever_asked_first(site: Site) -> None:
    session = agree_coworking(site, 2)
    until = by_need(site, session, gita=3, hal=9, ben=5, dana=4)
    for minutes, name in enumerate(("gita", "dana", "ben", "hal")):
        with pytest.raises(IllegalMove, match="had least"):
            seats.book(site, session, member(site, name), NOW)
        seats.wait(site, session, member(site, name), NOW + timedelta(minutes=minutes))
    wanted = seats.one(site, session, member(site, "gita"), NOW)
    assert (wanted.state, wanted.by_need_until) == ("waiting", until)

    seats.settle_due(site, until - timedelta(seconds=1))
    assert mails(site) == []
    seats.settle_due(site, until)
    seats.settle_due(site, until)

    assert [state_of(site, session, name) for name in ("hal", "ben")] == ["booked", "booked"]
    assert [
        seats.one(site, session, member(site, name), until).place_in_line for name in ("dana", "gita")
    ] == [
        1,
        2,
    ]
    assert Counter(mails(site)) == Counter(
        [("seat", "Hal"), ("seat", "Ben"), ("invitation", "Priya"), ("line", "Dana"), ("line", "Gita")]
    )


def test_asking_again_and_again_changes_nobody_s_need_nor_place(site: Site) -> None:
    session = agree_coworking(site, 1)
    until = by_need(site, session, gita=3, hal=4)
    for _ in range(5):
        seats.wait(site, session, member(site, "gita"), NOW)
        seats.give_up(site, session, member(site, "gita"), NOW)
    seats.wait(site, session, member(site, "gita"), NOW)
    seats.wait(site, session, member(site, "hal"), until - timedelta(seconds=1))

    seats.settle_due(site, until)

    assert [state_of(site, session, name) for name in ("hal", "gita")] == ["booked", "waiting"]


def test_of_equal_need_whoever_has_been_without_longest_has_the_seat(site: Site) -> None:
    session = agree_coworking(site, 1)
    until = by_need(site, session, gita=5, hal=40)
    History(site).session(NOW - timedelta(weeks=5), ["hal"], "held")  # five weeks, and one held: 5 too
    for name in ("gita", "hal"):
        seats.wait(site, session, member(site, name), NOW)

    seats.settle_due(site, until)

    assert [state_of(site, session, name) for name in ("hal", "gita")] == ["booked", "waiting"]


def test_need_is_that_of_the_moment_and_not_of_the_last_plan(site: Site) -> None:
    session = agree_coworking(site, 1)
    until = by_need(site, session, hal=20, gita=11)
    participation(site, "hal", need=20)
    History(site).session(NOW - timedelta(days=1), ["hal"], "held")
    for name in ("hal", "gita"):
        seats.wait(site, session, member(site, name), NOW)

    seats.settle_due(site, until)

    assert [state_of(site, session, name) for name in ("gita", "hal")] == ["booked", "waiting"]


def test_three_who_want_three_seats_have_one_each(site: Site) -> None:
    three = [agree_coworking(site, n, NOW + timedelta(days=3 + n)) for n in (1, 2, 3)]
    with site.store.writing() as connection:
        only = {"seats_held": 1, "seats_max": 1, "open_seats": 1}
        connection.execute(update(t.session).where(t.session.c.id.in_(three)).values(only))
    for session in three:
        until = by_need(site, session, hal=9, gita=8, ben=7)
        for name in ("ben", "gita", "hal"):
            seats.wait(site, session, member(site, name), NOW)

    seats.settle_due(site, until)

    assert [[state_of(site, one, name) for name in ("hal", "gita", "ben")] for one in three] == [
        ["booked", "waiting", "waiting"],
        ["waiting", "booked", "waiting"],
        ["waiting", "waiting", "booked"],
    ]


def test_who_is_no_junior_there_any_more_comes_last(site: Site) -> None:
    session = agree_coworking(site, 1)
    until = by_need(site, session, gita=3)
    for name in ("hal", "gita"):
        seats.wait(site, session, member(site, name), NOW)
    with site.store.writing() as connection:
        theirs = t.membership.c.person_id == member(site, "hal").person.id
        connection.execute(t.membership.delete().where(theirs))

    seats.settle_due(site, until)

    assert state_of(site, session, "gita") == "booked"


def test_a_long_list_is_looked_at_in_as_few_statements(site: Site) -> None:
    session = agree_coworking(site, 1)
    by_need(site, session, gita=3)

    def look() -> None:
        with site.store.reading() as connection:
            kept.wanting(connection, session, NOW)

    seats.wait(site, session, member(site, "gita"), NOW)
    one = statements(site, look)
    for name in ("hal", "ben", "dana", "emil"):
        seats.wait(site, session, member(site, name), NOW)
    assert statements(site, look) == one


def test_whoever_is_elsewhere_then_stays_in_line_and_the_next_in_need_has_the_seat(site: Site) -> None:
    session = agree_coworking(site, 1)
    until = by_need(site, session, gita=3, hal=9)
    for name in ("gita", "hal"):
        seats.wait(site, session, member(site, name), NOW)
    seats.book(site, agree_coworking(site, 5), member(site, "hal"), NOW)

    seats.settle_due(site, until)

    assert [state_of(site, session, name) for name in ("gita", "hal")] == ["booked", "waiting"]


def test_whoever_books_right_after_the_time_of_need_does_not_overtake_those_who_asked(site: Site) -> None:
    session = agree_coworking(site, 1)
    until = by_need(site, session)
    seats.wait(site, session, member(site, "gita"), NOW)

    with pytest.raises(IllegalMove, match="last seat"):
        seats.book(site, session, member(site, "hal"), until)
    seats.settle_due(site, until)

    assert state_of(site, session, "gita") == "booked"


def test_after_the_time_of_need_a_free_seat_is_anybody_s(site: Site) -> None:
    session = agree_coworking(site, 2)
    until = by_need(site, session)
    seats.settle_due(site, until)

    assert seats.book(site, session, member(site, "hal"), until) == "booked"


def test_an_invitation_declined_meanwhile_is_taken_back_or_goes_by_need(site: Site) -> None:
    session = agree_coworking(site, 1)
    by_need(site, session)
    with site.store.writing() as connection:
        kept.put(connection, session, member(site, "hal").person.id, SeatState.INVITED, NOW)
    seats.wait(site, session, member(site, "gita"), NOW)

    seats.give_up(site, session, member(site, "hal"), NOW)

    assert state_of(site, session, "gita") == "waiting"
    assert seats.take_back(site, session, member(site, "hal"), NOW) == "invited"


def test_a_session_agreed_shortly_before_it_begins_goes_by_order_at_once(site: Site) -> None:
    session = agree_coworking(site, 1, NOW + timedelta(hours=24))
    with site.store.writing() as connection:
        kept.begin_by_need(connection, [session], NOW)

    assert seats.book(site, session, member(site, "gita"), NOW) == "booked"


def test_a_day_that_is_agreed_opens_its_seats_by_need(site: Site) -> None:
    proposal = propose_a_day(site)
    proposals.approve(site, proposal, version_of(site, proposal), member(site, "priya"), (), NOW)
    jobs.run_due(site)

    with site.store.reading() as connection:
        agreed = select(t.session).where(t.session.c.state == "agreed")
        until = {row.kind: row.by_need_until for row in connection.execute(agreed)}
    assert until["coworking"] == NOW + timedelta(hours=24)
    assert until["individual_lunch"] is None  # nothing to book there


# --- together ------------------------------------------------------------------------------------


def test_a_session_that_was_never_open_takes_no_bookings(site: Site) -> None:
    session, hal = agree_coworking(site, 2), member(site, "hal")
    seats.book(site, session, hal, NOW)
    seats.give_up(site, session, hal, NOW)
    with site.store.writing() as connection:
        connection.execute(update(t.session).where(t.session.c.id == session).values(open_seats=0))

    with pytest.raises(IllegalMove, match="no seats for booking"):
        seats.book(site, session, hal, NOW)


def test_giving_up_can_be_taken_back_while_a_seat_is_free(site: Site) -> None:
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "gita"), NOW)
    seats.give_up(site, session, member(site, "gita"), NOW)

    assert seats.take_back(site, session, member(site, "gita"), NOW) == "booked"

    seats.give_up(site, session, member(site, "gita"), NOW)
    seats.book(site, session, member(site, "hal"), NOW)
    with pytest.raises(IllegalMove):
        seats.take_back(site, session, member(site, "gita"), NOW)


def test_nobody_sits_in_two_sessions_at_once(site: Site) -> None:
    agree_coworking(site, 2)
    agree_coworking(site, 3)
    seats.book(site, "open-2", member(site, "gita"), NOW)

    with pytest.raises(Refused, match="another session"):
        seats.book(site, "open-3", member(site, "gita"), NOW)


def test_an_open_session_says_that_one_is_elsewhere_then(site: Site) -> None:
    agree_coworking(site, 2)
    agree_coworking(site, 3)
    seats.book(site, "open-2", member(site, "gita"), NOW)

    (other,) = seats.open_sessions(site, member(site, "gita"), NOW)
    assert (other.session.id, other.clash) == ("open-3", seats.ELSEWHERE)
    assert {s.clash for s in seats.open_sessions(site, member(site, "hal"), NOW)} == {None}


def test_a_session_that_has_begun_takes_no_bookings(site: Site) -> None:
    session = agree_coworking(site, 2, start=NOW)

    with pytest.raises(NotFound):
        seats.book(site, session, member(site, "gita"), NOW)


def test_capacity_cannot_go_below_what_is_booked_and_names_the_session(site: Site) -> None:
    session = agree_coworking(site, 3)
    for name in ("gita", "hal"):
        seats.book(site, session, member(site, name), NOW)

    with pytest.raises(Refused) as refused:
        _set_capacity(site, 2)
    _set_capacity(site, 3)

    assert [s.id for s in refused.value.sessions] == [session]
    with pytest.raises(IllegalMove):  # the seats above the new capacity are gone
        seats.book(site, session, member(site, "ben"), NOW)


def _set_capacity(site: Site, capacity: int) -> None:
    room = rooms.one(site, "yard", member(site, "ada"), NOW)
    rooms.change(
        site,
        room.id,
        member(site, "ada"),
        NOW,
        name=room.name,
        capacity=capacity,
        uses=room.uses,
        shared=room.shared,
        features=room.features,
    )


# --- the last seat -------------------------------------------------------------------------------


def rush(site: Site, session_id: str, bookers: list[Member]) -> Counter[str]:
    """Everybody books at the same moment; how it ended for how many."""
    ready = threading.Barrier(len(bookers))

    def book(by: Member) -> str:
        ready.wait()
        try:
            return seats.book(site, session_id, by, NOW)
        except IllegalMove:
            return "full"

    with ThreadPoolExecutor(len(bookers)) as threads:
        return Counter(threads.map(book, bookers))


def test_the_last_seat_is_sold_once_and_none_is_refused_while_free(tmp_path: Path) -> None:
    site = a_company(tmp_path, extra_juniors=30)
    bookers = [member(site, f"extra{n}") for n in range(30)]

    for capacity in (1, 5):
        session = agree_coworking(site, capacity, NOW + timedelta(days=capacity))
        assert rush(site, session, bookers) == {"booked": capacity, "full": 30 - capacity}
        assert seated(site, session) == capacity
        for by in bookers:
            if seats.one(site, session, by, NOW).state == "booked":
                seats.give_up(site, session, by, NOW)


def test_booking_and_lowering_the_capacity_at_once_never_leave_too_many_inside(tmp_path: Path) -> None:
    site = a_company(tmp_path, extra_juniors=12)
    session = agree_coworking(site, 6)
    steps: list[Callable[[], object]] = [
        partial(seats.book, site, session, member(site, f"extra{n}"), NOW) for n in range(12)
    ]
    steps[4:4] = [partial(_set_capacity, site, size) for size in (6, 4, 3)]

    with ThreadPoolExecutor(len(steps)) as threads:
        ended = [future.exception() for future in [threads.submit(step) for step in steps]]

    assert {type(end) for end in ended} <= {type(None), IllegalMove, Refused}
    assert seated(site, session) + 1 <= rooms.one(site, "yard", member(site, "ada"), NOW).capacity


def test_without_the_turn_that_writers_take_the_last_seat_is_oversold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the guard removed and both held between check and write, it must fail."""
    site = a_company(tmp_path)
    session = agree_coworking(site, 1)
    bookers = [member(site, "gita"), member(site, "hal")]
    _without_turns(monkeypatch)
    _meet_before_writing(monkeypatch, len(bookers))

    assert rush(site, session, bookers)["booked"] == 2
    assert seated(site, session) == 2


def _without_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def writing(store: Store) -> Iterator[Connection]:
        with store.engine.connect() as connection:  # each statement on its own, as drivers do by default
            yield connection
            connection.commit()

    monkeypatch.setattr(Store, "writing", writing)


def _meet_before_writing(monkeypatch: pytest.MonkeyPatch, bookers: int) -> None:
    meeting = threading.Barrier(bookers)
    put: Callable[..., Any] = kept.put

    def put_together(*args: Any) -> None:
        meeting.wait(timeout=10)
        put(*args)

    monkeypatch.setattr(kept, "put", put_together)
    monkeypatch.setattr("web.operations.outbox.invite_after_change", lambda *args, **kwargs: None)


def test_each_step_of_a_seat_is_put_down_to_whose_hand_it_was(site: Site) -> None:
    session = full(site, "gita", "hal")
    gita, hal = member(site, "gita"), member(site, "hal")
    seats.give_up(site, session, gita, LATER)
    seats.claim(site, session, hal, LATER)
    seats.give_up(site, session, hal, LATER)
    seats.take_back(site, session, hal, LATER)

    a = t.audit_entry.c
    with site.store.reading() as connection:
        query = select(a.action, a.actor_id, a.object).where(a.action.startswith("seat.")).order_by(a.id)
        noted = [tuple(row) for row in connection.execute(query)]
    steps = (
        ("book", gita),
        ("wait", hal),
        ("give_up", gita),
        ("claim", hal),
        ("give_up", hal),
        ("take_back", hal),
    )
    assert noted == [(f"seat.{step}", who.person.id, f"session:{session}") for step, who in steps]


# --- own limits ----------------------------------------------------------------------------------


def test_booking_beyond_one_s_own_limit_takes_one_more_press(site: Site) -> None:
    session, hal = agree_coworking(site, 2), member(site, "hal")
    limit_of(site, "hal", max_sessions=0)

    (shown,) = seats.open_sessions(site, hal, NOW)
    assert shown.beyond == "the 0 sessions in four weeks"
    for taking in (seats.book, seats.claim):
        with pytest.raises(Refused, match="more than the 0 sessions in four weeks that you set"):
            taking(site, session, hal, NOW)
    assert seats.book(site, session, hal, NOW, beyond=True) == "booked"
    assert seats.one(site, session, hal, NOW).beyond is None  # they have said so


def test_joining_a_line_beyond_one_s_own_limit_takes_one_more_press_too(site: Site) -> None:
    session, gita = full(site, "hal"), member(site, "gita")
    limit_of(site, "gita", max_office_days_per_week=0)

    with pytest.raises(Refused, match="more than the 0 office days a week that you set"):
        seats.wait(site, session, gita, NOW)
    assert seats.wait(site, session, gita, NOW, beyond=True) == "waiting"
    seats.give_up(site, session, member(site, "hal"), NOW)
    assert seats.by_link(site, token_to(site, "gita"), NOW).beyond == "the 0 office days a week"


def test_any_four_weeks_and_each_week_count(site: Site) -> None:
    limit_of(site, "hal", max_sessions=1, max_office_days_per_week=1)
    History(site).session(NOW + timedelta(days=5), ["hal"], None)
    hal = member(site, "hal")
    for n, days in ((1, 5.5), (2, 32), (3, 34), (4, 20)):
        agree_coworking(site, n, NOW + timedelta(days=days))

    def beyond() -> dict[str, str | None]:
        return {each.session.id: each.beyond for each in seats.open_sessions(site, hal, NOW)}

    too_many = "the 1 session in four weeks"
    assert beyond() == {"open-1": too_many, "open-4": too_many, "open-2": too_many, "open-3": None}
    limit_of(site, "hal", max_sessions=None)
    assert set(beyond().values()) == {None}  # the same day, or other weeks
    agree_coworking(site, 5, NOW + timedelta(days=6))
    assert beyond()["open-5"] == "the 1 office day a week"
