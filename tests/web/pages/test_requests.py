"""The pages of private requests, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.web.company import a_company, member
from tests.web.pages.persons import Person
from web.operations import requests
from web.pages import create_app
from web.site import Site

OWN, WAITING = "/sessions/requests", "/admin/requests"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def test_a_junior_asks_reads_the_answer_and_withdraws(app: Flask, site: Site) -> None:
    gita, ada = Person(app, site, "gita"), Person(app, site, "ada")
    priya = member(site, "priya").person.id

    asked = gita.press(OWN, OWN, about="senior", senior=priya, text="<b>she sings</b>")
    assert (asked.status_code, asked.location) == (303, OWN)
    gita.press(OWN, OWN, about="topic", text="numbers")

    assert "&lt;b&gt;she sings&lt;/b&gt;" in ada.open(WAITING).text
    topic, senior = requests.own(site, member(site, "gita"))
    answered = ada.press(f"{WAITING}/{senior.id}", WAITING, text="It is done.", keep_apart="yes")
    assert (answered.status_code, answered.location) == (303, WAITING)
    gita.press(f"{OWN}/{topic.id}/withdraw", OWN)

    page = gita.open(OWN).text
    assert "It is done." in page
    assert "numbers" not in page
    assert "Nobody waits for an answer." in ada.open(WAITING).text


def test_mistakes_stand_beside_what_was_written(app: Flask, site: Site) -> None:
    gita, ada = Person(app, site, "gita"), Person(app, site, "ada")

    nobody = gita.press(OWN, OWN, about="senior", senior="", text="she sings")
    assert nobody.status_code == 422
    assert 'id="senior-mistake"' in nobody.text
    assert "she sings" in nobody.text
    assert gita.press(OWN, OWN, about="topic", text="x" * 1001).status_code == 422

    gita.press(OWN, OWN, about="topic", text="numbers")
    (asked,) = requests.own(site, member(site, "gita"))
    silent = ada.press(f"{WAITING}/{asked.id}", WAITING, text="", topic="")
    assert silent.status_code == 422
    assert "Please write a word or two" in silent.text


def test_the_eleventh_request_is_refused_with_what_to_do(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    for number in range(10):
        gita.press(OWN, OWN, about="topic", text=f"topic {number}")

    refused = gita.press(OWN, OWN, about="topic", text="one more")

    assert refused.status_code == 409
    assert "Withdraw one of them first" in refused.text


@pytest.mark.parametrize("name", ["priya", "ada"])
def test_a_junior_s_page_is_for_juniors_and_an_admin_s_for_admins(app: Flask, site: Site, name: str) -> None:
    assert Person(app, site, name).open(OWN).status_code == 404
    assert Person(app, site, "gita").open(WAITING).status_code == 404
