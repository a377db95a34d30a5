"""The page of a co-working session, on a phone: each round as it begins, with the module and without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect

from tests.web.company import a_company, agree_coworking, member
from tests.web.conftest import serving
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import seats
from web.pages import create_app
from web.site import Site

START = NOW + timedelta(days=5)
HALF_HOUR = timedelta(minutes=30)
PHONE = {"width": 390, "height": 844}


class Clock:
    """What a site reads the time from, and a test turns."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock(START + timedelta(minutes=5))


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Site:
    site = a_company(tmp_path)
    session = agree_coworking(site, 3, START)
    for name in ("gita", "hal"):
        seats.book(site, session, member(site, name), NOW)
    return replace(site, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


ADDRESS = "/coworking/open-3"


def shown(page: str) -> str:
    """The round that a page shows, without the ones that only stand in it."""
    panels = re.findall(r'<section class="card" data-from[^>]*?( hidden)?>(.*?)</section>', page, re.DOTALL)
    (one,) = [text for hidden, text in panels if not hidden]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one))


def gita(site: Site) -> int:
    return member(site, "gita").person.id


def test_one_tap_says_whom_the_senior_looked_in_on_and_one_undoes_it(site: Site, app: Flask) -> None:
    priya = Person(app, site, "priya")
    assert "Time to look in on everybody" in shown(priya.open(ADDRESS).text)

    answer = priya.press(f"{ADDRESS}/look-in", ADDRESS, person=gita(site), round=0)

    assert (answer.status_code, answer.location) == (303, ADDRESS)
    page = shown(priya.open(ADDRESS).text)
    assert "looked in at 10:05" in page
    assert "One junior to go" in page
    priya.press(f"{ADDRESS}/take-back", ADDRESS, person=gita(site), round=0)
    assert "Time to look in on everybody" in shown(priya.open(ADDRESS).text)


def test_who_is_not_here_is_said_with_one_tap_and_undone_with_another(site: Site, app: Flask) -> None:
    priya = Person(app, site, "priya")

    priya.press(f"{ADDRESS}/not-here", ADDRESS, person=gita(site), round=0)

    page = priya.open(ADDRESS).text
    assert "not here" in shown(page)
    assert "It costs nobody anything" in page
    priya.press(f"{ADDRESS}/here", ADDRESS, person=gita(site), round=0)
    assert "not here" not in shown(priya.open(ADDRESS).text)


@pytest.mark.parametrize(
    ("minutes", "title", "seconds"),
    [
        (-10, "Begins at 10:00", 601),
        (0, "10:00: look in on 2", 1801),
        (29, "10:00: look in on 2", 61),
        (30, "10:30: look in on 2", 1801),
        (119, "11:30: look in on 2", 61),
        (120, "Co-working is over", None),
    ],
)
def test_each_round_stands_in_the_title_and_the_page_comes_again_with_the_next(
    site: Site, app: Flask, clock: Clock, minutes: int, title: str, seconds: int | None
) -> None:
    clock.moment = START + timedelta(minutes=minutes)

    page = Person(app, site, "priya").open(ADDRESS).text

    assert f"<title>{title} · officeday</title>" in page
    refresh = re.findall(r'<noscript><meta http-equiv="refresh" content="(\d+)"></noscript>', page)
    assert refresh == ([str(seconds)] if seconds else [])


def test_nobody_but_its_senior_sees_the_page(site: Site, app: Flask) -> None:
    assert [Person(app, site, name).open(ADDRESS).status_code for name in ("marek", "gita", "ada")] == [
        404
    ] * 3
    marek = Person(app, site, "marek")
    assert marek.press(f"{ADDRESS}/look-in", "/days", person=gita(site), round=0).status_code == 404


def test_a_junior_s_page_says_when_their_senior_looks_in(site: Site, app: Flask) -> None:
    page = Person(app, site, "gita").open("/sessions").text

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "Now, until 12:00" in words
    assert "Priya looks in on you at 10:00, 10:30, 11:00 and 11:30." in words


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serving(app) as address:
        yield address


def as_priya(context: BrowserContext, app: Flask, site: Site, address: str) -> None:
    person = Person(app, site, "priya")
    person.open("/days")
    cookie = person.browser.get_cookie("officeday")
    assert cookie is not None
    context.add_cookies([{"name": "officeday", "value": cookie.value, "url": address}])


@pytest.mark.browser
def test_the_module_shows_each_round_as_it_begins_and_says_so(
    browser: Browser, app: Flask, site: Site, address: str, clock: Clock
) -> None:
    with browser.new_context(viewport=PHONE) as context:  # type: ignore[arg-type]
        as_priya(context, app, site, address)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text))
        page.clock.install(time=clock.moment + timedelta(hours=7))  # this device's clock is wrong
        page.goto(f"{address}{ADDRESS}")
        page.get_by_role("button", name="Looked in on Gita").click()
        expect(page.get_by_text("looked in at 10:05")).to_be_visible()
        expect(page).to_have_title("10:00: look in on 1 · officeday")

        page.clock.fast_forward("25:01")

        expect(page).to_have_title("10:30: look in on 2 · officeday")
        expect(page.get_by_role("status").filter(has_text="10:30: look in on 2")).to_have_count(1)
        expect(page.get_by_role("heading", level=2)).to_have_text("Time to look in on everybody")
        clock.moment += HALF_HOUR
        page.get_by_role("button", name="Looked in on Gita").click()
        expect(page.get_by_text("looked in at 10:35")).to_be_visible()
        assert complaints == []


@pytest.mark.browser
def test_without_the_module_the_page_comes_again_when_a_round_begins_and_every_tap_works(
    browser: Browser, app: Flask, site: Site, address: str, clock: Clock
) -> None:
    clock.moment = START + HALF_HOUR - timedelta(seconds=1)
    with browser.new_context(viewport=PHONE, java_script_enabled=False) as context:  # type: ignore[arg-type]
        as_priya(context, app, site, address)
        page = context.new_page()
        page.goto(f"{address}{ADDRESS}")
        expect(page).to_have_title("10:00: look in on 2 · officeday")

        clock.moment = START + HALF_HOUR

        expect(page).to_have_title("10:30: look in on 2 · officeday", timeout=15_000)
        page.get_by_role("button", name="Looked in on Hal").click()
        expect(page.get_by_text("looked in at 10:30")).to_be_visible()
        expect(page).to_have_title("10:30: look in on 1 · officeday")
