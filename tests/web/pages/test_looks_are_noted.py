"""Every look at somebody else's data leaves an entry in the audit log, on every page that there is.

The pages are those that the application has, each with every kind of object, opened by an assistant and by
an admin. A page that notes nothing says here why, and is held to it: it names nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from sqlalchemy import func, select
from werkzeug.routing import Rule

from tests.web.made_up import NOW
from tests.web.pages.test_access_matrix import World, a_world, member_id
from web.store import tables as t

OWN = "of whoever reads it, and of nobody else"
FIGURES = "figures of five people or more, and no names"
NOT_PEOPLE = "rooms, offices, rules and forms: nothing of people"

#: Pages that note no look, with the reason, by who opens them.
NOTHING_TO_NOTE = {
    "sam": {
        "auth.sign_in": "a form",
        "auth.open_link": "a form",
        "privacy.opt_out": "a mailed link, whose holder is nobody in particular",
        "privacy.how_data_is_treated": OWN,
        "everybody.what_is_read": OWN,
        "hours.show": OWN,
        "guides.show": "how sessions are held, and whom to ask",
        "guides.kind": "how sessions are held, and whom to ask",
        "healthz": NOT_PEOPLE,
    },
    "ada": {
        "auth.sign_in": "a form",
        "auth.open_link": "a form",
        "privacy.opt_out": "a mailed link, whose holder is nobody in particular",
        "privacy.how_data_is_treated": OWN,
        "everybody.what_is_read": OWN,
        "hours.show": OWN,
        "actions.show": OWN,
        "preferences.show": OWN,
        "guides.kind": "how sessions are held",
        "admin.plans": "how many sessions and days each plan has",
        "admin.progress": "how far a plan has come",
        "admin.room_list": NOT_PEOPLE,
        "admin.room": NOT_PEOPLE,
        "offices.show_all": NOT_PEOPLE,
        "offices.show": NOT_PEOPLE,
        "goals.objective": NOT_PEOPLE,
        "programme.formats": NOT_PEOPLE,
        "programme.one_format": NOT_PEOPLE,
        "training.programme": FIGURES,
        "training.item": FIGURES,
        "actions.counts": FIGURES,
        "fairness.show": FIGURES,
        "fairness.export": FIGURES,
        "evaluation.trends": FIGURES,
        "evaluation.export": FIGURES,
        "meals.lunches": FIGURES,
        "pictures.show": FIGURES,
        "pictures.figures": FIGURES,
        "pictures.image": FIGURES,
        "simulation.show": FIGURES,
        "simulation.one": FIGURES,
        "simulation.progress": FIGURES,
        "simulation.as_csv": FIGURES,
        "simulation.as_png": FIGURES,
        "people.new": NOT_PEOPLE,
        "exports.show": NOT_PEOPLE,
        "start.show": "how many people, offices and rooms there are",
        "start.known_already": "how many people it concerns",
        "sheets.kinds": NOT_PEOPLE,
        "sheets.show": NOT_PEOPLE,
        "sheets.sample_csv": "a sample, of people who do not exist",
        "healthz": NOT_PEOPLE,
    },
}

#: Who may be named all the same: whom an assistant acts for, oneself, and the admin whom anybody may ask.
MAY_STAND = {"sam": {"Priya", "Sam", "Ada"}, "ada": {"Ada"}}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return a_world(tmp_path_factory)


def addresses(world: World) -> Iterator[tuple[str, str]]:
    """Every page's endpoint and address, with every kind of object."""
    urls = world.app.url_map.bind("127.0.0.1")
    for rule in world.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            for values in _values(world, rule):
                yield rule.endpoint, urls.build(rule.endpoint, values, "GET")


def _values(world: World, rule: Rule) -> Iterator[dict[str, object]]:
    names = sorted(rule.arguments)
    for objects in product(*(world.objects[name] for name in names)):
        yield {name: one.value for name, one in zip(names, objects, strict=True)}


def looks(world: World) -> int:
    query = select(func.count()).where(t.audit_entry.c.action.like("read.%"))
    with world.site.store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def names_of_others(world: World, who: str, text: str) -> set[str]:
    with world.site.store.reading() as connection:
        names = set(connection.execute(select(t.person.c.name)).scalars())
    page = text.partition("<main")[2] or text
    return {name for name in names - MAY_STAND[who] if re.search(rf"\b{re.escape(name)}\b", page)}


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_every_page_that_shows_somebody_elses_data_notes_the_look(world: World, who: str) -> None:
    browser = world.app.test_client()
    with browser.session_transaction() as session:
        session["person"] = member_id(world.site, who)
        session["since"] = session["seen"] = NOW.isoformat()
    silent, untrue, seen = set(), set(), set()
    for endpoint, address in addresses(world):
        for limiter in world.app.extensions["limiter"]:
            limiter.reset()
        before = looks(world)
        answer = browser.get(address)
        if answer.status_code != 200 or looks(world) > before:
            continue
        seen.add(endpoint)
        if endpoint not in NOTHING_TO_NOTE[who]:
            silent.add(address)
        elif not endpoint.startswith(("auth.", "privacy.opt_out", "sheets.sample")):
            untrue |= {
                (address, name)
                for name in names_of_others(world, who, answer.data.decode("utf-8", "replace"))
            }

    assert not silent, "note a look in the operation, or say in NOTHING_TO_NOTE why there is none to note"
    assert not untrue
    assert not NOTHING_TO_NOTE[who].keys() - seen, "these note a look now, or are not there any more"
