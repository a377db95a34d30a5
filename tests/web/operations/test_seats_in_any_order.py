"""Whatever people do with seats in whatever order, and whenever the background looks round or does not.

Walks of random steps with a moving clock: booking, waiting, taking, passing, giving up, taking back, rooms
that hold more or less. After each step no seat is given away twice, none is kept from who waits, and nobody
is refused a seat that is free.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from planner.errors import IllegalMove
from planner.lifecycle import TAKEN, SeatState
from tests.web.company import JUNIORS, a_company, agree_coworking, member
from tests.web.made_up import NOW
from web.errors import NotFound, Refused
from web.operations import rooms, seats
from web.records import Member
from web.site import Site
from web.store import seats as kept
from web.store import tables as t

START = NOW + timedelta(days=5)
LATE = START - timedelta(hours=2)  #: from then on nobody's seat is kept
SEATS = 2


class Walk:
    """One session with two seats, somebody who is elsewhere then, and a clock that only goes on."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site, self.random, self.now = site, random.Random(seed), NOW
        self.people = [member(site, name) for name in JUNIORS[:6]]
        self.admin = member(site, "ada")
        self.elsewhere = self.people[0]
        self.session = agree_coworking(site, SEATS, START)
        busy = agree_coworking(site, 5, START)
        with site.store.writing() as connection:
            connection.execute(update(t.session).where(t.session.c.id == busy).values(room_id="hall"))
            connection.execute(update(t.room).where(t.room.c.id == "yard").values(capacity=SEATS + 1))
            kept.put(connection, busy, self.elsewhere.person.id, SeatState.INVITED, NOW)
            if self.random.random() < 0.7:
                kept.begin_by_need(connection, [self.session], NOW)

    def step(self, *minutes: int) -> None:
        """After one of so many minutes, one random step of somebody's."""
        self.now += timedelta(minutes=self.random.choice(minutes))
        if self.random.random() < 0.5:
            seats.settle_due(self.site, self.now)
        by = self.random.choice(self.people)
        steps: list[Callable[[], Any]] = [
            partial(step, self.site, self.session, by, self.now)
            for step in (seats.book, seats.book, seats.wait, seats.wait, seats.claim, seats.give_up)
        ]
        steps += [partial(seats.take_back, self.site, self.session, by, self.now), self._resize]
        try:
            self.random.choice(steps)()
        except IllegalMove as why:
            if "last seat" in str(why):
                assert self._free() == 0, "refused while a seat is free"
        except (NotFound, Refused):
            pass
        seats.settle_due(self.site, self.now)
        self._look()

    def _resize(self) -> None:
        room = rooms.one(self.site, "yard", self.admin, self.now)
        rooms.change(
            self.site,
            room.id,
            self.admin,
            self.now,
            name=room.name,
            capacity=self.random.choice((2, SEATS + 1)),
            uses=room.uses,
            shared=room.shared,
            features=room.features,
        )

    def _seating(self) -> kept.Seating:
        with self.site.store.reading() as connection:
            seating = kept.seating(connection, self.session, self.now)
        assert seating is not None
        return seating

    def _free(self) -> int:
        seats.settle_due(self.site, self.now)
        return self._seating().free

    def _look(self) -> None:
        seating = self._seating()
        with self.site.store.reading() as connection:
            states = {
                row.person_id: SeatState(row.state)
                for row in connection.execute(select(t.seat).where(t.seat.c.session_id == self.session))
            }
        taken = [who for who, state in states.items() if state in TAKEN]
        waiting = {who for who, state in states.items() if state is SeatState.WAITING}
        assert len(taken) <= SEATS
        assert self.elsewhere.person.id not in taken
        if seating.by_need:
            assert SeatState.OFFERED not in states.values()
        elif self.now < LATE and waiting - {self.elsewhere.person.id}:
            assert seating.free == 0, "a free seat is offered to nobody although somebody waits"


def sweep(site: Site) -> None:
    with site.store.writing() as connection:
        for table in (t.calendar_event, t.link, t.seat):
            connection.execute(delete(table))
        connection.execute(delete(t.session).where(t.session.c.id.like("open-%")))
        connection.execute(delete(t.outbox))


def test_no_walk_gives_a_seat_away_twice_or_keeps_one_from_who_waits(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    for seed in range(15):
        walk = Walk(site, seed)
        while walk.now < LATE - timedelta(hours=15):
            walk.step(1, 20, 300, 900)
        walk.now = max(walk.now, LATE - timedelta(minutes=45))
        for _ in range(5):  # the last hours, in which seats come to go by order
            walk.step(10, 20, 25)
        sweep(site)


def test_everybody_at_once_gets_no_more_seats_than_there_are(tmp_path: Path) -> None:
    site = a_company(tmp_path, extra_juniors=12)
    people = [member(site, name) for name in (*JUNIORS, *(f"extra{n}" for n in range(12)))]
    session = agree_coworking(site, 3, START)
    for by in people[:3]:
        seats.book(site, session, by, NOW)
    for by in people[3:10]:
        seats.wait(site, session, by, NOW)
    later = NOW + timedelta(hours=1)

    def attempt(by: Member) -> None:
        for step in (seats.give_up, seats.claim, seats.book, seats.wait):
            try:
                step(site, session, by, later)
            except (IllegalMove, Refused):
                continue

    with ThreadPoolExecutor(len(people)) as threads:
        list(threads.map(attempt, people))

    with site.store.reading() as connection:
        states = [SeatState(each) for each in connection.execute(select(t.seat.c.state)).scalars()]
        seating = kept.seating(connection, session, later)
    assert seating is not None
    assert sum(state in TAKEN for state in states) <= 3
    assert seating.free == 0 or SeatState.WAITING not in states


def test_a_walk_notices_a_seat_that_is_handed_on_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: seats that come free stay free, and the walks must see it."""
    monkeypatch.setattr(seats, "hand_on", lambda *args: None)

    with pytest.raises(AssertionError, match="although somebody waits"):
        test_no_walk_gives_a_seat_away_twice_or_keeps_one_from_who_waits(tmp_path)


@contextmanager
def counting_offers_as_free(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(kept, "TAKEN", frozenset({SeatState.INVITED, SeatState.BOOKED}))
        patch.setattr("web.store.rooms.TAKEN", frozenset({SeatState.INVITED, SeatState.BOOKED}))
        yield


def test_a_walk_notices_an_offered_seat_that_is_sold_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: an offer that does not count as taken oversells."""
    with counting_offers_as_free(monkeypatch), pytest.raises(AssertionError):
        test_no_walk_gives_a_seat_away_twice_or_keeps_one_from_who_waits(tmp_path)
