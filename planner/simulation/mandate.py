"""A mandate: everybody is in the office on the same days, and juniors absorb what they can by the way.

Whoever is neither out for the whole day nor online only comes. On each such day on which somebody senior is
in the same office, a junior is mentored by chance, the likelier the more outgoing; that counts as a session.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from planner.domain import Interval, Person, Role
from planner.intervals import subtract
from planner.simulation.company import Company
from planner.simulation.history import HeldSession, History
from planner.simulation.people import Cast

#: Which weekdays a mandate takes first: Tuesday to Thursday, as most do.
MANDATED = (1, 2, 3, 0, 4)


def play_mandate(company: Company, cast: Cast, random: Random) -> History:
    """All weeks of a company under a mandate."""
    history = History()
    offsets = sorted(MANDATED[: int(cast.assumptions.mandate_days)])
    for week in range(company.weeks):
        for offset in offsets:
            _play_day(company, cast, random, history, week, company.monday(week) + timedelta(days=offset))
    return history


def _play_day(company: Company, cast: Cast, random: Random, history: History, week: int, day: date) -> None:
    people = company.problem.person_by_id
    there: dict[str, list[str]] = {}
    for one in company.of(Role.SENIOR):
        senior = people[one.person]
        if not one.online_only and one.offices and _works(senior, day):
            there.setdefault(one.offices[0], []).append(one.person)
            if day not in senior.in_office:
                history.office_days.add((one.person, day))
    for one in company.of(Role.JUNIOR):
        around = there.get(one.offices[0], []) if one.offices and not one.online_only else []
        if around and _works(people[one.person], day) and cast.meets_by_the_way(one.person, random):
            history.held.append(HeldSession(week, random.choice(around), (one.person,), True))


def _works(person: Person, day: date) -> bool:
    """Do they work that day, for any part of it?"""
    hours = person.hours.on(day)
    if hours is None:
        return False
    midnight = datetime.combine(day, time(), ZoneInfo(person.timezone))
    begins, ends = (
        (midnight + timedelta(minutes=minutes)).astimezone(UTC) for minutes in (hours.opens, hours.closes)
    )
    return bool(subtract((Interval(begins, ends),), person.busy))
