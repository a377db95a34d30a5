"""A mandate: everybody is in the office on the same days, and juniors absorb what they can by the way.

Whoever takes part and is not online only comes, if they work at all that day while their office is open; a
senior may call the day off. On each such day on which a senior whom they may meet is in the same office, a
junior is mentored by chance, the likelier the more outgoing; that counts as a session.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from planner.domain import Interval, Office, Person, Role, WeekHours
from planner.intervals import clip, subtract
from planner.programme import Participant
from planner.simulation.company import Company
from planner.simulation.history import HeldSession, History
from planner.simulation.people import Cast

#: Which weekdays a mandate takes first: Tuesday to Thursday, as most do.
MANDATED = (1, 2, 3, 0, 4)


def play_mandate(company: Company, cast: Cast, random: Random) -> History:
    """All weeks of a company under a mandate."""
    mandate = _Mandate(company, cast, random)
    for week in range(company.weeks):
        for offset in sorted(MANDATED[: int(cast.assumptions.mandate_days)]):
            mandate.hold(week, company.monday(week) + timedelta(days=offset))
    return mandate.history


class _Mandate:
    def __init__(self, company: Company, cast: Cast, random: Random) -> None:
        unasked = (replace(one, declines=frozenset()) for one in company.participants)
        self.company = replace(company, participants=tuple(unasked))
        self.cast, self.random = cast, random
        self.history = History()
        self._mentors = cache(self.company.mentors)

    def hold(self, week: int, day: date) -> None:
        there = self._seniors_in(day)
        for one in self.company.of(Role.JUNIOR):
            around = there.get(one.offices[0], ()) if one.offices else ()
            if around and self._comes(one, day) and self.cast.meets_by_the_way(one.person, self.random):
                able = [each.person for each in self._mentors(one, True) if each.person in around]
                if able:
                    met = self.random.choice(able)
                    self.history.held.append(HeldSession(week, met, (one.person,), True))

    def _seniors_in(self, day: date) -> Mapping[str, Collection[str]]:
        """By office; whoever would not have come otherwise was asked in."""
        there: dict[str, set[str]] = defaultdict(set)
        for one in self.company.of(Role.SENIOR):
            if self._comes(one, day) and not self.cast.calls_off(self.random):
                there[one.offices[0]].add(one.person)
                if day not in self.company.problem.person_by_id[one.person].in_office:
                    self.history.office_days.add((one.person, day))
        return there

    def _comes(self, one: Participant, day: date) -> bool:
        if one.online_only or not one.offices or not one.takes_part(day):
            return False
        problem = self.company.problem
        return _works(problem.person_by_id[one.person], problem.office_by_id[one.offices[0]], day)


def _works(person: Person, office: Office, day: date) -> bool:
    """Do they work that day while the office is open, for any part of it?"""
    theirs, open_ = _on(day, person.hours, person.timezone), _on(day, office.open, office.timezone)
    if theirs is None or open_ is None or day in office.closed:
        return False
    return bool(subtract(clip((theirs,), open_), person.busy))


def _on(day: date, week: WeekHours, zone: str) -> Interval | None:
    hours = week.on(day)
    if hours is None:
        return None
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    begins, ends = (
        (midnight + timedelta(minutes=minutes)).astimezone(UTC) for minutes in (hours.opens, hours.closes)
    )
    return Interval(begins, ends)
