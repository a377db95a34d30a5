"""Reading forms: every mistake at once, each with its remedy."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from werkzeug.datastructures import MultiDict

from web.errors import Misfilled
from web.pages.forms import Form

LONDON = "Europe/London"


def form(**fields: str) -> Form:
    return Form(MultiDict(fields))


def test_every_mistake_is_told_at_once() -> None:
    filled = form(first_day="next week", capacity="many", name="")
    filled.day("first_day")
    filled.whole("capacity")
    filled.text("name")

    with pytest.raises(Misfilled) as misfilled:
        filled.done()

    assert set(misfilled.value.mistakes) == {"first_day", "capacity", "name"}


def test_a_form_without_mistakes_gives_its_values() -> None:
    filled = form(first_day="2027-03-08", capacity=" 8 ", name=" Room 3 ", shared="on")

    assert filled.day("first_day") == date(2027, 3, 8)
    assert filled.whole("capacity") == 8
    assert filled.text("name") == "Room 3"
    assert filled.ticked("shared")
    assert not filled.ticked("closed")
    filled.done()


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "٨", "1e3", "99999999999", "0x10"])
def test_a_number_is_plain_digits(typed: str) -> None:
    filled = form(capacity=typed)
    filled.whole("capacity")
    assert "capacity" in filled.mistakes


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("Room\r\nBcc: x", "Room Bcc: x"),
        ("Room\x00 3", "Room 3"),
        ("left\u202eright", "leftright"),
        ("👩🏽‍💻 محمد", "👩🏽‍💻 محمد"),
    ],
)
def test_text_is_made_one_line_that_reorders_nothing(typed: str, taken: str) -> None:
    filled = form(name=typed)
    assert filled.text("name") == taken
    filled.done()


@pytest.mark.parametrize("typed", ["", "  ", "\u202e", "x" * 201])
def test_text_that_is_missing_or_too_long_is_a_mistake(typed: str) -> None:
    filled = form(name=typed)
    filled.text("name")
    assert "name" in filled.mistakes


def test_prose_keeps_its_lines_and_a_line_break_counts_once() -> None:
    filled = form(why="one\r\n\r\n\r\ntwo ")
    assert filled.prose("why", most=10) == "one\n\ntwo"
    filled.done()


@pytest.mark.parametrize("typed", ["", " \r\n ", "x" * 11])
def test_prose_that_is_missing_or_too_long_is_a_mistake(typed: str) -> None:
    filled = form(why=typed)
    filled.prose("why", most=10)
    assert "why" in filled.mistakes


@pytest.mark.parametrize("typed", ["priya", "@example.org", "priya@", "pri ya@example.org"])
def test_a_mail_address_is_whole(typed: str) -> None:
    filled = form(email=typed)
    filled.mailbox("email")
    assert "email" in filled.mistakes


def test_a_clock_time_is_that_of_the_rooms_zone() -> None:
    filled = form(start="2027-07-01T09:30")
    assert filled.instant("start", LONDON) == datetime(2027, 7, 1, 8, 30, tzinfo=UTC)
    filled.done()


def test_a_clock_time_that_the_clocks_skip_is_a_mistake() -> None:
    filled = form(start="2027-03-28T01:30")
    filled.instant("start", LONDON)
    assert "skip" in filled.mistakes["start"]


def test_of_a_clock_time_that_comes_twice_the_first_is_meant() -> None:
    filled = form(start="2027-10-31T01:30")
    assert filled.instant("start", LONDON) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    filled.done()


@pytest.mark.parametrize(
    "typed", ["", "soon", "2027-13-01T09:00", "2027-03-11T09:00+02:00", "0001-01-01T00:00"]
)
def test_what_is_no_local_time_is_a_mistake(typed: str) -> None:
    filled = form(start=typed)
    filled.instant("start", "Asia/Tokyo")
    assert "start" in filled.mistakes


def test_boxes_that_were_not_offered_are_a_mistake() -> None:
    filled = Form(MultiDict([("uses", "lunch"), ("uses", "party")]))
    assert filled.chosen("uses", ["lunch", "meeting"]) == {"lunch", "party"}
    assert "uses" in filled.mistakes
    assert form(answer="maybe").one_of("answer", ("approve",)) == "maybe"
