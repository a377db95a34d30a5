"""An admin asks on a page what it would do, watches, and takes the figures along."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from flask import Flask

from tests.web.company import a_company
from tests.web.pages.persons import Person
from web import jobs
from web.pages import create_app
from web.pages.simulation import MAIN
from web.simulation_settings import TABLES
from web.site import Site

PAGE = "/admin/simulation"
SMALL = {
    "own": "no",
    "simulation.weeks": "4",
    "simulation.seeds": "1",
    "simulation.steps": "0",
    "company.seniors": "2",
    "company.juniors": "8",
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
    rows = list(csv.reader(io.StringIO(ada.open(f"{address}/figures.csv").data.decode("utf-8-sig"))))
    assert rows[0][:4] == ["table", "name", "way", "median"]
    assert ["assumptions", "0.25"] in [[row[0], row[3]] for row in rows]
    picture = ada.open(f"{address}/charts.png")
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert "2 seniors, 8 juniors, 4 weeks" in ada.open(PAGE).text


def test_mistakes_are_told_beside_what_was_typed(ada: Person) -> None:
    page = ada.press(PAGE, PAGE, **SMALL | {"simulation.weeks": "3", "assumptions.declines": "7"})

    assert page.status_code == 422
    assert "from 4 to 52" in page.text and "from 0 to 1, not 7" in page.text
    assert 'name="assumptions.declines" type="text" value="7"' in page.text
    assert ada.press(PAGE, PAGE, **SMALL | {"company.load": "much"}).status_code == 422
    assert "takes more" in ada.press(PAGE, PAGE, **SMALL | {"company.juniors": "900"}).text


def test_a_programme_of_few_is_told_why_it_is_not_played(ada: Person) -> None:
    ada.press("/admin/programme/usual", "/admin/programme")
    page = ada.press(PAGE, PAGE, **SMALL | {"own": "yes"})

    assert page.status_code == 409
    assert "8 juniors" in page.text and "Play a made company" in page.text


def test_one_is_stopped_and_deleted(ada: Person) -> None:
    address = ada.press(PAGE, PAGE, **SMALL).location
    ada.press(f"{address}/stop", address)
    assert "stopped before anything was played" in ada.open(address).text
    assert ada.open(f"{address}/figures.csv").status_code == 404
    ada.press(f"{address}/delete", address)

    assert ada.open(address).status_code == 404
    assert "Nothing yet" in ada.open(PAGE).text
