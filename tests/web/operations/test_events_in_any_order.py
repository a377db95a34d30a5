"""Whatever people do in whatever order, the organizer's calendar ends as the database wants it.

Hypothesis proposes, answers, books, moves rooms, renames, lets calls fail, and does to the events what
people do in their calendars; background work happens now and then. After every step nothing that was done
to a session may have been forgotten for its event; in the end every event is there once, as it should be.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, update

from connectors.base import Response, Unreachable
from connectors.memory import MemoryOrganizer
from planner.errors import IllegalMove
from tests.web.company import a_company, member
from tests.web.databases import DATABASES
from tests.web.kills import a_site
from tests.web.made_up import NOW
from tests.web.organizers import differences, settle, there, wanted, with_organizer
from tests.web.pages.persons import draft_a_day
from web import jobs, words
from web.config import Config, DatabaseConfig, MailConfig
from web.errors import NotFound, Refused
from web.operations import calendars, event_questions, events, proposals, reconcile, rooms, runs, seats
from web.site import Site
from web.store import tables as t
from web.store.events import Event

SESSIONS = st.sampled_from(("lunch", "cohort", "desk"))
ROOMS = ("park", "yard", "hall")
JUNIORS = st.sampled_from(("gita", "hal", "ben", "farid", "aisha"))
DAYS = st.sampled_from([date(2027, 3, day) for day in (9, 10, 11, 15)])
HALF_HOURS = st.integers(-6, 6).filter(bool)
PLACE = st.integers(0, 20)


def template(folder: Path) -> None:
    """A company whose calendars have been read and are not read again."""
    site = a_company(folder)
    calendars.sync(site, None, NOW)
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(calendar=None))
        for room in ROOMS:
            mailbox = update(t.room).where(t.room.c.id == room)
            connection.execute(mailbox.values(email=f"{room}@rooms.example.org"))
    DATABASES.remember(site.store, "lives")
    site.store.close()


class Unsteady:
    """The way to an organizer's calendar, on which calls or their answers get lost."""

    def __init__(self, organizer: MemoryOrganizer) -> None:
        self._organizer = organizer
        self.failures: list[bool] = []  #: of the next calls; true: only the answer is lost

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **how: Any) -> Any:
            lost = self.failures.pop(0) if self.failures and name != "invites" else None
            if lost is False:
                raise Unreachable("No answer.")
            answer = getattr(self._organizer, name)(*args, **how)
            if lost:
                raise Unreachable("No answer.")
            return answer

        return call


