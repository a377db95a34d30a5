"""An admin asks on a page what it would do, watches, and takes the figures along."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.web.company import a_company
from tests.web.made_up import NOW
from tests.web.pages.made_up_simulations import parts
from tests.web.pages.persons import Person
from web import jobs
from web.operations import calendars
from web.pages import create_app
from web.pages.simulation import MAIN
from web.simulation_results import kept
from web.simulation_settings import TABLES
from web.site import Site
from web.store import simulations
from web.store import tables as t

PAGE = "/admin/simulation"
SMALL = {
    "own": "no",
    "simulation.weeks": "4",
    "simulation.seeds": "1",
    "simulation.steps": "0",
    "company.seniors": "2",
    "company.juniors": "20",
}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def test_the_form_shows_every_default_with_its_reason(ada: Person) -> None:
    page = ada.open(PAGE).text

    assert 'name="assumptions.shows_up_quiet" type="text" value="0.54"' in page
    assert "NPR" in page
    for name, some in TABLES.items():
        for key in some:
            assert f'name="{name}.{key}"' in page
    assert all(key in TABLES[name] for name, keys in MAIN.items() for key in keys)
    assert "Nothing yet" in page


def test_a_simulation_is_played_watched_and_taken_along(ada: Person, site: Site) -> None:
    pressed = ada.press(PAGE, PAGE, **SMALL)
    assert pressed.status_code == 303
    address = pressed.location
    waiting = ada.open(address).text
    assert "0 of 4 runs" in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting  # goes on without JavaScript
    assert ada.open(f"{address}/progress").json == {
        "goes_on": True,
        "headline": "0 of 4 runs are played",
        "says": "Next in line.",
        "seconds": 0,
        "closeness": 0,
    }

    jobs.run_due(site)

    page = ada.open(address).text
    assert 'http-equiv="refresh"' not in page
    assert "Of the quietest quarter officeday reached" in page
    assert page.count("<svg") >= 6  # three charts, each for two widths
    assert "Favours booking links" in page
    assert "Aim of at least 95 % of the quietest quarter reached in the last 4 weeks: " in page
    assert "Of these office days, days with a lunch" in page
    rows = list(csv.reader(io.StringIO(ada.open(f"{address}/figures.csv").data.decode("utf-8-sig"))))
    assert rows[0][:4] == ["table", "name", "way", "median"]
    assert ["assumptions", "0.25"] in [[row[0], row[3]] for row in rows]
    picture = ada.open(f"{address}/charts.png")
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert "2 seniors, 20 juniors, 4 weeks" in ada.open(PAGE).text


def test_mistakes_are_told_beside_what_was_typed(ada: Person) -> None:
    page = ada.press(PAGE, PAGE, **SMALL | {"simulation.weeks": "3", "assumptions.declines": "7"})

    assert page.status_code == 422
    assert "from 4 to 52" in page.text and "from 0 to 1, not 7" in page.text
    assert 'name="assumptions.declines" type="text" value="7"' in page.text
    assert "takes more" in ada.press(PAGE, PAGE, **SMALL | {"company.juniors": "900"}).text


def test_what_is_no_number_hides_no_other_mistake(ada: Person) -> None:
    wrong = {"simulation.weeks": "2", "assumptions.quiet_share": "abc", "company.juniors": "900"}
    page = ada.press(PAGE, PAGE, **SMALL | wrong)

    assert page.status_code == 422
    assert "Must be a whole number from 4 to 52, not 2" in page.text
    assert "Must be a number from 0 to 1" in page.text
    assert "At most 600 here" in page.text
    assert page.text.count('aria-invalid="true"') == 3


def test_a_pilot_of_eight_juniors_is_played_and_told_where_dashes_stand(ada: Person, site: Site) -> None:
    ada.press("/admin/programme/usual", "/admin/programme")
    calendars.sync(site, None, NOW)
    address = ada.press(PAGE, PAGE, **SMALL | {"own": "yes"}).location
    jobs.run_due(site)
    page = ada.open(address).text

    assert "fewer than 5 people: of so few nothing is told." in page
    for quarter in ("Quietest", "Most outgoing"):
        row = page.partition(f'<th scope="row">{quarter} quarter with a session in the last 4 weeks</th>')[2]
        assert [text(cell) for cell in row.partition("</tr>")[0].split("</td>")[:4]] == ["–"] * 4
    assert ">All juniors, least<" in page  # the chart has everybody instead
    assert "of the quietest quarter reached in the last 4 weeks: not known" in page


def test_a_programme_of_four_juniors_is_told_why_it_is_not_played(ada: Person, site: Site) -> None:
    ada.press("/admin/programme/usual", "/admin/programme")
    with site.store.writing() as connection:
        some = select(t.person.c.id).where(t.person.c.name.in_(["Aisha", "Ben", "Chidi", "Emil"]))
        connection.execute(delete(t.membership).where(t.membership.c.person_id.in_(some)))
    page = ada.press(PAGE, PAGE, **SMALL | {"own": "yes"})

    assert page.status_code == 409
    assert "4 juniors" in page.text and "Play a made company" in page.text


def test_one_that_was_stopped_says_how_much_of_it_was_played(ada: Person, site: Site) -> None:
    address = ada.press(PAGE, PAGE, **SMALL | {"simulation.seeds": "6"}).location
    with site.store.writing() as connection:
        result = {"parts": kept(parts()[:3])}
        simulations.change(connection, 1, simulations.OPEN, state="cancelled", result=result)
    page = ada.open(address).text

    assert "the figures are of what was played by then: 3 of 24 runs." in page
    assert "The median of 2 seeds" in page
    rows = list(csv.reader(io.StringIO(ada.open(f"{address}/figures.csv").data.decode("utf-8-sig"))))
    assert [row[3] for row in rows if row[0] == "runs"] == ["3", "24"]


def text(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


def test_one_is_stopped_and_deleted(ada: Person) -> None:
    address = ada.press(PAGE, PAGE, **SMALL).location
    ada.press(f"{address}/stop", address)
    assert "stopped before anything was played" in ada.open(address).text
    assert ada.open(f"{address}/figures.csv").status_code == 404
    ada.press(f"{address}/delete", address)

    assert ada.open(address).status_code == 404
    assert "Nothing yet" in ada.open(PAGE).text
