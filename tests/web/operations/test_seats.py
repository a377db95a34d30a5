"""Seats: booked, given up, waited for – and the last one sold once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from planner.errors import IllegalMove
from planner.lifecycle import SEATED
from tests.web.company import a_company, agree_coworking, member
from tests.web.made_up import NOW
from web.errors import NotFound, Refused
from web.operations import rooms, seats
from web.records import Member
from web.site import Site
from web.store import Store
from web.store import seats as kept
from web.store import tables as t

LATER = NOW + timedelta(minutes=1)


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


def test_a_seat_given_up_goes_to_the_first_in_line(site: Site) -> None:
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "gita"), NOW)
    seats.wait(site, session, member(site, "hal"), NOW)

    seats.give_up(site, session, member(site, "gita"), NOW)

    assert seats.one(site, session, member(site, "hal"), NOW).state == "booked"
    assert mails(site)[2:] == [("seat", "Hal"), ("cancellation", "Gita"), ("invitation", "Priya")]


def test_whoever_waits_and_is_elsewhere_by_then_is_passed_over(site: Site) -> None:
    session = agree_coworking(site, 1)
    other = agree_coworking(site, 3)  # at the same time
    seats.book(site, session, member(site, "gita"), NOW)
    seats.wait(site, session, member(site, "hal"), NOW)
    seats.wait(site, session, member(site, "ben"), LATER)
    seats.book(site, other, member(site, "hal"), NOW)

    seats.give_up(site, session, member(site, "gita"), NOW)

    assert seats.one(site, session, member(site, "ben"), NOW).state == "booked"
    assert seats.one(site, session, member(site, "hal"), NOW).state == "waiting"


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

    monkeypatch.setattr(Store, "writing", writing)


def _meet_before_writing(monkeypatch: pytest.MonkeyPatch, bookers: int) -> None:
    meeting = threading.Barrier(bookers)
    put: Callable[..., Any] = kept.put

    def put_together(*args: Any) -> None:
        meeting.wait(timeout=10)
        put(*args)

    monkeypatch.setattr(kept, "put", put_together)
    monkeypatch.setattr("web.operations.outbox.invite_after_change", lambda *args, **kwargs: None)
