"""Every page of an installation in which there is hardly anything: a sentence, and never an empty table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.web.conftest import site_in
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import first_admin
from web.operations.roster import import_sheet
from web.pages import create_app
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t

#: What may stand in the address of a page that needs nothing to be there.
NAMED = {"kind": "group_lunch", "sheet": "people", "picture": "rooms"}

EMPTY = re.compile(r"<(tbody|ul|ol|dl|select)\b[^>]*>\s*</\1>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An admin, a senior and a junior; no office, no room, no calendar, nothing promised or planned."""
    folder: Path = tmp_path_factory.mktemp("nearly-empty")
    site = site_in(folder)
    first_admin.make_admin(site, "ada@example.org", NOW)
    file = folder / "people.csv"
    file.write_text(
        "email,name,role,timezone\nana@example.org,Ana,senior,UTC\nben@example.org,Ben,junior,UTC\n"
    )
    import_sheet(site, SheetKind.PEOPLE, file, NOW)
    return site


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return create_app(site)


def pages(app: Flask) -> Iterator[str]:
    """Addresses of every page that needs no object."""
    urls = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and set(rule.arguments) <= NAMED.keys():
            yield urls.build(rule.endpoint, {name: NAMED[name] for name in rule.arguments})


@pytest.mark.parametrize("name", ["ada", "ana", "ben"])
def test_each_page_opens_with_a_sentence_and_nothing_empty(app: Flask, site: Site, name: str) -> None:
    with site.store.reading() as connection:
        query = select(t.person.c.id).where(t.person.c.email == f"{name}@example.org")
        person_id = connection.execute(query).scalar_one()
    person = Person(app, site)
    with person.browser.session_transaction() as cookie:
        cookie.update(person=person_id, since=NOW.isoformat())
    opened, amiss = 0, []
    for address in pages(app):
        page = person.open(address)
        if page.status_code != 200 or page.mimetype != "text/html":
            assert page.status_code < 500, address
            continue
        opened += 1
        main = re.search(r"<main.*?</main>", page.text, re.DOTALL)
        assert main is not None, address
        said = unescape(re.sub(r"<[^>]+>", " ", main[0]))
        if EMPTY.search(main[0]) or not re.search(r"\w+ \w+ \w+[^.]*[.?]", said):
            amiss.append(address)
    assert amiss == []
    assert opened >= 8


def test_nothing_is_told_to_type_what_a_page_can_do(app: Flask, site: Site) -> None:
    """The terminal is named where nothing else does it: how a file of the machine comes in, and mail."""
    with site.store.reading() as connection:
        ada = connection.execute(
            select(t.person.c.id).where(t.person.c.email == "ada@example.org")
        ).scalar_one()
    person = Person(app, site)
    with person.browser.session_transaction() as cookie:
        cookie.update(person=ada, since=NOW.isoformat())

    told = {address for address in pages(app) if "officeday import" in person.open(address).text}

    assert told == {"/admin/sheets/people"}
