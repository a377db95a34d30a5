"""Somebody of a company using its pages over HTTP, with a browser's cookie and a form's token."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, insert, select
from werkzeug.test import TestResponse

from planner.domain import Placement
from tests.web.company import FIRST_DAY, LAST_DAY, member
from tests.web.made_up import NOW
from web.operations import outbox, runs
from web.site import Site
from web.store import proposals as kept_proposals
from web.store import runs as kept_runs
from web.store import tables as t
from web.store.proposals import Facts, NewProposal

WEDNESDAY = date(2027, 3, 10)
THREE_DATES = (date(2027, 3, 9), WEDNESDAY, date(2027, 3, 11))
SESSIONS = {"cohort": ("aisha", "ben", "chidi", "dana"), "lunch": ("farid",), "desk": ("gita", "hal")}


class Person:
    """Opens pages and presses buttons, as somebody of the company or (without a name) as a stranger."""

    def __init__(self, app: Flask, site: Site, name: str | None = None) -> None:
        self.browser: FlaskClient = app.test_client()
        if name is not None:
            with self.browser.session_transaction() as cookie:
                cookie.update(person=member(site, name).person.id, since=site.now().isoformat())

    def open(self, address: str) -> TestResponse:
        return self.browser.get(address)

    def press(self, address: str, seen_on: str, **fields: object) -> TestResponse:
        """Post a form as the page `seen_on` would, with the token of that page."""
        return self.browser.post(address, data={"csrf_token": token_on(self.open(seen_on)), **fields})


def token_on(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None, f"the page has no form: {page.text[:2000]}"
    return found[1]


def draft_a_day(site: Site, day: date = WEDNESDAY) -> int:
    """A draft with one day for Priya: mentoring 9:30, lunch 12:00, co-working 13:00. The run's id."""
    ids = {name: str(member(site, name).person.id) for some in SESSIONS.values() for name in some}
    starts = {"cohort": (9, 30, "park"), "lunch": (12, 0, None), "desk": (13, 0, "yard")}
    placements = tuple(
        Placement(
            session,
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=NOW.tzinfo),
            room,
            tuple(ids[name] for name in SESSIONS[session]),
        )
        for session, (hour, minute, room) in starts.items()
    )
    priya = member(site, "priya")
    facts = Facts(why=("all eight of you are free",), dates_one_by_one=THREE_DATES)
    with site.store.writing() as connection:
        _calendars_were_read(connection)
        run_id = kept_runs.add(connection, priya.programme_id, FIRST_DAY, LAST_DAY, None, NOW)
        kept_runs.change(connection, run_id, state="draft", result=RESULT, finished_at=NOW)
        draft = NewProposal(priya.person.id, day, "london", placements, facts)
        kept_proposals.add_drafts(connection, priya.programme_id, run_id, [draft], NOW)
    return run_id


def _calendars_were_read(connection: Connection) -> None:
    """Everybody's calendar was read, and is empty."""
    read = select(t.reading.c.person_id)
    unread = connection.execute(select(t.person.c.id).where(t.person.c.id.not_in(read))).scalars().all()
    span = {"read_at": NOW, "window_start": NOW - timedelta(days=7), "window_end": NOW + timedelta(days=60)}
    if unread:
        connection.execute(
            insert(t.reading), [span | {"person_id": who, "warnings": [], "in_office": []} for who in unread]
        )


RESULT = {
    "score": {"placed": 3, "senior_days": 1},
    "bounds": {"placed": 3},
    "seconds": 1.5,
    "sessions": 3,
    "same_sessions": {"first_free": {"days": 3, "placed": 3}, "greedy": {"days": 2, "placed": 3}},
    "unplaced": [],
    "conflicts": [],
    "supersedes": [],
    "by_senior": [],
}


def propose_a_day(site: Site, day: date = WEDNESDAY) -> int:
    """The same day, released; the proposal's id."""
    run_id = draft_a_day(site, day)
    runs.release(site, run_id, member(site, "ada"), NOW)
    with site.store.reading() as connection:
        return connection.execute(select(t.proposal.c.id).where(t.proposal.c.run_id == run_id)).scalar_one()


def state_of(site: Site, proposal_id: int) -> str:
    with site.store.reading() as connection:
        return connection.execute(
            select(t.proposal.c.state).where(t.proposal.c.id == proposal_id)
        ).scalar_one()


def version_of(site: Site, proposal_id: int) -> int:
    with site.store.reading() as connection:
        return connection.execute(
            select(t.proposal.c.version).where(t.proposal.c.id == proposal_id)
        ).scalar_one()


def mailed_path(site: Site, proposal_id: int) -> str:
    """The path of the newest link mailed about a proposal."""
    with site.store.reading() as connection:
        query = (
            select(t.link.c.id)
            .where(t.link.c.proposal_id == proposal_id)
            .order_by(t.link.c.created_at.desc())
        )
        link_id = connection.execute(query.limit(1)).scalar_one()
    return outbox.signer(site).url("decide", link_id).removeprefix(site.config.site.url)