class Life(RuleBasedStateMachine):
    """One company, its organizer's calendar, and a clock."""

    folder: Path  #: the template's

    @initialize()
    def begin(self) -> None:
        self.copy = tempfile.TemporaryDirectory()
        here = Path(self.copy.name) / "company"
        shutil.copytree(self.folder, here, ignore=shutil.ignore_patterns("officeday.db*"))
        config = Config(
            database=DatabaseConfig(url=DATABASES.url(here, "lives"), queue=here / "queue.db"),
            mail=MailConfig(outbox_folder=here / "outbox"),
        )
        self.organizer = MemoryOrganizer()
        self.unsteady = Unsteady(self.organizer)
        self.site: Site = with_organizer(a_site(config, NOW), self.unsteady)

    @property
    def now(self) -> datetime:
        return self.site.now()

    def pass_time(self, by: timedelta) -> None:
        later = self.now + by
        self.site = replace(self.site, clock=lambda: later)

    def try_to(self, doing: Callable[..., object], *args: Any, **more: Any) -> None:
        """Some of it cannot be done just then, and is refused."""
        with suppress(Refused, IllegalMove, NotFound):
            doing(self.site, *args, **more)

    def proposal(self, place: int) -> tuple[int, int] | None:
        """One of the proposals, and its version."""
        with self.site.store.reading() as connection:
            rows = connection.execute(select(t.proposal.c.id, t.proposal.c.version)).all()
        return (rows[place % len(rows)].id, rows[place % len(rows)].version) if rows else None

    def event(self, place: int) -> Event | None:
        """One of the events that are in the calendar."""
        here = [event for event in wanted(self.site).values() if event.key in there(self.organizer)]
        return here[place % len(here)] if here else None

    # --- what people do on pages -----------------------------------------------------------------

    @rule(day=DAYS)
    def propose(self, day: date) -> None:
        self.try_to(runs.release, draft_a_day(self.site, day), member(self.site, "ada"), self.now)

    @rule(place=PLACE, verb=st.sampled_from(("skip", "reopen", "call_off")))
    def answer(self, place: int, verb: str) -> None:
        if found := self.proposal(place):
            self.try_to(getattr(proposals, verb), *found, member(self.site, "priya"), self.now)

    @rule(place=PLACE, left_out=st.sets(SESSIONS, max_size=2))
    def approve(self, place: int, left_out: set[str]) -> None:
        if found := self.proposal(place):
            self.try_to(proposals.approve, *found, member(self.site, "priya"), left_out, self.now)

    @rule(place=PLACE, day=DAYS)
    def choose_another_day(self, place: int, day: date) -> None:
        if found := self.proposal(place):
            self.try_to(proposals.choose_day, *found, day, member(self.site, "priya"), self.now)

    @rule(session=SESSIONS, junior=JUNIORS, verb=st.sampled_from(("book", "wait", "give_up", "take_back")))
    def take_or_leave_a_seat(self, session: str, junior: str, verb: str) -> None:
        self.try_to(getattr(seats, verb), session, member(self.site, junior), self.now)

    @rule(session=SESSIONS, room=st.sampled_from(ROOMS))
    def move_to_another_room(self, session: str, room: str) -> None:
        self.try_to(rooms.move_session, session, room, member(self.site, "ada"), self.now)

    @rule(junior=JUNIORS, number=st.integers(1, 3))
    def rename(self, junior: str, number: int) -> None:
        with self.site.store.writing() as connection:
            renamed = update(t.person).where(t.person.c.email == f"{junior}@example.org")
            connection.execute(renamed.values(name=f"{junior.title()} {number}"))
            events.want(connection, self.site, None, self.now)

    @rule(place=PLACE, choice=st.sampled_from(sorted(words.CHOICES)))
    def answer_a_question(self, place: int, choice: str) -> None:
        asked = [event for event in wanted(self.site).values() if event.question is not None]
        if asked:
            event = asked[place % len(asked)]
            self.try_to(event_questions.answer, event.id, choice, member(self.site, "priya"), self.now)

    # --- what people do in calendars -------------------------------------------------------------

    @rule(place=PLACE)
    def remove_an_event(self, place: int) -> None:
        if event := self.event(place):
            self.organizer.remove(event.key)

    @rule(place=PLACE, by=HALF_HOURS)
    def move_an_event(self, place: int, by: int) -> None:
        if event := self.event(place):
            one, shift = there(self.organizer)[event.key], by * timedelta(minutes=30)
            self.organizer.move(event.key, one.start + shift, one.end + shift)

    @rule(place=PLACE, who=PLACE, response=st.sampled_from(Response))
    def answer_an_invitation(self, place: int, who: int, response: Response) -> None:
        if event := self.event(place):
            invited = sorted(there(self.organizer)[event.key].responses)
            self.organizer.answer(event.key, invited[who % len(invited)], response)

    # --- what machines do ------------------------------------------------------------------------

    @rule(lost=st.booleans(), times=st.integers(1, 3))
    def let_calls_fail(self, lost: bool, times: int) -> None:
        self.unsteady.failures += [lost] * times

    @rule(minutes=st.sampled_from((1, 10, 300)))
    def work(self, minutes: int) -> None:
        self.pass_time(timedelta(minutes=minutes))
        settle(self.site)

    @rule()
    def look_round(self) -> None:
        jobs.look_round(self.site)

    @rule()
    def look_at_the_calendar(self) -> None:
        self.pass_time(reconcile.GRACE)
        reconcile.reconcile(self.site)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        if hasattr(self, "site"):
            with self.site.store.reading() as connection:
                assert events.want(connection, self.site, None, self.now) == 0

    def teardown(self) -> None:
        if not hasattr(self, "site"):
            return
        try:
            for _ in range(4 + len(self.unsteady.failures)):  # a call that still fails may cost a round
                self.pass_time(timedelta(hours=5))
                settle(self.site)
                reconcile.reconcile(self.site)
                settle(self.site)
                self.put_everything_back()
            assert differences(self.site, self.organizer) == []
            assert {event.question for event in wanted(self.site).values()} == {None} or not wanted(self.site)
        finally:
            self.site.store.close()
            self.copy.cleanup()

    def put_everything_back(self) -> None:
        for event in wanted(self.site).values():
            if event.question is not None:
                choice = "put_back" if event.question in ("removed", "moved") else "keep"
                event_questions.answer(self.site, event.id, choice, member(self.site, "priya"), self.now)


def lives(folder: Path, examples: int, steps: int) -> None:
    template(folder)
    machine = type("LifeHere", (Life,), {"folder": folder})
    limits = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=limits)


def test_a_few_lives_end_as_the_database_wants(tmp_path: Path) -> None:
    lives(tmp_path, examples=8, steps=25)


@pytest.mark.slow
def test_many_lives_end_as_the_database_wants(tmp_path: Path) -> None:
    lives(tmp_path, examples=150, steps=50)
