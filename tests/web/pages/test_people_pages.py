"""An admin's pages about people, pressed through."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import preferences
from web.pages import create_app
from web.site import Site

LIST = "/admin/people"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def page_of(site: Site, name: str) -> str:
    return f"{LIST}/{member(site, name).person.id}"


def test_the_list_leads_to_each_person(ada: Person, site: Site) -> None:
    page = page_of(site, "gita")

    assert f'href="{page}"' in ada.open(LIST).text
    assert "gita@example.org" in ada.open(page).text
    assert ada.open(f"{LIST}/99999").status_code == 404


def test_pages_of_the_list_lead_on_and_back(app: Flask, tmp_path: Path) -> None:
    site = a_company(tmp_path / "large", extra_juniors=60)
    ada = Person(create_app(site), site, "ada")

    first, second = ada.open(LIST).text, ada.open(f"{LIST}?show=all&page=2").text

    assert "page 1 of 2" in first
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second
    assert ada.open(f"{LIST}?page=nonsense").status_code == 200


def test_roles_are_ticked_and_the_last_admin_is_kept(ada: Person, site: Site) -> None:
    gita, own = page_of(site, "gita"), page_of(site, "ada")

    assert ada.press(f"{gita}/roles", gita, roles=["junior", "senior"]).status_code == 303
    refused = ada.press(f"{own}/roles", own, roles=["senior"])

    assert member(site, "gita").roles == {"junior", "senior"}
    assert refused.status_code == 409
    assert "Make somebody else an admin first" in refused.text
    assert "Roles" in refused.text  # it is the person's page still


def test_facts_are_saved_or_told_by_field(ada: Person, site: Site) -> None:
    gita = page_of(site, "gita")

    wrong = ada.press(f"{gita}/facts", gita, joined="soon", cohort="spring", manager="nobody@example.org")
    assert wrong.status_code == 422
    assert 'value="nobody@example.org"' in wrong.text
    saved = ada.press(
        f"{gita}/facts", gita, joined="2027-02-01", cohort="spring", manager="marek@example.org"
    )
    assert saved.status_code == 303
    assert 'value="marek@example.org"' in ada.open(gita).text


def test_two_are_kept_apart_and_meet_again(ada: Person, app: Flask, site: Site) -> None:
    gita, marek = page_of(site, "gita"), member(site, "marek").person
    ada.press(f"{gita}/apart", gita, never_with="marek@example.org")
    assert "<bdi>Marek</bdi>" in ada.open(gita).text
    assert ada.press(f"{gita}/apart", gita, never_with="marek@example.org").status_code == 422
    for name in ("gita", "marek"):
        assert "Never together" not in Person(app, site, name).open("/preferences").text

    ada.press(f"{gita}/apart/remove", gita, other=marek.id)

    assert "<bdi>Marek</bdi>" not in ada.open(gita).text


def test_leaving_is_shown_first_and_ends_access(ada: Person, app: Flask, site: Site) -> None:
    gita, hers = page_of(site, "gita"), Person(app, site, "gita")
    today = NOW.date().isoformat()

    shown = ada.open(f"{gita}/depart?left={today}")
    assert "Nothing that is agreed" in shown.text
    assert hers.open("/sessions").status_code == 200
    ada.press(f"{gita}/depart", gita, left=today)

    assert hers.open("/sessions").status_code == 303  # to sign in, which she cannot
    assert "Left on" in ada.open(gita).text
    ada.press(f"{gita}/back", gita)
    assert hers.open("/sessions").status_code == 303  # what she was signed in with has ended for good
    anew = Person(app, site, "gita")
    with anew.browser.session_transaction() as cookie:
        cookie.update(since=(NOW + timedelta(seconds=1)).isoformat())
    assert anew.open("/sessions").status_code == 200


def test_a_pause_is_shown_first(ada: Person, site: Site) -> None:
    gita = page_of(site, "gita")
    days = {"paused_from": "2027-03-08", "paused_until": "2027-03-19"}

    assert "A pause from" in ada.open(f"{gita}/depart?paused_from=2027-03-08&paused_until=2027-03-19").text
    assert ada.open(f"{gita}/depart?paused_from=2027-03-08&paused_until=").status_code == 422
    assert ada.press(f"{gita}/depart", gita, **days).status_code == 303
    assert "Pauses from Monday 8 March to Friday 19 March" in ada.open(gita).text


def test_languages_are_changed_only_in_the_open_and_limits_not_at_all(ada: Person, site: Site) -> None:
    priya = page_of(site, "priya")
    offered = " ".join(each.name for each in preferences.offered(frozenset({"senior"})))
    own = {"eats": "halal", "days_never": "fri", "room_needs": "step-free"}
    preferences.change(site, member(site, "priya").person.id, own, member(site, "priya"), NOW)

    for path in (priya, f"{priya}/preferences"):
        shown = ada.open(path).text
        assert "Languages" in shown
        assert not [each for each in ("Most office days", "halal", "Friday", "step-free") if each in shown]
    change = f"{priya}/preferences"
    assert "they get a mail" in ada.open(change).text
    wrong = ada.press(change, change, offered=offered, languages="e!")
    assert (wrong.status_code, 'value="e!"' in wrong.text) == (422, True)
    ada.press(change, change, offered=offered, languages="de", max_office_days_per_week="3")

    after = preferences.of(site, member(site, "priya"), NOW).texts
    assert (after["languages"], after["max_office_days_per_week"], after["eats"]) == ("de", "", "halal")
    assert "they are told by mail" in ada.open(priya).text


def test_an_assistant_is_named_and_ended_for_a_senior(ada: Person, site: Site) -> None:
    priya = page_of(site, "priya")

    ada.press(f"{priya}/assistants", priya, assistant="ben@example.org", copies="on")
    assert "ben@example.org" in ada.open(priya).text
    ada.press(f"{priya}/assistants/{member(site, 'ben').person.id}/end", priya)

    assert "ben@example.org" not in ada.open(priya).text


def test_a_junior_is_offered_no_assistant(ada: Person, site: Site) -> None:
    gita = page_of(site, "gita")

    assert "Who may answer" not in ada.open(gita).text
    assert ada.press(f"{gita}/assistants", gita, assistant="ben@example.org").status_code == 404


def test_somebody_is_added(ada: Person, site: Site) -> None:
    new = f"{LIST}/new"

    wrong = ada.press(new, new, email="nia", name="", office="london", roles=["senior"])
    assert wrong.status_code == 422
    assert 'value="nia"' in wrong.text
    added = ada.press(new, new, email="nia@example.org", name="Nia", office="london", roles=["senior"])

    assert added.status_code == 303
    assert "Nia is in Mentoring" in ada.open(added.location).text
    assert ada.press(f"{added.location}/invite", added.location).status_code == 303


def test_a_programme_is_named_where_somebody_is_in_two(ada: Person, app: Flask, site: Site) -> None:
    """The roles of a person's page are those of the programme the admin is in, which the page names."""
    assert "in <bdi>Mentoring</bdi>" in ada.open(page_of(site, "gita")).text
