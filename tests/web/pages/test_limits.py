"""How often an address or a person may do what costs others; with the clock moved on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.company import a_company, member
from tests.web.conftest import site_in
from tests.web.made_up import NOW
from web.config import SiteConfig
from web.pages import create_app
from web.pages.limits import LIMITS
from web.site import Site

BEGIN = datetime(2027, 3, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return a_company(tmp_path_factory.mktemp("company"))


@pytest.fixture
def app(site: Site) -> Flask:
    app = create_app(site)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def ask_for_link(browser: FlaskClient, email: str = "nobody@example.org") -> TestResponse:
    return browser.post("/sign-in", data={"email": email})


def test_a_mailbox_is_sent_links_now_and_then_from_whatever_address(app: Flask) -> None:
    browser = app.test_client()
    with time_machine.travel(BEGIN, tick=False) as clock:
        answers = [
            browser.post(
                "/sign-in",
                data={"email": email},
                environ_base={"REMOTE_ADDR": f"192.0.2.{n}"},
            ).status_code
            for n, email in enumerate(["priya@example.org", " Priya@Example.org"] * 3)
        ]
        assert answers == [200] * 5 + [429]

        too_often = ask_for_link(browser, "priya@example.org")
        assert "wait a few minutes" in too_often.text
        assert 0 < int(too_often.headers["Retry-After"]) <= 15 * 60 + 1
        assert ask_for_link(browser, "marek@example.org").status_code == 200

        clock.shift(timedelta(seconds=int(too_often.headers["Retry-After"])))
        assert ask_for_link(browser, "priya@example.org").status_code == 200


def test_an_address_that_asks_for_links_all_the_time_has_to_wait_and_no_other_does(app: Flask) -> None:
    browser = app.test_client()
    with time_machine.travel(BEGIN, tick=False):
        answers = [ask_for_link(browser, f"p{n}@example.org").status_code for n in range(301)]
        elsewhere = browser.post(
            "/sign-in", data={"email": "x@example.org"}, environ_base={"REMOTE_ADDR": "192.0.2.1"}
        )

    assert answers == [200] * 300 + [429]
    assert elsewhere.status_code == 200


def test_a_person_is_slowed_down_and_their_neighbour_is_not(app: Flask, site: Site) -> None:
    def signed_in(name: str) -> FlaskClient:
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie.update(person=member(site, name).person.id, since=NOW.isoformat())
        return browser

    with time_machine.travel(BEGIN, tick=False) as clock:
        busy = signed_in("ada")
        statuses = [busy.post("/admin/people/read").status_code for _ in range(61)]
        assert statuses == [303] * 60 + [429]
        assert busy.get("/admin").status_code == 200, "only what costs others is limited so tightly"
        assert signed_in("priya").get("/days").status_code == 200
        clock.shift(timedelta(hours=1, seconds=1))
        assert busy.post("/admin/people/read").status_code == 303


def test_mail_scanners_that_open_hundreds_of_links_at_once_are_let(app: Flask) -> None:
    browser = app.test_client()
    with time_machine.travel(BEGIN, tick=False):
        assert {browser.get(f"/a/token-{n}").status_code for n in range(600)} == {404}


def test_every_limit_is_on_a_route_that_there_is(app: Flask) -> None:
    assert set(LIMITS) <= set(app.view_functions)


@pytest.mark.parametrize(
    ("proxies", "header", "counts_as"),
    [
        (0, "198.51.100.7", "127.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.9.9.9, 198.51.100.7", "198.51.100.7"),
        (2, "198.51.100.7, 10.0.0.1", "198.51.100.7"),
    ],
)
def test_only_trusted_proxies_say_whose_address_it_is(
    tmp_path: Path, proxies: int, header: str, counts_as: str
) -> None:
    site = site_in(tmp_path)
    behind = site.config.model_copy(update={"site": SiteConfig(proxies=proxies)})
    app = create_app(replace(site, config=behind))
    seen: list[str | None] = []
    app.before_request(lambda: seen.append(request.remote_addr))

    app.test_client().get("/healthz", headers={"X-Forwarded-For": header})

    assert seen == [counts_as]
