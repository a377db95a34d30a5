"""What is eaten at the lunches of the coming weeks, as numbers: for whoever orders the food.

What somebody eats may tell what they believe in, or what ails them. So how many eat what is told by office
and week, and only where five people or more who said so are in none of the figures shown before it, which
are those of earlier weeks and of offices earlier in the alphabet. With that no sum or difference of the
figures on the page, with whatever weights, depends on fewer than five people: of those that are in it the
last one has five that no other has. Of fewer nothing is told here; whoever leads a lunch reads in its
briefing what its guests eat.

Weeks are whole ones, from a Monday, and people are counted once in a week: a day that is over leaves no
difference to yesterday's page, and nobody stands out by coming often. Not covered are looks on different
days, between which somebody joined, left or said something else, or a new week became the first one; each
look is in the audit log.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from web.operations import audit
from web.operations.access import need_role
from web.records import LunchWeekRecord, Member
from web.site import Site
from web.small_groups import LEAST
from web.store import meals as kept

#: How far ahead somebody orders: this week, and so many after it.
WEEKS_AHEAD = 3

_WEEK = timedelta(days=7)

#: A Monday and an office.
_Week = tuple[date, str]


def lunches(site: Site, by: Member, now: datetime) -> tuple[LunchWeekRecord, ...]:
    """By week and office how many come to lunch, and how many eat what, without names.

    That somebody looked at what is eaten is written down.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        around = now - 2 * _WEEK, now + (WEEKS_AHEAD + 2) * _WEEK  # whole weeks on any clock, and more
        found = _weeks(kept.guests(connection, by.programme_id, *around), now)
    if any(week.eats for week in found):
        audit.look(site, by, "read.meals")
    return found


def _weeks(guests: Iterable[kept.Guest], now: datetime) -> tuple[LunchWeekRecord, ...]:
    meals: dict[_Week, Counter[date]] = defaultdict(Counter)
    said: dict[_Week, dict[int, str]] = defaultdict(dict)
    for guest in guests:
        zone = ZoneInfo(guest.timezone)
        day, first = guest.start.astimezone(zone).date(), _monday(now.astimezone(zone).date())
        if first <= day < first + (WEEKS_AHEAD + 1) * _WEEK:
            week = _monday(day), guest.office
            meals[week][day] += 1  # whoever comes to two lunches of a day eats twice
            if guest.eats:
                said[week][guest.person_id] = guest.eats
    told = _told({week: said[week] for week in sorted(meals)})
    return tuple(
        LunchWeekRecord(*week, tuple(sorted(meals[week].items())), told.get(week)) for week in sorted(meals)
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _told(said: Mapping[_Week, Mapping[int, str]]) -> Mapping[_Week, tuple[tuple[str, int], ...]]:
    """How many eat what, of the weeks of which that may be told."""
    told, known = {}, set[int]()
    for week, eats in said.items():
        if len(eats.keys() - known) >= LEAST:
            told[week] = _counted(eats.values())
            known |= eats.keys()
    return told


def _counted(eats: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """What is asked for most comes first."""
    asked = Counter(what for each in eats for what in each.split(", ") if what)
    return tuple(sorted(asked.items(), key=lambda one: (-one[1], one[0])))
