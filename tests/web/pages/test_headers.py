"""The headers that protect: on every route by every method, on every refusal, over http and https.

And a real browser goes through the pages of each role and finds nothing that the policy forbids.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.datastructures import Headers

from tests.web.company import a_company
from tests.web.conftest import serving, site_in
from tests.web.pages.gallery import refusing
from tests.web.pages.persons import Person, propose_a_day
from tests.web.pages.test_policy import addresses
from web.pages import CONTENT_SECURITY_POLICY, MAX_FORM, PERMISSIONS_POLICY, create_app
from web.site import Site

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = a_company(tmp_path_factory.mktemp("company"))
    propose_a_day(site)
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def assert_protected(headers: Headers, *, static: bool = False, https: bool = False) -> None:
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["Permissions-Policy"] == PERMISSIONS_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert ("Strict-Transport-Security" in headers) is https
    assert headers.getlist("Content-Security-Policy") == [CONTENT_SECURITY_POLICY]
    if not static:
        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]
    assert "Server" not in headers or "Werkzeug" not in headers["Server"]
    assert "Access-Control-Allow-Origin" not in headers


def every_route(app: Flask) -> dict[str, bool]:
    """Each address of the map once, and whether it is a static file."""
    found = {}
    for method in ("GET", "POST"):
        for rule, address in addresses(app, method):
            found[address] = rule.endpoint == "static"
    return found


@pytest.mark.parametrize("who", [None, "priya", "ada"])
def test_every_route_answers_every_method_with_them(app: Flask, site: Site, who: str | None) -> None:
    browser = Person(app, site, who).browser
    routes = every_route(app)
    assert len(routes) > 60
    for address, static in routes.items():
        for method in METHODS:
            assert_protected(browser.open(address, method=method).headers, static=static)


def test_a_static_file_that_is_not_there_is_not_stored_as_missing(app: Flask) -> None:
    answer = app.test_client().get("/static/nothing.css")

    assert answer.status_code == 404
    assert_protected(answer.headers)


def test_over_https_every_route_keeps_browsers_there(tmp_path: Path) -> None:
    app = create_app(site_in(tmp_path, url="https://mentoring.example.org"))
    browser = app.test_client()
    for address, static in every_route(app).items():
        assert_protected(browser.get(address).headers, static=static, https=True)


def test_refusals_carry_them_too(app: Flask, site: Site) -> None:
    app.add_url_rule("/fails", "fails", refusing(RuntimeError("inside")))
    person = Person(app, site, "ada")
    too_large = person.press("/admin/plan", "/admin/plan", first_day="x" * (MAX_FORM + 1))
    answers = {
        404: person.browser.get("/nothing/here"),
        405: person.browser.put("/days"),
        413: too_large,
        500: person.browser.get("/fails"),
        400: person.browser.post("/switch"),
    }
    stranger = Person(app, site)
    asked = (stranger.press("/sign-in", "/sign-in", email="nobody@example.org") for _ in range(20))
    answers[429] = next(answer for answer in asked if answer.status_code == 429)
    for status, answer in answers.items():
        assert answer.status_code == status
        assert_protected(answer.headers)


# --- in a browser --------------------------------------------------------------------------------

PAGES = {
    "priya": ("/days", "/days/1", "/days/past", "/what-is-read", "/privacy", "/preferences"),
    "aisha": ("/sessions", "/sessions/past", "/what-is-read", "/privacy"),
    "ada": (
        "/admin",
        "/admin/plan",
        "/admin/programme",
        "/admin/rooms",
        "/admin/people",
        "/admin/erasures",
        "/privacy",
    ),
    None: ("/sign-in", "/nothing/here"),
}


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[tuple[str, Flask]]:
    app = create_app(site)
    with serving(app) as address:
        yield address, app


@pytest.mark.browser
@pytest.mark.parametrize("who", PAGES, ids=str)
def test_a_browser_finds_nothing_that_the_policy_forbids(
    browser: Browser, site: Site, address: tuple[str, Flask], who: str | None
) -> None:
    at, app = address
    with browser.new_context() as context:
        if who is not None:
            person = Person(app, site, who)
            person.open("/privacy")
            cookie = person.browser.get_cookie("officeday")
            assert cookie is not None
            context.add_cookies([{"name": "officeday", "value": cookie.value, "url": at}])
        context.add_init_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective))"
        )
        page = context.new_page()
        foreign: list[str] = []
        page.on("request", lambda asked: None if asked.url.startswith(at) else foreign.append(asked.url))
        for path in PAGES[who]:
            answer = page.goto(f"{at}{path}")
            assert answer is not None and answer.status == (404 if path == "/nothing/here" else 200), path
            page.wait_for_load_state("networkidle")
            assert page.evaluate("violations") == [], path
        assert foreign == []


@pytest.mark.browser
def test_the_browser_would_say_so_if_there_were_something(
    browser: Browser, address: tuple[str, Flask]
) -> None:
    """The negative control: a script and a style that nobody allowed do not run, and are reported."""
    at, _ = address
    with browser.new_context() as context:
        context.add_init_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective))"
        )
        page = context.new_page()
        page.goto(f"{at}/sign-in")
        page.evaluate(
            "() => { const s = document.createElement('style'); s.textContent = 'p { color: red }';"
            " document.head.append(s) }"
        )
        page.wait_for_function("violations.length > 0")
        assert page.evaluate("violations")[0].startswith("style-src")
