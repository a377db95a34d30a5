"""Places whose public holidays are known, and which days these are."""

from __future__ import annotations

from datetime import date

import pytest

from web import public_holidays
from web.store import tables as t


@pytest.mark.parametrize(
    ("text", "code"),
    [("GB-ENG", "GB-ENG"), ("de_by", "DE-BY"), (" us ", "US"), ("lk", "LK"), ("ES-MD", "ES-MD")],
)
def test_a_place_is_a_country_or_one_of_its_regions(text: str, code: str) -> None:
    assert public_holidays.place(text) == code


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("UK", "did you mean GB (United Kingdom)?"),
        ("Germany", "did you mean DE (Germany)?"),
        ("GB-EN", "did you mean GB-ENG (England)?"),
        ("DE-Bayern", "did you mean DE-BY (Bayern)?"),
        ("VA-1", "VA has no regions"),
        ("de-xx", "DE has no such region; its regions are DE-BB, DE-BE, DE-BW, DE-BY"),
        ("DE-Bayren", "did you mean DE-BY (Bayern)?"),
        ("XQ", "no country has this code; write"),
        ("", "no country has this code"),
        ("=1+1", "no country has this code"),
    ],
)
def test_a_slip_is_told_with_what_may_be_meant(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"write|alone") as caught:
        public_holidays.place(text)

    assert says in str(caught.value)


def test_every_place_fits_its_column_and_has_a_name() -> None:
    longest = t.office.c.holidays.type.length
    places = [
        each
        for country in public_holidays.countries()
        for each in (country, *public_holidays.regions(country.code))
    ]

    assert len(places) > 800
    for each in places:
        assert len(each.code) <= longest
        assert public_holidays.place(each.code) == each.code
        assert public_holidays.named(each.code)
    assert public_holidays.named("DE-BY") == "Germany, Bayern"


def test_only_days_off_for_everybody_are_holidays() -> None:
    england = public_holidays.between("GB-ENG", date(2027, 3, 1), date(2027, 12, 31)).days
    scotland = public_holidays.between("GB-SCT", date(2027, 3, 1), date(2027, 12, 31)).days
    # Half the day off in Switzerland's library, and no day off for everybody.
    christmas_eve = public_holidays.between("CH-ZH", date(2027, 12, 24), date(2027, 12, 24)).days

    assert england[date(2027, 3, 26)] == "Good Friday"
    assert date(2027, 3, 29) in england
    assert date(2027, 3, 29) not in scotland
    assert christmas_eve == {}


def test_holidays_have_english_names_where_there_are_any_and_no_semicolons() -> None:
    japan = public_holidays.between("JP", date(2027, 1, 1), date(2027, 1, 1)).days
    two_at_once = public_holidays.between("BG", date(2027, 5, 1), date(2027, 5, 1)).days

    assert japan == {date(2027, 1, 1): "New Year's Day"}
    assert two_at_once == {
        date(2027, 5, 1): "Holy Saturday, Labor Day and International Workers' Solidarity Day"
    }


@pytest.mark.parametrize("text", ["de-xx", "DE-BX", "US-ZZ", "GB-QQ", "XQ", "D"])
def test_nothing_is_suggested_that_is_not_really_near(text: str) -> None:
    with pytest.raises(ValueError, match=r"no such region|no country") as caught:
        public_holidays.place(text)

    assert "did you mean" not in str(caught.value)


def test_a_year_of_which_no_day_is_known_is_told_apart_from_one_without_holidays_in_the_window() -> None:
    assert public_holidays.between("BV", date(2027, 3, 1), date(2028, 3, 1)).unknown_years == (2027, 2028)
    assert public_holidays.between("DE", date(2027, 3, 1), date(2028, 3, 1)).unknown_years == ()
    assert public_holidays.between("DE", date(2027, 3, 1), date(2027, 3, 2)) == public_holidays.Year(
        {}, date(2027, 3, 2)
    )


def test_it_says_how_far_it_knows() -> None:
    known = public_holidays.between("JP", date(2099, 12, 1), date(2100, 3, 1))

    assert known.known_until == date(2099, 12, 31)
    assert all(day <= known.known_until for day in known.days)
    assert public_holidays.between("JP", date(2027, 3, 1), date(2027, 4, 1)).known_until == date(2027, 4, 1)
