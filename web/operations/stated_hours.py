"""Saying when one is free, for as long as one's calendar does not tell.

Hours only fill time that is unknown: what a calendar says, busy or free, always counts before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from web.errors import Misfilled, NotFound
from web.operations import audit
from web.operations.access import need_in_person
from web.records import Member, StatedHoursRecord
from web.site import Site
from web.store import stated_hours as kept
from web.store.hours import WEEKDAYS, clock_of, minutes_of
from web.store.stated_hours import Stated

#: Hours are stated for so long at most; after it they would say little.
LONGEST = timedelta(weeks=8)

#: No session is shorter.
SHORTEST_MINUTES = 30


def of_person(site: Site, by: Member, now: datetime) -> StatedHoursRecord:
    """What somebody has stated, and why it matters."""
    with site.store.reading() as connection:
        found = kept.of_person(connection, by.person.id)
    if found is None:
        raise NotFound
    today = _today(found, now)
    holds = found.until is not None and found.until >= today
    return StatedHoursRecord(
        trouble=_trouble(found),
        hours={day: (hours[0], hours[1]) for day, hours in found.hours.items()} if holds else {},
        until=found.until if holds else None,
        last_day=today + LONGEST,
    )


def _trouble(found: Stated) -> str | None:
    if not found.has_calendar:
        return "none is known here"
    if found.refused:
        return "you would rather not have it read"
    return found.reason


def _today(found: Stated, now: datetime) -> date:
    return now.astimezone(ZoneInfo(found.timezone)).date()


def state(site: Site, hours: Mapping[str, tuple[str, str]], until: date, by: Member, now: datetime) -> None:
    """State hours by weekday ("tue": ("10:00", "12:00")), on one's own clock, in the place of earlier ones.

    Raises:
        Misfilled: by field ("tue_from", "tue_to", "until"), all mistakes at once.
    """
    need_in_person(by)
    with site.store.writing() as connection:
        found = kept.of_person(connection, by.person.id)
        if found is None:
            raise NotFound
        mistakes = _mistakes(hours) | _mistake_in(until, _today(found, now))
        if mistakes:
            raise Misfilled(mistakes)
        whole = {day: _written(hours[day]) for day in WEEKDAYS if any(hours.get(day, ()))}
        kept.write(connection, by.person.id, whole, until)
        audit.note(connection, now, by, "hours.state", weekdays=len(whole))


def withdraw(site: Site, by: Member, now: datetime) -> None:
    """State none any more."""
    need_in_person(by)
    with site.store.writing() as connection:
        kept.write(connection, by.person.id, None, None)
        audit.note(connection, now, by, "hours.withdraw")


def _written(stretch: tuple[str, str]) -> list[str]:
    return [clock_of(minutes_of(clock)) for clock in stretch]


def _mistakes(hours: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    mistakes: dict[str, str] = {}
    for day, (begin, end) in hours.items():
        if bool(begin) != bool(end):
            mistakes[f"{day}_{'to' if begin else 'from'}"] = "Please give both times, or leave both empty."
        elif begin and minutes_of(end) - minutes_of(begin) < SHORTEST_MINUTES:
            mistakes[f"{day}_to"] = f"Please end at least {SHORTEST_MINUTES} minutes after the beginning."
    if not mistakes and not any(begin for begin, _ in hours.values()):
        mistakes["mon_from"] = "Please give the hours of at least one weekday."
    return mistakes


def _mistake_in(until: date, today: date) -> dict[str, str]:
    if until < today:
        return {"until": "Please give a day to come."}
    if until > today + LONGEST:
        return {"until": f"Please give a day up to {(today + LONGEST).isoformat()}: eight weeks at most."}
    return {}
