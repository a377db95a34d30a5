"""Every page with a session names what it serves, and nobody's own goal to somebody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from planner.domain import SessionKind
from tests.web.company import a_company, agree_coworking, member
from tests.web.history import History
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, draft_a_day, mailed_path, propose_a_day
from web.guides import guide
from web.operations import attendance, goals
from web.operations.goals import GoalForm
from web.pages import create_app
from web.site import Site

COWORKING, LUNCH = guide(SessionKind.COWORKING).purpose, guide(SessionKind.INDIVIDUAL_LUNCH).purpose
OBJECTIVE = "Everybody knows whom to ask"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def set_goal(site: Site, name: str, statement: str) -> None:
    goals.add(site, GoalForm(statement, "", None), member(site, name), NOW - timedelta(weeks=1))


def add_objective(site: Site, *kinds: SessionKind) -> None:
    goals.add_objective(site, GoalForm(OBJECTIVE, "", None), frozenset(kinds), member(site, "ada"), NOW)


def test_an_open_seat_says_what_its_session_is_for(app: Flask, site: Site) -> None:
    agree_coworking(site, 2)
    aisha = Person(app, site, "aisha")

    assert f"For: {COWORKING}" in aisha.open("/sessions").text
    add_objective(site, SessionKind.COWORKING)
    assert f"Towards: <bdi>{OBJECTIVE}</bdi>" in aisha.open("/sessions").text


def test_the_page_behind_a_mailed_proposal_says_what_each_session_is_for(app: Flask, site: Site) -> None:
    set_goal(site, "farid", "juggle")
    path = mailed_path(site, propose_a_day(site))

    shown = Person(app, site).open(path).text

    assert f"For: {LUNCH}" in shown
    assert "juggle" not in shown


def test_a_draft_says_what_each_session_is_for_and_nobody_s_goal(app: Flask, site: Site) -> None:
    set_goal(site, "farid", "juggle")
    draft = f"/admin/plan/{draft_a_day(site)}"
    ada = Person(app, site, "ada")

    shown = ada.open(draft).text
    add_objective(site, SessionKind.INDIVIDUAL_LUNCH)

    assert f"For: {LUNCH}" in shown
    assert "juggle" not in shown
    assert f"Towards: <bdi>{OBJECTIVE}</bdi>" in ada.open(draft).text


def test_both_sides_read_what_a_past_session_served_and_words_only_their_own(app: Flask, site: Site) -> None:
    set_goal(site, "gita", "juggle")
    yesterday = NOW - timedelta(days=1)
    key = History(site).session(yesterday, ["gita"], None, kind=SessionKind.INDIVIDUAL_LUNCH)
    attendance.say_outcome(site, key, True, member(site, "priya"), NOW)
    add_objective(site)

    assert "Your goal: “<bdi>juggle</bdi>”" in Person(app, site, "gita").open("/sessions/past").text
    of_priya = Person(app, site, "priya").open("/days/past").text
    assert "It served a goal that <bdi>Gita</bdi> set." in of_priya
    assert "juggle" not in of_priya
    assert OBJECTIVE not in of_priya


def test_what_fell_through_served_nothing(app: Flask, site: Site) -> None:
    yesterday = NOW - timedelta(days=1)
    key = History(site).session(yesterday, ["gita"], None, kind=SessionKind.INDIVIDUAL_LUNCH)
    attendance.say_outcome(site, key, False, member(site, "priya"), NOW)

    for name, page in (("gita", "/sessions/past"), ("priya", "/days/past")):
        assert LUNCH not in Person(app, site, name).open(page).text
