"""An agreed day through weeks of declines, second thoughts, calendars that move and answers, in any order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from planner.errors import IllegalMove
from tests.web.company import JUNIORS, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.operations.test_day_questions import agreed, asked, on
from tests.web.organizers import a_company_with_an_organizer, differences, settle
from tests.web.pages.persons import WEDNESDAY
from web.errors import NotFound, Refused
from web.operations import absence, calendars, day_questions, seats
from web.site import Site
from web.store import day_questions as kept
from web.store import tables as t

pytestmark = pytest.mark.slow

SESSIONS = ("cohort", "lunch", "desk")
STEPS = 14

#: Mails about what is agreed; of these nobody gets two for one step.
ABOUT_WHAT_IS_AGREED = ("changes", "day_question", "invitation", "cancellation")


class Walk:
    """What people do, one thing after the other, drawn from a seed."""

    def __init__(self, site: Site, folder: Path, seed: int) -> None:
        self.site, self.folder = site, folder
        self.random = random.Random(seed)
        self.log: list[str] = []

    def step(self) -> None:
        self.site = at(self.site, self.site.now() + timedelta(hours=self.random.randrange(1, 9)))
        doing = self.random.choice(
            [
                self.give_up,
                self.give_up,
                self.take_back,
                self.calendar,
                self.calendar,
                self.answer,
                self.absent,
            ]
        )
        try:
            doing()
        except (Refused, NotFound, IllegalMove) as why:
            self.log.append(f"    refused: {why}")

    def give_up(self) -> None:
        session, junior = self.random.choice(SESSIONS), self.random.choice(JUNIORS)
        self.log.append(f"{junior} gives {session} up")
        seats.give_up(self.site, session, member(self.site, junior), self.site.now())

    def take_back(self) -> None:
        session, junior = self.random.choice(SESSIONS), self.random.choice(JUNIORS)
        self.log.append(f"{junior} takes {session} back")
        seats.take_back(self.site, session, member(self.site, junior), self.site.now())

    def calendar(self) -> None:
        who, hour = self.random.choice(("priya", *JUNIORS)), self.random.randrange(9, 15)
        day = WEDNESDAY + timedelta(days=self.random.choice((0, 0, 0, 1, 2)))
        times = [] if self.random.random() < 0.3 else [(on(day, hour, 15), on(day, hour, 45))]
        self.log.append(f"{who}'s calendar has {times}")
        write_calendar(self.folder, who, times)
        calendars.sync(self.site, None, self.site.now())

    def answer(self) -> None:
        for who in self.random.sample(("priya", *JUNIORS), 9):
            for question in asked(self.site, who)[:1]:
                choice, day = self.random.choice(question.choices), None
                if choice == "move" and question.suggested is None:
                    others = day_questions.other_days(self.site, question, self.site.now())
                    day = others[0].day if others else WEDNESDAY
                self.log.append(f"{who} answers {question.cause}: {choice} {day or ''}")
                by = member(self.site, who)
                day_questions.answer(self.site, question.id, choice, day, by, self.site.now())
                return

    def absent(self) -> None:
        junior = self.random.choice(JUNIORS)
        self.log.append(f"{junior} cannot come")
        absence.junior_cannot_come(self.site, WEDNESDAY, member(self.site, junior), self.site.now())


def last_mail(site: Site) -> int:
    with site.store.reading() as connection:
        return connection.execute(select(func.max(t.outbox.c.id))).scalar_one()


def mails_since(site: Site, last: int) -> Iterator[tuple[int, str]]:
    with site.store.reading() as connection:
        o = t.outbox.c
        for row in connection.execute(select(o.person_id, o.kind).where(o.id > last)):
            yield row.person_id, row.kind


def twice_told(site: Site, last: int) -> list[int]:
    told = Counter(who for who, kind in mails_since(site, last) if kind in ABOUT_WHAT_IS_AGREED)
    return [who for who, mails in told.items() if mails > 1]


def asked_twice_at_once(site: Site) -> list[object]:
    with site.store.reading() as connection:
        still_open = kept.all_open(connection)
    about = Counter((each.person_id, each.session_id or each.proposal_id) for each in still_open)
    return [what for what, questions in about.items() if questions > 1]


def standing_without_people(site: Site) -> list[str]:
    with site.store.reading() as connection:
        return [each.id for each in kept.standing(connection, SESSIONS, site.now()) if not each.can_go_on]


def thin_days_nobody_was_asked_about(site: Site) -> list[object]:
    with site.store.reading() as connection:
        proposals = connection.execute(select(t.proposal.c.id)).scalars().all()
        days = kept.days(connection, kept.days_of(connection, proposals).values(), site.now())
        return [
            day.day for day in days if day.is_below and not kept.about_day(connection, day.senior_id, day.day)
        ]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_day_stays_whole_and_everybody_hears_once(tmp_path: Path, seed: int) -> None:
    site, organizer = a_company_with_an_organizer(tmp_path)
    calendars.sync(site, None, NOW)
    agreed(site, fewest=2)
    walk = Walk(site, tmp_path, seed)

    for _ in range(STEPS):
        last = last_mail(site)
        walk.step()
        told_twice = twice_told(walk.site, last)
        settle(walk.site)

        faults = {
            "told twice": told_twice,
            "asked twice at once": asked_twice_at_once(walk.site),
            "stands without people": standing_without_people(walk.site),
            "thin, and nobody was asked": thin_days_nobody_was_asked_about(walk.site),
            "not in the calendar": differences(walk.site, organizer),
        }
        assert not any(faults.values()), "\n".join([str(faults), *walk.log])
