"""How was it, in a browser without JavaScript: a tap in the mail, one button, a word; and one's own page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.company import a_company, at
from tests.web.conftest import serving
from tests.web.history import History
from tests.web.mails import html_of
from tests.web.operations.test_evaluation import LUNCH_ASKED, feedback, known, look, mails
from tests.web.pages.persons import Person
from web.pages import create_app
from web.site import Site

pytestmark = pytest.mark.browser

LUNCH = datetime(2027, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Priya had lunch with Aisha, and they were asked how it was."""
    site = a_company(tmp_path)
    History(site).session(LUNCH, ["aisha"], None)
    look(site, LUNCH_ASKED)
    return at(site, LUNCH_ASKED)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False) as context:
        yield context.new_page()


def test_a_tap_in_the_mail_one_button_and_a_word(site: Site, page: Page) -> None:
    (mail,) = (each for each in mails(site) if each["To"].addresses[0].display_name == "Aisha")
    with serving(create_app(site)) as address:
        here = re.sub(r"http://[^/\"]+(?=/f/)", address, html_of(mail))
        page.set_content(here)
        page.get_by_role("link", name=re.compile("^4 of 5")).click()

        expect(page.get_by_role("radio", name=re.compile("^4"))).to_be_checked()
        assert feedback(site) == []
        page.get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text("You said: 4 of 5, quite useful.")
        page.get_by_label("A word on it").fill("Good to hear how others began.")
        page.get_by_role("button", name="Send the word").click()
        expect(page.get_by_role("status")).to_contain_text("Your word on it is kept too.")

    ((session, *said),) = feedback(site)
    assert said == ["Aisha", True, 4, "Good to hear how others began."]
    assert known(site, session)[0] == "held"


def test_one_tap_on_the_page_of_past_days_and_its_undo(site: Site, page: Page) -> None:
    app = create_app(site)
    cookie = Person(app, site, "priya").browser.get_cookie("officeday")
    assert cookie is not None
    with serving(app) as address:
        page.context.add_cookies([{"name": "officeday", "value": cookie.value, "url": address}])
        page.goto(f"{address}/days/past")
        page.get_by_role("button", name=re.compile("^5 of 5, very useful")).click()

        expect(page.get_by_role("status")).to_contain_text("You said: 5 of 5, very useful.")
        assert [each[1:4] for each in feedback(site)] == [("Priya", True, 5)]
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name=re.compile("^5 of 5"))).to_be_visible()

    assert feedback(site) == []
