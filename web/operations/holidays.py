"""Public holidays close offices: each day the coming 400 days are made to agree with each office's place.

Days that admins closed are theirs, and a holiday on which somebody said "we are open anyway" stays open.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web import public_holidays
from web.operations import outbox, worth
from web.site import Site
from web.store import jobs
from web.store import offices as kept

log = logging.getLogger(__name__)

#: How far ahead holidays close offices: further than anything is planned, and over a year's end.
AHEAD = timedelta(days=400)

#: How often it is looked whether there are new ones.
EVERY = timedelta(days=1)


def wake(site: Site, now: datetime) -> None:
    """Have holidays brought up to date in the background, where that was last done a day ago."""
    with site.store.reading() as connection:
        last = jobs.last_ended(connection, "holidays", "done", "failed")
    if last is not None and last > now - EVERY:
        return
    with site.store.writing() as connection:
        job_id = jobs.add(connection, "holidays", {}, now, dedup="holidays")
    site.queue.tell(job_id)


def holidays_job(site: Site) -> None:
    """The background job."""
    with site.store.writing() as connection:
        bring_up_to_date(connection, site.now())
        ask_seniors(connection, site, site.now())
    outbox.wake(site, site.now())


def ask_seniors(connection: Connection, site: Site, now: datetime) -> None:
    """Ask those who have agreed to a day on which the office is closed what becomes of it, once."""
    worth.look(connection, site, kept.days_agreed(connection, now), now)


def bring_up_to_date(connection: Connection, now: datetime, only: Collection[str] | None = None) -> int:
    """Make the holidays of all offices (or `only` some) what their places say, from today on.

    Returns:
        How many days changed; done twice, none.
    """
    first, wanted = {}, {}
    for office in kept.places(connection):
        if only is not None and office.id not in only:
            continue
        today = now.astimezone(ZoneInfo(office.timezone)).date()
        try:
            place = office.holidays and public_holidays.place(office.holidays)
        except ValueError as why:
            log.error("the holidays of %s stay as they are: %s: %s", office.id, office.holidays, why)
            continue
        first[office.id] = today
        wanted[office.id] = public_holidays.between(place, today, today + AHEAD).days if place else {}
    return kept.replace_holidays(connection, first, wanted)
