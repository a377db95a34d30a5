"""Who shares what was agreed on after a session, and what is still open between two people."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from planner.domain import SessionKind
from tests.web.company import a_company, member
from tests.web.history import History
from tests.web.made_up import NOW
from web.site import Site
from web.store import actions as kept
from web.store import tables as t

BEFORE = NOW - timedelta(days=3)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def agree(site: Site, session: str, owner: str, text: str, by: str, **more: object) -> None:
    who = member(site, owner)
    row = {
        "programme_id": who.programme_id,
        "session_id": session,
        "owner_id": who.person.id,
        "text": text,
        "created_by": member(site, by).person.id,
        "created_at": NOW,
    }
    with site.store.writing() as connection:
        connection.execute(insert(t.action).values(row | more))


def between(site: Site, *juniors: str) -> dict[str, list[str]]:
    """What is open between Priya and these juniors, by junior."""
    ids = {member(site, name).person.id: name for name in juniors}
    with site.store.reading() as connection:
        found = kept.open_between(connection, member(site, "priya").person.id, list(ids))
    return {ids[who]: [each.text for each in some] for who, some in found.items()}


def test_what_is_open_between_two_is_what_either_of_them_owes_the_other(site: Site) -> None:
    lunch = History(site).session(BEFORE, ["ben"], kind=SessionKind.INDIVIDUAL_LUNCH)
    agree(site, lunch, "ben", "Send the draft", "priya", due=date(2027, 3, 12))
    agree(site, lunch, "priya", "Read the draft", "priya", due=date(2027, 3, 10))
    agree(site, lunch, "priya", "Write to Marek", "ben")
    agree(site, lunch, "ben", "Read the handbook", "ben", done_at=NOW)
    agree(site, lunch, "ben", "Learn Latin", "ben", dropped_at=NOW)

    assert between(site, "ben", "aisha") == {"ben": ["Read the draft", "Send the draft", "Write to Marek"]}


def test_in_a_group_nobody_shares_what_another_junior_agreed_on(site: Site) -> None:
    group = History(site).session(BEFORE, ["ben", "aisha"])
    agree(site, group, "ben", "Send the draft", "priya")
    agree(site, group, "priya", "Read what Aisha wrote", "aisha")
    agree(site, group, "priya", "A note for myself", "priya")

    assert between(site, "ben", "aisha") == {"ben": ["Send the draft"], "aisha": ["Read what Aisha wrote"]}


def test_nothing_is_open_between_a_junior_and_a_senior_who_was_not_there(site: Site) -> None:
    lunch = History(site, "marek").session(BEFORE, ["ben"], kind=SessionKind.INDIVIDUAL_LUNCH)
    agree(site, lunch, "ben", "Send the draft", "marek")

    assert between(site, "ben") == {}
