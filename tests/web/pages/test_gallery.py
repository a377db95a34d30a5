"""Every page with every ugly record, without a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from tests.web.conftest import site_in
from tests.web.pages.gallery import GALLERY, add_gallery
from web.pages import create_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(site_in(tmp_path_factory.mktemp("gallery"), demo=True))
    add_gallery(app)
    return app


class Read(HTMLParser):
    """What a test wants to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.fixture(params=GALLERY)
def page(app: Flask, request: pytest.FixtureRequest) -> str:
    answer = app.test_client().get(f"/gallery/{request.param}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_nothing_inline_and_nothing_foreign_stands_in_a_page(page: str) -> None:
    read = Read(page)
    for tag, attrs in read.tags:
        assert "style" not in attrs, tag
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        address = attrs.get("href") or attrs.get("src") or ""
        if tag == "a" and attrs.get("rel") == "noreferrer":  # where to meet online
            assert address.startswith("https://")
        else:
            assert not re.match(r"(?i)\s*(https?:|//|javascript:|data:)", address)
    assert not read.all("style")
    assert all(attrs.get("src", "").startswith("/static/") for attrs in read.all("script"))  # type: ignore[union-attr]


def test_a_page_has_one_main_heading_one_main_and_a_title(page: str) -> None:
    read = Read(page)
    assert len(read.all("h1")) == 1
    assert [attrs.get("id") for attrs in read.all("main")] == ["main"]
    assert re.search(r"<title>\S", page)
    assert read.tags.index(("a", {"class": "skip", "href": "#main"})) > 0


def test_no_id_stands_twice_and_every_reference_leads_somewhere(page: str) -> None:
    read = Read(page)
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    for _, attrs in read.tags:
        for name in ("aria-labelledby", "aria-describedby", "for", "form"):
            for wanted in (attrs.get(name) or "").split():
                assert wanted in ids, (name, wanted)


def test_every_form_that_posts_carries_the_token(page: str) -> None:
    read = Read(page)
    posts = [attrs for attrs in read.all("form") if attrs.get("method") == "post"]
    tokens = [attrs for attrs in read.all("input") if attrs.get("name") == "csrf_token"]
    assert len(tokens) == len(posts)


def test_a_hostile_name_stays_text(app: Flask) -> None:
    page = app.test_client().get("/gallery/senior-several").text
    assert "{{7*7}} &lt;svg onload=alert(1)&gt;" in page
    assert "<svg onload" not in page


def test_no_plan_needs_fewer_days_is_said_only_where_it_is_proved(app: Flask) -> None:
    said = "no plan needs fewer office days"
    assert said in app.test_client().get("/gallery/senior-days").text
    assert said not in app.test_client().get("/gallery/senior-several").text


def test_a_day_that_is_past_has_no_buttons_to_answer_it(app: Flask) -> None:
    page = app.test_client().get("/gallery/senior-past").text
    assert "nothing left to answer" in page
    assert "Approve" not in page


def test_an_online_day_asks_for_no_trip(app: Flask) -> None:
    page = app.test_client().get("/gallery/answer-skip").text
    assert "one online session, no trip" in page
    assert "trip more" not in page


def test_a_junior_far_away_reads_online_times_on_their_own_clock(app: Flask) -> None:
    page = app.test_client().get("/gallery/junior").text
    assert "Tuesday 23 March, 18:00–19:00" in page


def test_who_answers_from_a_mail_is_shown_no_way_into_the_application(app: Flask) -> None:
    page = app.test_client().get("/gallery/answer-approve").text
    assert 'aria-label="Main"' not in page
    assert "Sign out" not in page


def test_every_page_of_the_application_is_in_the_gallery() -> None:
    folder = Path(__file__).parents[3] / "web" / "templates"
    pages = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.html")
        if not file.name.startswith("_") and file.parent.name not in ("mail", "templates")
    }
    assert pages == {picture.template for picture in GALLERY.values()}
