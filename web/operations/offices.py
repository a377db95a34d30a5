"""Offices: where their public holidays come from, and the days on which an admin closes them.

A closure takes nothing out of anybody's calendar by itself: plans made from now on keep clear of the day,
what is agreed on it is named to the admin before and after, and its seniors are asked what becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web import public_holidays
from web.errors import Misfilled, NotFound, Refused
from web.operations import audit, holidays, outbox
from web.operations.access import need_role
from web.records import ClosedDayRecord, Member, OfficeRecord, SessionRecord
from web.site import Site
from web.store import offices as kept
from web.store import roster, sessions
from web.store import tables as t
from web.store.tables import AnyRow

#: How far ahead the page shows what is closed.
SHOWN = timedelta(days=365)

#: A closure is at most so long; a longer one is an office less.
LONGEST = timedelta(days=366)

MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class AgreedThen:
    """What is agreed in an office on some days, and proposed."""

    sessions: tuple[SessionRecord, ...]  #: of the admin's own programme, in order of time
    elsewhere: int = 0  #: how many more of other programmes
    waiting: int = 0  #: days that wait for their senior's answer, of any programme

    @property
    def many(self) -> int:
        return len(self.sessions) + self.elsewhere


def all_offices(site: Site, by: Member, now: datetime) -> tuple[OfficeRecord, ...]:
    need_role(by, "admin")
    with site.store.reading() as connection:
        return tuple(kept.records(connection, now.date(), now.date() + SHOWN))


def one(site: Site, office_id: str, by: Member, now: datetime) -> OfficeRecord:
    """With its closures and holidays of the next twelve months."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        found = kept.records(connection, now.date(), now.date() + SHOWN, office_id)
    if not found:
        raise NotFound
    return found[0]


def closed_by_holidays(office: OfficeRecord, code: str | None, now: datetime) -> frozenset[date]:
    """The days that another place's holidays would close from now on, and that are open today.

    Raises:
        Misfilled: there is no such place.
    """
    if code is None:
        return frozenset()
    first = _today(office.timezone, now)
    days = public_holidays.between(_place(code), first, first + holidays.AHEAD).days
    return frozenset(days) - {each.day for each in office.days}


def agreed_on(
    site: Site, office: OfficeRecord, days: Collection[date], by: Member, now: datetime
) -> AgreedThen:
    """What is agreed in an office on some days of its own clock, and how many days are proposed there."""
    need_role(by, "admin")
    zone = ZoneInfo(office.timezone)
    with site.store.reading() as connection:
        rows = roster.agreed_in_offices(connection, [office.id], now)
        then = [row.id for row in rows if row.start.astimezone(zone).date() in days]
        ours = t.session.c.programme_id == by.programme_id
        found = sessions.agreed(connection, t.session.c.id.in_(then) & ours) if then else []
        waiting = kept.waiting_on(connection, office.id, days)
    return AgreedThen(tuple(found), len(then) - len(found), waiting)


def closed(office: OfficeRecord) -> frozenset[date]:
    """The days shown on which it is closed."""
    return frozenset(each.day for each in office.days if not each.open_anyway)


def known_until(office: OfficeRecord, now: datetime) -> date | None:
    """The last day of which the holidays are known, where that is less far than they should be."""
    if office.holidays is None:
        return None
    first = _today(office.timezone, now)
    year = public_holidays.between(office.holidays, first, first + holidays.AHEAD)
    return year.known_until if year.known_until < first + holidays.AHEAD else None


def unknown_years(office: OfficeRecord, now: datetime) -> tuple[int, ...]:
    """The years ahead of which no public holiday of its place is known."""
    if office.holidays is None:
        return ()
    first = _today(office.timezone, now)
    return public_holidays.between(office.holidays, first, first + holidays.AHEAD).unknown_years


