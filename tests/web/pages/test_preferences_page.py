"""Preferences, a pause and assistants, through the pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import insert

from tests.web.company import a_company, member
from tests.web.conftest import serving
from tests.web.made_up import NOW
from tests.web.operations.test_assistants import assisted, somebody
from tests.web.pages.persons import Person, propose_a_day, state_of, version_of
from web.operations import assistants, preferences
from web.pages import create_app
from web.records import PersonRef
from web.site import Site
from web.store import tables as t

PAGE = "/preferences"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def signed_in_as(app: Flask, site: Site, who: PersonRef) -> Person:
    """Somebody without a role of their own."""
    person = Person(app, site)
    with person.browser.session_transaction() as cookie:
        cookie.update(person=who.id, since=NOW.isoformat())
    return person


def filled(role: str, **texts: object) -> dict[str, object]:
    offered = " ".join(each.name for each in preferences.offered(frozenset({role})))
    return {"offered": offered, **texts}


def test_of_languages_it_is_said_whom_they_are_for(app: Flask, site: Site) -> None:
    assert "only meet seniors with whom you share one" in Person(app, site, "ben").open(PAGE).text
    senior = Person(app, site, "priya").open(PAGE).text
    assert "only meet juniors, or as a junior seniors, with whom you share one" in senior


def test_a_senior_saves_and_undoes(app: Flask, site: Site) -> None:
    priya = Person(app, site, "priya")

    saved = priya.press(
        PAGE, PAGE, **filled("senior", max_office_days_per_week="2", days_never=["mon", "fri"])
    )
    page = priya.open(PAGE).text

    assert saved.status_code == 303
    assert "Most office days a week: – → 2; Fewest sessions worth a trip: 1 → 2" in page
    assert "Days you do not come in: – → mon fri" in page
    priya.press(f"{PAGE}/undo", PAGE, max_office_days_per_week="", days_never="", newly_own="days_never")
    assert "Days you do not come in: " not in priya.open(PAGE).text
    assert preferences.of(site, member(site, "priya"), NOW).texts["days_never"] == ""


def test_what_was_typed_stays_beside_what_is_wrong_with_it(app: Flask, site: Site) -> None:
    page = Person(app, site, "priya").press(
        PAGE, PAGE, **filled("senior", max_office_days_per_week="nine", break_minutes="999", topics="pricing")
    )

    assert page.status_code == 422
    assert "two things to put right" in page.text.lower()
    assert 'value="nine"' in page.text
    assert 'value="pricing"' in page.text


def test_each_side_is_asked_what_is_theirs(app: Flask, site: Site) -> None:
    senior, junior = (Person(app, site, name).open(PAGE).text for name in ("priya", "aisha"))

    assert "Fewest sessions worth a trip" in senior
    assert "Most sessions a month" not in senior
    assert "Who may answer for you" in senior
    assert "Most sessions a month" in junior
    assert "What you would like to learn about" in junior
    assert "Fewest sessions worth a trip" not in junior
    assert "Who may answer for you" not in junior


def test_a_pause_shows_first_what_it_would_do(app: Flask, site: Site) -> None:
    hal = Person(app, site, "hal")
    days = {"paused_from": "2027-03-08", "paused_until": "2027-03-19"}

    shown = hal.open(f"{PAGE}/pause?paused_from=2027-03-08&paused_until=2027-03-19")
    assert "Nothing stands in the way" in shown.text
    assert "End the pause" not in hal.open(PAGE).text
    assert hal.press(f"{PAGE}/pause", PAGE, **days).status_code == 303
    assert "End the pause" in hal.open(PAGE).text
    hal.press(f"{PAGE}/pause/end", PAGE)
    assert "End the pause" not in hal.open(PAGE).text


def test_days_of_a_pause_that_cannot_be_are_told_on_the_page(app: Flask, site: Site) -> None:
    hal = Person(app, site, "hal")

    for query in ("paused_from=&paused_until=x", "paused_from=2027-03-08&paused_until=2027-03-01"):
        assert hal.open(f"{PAGE}/pause?{query}").status_code == 422
    wrong = hal.press(f"{PAGE}/pause", PAGE, paused_from="2020-01-01", paused_until="2027-03-08")
    assert wrong.status_code == 422


# --- assistants ----------------------------------------------------------------------------------


def test_a_senior_names_an_assistant_who_answers_for_them(app: Flask, site: Site) -> None:
    day, ana = propose_a_day(site), somebody(site, "ana")
    priya = Person(app, site, "priya")
    priya.press(f"{PAGE}/assistants", PAGE, assistant="Ana@Example.org", copies="on")
    assert "ana@example.org" in priya.open(PAGE).text
    hers = signed_in_as(app, site, ana)

    assert hers.open("/").location == "/days"
    assert "Acting for <bdi>Priya</bdi>" in hers.open("/days").text
    hers.press(f"/days/{day}/skip", "/days", version=version_of(site, day))

    assert state_of(site, day) == "skipped"
    assert "Skipped by <bdi>Ana</bdi> for <bdi>Priya</bdi>" in priya.open("/days").text


def test_an_assistant_sees_to_preferences_and_to_nothing_that_is_private(app: Flask, site: Site) -> None:
    acting = assisted(site)
    hers = signed_in_as(app, site, acting.hand)

    page = hers.open(PAGE).text
    assert "What suits <bdi>Priya</bdi>" in page
    assert "Who may answer" not in page
    hers.press(PAGE, PAGE, **filled("senior", days_never=["fri"]))
    assert preferences.of(site, member(site, "priya"), NOW).texts["days_never"] == "fri"

    assert hers.press(f"{PAGE}/assistants", PAGE, assistant="ben@example.org").status_code == 404
    assert hers.press(f"{PAGE}/assistants/{acting.hand.id}/end", PAGE).status_code == 404
    assert hers.press(f"{PAGE}/assistants/{acting.hand.id}/copies", PAGE, copies="no").status_code == 404
    assert hers.open("/sessions").status_code == 404
    assert hers.open("/admin").status_code == 404
    own = hers.open("/what-is-read").text
    assert "Acting for" not in own  # their own calendar, not the senior's
    assert "ana@example.org" in own


def test_who_assists_and_has_a_role_switches_between_both(app: Flask, site: Site) -> None:
    priya, ben = member(site, "priya"), member(site, "ben")
    assistants.name(site, priya.person.id, ben.person.email, True, priya, NOW)
    his = Person(app, site, "ben")

    assert his.open("/").location == "/sessions"
    assert "Act for Priya" in his.open("/sessions").text
    his.press("/switch", "/sessions", programme=priya.programme_id, **{"for": priya.person.id})
    assert his.open("/").location == "/days"
    assert "What suits <bdi>Priya</bdi>" in his.open(PAGE).text
    assert "Be yourself again" in his.open("/days").text
    his.press("/switch", "/days", programme=priya.programme_id)
    assert his.open("/").location == "/sessions"
    assert "What suits you" in his.open(PAGE).text


def test_nobody_turns_to_a_senior_they_do_not_assist(app: Flask, site: Site) -> None:
    priya = member(site, "priya")

    turned = Person(app, site, "ben").press(
        "/switch", "/sessions", programme=priya.programme_id, **{"for": priya.person.id}
    )

    assert turned.status_code == 404


def test_an_assistant_who_was_ended_is_out_at_the_next_click(app: Flask, site: Site) -> None:
    acting = assisted(site)
    hers = signed_in_as(app, site, acting.hand)
    assert hers.open("/days").status_code == 200

    Person(app, site, "priya").press(f"{PAGE}/assistants/{acting.hand.id}/end", PAGE)

    assert hers.open("/days").status_code == 303
    assert "/sign-in" in (hers.open("/days").location or "")


def test_signing_out_ends_the_assistants_sign_in_not_the_seniors(app: Flask, site: Site) -> None:
    acting = assisted(site)
    hers, priya = signed_in_as(app, site, acting.hand), Person(app, site, "priya")

    hers.press("/sign-out", "/days")

    assert priya.open("/days").status_code == 200
    assert "/sign-in" in (hers.open("/days").location or "")


# --- several programmes --------------------------------------------------------------------------


def test_a_person_of_two_programmes_and_roles_reaches_all_of_it_and_reads_where_they_are(
    app: Flask, site: Site
) -> None:
    who = member(site, "priya")
    with site.store.writing() as connection:
        made = connection.execute(insert(t.programme).values(name="Returners"))
        other = made.inserted_primary_key[0]
        row = {"programme_id": other, "person_id": who.person.id}
        connection.execute(insert(t.membership), [{**row, "role": role} for role in ("junior", "admin")])
    priya = Person(app, site, "priya")

    here = priya.open("/days").text
    assert "officeday · <bdi>Mentoring</bdi>" in here
    assert "My sessions" not in here
    priya.press("/switch", "/days", programme=other)
    there = priya.open("/sessions").text
    assert "officeday · <bdi>Returners</bdi>" in there
    for address in ("/sessions", "/admin", "/admin/people", "/admin/plan", PAGE):
        assert f'href="{address}"' in there
        assert priya.open(address).status_code == 200
    both = priya.open(PAGE).text  # limits hold in every programme, so those of both roles are asked
    assert "Fewest sessions worth a trip" in both
    assert "Most sessions a month" in both


def test_who_is_in_one_programme_is_not_told_its_name_on_every_page(app: Flask, site: Site) -> None:
    assert "officeday · " not in Person(app, site, "priya").open("/days").text


# --- by keys alone -------------------------------------------------------------------------------


@pytest.mark.browser
def test_preferences_are_set_and_undone_by_keys_alone(app: Flask, site: Site, browser: Browser) -> None:
    priya = Person(app, site, "priya")
    priya.open(PAGE)
    cookie = priya.browser.get_cookie("officeday")
    assert cookie is not None
    with serving(app) as address, browser.new_context(viewport={"width": 390, "height": 844}) as context:
        context.add_cookies([{"name": "officeday", "value": cookie.value, "url": address}])
        page = context.new_page()
        page.goto(f"{address}{PAGE}")
        _tab_to(page, "max_office_days_per_week")
        page.keyboard.type("2")
        _tab_to(page, "days_never")  # the first box of the week
        page.keyboard.press("Space")
        page.keyboard.press("Enter")

        said = page.get_by_role("status")
        assert "Most office days a week: – → 2" in said.inner_text()
        assert "Days you do not come in: – → mon" in said.inner_text()
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == "Undo":
                break
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('.said').innerText.includes('undone')")

    assert preferences.of(site, member(site, "priya"), NOW).texts["days_never"] == ""


def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"the Tab key never reaches {name}")
