"""An admin reads whom the programme reached, exports it, and sees by name who was not."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.web.company import JUNIORS, a_company
from tests.web.history import History, joined, participation
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.pages import create_app
from web.site import Site

PAGE, NAMES, EXPORT = "/admin/fairness", "/admin/fairness/names", "/admin/fairness/figures.csv"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Twenty juniors of two teams; one session with five of them two weeks ago."""
    site = a_company(tmp_path, extra_juniors=12)
    joined(site, NOW.date() - timedelta(weeks=30), team="=HYPERLINK(1)")
    for name in JUNIORS:
        participation(site, name, team="Payments")
    History(site).session(NOW - timedelta(weeks=2), JUNIORS[:5])
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def exported(person: Person, query: str = "") -> dict[tuple[str, str, str], str]:
    answer = person.open(EXPORT + query)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert next(rows) == ["table", "group", "figure", "value"]
    return {(table, group, figure): value for table, group, figure, value in rows}


def test_the_page_says_whom_the_programme_reached(ada: Person) -> None:
    page = ada.open(PAGE).text

    assert "5 of 20 juniors" in page
    assert "Reach by team" in page and "Payments" in page
    assert "Reach by site" not in page  # there is one
    assert 'aria-current="page">Results' in page


def test_the_export_has_the_figures_of_the_page_and_no_formula(ada: Person) -> None:
    cells = exported(ada)

    assert cells["reach", "all juniors", "reached"] == "5"
    assert cells["reach by team", "Payments", "reached in person"] == "5"
    assert cells["reach by team", "'=HYPERLINK(1)", "juniors"] == "12"
    assert cells["sessions", "All kinds".lower(), "held"] == "1"
    assert cells["sessions", "Group mentoring, in person", "offered"] == "1"
    assert not any(name.title() in " ".join(key) for key in cells for name in JUNIORS)


def test_page_and_export_take_the_same_span(ada: Person) -> None:
    for query in ("?weeks=4", "?weeks=52", "?first=2026-11-02&last=2027-02-07"):
        cells = exported(ada, query)
        page = ada.open(PAGE + query).text
        assert f">{cells['reach', 'all juniors', 'reached']} of 20 juniors" in page
        assert query.replace("&", "&amp;") in page  # the way to the export
    assert cells["span", "", "last day"] == "2027-02-07"
    assert cells["reach", "all juniors", "reached"] == "0"


@pytest.mark.parametrize(
    "query",
    ["?weeks=5", "?first=2027-01-01&last=2026-01-01", "?first=soon", "?first=2027-03-01&last=2027-03-05"],
)
def test_a_span_that_makes_no_sense_is_told_and_the_usual_one_shown(ada: Person, query: str) -> None:
    page = ada.open(PAGE + query)

    assert page.status_code == 422
    assert "5 of 20 juniors" in page.text
    assert ada.open(EXPORT + query).status_code == 422
    assert ada.open(NAMES + query).status_code == 422


def test_who_was_not_reached_stands_by_name_with_what_stands_in_the_way(ada: Person) -> None:
    page = ada.open(NAMES).text

    assert "15 juniors" in page
    assert "Farid" in page and "Aisha" not in page
    assert "30 weeks since they joined" in page
    assert "Payments" not in page


def test_the_list_goes_on_over_pages(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.fairness.NAMES", 10)
    first, second = ada.open(NAMES).text, ada.open(f"{NAMES}?page=2").text

    assert "Page 1 of 2" in first and "Page 2 of 2" in second
    assert first.count("since they joined") == 10 and second.count("since they joined") == 5
    for page in ("0", "-1", "x", "9" * 5000, "²"):
        assert ada.open(f"{NAMES}?page={page}").status_code == 200


def test_names_are_in_no_export_and_teams_not_beside_names(app: Flask, ada: Person) -> None:
    assert not any("names" in str(rule) and "csv" in str(rule) for rule in app.url_map.iter_rules())
    assert "Farid" not in ada.open(PAGE).text
    assert "Farid" not in ada.open(EXPORT).text


def test_only_admins_read_any_of_it(app: Flask, site: Site) -> None:
    for address in (PAGE, NAMES, EXPORT):
        for name in ("priya", "aisha"):
            assert Person(app, site, name).open(address).status_code == 404
        assert Person(app, site).open(address).status_code == 303
