from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.sheets import cells
from web.store.hours import WEEKDAYS

CLOCKS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda both: both[0] < both[1])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mon-fri 09:00-17:30", dict.fromkeys(WEEKDAYS[:5], ("09:00", "17:30"))),
        ("Mon 9:00-12:00", {"mon": ("09:00", "12:00")}),
        ("mon,wed 09:00 – 12:00", {"mon": ("09:00", "12:00"), "wed": ("09:00", "12:00")}),
        ("sat-mon 22:00-24:00", dict.fromkeys(("mon", "sat", "sun"), ("22:00", "24:00"))),
        ("monday 09:00-10:00; ", {"mon": ("09:00", "10:00")}),
    ],
)
def test_hours_are_read_as_people_write_them(text, meant):
    assert cells.hours(text) == meant


def test_a_later_part_of_the_hours_wins():
    assert cells.hours("mon-fri 09:00-17:30; wed 09:00-12:00")["wed"] == ("09:00", "12:00")


@pytest.mark.parametrize(
    "text",
    [
        "nine to five",
        "mon 17:00-09:00",
        "mon 09:00-25:00",
        "mon 09:61-10:00",
        "09:00-17:00",
        ";",
        "mxn 9:00-10:00",
    ],
)
def test_hours_that_mean_nothing_are_refused(text):
    with pytest.raises(ValueError, match=r"write|not before|no time"):
        cells.hours(text)


@given(st.dictionaries(st.sampled_from(WEEKDAYS), CLOCKS, min_size=1))
def test_hours_survive_being_written_and_read(kept):
    hours = {
        day: tuple(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in kept[day])
        for day in WEEKDAYS
        if day in kept
    }

    assert cells.hours(cells.hours_text(hours)) == hours


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Example.org", "ana@example.org"),
        ("zo\u00eb@example.org", "zoe\u0308@example.org"),
        ("STRASSE@example.org", "straße@example.org"),
    ],
)
def test_case_and_unicode_form_do_not_make_another_person(one, other):
    assert cells.mailbox(one) == cells.mailbox(other)


def test_dots_make_another_person():
    assert cells.mailbox("a.na@example.org") != cells.mailbox("ana@example.org")


@given(st.text())
def test_an_address_that_is_accepted_stays_the_same_when_read_again(text):
    try:
        once = cells.mailbox(text)
    except ValueError:
        return
    assert cells.mailbox(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "ana",
        "@example.org",
        "ana@",
        "ana@@example.org",
        "ana@example",
        "a na@example.org",
        "ana@example.org\r\nBcc: eve@example.org",
        "ana\u200b@example.org",
        "a" * 250 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match=r"mail address|invisible|longer"):
        cells.mailbox(text)


@pytest.mark.parametrize(
    "name", ["=1+1", "@SUM(A1)", "＝cmd", "نسرین\u200cپور", "👩\u200d💻 Ada", "{{7*7}}", "<svg onload=x>"]
)
def test_a_name_is_only_text(name):
    assert cells.line_of_text(200)(name) == name


@pytest.mark.parametrize("name", ["Ana\u202egpj.exe", "Ana\nBcc: x", "Ana\u2028Silva", "Ana\x1b[2J"])
def test_a_name_cannot_hide_anything(name):
    with pytest.raises(ValueError, match="invisible character"):
        cells.line_of_text(200)(name)


def test_a_name_has_one_form():
    assert cells.line_of_text(200)("Zoe\u0308  Okafor") == "Zo\u00eb Okafor"


@pytest.mark.parametrize("text", ["0", "-1", "2147483648", "8.5", "８", "1e3", "eight"])
def test_a_number_out_of_range_is_refused(text):
    with pytest.raises(ValueError, match="whole number from 2 to 10,000"):
        cells.whole(2, 10_000)(text)


@pytest.mark.parametrize(("text", "meant"), [("3-6", (3, 6)), ("1", (1, 1)), ("2 – 8", (2, 8))])
def test_seats_are_the_fewest_and_the_most(text, meant):
    assert cells.seats(text) == meant


@pytest.mark.parametrize("text", ["6-3", "0", "-1", "a few"])
def test_seats_that_nobody_can_fill_are_refused(text):
    with pytest.raises(ValueError, match="fewest and the most"):
        cells.seats(text)


def test_a_zone_that_does_not_exist_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean Europe/London"):
        cells.timezone("Europe/Londom")


def test_closed_dates_carry_their_reasons():
    assert cells.closures("2027-12-27; 2027-12-25 Christmas Day") == {
        date(2027, 12, 25): "Christmas Day",
        date(2027, 12, 27): "",
    }


@pytest.mark.parametrize("text", ["25.12.2027", "2027-13-01", "2027-02-30", "20271225"])
def test_a_date_is_iso(text):
    with pytest.raises(ValueError, match="2027-03-08"):
        cells.day(text)
