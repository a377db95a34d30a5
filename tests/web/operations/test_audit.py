"""The audit log keeps who, what and when as numbers, and is of no use for ranking people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from web.operations import audit
from web.site import Site
from web.store import audit as kept


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def entries(site: Site, **wanted: str) -> list[kept.Entry]:
    """The newest first."""
    with site.store.reading() as connection:
        ada = member(site, "ada")
        return list(kept.newest(connection, ada.programme_id, ada.person.id, **wanted))  # type: ignore[arg-type]


def test_a_decision_is_written_down_with_who_what_and_when(site: Site) -> None:
    ada = member(site, "ada")
    with site.store.writing() as connection:
        audit.note(connection, NOW, ada, "run.release", "run:7", mails=3)

    [entry] = entries(site, action="run.release")

    assert (entry.at, entry.actor_id, entry.programme_id) == (NOW, ada.person.id, ada.programme_id)
    assert (entry.object, dict(entry.details)) == ("run:7", {"mails": 3})


def test_what_an_assistant_does_names_both(site: Site) -> None:
    priya, ada = member(site, "priya"), member(site, "ada").person
    with site.store.writing() as connection:
        audit.note(connection, NOW, replace(priya, behind=ada), "proposal.skip", "proposal:1")

    [entry] = entries(site, action="proposal.skip")

    assert (entry.actor_id, entry.behalf_id) == (ada.id, priya.person.id)


@pytest.mark.parametrize(
    ("action", "object_", "details"),
    [("skip", "", {}), ("room.change", "the Park", {}), ("room.change", "room:park", {"name": "Park"})],
)
def test_names_and_texts_are_refused(site: Site, action: str, object_: str, details: dict[str, int]) -> None:
    with site.store.writing() as connection, pytest.raises(ValueError):
        audit.note(connection, NOW, None, action, object_, **details)
