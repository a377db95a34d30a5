"""What is eaten at the lunches to come, as numbers: for whoever orders the food."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from web.operations import audit
from web.operations.access import need_role
from web.records import LunchDayRecord, Member
from web.site import Site
from web.store import meals as kept

#: How far ahead somebody orders.
AHEAD = timedelta(days=28)


def lunches(site: Site, by: Member, now: datetime) -> tuple[LunchDayRecord, ...]:
    """By day and office how many come to lunch and what they said they eat, without names.

    That somebody looked is written down: few people may come to a lunch.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        found = tuple(_days(kept.guests(connection, by.programme_id, now, now + AHEAD)))
    if any(day.eats for day in found):
        audit.look(site, by, "read.meals")
    return found


def _days(guests: Iterable[kept.Guest]) -> list[LunchDayRecord]:
    """Whoever comes to two lunches of a day eats twice."""
    by_day: dict[tuple[date, str], list[str]] = defaultdict(list)
    for guest in guests:
        day = guest.start.astimezone(ZoneInfo(guest.timezone)).date()
        by_day[day, guest.office].append(guest.eats)
    return [LunchDayRecord(day, office, len(eats), _counted(eats)) for (day, office), eats in by_day.items()]


def _counted(eats: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """What is asked for most comes first."""
    asked = Counter(what for each in eats for what in each.split(", ") if what)
    return tuple(sorted(asked.items(), key=lambda one: (-one[1], one[0])))
