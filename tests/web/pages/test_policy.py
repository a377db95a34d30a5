"""What holds on every route: the policy, the form's token, who may see what, and kind refusals."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from planner.errors import IllegalMove
from tests.web.company import a_company, member
from tests.web.conftest import site_in
from tests.web.made_up import NOW, four_sessions
from tests.web.pages.access import nonexistent
from tests.web.pages.gallery import refusing
from tests.web.pages.persons import Person
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import outbox, signin
from web.pages import CONTENT_SECURITY_POLICY, create_app
from web.pages.signed_in import safe_next
from web.site import Site
from web.store import tables as t

EXAMPLES = {"filename": "officeday.css", "kind": "group_lunch", "picture": "rooms", "sheet": "people"}


#: A mail program says no in its reader's name (RFC 8058): the link in the address is the proof, no cookie is.
WITHOUT_TOKEN = {"privacy.say_no"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return a_company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return create_app(site)


def addresses(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    """Every route that answers to `method`, with made-up values in it."""
    urls = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or set()):
            yield (
                rule,
                urls.build(
                    rule.endpoint,
                    {name: EXAMPLES.get(name) or nonexistent(name) for name in rule.arguments},
                    method,
                ),
            )


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert not re.search(r"\*|https?:|data:|blob:", CONTENT_SECURITY_POLICY)


def test_over_https_the_cookie_is_secure_and_browsers_stay_with_https(tmp_path: Path) -> None:
    app = create_app(site_in(tmp_path, url="https://mentoring.example.org"))

    answer = app.test_client().get("/sign-in", base_url="https://mentoring.example.org")

    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))


def test_no_form_is_taken_without_its_token(app: Flask, site: Site) -> None:
    posts = [each for each in addresses(app, "POST") if each[0].endpoint not in WITHOUT_TOKEN]
    assert len(posts) >= 20

    for who in (None, "priya", "aisha", "ada"):
        for rule, address in posts:
            answer = Person(app, site, who).browser.post(address)
            assert answer.status_code == 400, rule
            assert "This page was open too long" in answer.text


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "//e.example",
        "////e.example",
        "/\\e.example",
        "\\\\e.example",
        "/\t/e.example",
        "/\n/e.example",
        "/\x00/e.example",
        "https:/e.example",
        "https://e.example",
        "javascript:alert(1)",
        " /days",
        "days",
        "/ /e.example",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(target: str | None) -> None:
    assert safe_next(target) is None


@pytest.mark.parametrize(
    "target", ["/", "/days/12", "/admin/people?show=problems", "/a/b:c", "/days?next=//e"]
)
def test_a_path_of_this_site_is_kept(target: str) -> None:
    assert safe_next(target) == target


# --- signing in ----------------------------------------------------------------------------------


def test_without_demo_mode_nobody_gets_in_as_a_persona(app: Flask, site: Site) -> None:
    stranger = Person(app, site)
    priya = member(site, "priya").person.id

    answer = stranger.press("/sign-in/demo", "/sign-in", person=priya)

    assert answer.status_code == 404
    assert stranger.open("/").location == "/sign-in"
    assert "Go in as" not in stranger.open("/sign-in").text


def test_in_demo_mode_one_press_signs_in_and_leads_home(tmp_path: Path) -> None:
    site = a_company(tmp_path, demo=True)
    stranger = Person(create_app(site), site)
    people = {role: m for m in signin.demo_people(site) for role in m.roles}

    for role, home in (("senior", "/days"), ("junior", "/sessions"), ("admin", "/admin")):
        answer = stranger.press("/sign-in/demo", "/sign-in", person=people[role].person.id)
        assert (answer.status_code, answer.location) == (303, "/")
        assert stranger.open("/").location == home


def test_demo_mode_lets_in_nobody_but_its_personas(tmp_path: Path) -> None:
    site = a_company(tmp_path, demo=True)
    stranger = Person(create_app(site), site)
    shown = {m.person.id for m in signin.demo_people(site)}
    another = next(
        m.person.id for m in (member(site, n) for n in ("aisha", "ben", "chidi")) if m.person.id not in shown
    )

    assert stranger.press("/sign-in/demo", "/sign-in", person=another).status_code == 404


def test_a_known_and_an_unknown_address_get_the_same_answer(app: Flask, site: Site) -> None:
    said = [
        Person(app, site).press("/sign-in", "/sign-in", email=email).text.replace(email, "…")
        for email in ("priya@example.org", "nobody@example.org")
    ]
    token = re.compile(r'value="[^"]+"')
    assert token.sub("", said[0]) == token.sub("", said[1])


def test_a_mailed_sign_in_link_shows_whom_it_signs_in_and_works_once(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    app = create_app(site)
    Person(app, site).press("/sign-in", "/sign-in", email="Priya@Example.org")
    jobs.run_due(site)
    with site.store.reading() as connection:
        link_id = connection.execute(select(t.link.c.id).where(t.link.c.purpose == "sign_in")).scalar_one()
    link = outbox.signer(site).url("sign_in", link_id).removeprefix(site.config.site.url)
    here, elsewhere = Person(app, site), Person(app, site)

    assert "Sign in as Priya" in here.open(link).text
    assert here.browser.head(link).status_code == 200
    assert here.press(link, link).location == "/"
    assert here.open("/").location == "/days"

    assert "has been used already" in elsewhere.open(link).text
    assert elsewhere.press(link, "/sign-in").status_code == 409


def test_what_is_no_mail_address_is_said_at_the_field(app: Flask, site: Site) -> None:
    answer = Person(app, site).press("/sign-in", "/sign-in", email="priya")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "whole mail address" in answer.text


def test_signing_out_ends_every_sign_in_of_that_person(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    app = create_app(site)
    here, elsewhere = Person(app, site, "priya"), Person(app, site, "priya")

    assert here.press("/sign-out", "/days").status_code == 303

    assert here.open("/days").status_code == 303
    assert elsewhere.open("/days").status_code == 303


def test_a_sign_in_counts_for_a_month_and_no_longer(app: Flask, site: Site) -> None:
    person = Person(app, site, "priya")
    for days, status in ((29, 200), (31, 303)):
        with person.browser.session_transaction() as cookie:
            cookie.update(since=(NOW - timedelta(days=days)).isoformat(), seen=NOW.isoformat())
        assert person.open("/days").status_code == status


def test_a_cookie_changed_by_hand_does_not_count(app: Flask, site: Site) -> None:
    person = Person(app, site, "aisha")
    cookie = person.browser.get_cookie("officeday")
    assert cookie is not None
    person.browser.set_cookie("officeday", cookie.value[:-2] + "xx")
    assert person.open("/sessions").status_code == 303


def test_the_page_somebody_wanted_comes_after_signing_in(tmp_path: Path) -> None:
    site = a_company(tmp_path, demo=True)
    stranger = Person(create_app(site), site)
    ada = next(m.person.id for m in signin.demo_people(site) if "admin" in m.roles)

    there = stranger.open("/admin/people?show=problems").location
    answer = stranger.press("/sign-in/demo", there, person=ada)

    assert answer.location == "/admin/people?show=problems"


# --- refusals ------------------------------------------------------------------------------------


def failing(site: Site, error: Exception) -> Person:
    app = create_app(site)
    app.add_url_rule("/fails", "fails", refusing(error))
    return Person(app, site, "ada")


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (NotFound("x"), 404, "There is nothing here"),
        (Refused("Six people sit in it.", four_sessions()), 409, "Six people sit in it."),
        (IllegalMove("It was skipped already."), 409, "It was skipped already."),
        (Misfilled({"first_day": "give a date"}), 422, "Give a date"),
        (RuntimeError("secret-inside"), 500, "Something broke on our side"),
    ],
)
def test_what_goes_wrong_is_told_kindly_with_a_way_on(
    site: Site, error: Exception, status: int, says: str
) -> None:
    answer = failing(site, error).open("/fails")

    assert answer.status_code == status
    assert says in answer.text
    assert 'class="button first" href="/"' in answer.text
    assert "secret-inside" not in answer.text
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_a_refusal_names_the_sessions_in_the_way(site: Site) -> None:
    answer = failing(site, Refused("Six people sit in it.", four_sessions())).open("/fails")
    assert "Lunch with Farid Azizi" in answer.text
    assert "Thursday 11 March, 12:00" in answer.text


def test_an_error_is_logged_without_the_address_that_may_hold_a_token(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(site)
    app.add_url_rule("/fails/<token>", "fails", lambda token: refusing(RuntimeError("inside"))())
    with caplog.at_level(logging.ERROR):
        Person(app, site).open("/fails/very-secret")
    assert "inside" in caplog.text
    assert "very-secret" not in caplog.text


def test_a_wrong_method_and_too_large_a_form_have_pages_too(app: Flask, site: Site) -> None:
    person = Person(app, site, "ada")

    wrong = person.browser.put("/days")
    large = person.press("/admin/plan", "/admin/plan", first_day="x" * 600_000)

    assert (wrong.status_code, large.status_code) == (405, 413)
    assert "use the buttons" in wrong.text
    assert "GET" in wrong.headers["Allow"]
    assert "too much at once" in large.text


def test_healthz_says_ok_while_the_database_is_at_this_version(app: Flask, site: Site) -> None:
    answer = Person(app, site).open("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
