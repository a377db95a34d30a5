"""No page runs a query per row: ten times the company needs as many statements as the company."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests.web.company import a_company, agree_coworking
from tests.web.crowd import crowd
from tests.web.pages.persons import Person, mailed_path, propose_a_day
from web.pages import create_app
from web.site import Site
from web.store import tables as t

SMALL, LARGE = 40, 400
PERSONAS = ("priya", "aisha", "ada")


def grown(folder: Path, people: int) -> tuple[Site, dict[str, object]]:
    """A company of so many more people, and an example of everything that an address can name."""
    site = a_company(folder)
    proposal_id = propose_a_day(site)
    session_id = agree_coworking(site, 5)
    crowd(site, people)
    with site.store.reading() as connection:
        run_id = connection.execute(select(t.planning_run.c.id)).scalars().first()
        person_id = connection.execute(select(t.person.c.id).where(t.person.c.email == "ben@example.org"))
        examples = {
            "proposal_id": proposal_id,
            "session_id": session_id,
            "run_id": run_id,
            "person_id": person_id.scalar_one(),
            "room_id": "yard",
            "office_id": "london",
            "closure_id": 1,
            "event_id": 1,
            "question_id": 1,
            "request_id": 1,
            "action_id": 1,
            "goal_id": 1,
            "objective_id": 1,
            "item_id": 1,
            "day": "2027-03-10",
            "simulation_id": 1,
            "kind": "group_lunch",
            "picture": "reach",
            "sheet": "people",
            "name": "no-such-provider",
            "filename": "officeday.css",
            "token": mailed_path(site, proposal_id).rpartition("/")[2],
        }
    return site, examples


def statements_of_pages(site: Site, examples: dict[str, object]) -> Iterator[tuple[str, str, int, int]]:
    """Of every address that can be opened: who opens it, the status, and how many statements that takes."""
    app: Flask = create_app(site)
    seen: list[str] = []
    event.listen(site.store.engine, "before_cursor_execute", lambda *each: seen.append(each[2]))
    urls = app.url_map.bind("127.0.0.1")
    for name in PERSONAS:
        person = Person(app, site, name)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
                continue
            unknown = rule.arguments - examples.keys()
            assert not unknown, f"{rule.rule}: say in `grown` what {unknown} is"
            address = urls.build(rule.endpoint, {each: examples[each] for each in rule.arguments})
            seen.clear()
            status = person.open(address).status_code
            yield name, rule.rule, status, len(seen)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[tuple[int, int]]]:
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for people in (SMALL, LARGE):
        site, examples = grown(tmp_path_factory.mktemp(f"crowd{people}"), people)
        for name, rule, status, statements in statements_of_pages(site, examples):
            found.setdefault((name, rule), []).append((status, statements))
    return found


def test_ten_times_the_people_take_as_many_statements(
    counted: dict[tuple[str, str], list[tuple[int, int]]],
) -> None:
    grew = {
        who_and_where: (few[1], many[1])
        for who_and_where, (few, many) in counted.items()
        if many[1] > few[1] or many[0] != few[0]
    }

    assert grew == {}


def test_every_persona_has_pages_and_none_breaks(
    counted: dict[tuple[str, str], list[tuple[int, int]]],
) -> None:
    opened = {
        name: [rule for (who, rule), seen in counted.items() if who == name and seen[0][0] == 200]
        for name in PERSONAS
    }

    assert all(len(pages) >= 5 for pages in opened.values()), opened
    assert not [where for where, seen in counted.items() if any(status >= 500 for status, _ in seen)]
    assert all(most < 90 for seen in counted.values() for _, most in seen)
