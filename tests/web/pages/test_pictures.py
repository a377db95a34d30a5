"""An admin looks at pictures of what came of the programme, reads their figures, and takes both along."""

from __future__ import annotations

import csv
import io
import re
import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import insert, update

from tests.web.company import JUNIORS, a_company
from tests.web.conftest import serving, site_in
from tests.web.history import History, joined
from tests.web.made_up import NOW
from tests.web.pages import made_up_pictures
from tests.web.pages.gallery import add_gallery
from tests.web.pages.persons import Person
from web import pictures as drawings
from web.charts import WIDE, ColumnChart, LineChart, csv_table, tabled
from web.pages import create_app
from web.pages.pictures import OF_A_MONTH, OVER_TIME
from web.records import OfficeDaysRecord, SaidOfRecord
from web.site import Site
from web.store import tables as t

PAGE = "/admin/pictures"
NAMES = [*OVER_TIME, *OF_A_MONTH]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Sessions in January, February and ahead in March; a room with a name that a spreadsheet would run."""
    site = a_company(tmp_path)
    joined(site, date(2026, 12, 1))
    history = History(site)
    january, february = datetime(2027, 1, 12, 10, tzinfo=UTC), datetime(2027, 2, 16, 10, tzinfo=UTC)
    sessions = [history.session(january, JUNIORS), history.session(february, JUNIORS[:6])]
    ahead = history.session(NOW + timedelta(days=6), JUNIORS[:3], None)
    with site.store.writing() as connection:
        rows = [
            {"session_id": session, "way": way, "day": day}
            for session, month in zip(sessions, (1, 2), strict=True)
            for way, day in (
                ("first_free", date(2027, month, 5)),
                ("greedy", date(2027, month, 6)),
            )
        ]
        connection.execute(insert(t.simpler_day), rows)
        connection.execute(update(t.room).where(t.room.c.id == "park").values(name="=HYPERLINK(1)"))
        connection.execute(update(t.session).where(t.session.c.id == ahead).values(room_id="park"))
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def table_of(page: str, name: str) -> list[list[str]]:
    """What the table of a picture says, cell by cell."""
    section = page.partition(f'<section class="card" id="{name}"')[2].partition("</section>")[0]
    table = section.partition("<table")[2].partition("</table>")[0]
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def exported(person: Person, name: str, query: str = "") -> list[list[str]]:
    answer = person.open(f"{PAGE}/{name}.csv{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def as_on_the_page(rows: list[list[str]]) -> list[list[str]]:
    """An export as the page writes it: units with the figures, and a dash for what is not known."""
    heads = [re.fullmatch(r"(.*?)(?: \((%)\))?", head.removeprefix("'")) for head in rows[0]]
    assert all(heads)
    units = [head[2] or "" for head in heads if head]
    return [[head[1] for head in heads if head]] + [
        [
            row[0],
            *(f"{int(cell):,}{unit}" if cell else "–" for cell, unit in zip(row[1:], units[1:], strict=True)),
        ]
        for row in rows[1:]
    ]


@pytest.mark.parametrize("name", ["office-days", "reach", "rooms", "headcount"])
def test_an_export_is_what_the_page_shows(ada: Person, name: str) -> None:
    table = table_of(ada.open(PAGE).text, name)

    assert len(table) > 2
    assert as_on_the_page(exported(ada, name)) == table


def test_the_page_says_what_simpler_ways_would_have_taken(ada: Person) -> None:
    page = ada.open(PAGE).text

    assert "2 office days for 2 sessions since January 2027" in page
    assert "the same sessions would have taken 2: just as many." in page
    # from the 12th on, that day included: two seniors and fourteen weekdays, three of five
    assert table_of(page, "office-days")[1] == ["January 2027", "1", "1", "1", "17", "0"]


@pytest.mark.parametrize(
    ("unplaced", "says"),
    [
        (0, "2 sessions for which no plan worked out both simpler ways."),
        (1, "The first free slot found no place for 1 of them."),
    ],
)
def test_what_is_left_out_of_the_comparison_is_told_with_why(unplaced: int, says: str) -> None:
    month = OfficeDaysRecord(date(2027, 2, 1), 9, 7, unplaced, 3, 5, 4, 4, 20)
    notes = drawings.office_days([month], NOW.date()).notes

    assert notes[-1].startswith("Left out for Officeday and both simpler ways, though not of the mandate")
    assert notes[-1].endswith(says)


def test_days_in_anyway_are_told_to_be_no_trips(ada: Person) -> None:
    page = ada.open(PAGE).text

    assert "days on which they are in anyway are no trips" in page
    assert "the weekdays on which they say today that they are in anyway are no trips either" in page


def test_reach_kinds_rooms_and_people_are_told_in_a_sentence(ada: Person) -> None:
    page = ada.open(PAGE).text

    assert "8 of 8 juniors had a session that was held in the last twelve weeks: 100%" in page
    assert "sessions held since January 2027, of those that may be told; most often group mentoring" in page
    assert "of those of =HYPERLINK(1), the fullest" in page
    assert "At most 4 people: on Thursday 11 March, in London." in page


@pytest.mark.parametrize("many", [1, 2])
def test_how_useful_sessions_were_is_told_in_tenths(many: int) -> None:
    months = (date(2027, 1, 1), date(2027, 2, 1))[:many]
    juniors = tuple((month, month, SaidOfRecord(None, 9, 9, 9, (0, 0, 0, 9, 0))) for month in months)
    chart = drawings.satisfaction((months, ((), juniors)), NOW.date()).chart

    assert chart and [row[1] for row in csv_table(chart)[1]] == ["4.0"] * many


def test_no_cell_of_an_export_is_a_formula(ada: Person) -> None:
    head = exported(ada, "rooms")[0]

    assert "'=HYPERLINK(1) (%)" in head
    assert not [cell for row in exported(ada, "rooms") for cell in row if cell[:1] in "=+-@" and cell]


@pytest.mark.parametrize("name", ["office-days", "reach", "kinds", "rooms", "headcount"])
def test_a_picture_is_taken_along_as_a_png(ada: Person, name: str) -> None:
    answer = ada.open(f"{PAGE}/{name}.png")

    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.data[:8] == b"\x89PNG\r\n\x1a\n" and answer.data[-8:-4] == b"IEND"
    wide, high = struct.unpack(">II", answer.data[16:24])
    assert wide == 2 * (WIDE + 48) and high > 200
    month = "2027-03"
    assert f'filename="{name}-{month}.png"' in answer.headers["Content-Disposition"]


def test_before_anything_was_agreed_the_page_says_what_happens_next(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    ada = Person(create_app(site), site, "ada")

    page = ada.open(PAGE).text

    assert "No session has taken place at an office yet." in page
    assert "Nothing can be told of reach yet." in page
    assert "No session is in a room of London this month." in page
    assert exported(ada, "office-days") == [["Office days"]]
    assert ada.open(f"{PAGE}/office-days.png").status_code == 404


def test_one_looks_at_another_month_and_further_back(ada: Person) -> None:
    page = ada.open(f"{PAGE}?months=36&month=2027-01").text

    assert "Rooms in January 2027" in page
    assert '<option value="36" selected>' in page
    assert "/admin/pictures?months=36&amp;month=2026-12#days" in page
    assert "/admin/pictures/rooms.csv?months=36&amp;month=2027-01" in page
    assert exported(ada, "headcount", "?month=2027-01")[12][1:] == ["9"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("months=7", "Please choose one of what is offered."),
        ("month=2027-13", "Please give a month, such as 2026-03."),
        ("month=9999-12", "Please give a month within ten years."),
        ("month=%00", "Please give a month, such as 2026-03."),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_the_usual(
    ada: Person, query: str, says: str
) -> None:
    answer = ada.open(f"{PAGE}?{query}")

    assert answer.status_code == 422
    assert says in answer.text and "Rooms in March 2027" in answer.text
    assert ada.open(f"{PAGE}/rooms.csv?{query}").status_code == 422


def test_what_is_no_picture_is_not_found(ada: Person) -> None:
    for address in ("nothing.csv", "nothing.png", "rooms.png?office=atlantis"):
        assert ada.open(f"{PAGE}/{address}").status_code == 404


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = create_app(site_in(tmp_path_factory.mktemp("looks"), demo=True))
    add_gallery(app)
    with serving(app) as address:
        yield address


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 768, 1100, 1440])
def test_one_drawing_of_each_picture_is_shown_with_letters_that_can_be_read(
    browser: Browser, address: str, width: int
) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}) as context:
        page = context.new_page()
        page.goto(f"{address}/gallery/pictures-ugly")
        shown = page.eval_on_selector_all(
            "svg.chart",
            "all => all.filter(one => one.checkVisibility()).map(one => one.getScreenCTM().a * 13)",
        )

    assert len(shown) == len(NAMES)
    assert min(shown) >= 11 and max(shown) <= 20


@pytest.mark.browser
def test_figures_stand_open_beside_their_picture_where_there_is_room(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 1100, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address}/gallery/pictures")
        for name in NAMES:
            picture = page.locator(f"#{name} .chart.wide").bounding_box()
            table = page.locator(f"#{name} .scroll").bounding_box()
            assert picture and table
            assert table["x"] >= picture["x"] + picture["width"]
            assert abs(table["y"] - picture["y"]) < 60
            assert page.locator(f"#{name} .figures tbody th").first.is_visible()
            assert not page.locator(f"#{name} summary").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1100


@pytest.mark.browser
def test_on_a_phone_figures_are_folded_away_beneath(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(f"{address}/gallery/pictures")
        first = page.locator("#office-days")
        assert not first.locator(".figures").is_visible()
        first.locator("summary").click()
        picture, table = (
            first.locator(".chart.narrow").bounding_box(),
            first.locator(".scroll").bounding_box(),
        )
        assert picture and table and table["y"] > picture["y"] + picture["height"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", ["office-days", "reach", "kinds"])
def test_the_current_month_is_told_as_one_that_is_not_over(name: str) -> None:
    _, drawn_one, _ = next(one for one in made_up_pictures.shown(4)["over_time"] if one[0] == name)
    chart = drawn_one.chart
    assert isinstance(chart, LineChart | ColumnChart)

    assert [tick.so_far for tick in chart.ticks] == [False, False, False, True]
    assert tabled(chart).rows[-1][0] == "March 2027, so far"


def test_a_first_month_alone_says_that_it_is_not_over() -> None:
    _, office_days, _ = made_up_pictures.shown(1)["over_time"][0]

    assert office_days.chart.says.endswith("The month is not over yet.")
