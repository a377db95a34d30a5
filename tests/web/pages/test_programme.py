"""An admin says on the pages what a programme promises."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from tests.web.plans import planned
from web.operations import preferences, programmes
from web.pages import create_app
from web.site import Site
from web.store import tables as t

LUNCH = {
    "weeks": "6",
    "minutes": "45",
    "fewest": "2",
    "most": "3",
    "open_seats": "0",
    "between_from": "12:00",
    "between_to": "14:00",
    "where": "office",
    "room_use": "lunch",
    "weeks_between_pairs": "0",
}
PAGE, LIST = "/admin/programme/group_lunch", "/admin/programme"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def test_a_programme_starts_with_the_usual_in_one_press(ada: Person) -> None:
    before = ada.open(LIST).text
    pressed = ada.press(f"{LIST}/usual", LIST)
    after = ada.open(LIST).text

    assert pressed.status_code == 303
    assert (before.count("Not promised"), after.count("Not promised")) == (6, 0)
    assert "Each junior every 12 weeks" in after
    assert "Each cohort every 2 weeks" in after


def test_a_kind_is_promised_changed_and_dropped(ada: Person) -> None:
    ada.press(PAGE, PAGE, **LUNCH)
    assert "Each senior every 6 weeks" in ada.open(LIST).text
    ada.press(PAGE, PAGE, **LUNCH | {"weeks": "1"})
    assert "Each senior every week" in ada.open(LIST).text
    ada.press(f"{PAGE}/drop", PAGE)
    assert ada.open(LIST).text.count("Not promised") == 6


def test_what_cannot_be_is_told_by_field_and_what_was_typed_stays(ada: Person) -> None:
    page = ada.press(PAGE, PAGE, **LUNCH | {"weeks": "", "between_to": "25:00", "fewest": "9"})

    assert page.status_code == 422
    assert "Please give a whole number" in page.text
    assert "from 00:00 to 24:00" in page.text
    assert 'value="25:00"' in page.text
    assert ada.open(LIST).text.count("Not promised") == 6


def test_a_kind_that_does_not_exist_has_no_page(ada: Person) -> None:
    assert ada.open(f"{LIST}/picnic").status_code == 404


def test_only_admins_see_what_is_promised(app: Flask, site: Site) -> None:
    for name in ("priya", "ben"):
        assert Person(app, site, name).open(LIST).status_code in (403, 404)
        assert Person(app, site, name).open(PAGE).status_code in (403, 404)
    assert Person(app, site).open(LIST).status_code in (302, 303)


# --- when it is planned --------------------------------------------------------------------------

WHEN = f"{LIST}/when"
WEEKLY = {
    "plan_on": "thu",
    "plan_at": "6:00",
    "timezone": "Europe/London",
    "weeks_ahead": "4",
    "freeze_hours": "48",
}


def test_an_admin_lets_the_programme_plan_itself_and_reads_when(ada: Person) -> None:
    assert "Plans are made by hand only." in ada.open(LIST).text
    assert ada.press(WHEN, LIST, **WEEKLY).status_code == 303

    for page in (LIST, "/admin"):
        text = ada.open(page).text
        assert "The next plan is made on" in text
        assert "Thursday 11 March, 6:00" in text
        assert "None was made by itself yet." in text

    ada.press(WHEN, LIST, **WEEKLY | {"plan_on": ""})
    assert "Plans are made by hand only." in ada.open(LIST).text


def test_what_a_week_cannot_be_is_told_by_field_and_what_was_typed_stays(ada: Person) -> None:
    wrong = {"plan_at": "6", "timezone": "Atlantis", "weeks_ahead": "13", "freeze_hours": "x"}
    page = ada.press(WHEN, LIST, **WEEKLY | wrong)

    assert page.status_code == 422
    assert "Please give a time of day" in page.text
    assert 'value="Atlantis"' in page.text
    assert "Plans are made by hand only." in ada.open(LIST).text
    page = ada.press(WHEN, LIST, **WEEKLY | {"timezone": "Atlantis", "weeks_ahead": "13"})
    assert "Europe/London" in page.text
    assert "1 to 12 weeks" in page.text


def test_only_admins_set_when_a_programme_is_planned(app: Flask, site: Site) -> None:
    for name, own in (("priya", "/days"), ("ben", "/sessions")):
        assert Person(app, site, name).press(WHEN, own, **WEEKLY).status_code in (403, 404)


# --- whose turn it is, with nobody to meet -------------------------------------------------------

#: By who asks for it: each bars a lunch for two or a coffee.
LIMITS = {
    "chidi": {"online_only": "yes"},
    "dana": {"formats_not": "coffee_roulette"},
    "emil": {"max_sessions": "0"},
}


def nobody_on(person: Person) -> str:
    found = re.search(
        r'<section class="card" aria-labelledby="nobody">.*?</section>', person.open(LIST).text, re.S
    )
    return " ".join(re.sub(r"<[^>]+>", " ", found[0] if found else "").split())


def briefly(site: Site) -> Site:
    """The same site, which takes what is found in a second: who has nobody to meet is known before."""
    planner = site.config.planner.model_copy(update={"seconds": 1})
    return replace(site, config=site.config.model_copy(update={"planner": planner}))


def looks(site: Site) -> int:
    with site.store.reading() as connection:
        return connection.execute(select(t.audit_entry.c.action)).scalars().all().count("read.nobody_to_meet")


def test_an_admin_reads_of_nobodys_limits_where_a_turn_has_nobody(site: Site, ada: Person) -> None:
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    for name, limit in LIMITS.items():
        who = member(site, name)
        preferences.change(site, who.person.id, limit, who, NOW)
    planned(briefly(site))

    said = nobody_on(ada)
    assert said.endswith("those who were not reached . More seniors would help.")
    not_reached = ada.open("/admin/fairness/names").text
    for text in (said, not_reached):
        assert not re.search("one of them|prefers|online only|is open to them|does not suit", text)
    assert not re.search("Chidi|Dana|Emil", said)
    assert looks(site) == 0


def test_whose_turn_has_nobody_stands_with_the_reason_and_what_helps_and_the_look_is_noted(
    site: Site, ada: Person
) -> None:
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    with site.store.writing() as connection:
        connection.execute(
            update(t.person).where(t.person.c.name.in_(["Priya", "Marek"])).values(languages=["de"])
        )
        connection.execute(update(t.person).where(t.person.c.name == "Aisha").values(languages=["en"]))
    planned(briefly(site))

    said = nobody_on(ada)
    assert "Aisha · Lunch for two they share no language" in said
    assert "2 turns. More seniors who speak the same language would help." in said
    assert looks(site) == 1
    ada.open(f"{LIST}?as=csv")
    assert looks(site) == 1
