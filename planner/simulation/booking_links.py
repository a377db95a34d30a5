"""Booking links: seniors publish free time, juniors take the first free slot when they feel like asking.

Every ask is one session of two, in the office or online, with a senior drawn at random from those whom the
junior may meet there; where that is nobody in an office, it is online. `planner.first_free` books it in the
four weeks to come, as such a link does, on days on which both take part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from planner.domain import Agreement, Placement, PlanningProblem, Role, Session
from planner.first_free import first_free
from planner.programme import Participant, days_together
from planner.simulation.company import A_DAY, OF_TWO, WINDOW, Company
from planner.simulation.history import HeldSession, History
from planner.simulation.people import Cast

#: Lengths of a session.
MINUTES_IN_PERSON, MINUTES_ONLINE = 60, 30


@dataclass(frozen=True)
class _Booking:
    session: Session
    day: date


def play_booking_links(company: Company, cast: Cast, random: Random) -> History:
    """All weeks of a company with booking links."""
    links = _Links(company, cast, random)
    for week in range(company.weeks):
        links.book(week)
        links.hold(week)
    return links.history


class _Links:
    def __init__(self, company: Company, cast: Cast, random: Random) -> None:
        self.company, self.cast, self.random = company, cast, random
        self.history = History()
        self._mentors = cache(company.mentors)
        self._booked: list[_Booking] = []
        self._number = 0

    def book(self, week: int) -> None:
        first = self.company.monday(week)
        asked = list(self._asked(first))
        standing = [one.session for one in self._booked]
        problem = replace(self.company.window(first), sessions=(*standing, *asked))
        for placement in first_free(problem):
            session = problem.session_by_id[placement.session]
            if session.fixed is None:
                self._booked.append(_Booking(_fixed(session, placement), _day(problem, session, placement)))

    def _asked(self, first: date) -> Iterable[Session]:
        """What is asked for in a week, in the order in which it comes."""
        open_now = Counter(one.session.juniors[0] for one in self._booked)
        juniors = [one for one in self.company.of(Role.JUNIOR) if one.takes_part(first)]
        for junior in self.random.sample(juniors, len(juniors)):
            left = int(self.cast.assumptions.links_open) - open_now[junior.person]
            for _ in range(min(self.cast.asks(junior.person, self.random), left)):
                session = self._ask(junior, first)
                if session is not None:
                    yield session

    def _ask(self, junior: Participant, first: date) -> Session | None:
        in_person = self.random.random() < self.cast.assumptions.links_in_person
        able = self._able(junior, first, in_person)
        if in_person and not able:
            in_person, able = False, self._able(junior, first, False)
        if not able:
            return None
        senior, days = self.random.choice(able)
        shared = [office for office in senior.offices if office in junior.offices]
        self._number += 1
        return Session(
            id=f"booking {self._number:06d}",
            kind=OF_TWO.kind,
            senior=senior.person,
            juniors=(junior.person,),
            required=frozenset((junior.person,)),
            seats=OF_TWO.seats,
            minutes=MINUTES_IN_PERSON if in_person else MINUTES_ONLINE,
            between=OF_TWO.between,
            first_day=days[0],
            last_day=days[1],
            office=shared[0] if in_person else None,
        )

    def _able(
        self, junior: Participant, first: date, in_person: bool
    ) -> list[tuple[Participant, tuple[date, date]]]:
        """Seniors with a link for a junior, and the days of the next weeks on which both take part."""
        last = first + WINDOW - A_DAY
        return [
            (one, days)
            for one in self._mentors(junior, in_person)
            if (days := days_together((one, junior), first, last))
        ]

    def hold(self, week: int) -> None:
        until = self.company.monday(week + 1)
        for one in self._booked:
            if one.day < until:
                self._hold_one(week, one)
        self._booked = [one for one in self._booked if one.day >= until]

    def _hold_one(self, week: int, one: _Booking) -> None:
        session = one.session
        if self.cast.calls_off(self.random):
            return
        senior = self.company.problem.person_by_id[session.senior]
        if session.office is not None and one.day not in senior.in_office:
            self.history.office_days.add((session.senior, one.day))
        if self.cast.shows_up_to_own(self.random):
            self.history.held.append(
                HeldSession(week, session.senior, session.juniors, session.office is not None)
            )


def booked_one_by_one(company: Company, sessions: Iterable[Session]) -> list[tuple[Session, date]]:
    """The sessions that find a slot at all when each is booked at its first free one, and their dates."""
    problem = replace(company.problem, sessions=tuple(sessions))
    booked = ((problem.session_by_id[each.session], each) for each in first_free(problem))
    return [(session, _day(problem, session, each)) for session, each in booked]


def _fixed(session: Session, placement: Placement) -> Session:
    return replace(session, fixed=Agreement(placement.start, placement.room, placement.juniors))


def _day(problem: PlanningProblem, session: Session, placement: Placement) -> date:
    return placement.start.astimezone(ZoneInfo(problem.zone_of(session))).date()
