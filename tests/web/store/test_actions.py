"""Who shares what was agreed on after a session, and what people find of it before they meet again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

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


def before(site: Site, *juniors: str, now: datetime = NOW, for_senior: bool = True) -> kept.Before:
    """What Priya (`for_senior`), or one of these juniors, finds before they meet."""
    ids = {member(site, name).person.id for name in juniors}
    with site.store.reading() as connection:
        return kept.before_meeting(connection, member(site, "priya").person.id, ids, now, for_senior)


def between(site: Site, *juniors: str, now: datetime = NOW) -> dict[str, list[str]]:
    """What stands between Priya and these juniors, by junior."""
    names = {member(site, name).person.id: name for name in juniors}
    found = before(site, *juniors, now=now).between
    return {names[who]: [each.text for each in some] for who, some in found.items()}


def promised(site: Site, *juniors: str, now: datetime = NOW, for_senior: bool = True) -> list[str]:
    return [each.text for each in before(site, *juniors, now=now, for_senior=for_senior).promised]


def test_what_is_open_between_two_is_what_either_of_them_owes_the_other(site: Site) -> None:
    lunch = History(site).session(BEFORE, ["ben"], kind=SessionKind.INDIVIDUAL_LUNCH)
    agree(site, lunch, "ben", "Send the draft", "priya", due=date(2027, 3, 12))
    agree(site, lunch, "priya", "Read the draft", "priya", due=date(2027, 3, 10))
    agree(site, lunch, "priya", "Write to Marek", "ben")

    assert between(site, "ben", "aisha") == {"ben": ["Read the draft", "Send the draft", "Write to Marek"]}
    assert promised(site, "ben", "aisha") == []


def test_in_a_group_nobody_shares_what_another_junior_agreed_on(site: Site) -> None:
    group = History(site).session(BEFORE, ["ben", "aisha"])
    agree(site, group, "ben", "Send the draft", "priya")
    agree(site, group, "priya", "Read what Aisha wrote", "aisha")
    agree(site, group, "priya", "Bring the diagram", "priya")

    assert between(site, "ben", "aisha") == {"ben": ["Send the draft"], "aisha": ["Read what Aisha wrote"]}
    assert promised(site, "ben", "aisha") == ["Bring the diagram"]
    # Alone with Ben, Priya finds all that she does from it; Ben what she said to all of them.
    assert between(site, "ben") == {"ben": ["Send the draft"]}
    assert promised(site, "ben") == ["Read what Aisha wrote", "Bring the diagram"]
    assert promised(site, "ben", for_senior=False) == ["Bring the diagram"]


@pytest.mark.parametrize("kind", [*SessionKind])
@pytest.mark.parametrize("for_senior", [True, False])
def test_what_a_senior_said_they_do_is_found_before_the_next_meeting_whatever_the_kind(
    site: Site, kind: SessionKind, for_senior: bool
) -> None:
    session = History(site).session(BEFORE, ["ben"], kind=kind)
    agree(site, session, "priya", "Bring the diagram", "priya")

    found = before(site, "ben", for_senior=for_senior)

    ben = found.between.get(member(site, "ben").person.id, ())
    assert [each.text for each in (*ben, *found.promised)] == ["Bring the diagram"]


@pytest.mark.parametrize(
    ("senior", "juniors", "more"),
    [
        ("marek", ["ben"], {}),
        ("priya", ["aisha"], {}),
        ("priya", ["ben", "aisha"], {"ben": "missed"}),
        ("priya", ["ben"], {"seat": "declined"}),
    ],
)
def test_of_a_session_that_somebody_was_not_in_with_this_senior_nothing_is_told(
    site: Site, senior: str, juniors: list[str], more: dict[str, Any]
) -> None:
    key = History(site, senior).session(BEFORE, juniors, **more)
    agree(site, key, senior, "Bring the diagram", senior)
    agree(site, key, senior, "Read what Aisha wrote", "aisha")

    assert promised(site, "ben", for_senior=False) == promised(site, "ben") == []
    assert between(site, "ben") == {}


def test_what_is_left_of_an_erased_junior_s_note_is_told_to_nobody_else(site: Site) -> None:
    group = History(site).session(BEFORE, ["ben", "aisha"])
    agree(site, group, "priya", "Ask about the move", "aisha", created_by=None)

    assert promised(site, "ben", for_senior=False) == []
    assert promised(site, "ben") == ["Ask about the move"]


def test_what_was_closed_since_two_last_met_is_told_and_what_was_before_is_not(site: Site) -> None:
    first = History(site).session(BEFORE - timedelta(days=20), ["ben"], kind=SessionKind.INDIVIDUAL_LUNCH)
    agree(site, first, "ben", "Long done", "ben", done_at=BEFORE - timedelta(hours=1))
    agree(site, first, "ben", "Done there", "ben", done_at=BEFORE)
    agree(site, first, "priya", "Let go since", "ben", dropped_at=NOW - timedelta(hours=1))
    assert between(site, "ben", now=BEFORE) == {"ben": ["Long done", "Done there", "Let go since"]}

    History(site).session(BEFORE, ["ben"])
    History(site).session(NOW - timedelta(days=1), ["ben"], "fell_through")
    History(site, "marek").session(NOW - timedelta(days=1), ["ben"])
    History(site).session(NOW + timedelta(days=1), ["ben"], None)

    assert between(site, "ben") == {"ben": ["Done there", "Let go since"]}
    assert between(site, "ben", now=NOW + timedelta(days=2)) == {}


def test_what_a_senior_did_for_a_group_is_told_to_whoever_has_not_met_them_since(site: Site) -> None:
    group = History(site).session(BEFORE, ["ben", "aisha"])
    agree(site, group, "priya", "Bring the diagram", "priya", done_at=BEFORE + timedelta(days=1))
    History(site).session(BEFORE + timedelta(days=2), ["ben"])

    assert promised(site, "aisha", for_senior=False) == ["Bring the diagram"]
    assert promised(site, "ben", for_senior=False) == promised(site, "ben") == []
    assert promised(site, "ben", "aisha") == ["Bring the diagram"]