def choose_place(site: Site, office_id: str, code: str | None, by: Member, now: datetime) -> int:
    """Whose public holidays close an office; None: nobody's. How many days that changed.

    Raises:
        Misfilled: there is no such place.
    """
    need_role(by, "admin")
    place = None if code is None else _place(code)
    with site.store.writing() as connection:
        _office(connection, office_id)
        kept.set_place(connection, office_id, place)
        changed = holidays.bring_up_to_date(connection, now, [office_id])
        holidays.ask_seniors(connection, site, now)
        audit.note(connection, now, by, "office.holidays", f"office:{office_id}", days=changed)
    outbox.wake(site, now)
    return changed


def close(
    site: Site, office_id: str, first: date, last: date, reason: str, by: Member, now: datetime
) -> tuple[date, ...]:
    """Close an office from `first` to `last`, both included; the days that were open until now.

    Raises:
        Misfilled: the days make no sense.
        Refused: nothing of them is left to close, or somebody said that it is open on one.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        office = _office(connection, office_id)
        today = _today(office.timezone, now)
        _check_days(first, last, reason, today)
        there = {each.day: each for each in kept.records(connection, first, last, office_id)[0].days}
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        new = tuple(day for day in days if day not in there)
        _check_there(new, list(there.values()))
        kept.close(connection, office_id, new, reason)
        holidays.ask_seniors(connection, site, now)
        audit.note(connection, now, by, "office.close", f"office:{office_id}", days=len(new))
    outbox.wake(site, now)
    return new


def reopen(site: Site, office_id: str, days: Collection[date], by: Member, now: datetime) -> int:
    """Take back what an admin closed, and on how many days; a holiday among them closes it again."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        _office(connection, office_id)
        removed = kept.remove(connection, office_id, days)
        holidays.bring_up_to_date(connection, now, [office_id])
        holidays.ask_seniors(connection, site, now)
        audit.note(connection, now, by, "office.reopen", f"office:{office_id}", days=removed)
    outbox.wake(site, now)
    return removed


def say_open(site: Site, office_id: str, day: date, open_anyway: bool, by: Member, now: datetime) -> None:
    """ "We are open anyway" on a holiday, or closed after all."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        _office(connection, office_id)
        if not kept.say_open(connection, office_id, day, open_anyway):
            raise NotFound
        holidays.ask_seniors(connection, site, now)
        action = "office.open_anyway" if open_anyway else "office.closed_after_all"
        audit.note(connection, now, by, action, f"office:{office_id}")
    outbox.wake(site, now)


def is_used(site: Site, office_id: str, by: Member) -> bool:
    """Does anybody or anything belong to it?"""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return kept.is_used(connection, office_id)


def drop(site: Site, office_id: str, by: Member, now: datetime) -> str:
    """Take an office away to which nobody and nothing belongs; its name.

    Raises:
        Refused: somebody or something does.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        office = _office(connection, office_id)
        if kept.is_used(connection, office_id):
            raise Refused("Somebody works in this office, or rooms or sessions belong to it, so it stays.")
        kept.drop(connection, office_id)
        audit.note(connection, now, by, "office.drop", f"office:{office_id}")
    return str(office.name)


def _office(connection: Connection, office_id: str) -> AnyRow:
    office = kept.row_of(connection, office_id)
    if office is None:
        raise NotFound
    return office


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _place(code: str) -> str:
    try:
        return public_holidays.place(code)
    except ValueError as why:
        raise Misfilled({"place": str(why)}) from why


def _check_days(first: date, last: date, reason: str, today: date) -> None:
    mistakes = {}
    if first < today:
        mistakes["first"] = "must be today or later"
    if last < first:
        mistakes["last"] = "must not come before the first day"
    elif last - first > LONGEST:
        mistakes["last"] = "at most a year at a time"
    if ";" in reason or len(reason) > MOST_REASON:  # one parts the dates of a sheet
        mistakes["reason"] = f"write at most {MOST_REASON} characters, and no semicolon"
    if mistakes:
        raise Misfilled(mistakes)


def _check_there(new: Collection[date], there: Collection[ClosedDayRecord]) -> None:
    if any(each.open_anyway for each in there):
        raise Refused(
            "A holiday on which you are open anyway is among these days. Close that one below first."
        )
    if not new:
        raise Refused("It is closed on all of these days already.")
