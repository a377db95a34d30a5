"""How figures of simulations are told."""

from __future__ import annotations

import pytest

from planner.simulation.figures import Spread
from planner.simulation.history import Way
from tests.web.pages.made_up_simulations import parts, with_figures
from web.simulation_results import (
    OF_GROUPS,
    Aim,
    as_json,
    cell,
    charts,
    figures_of,
    kept,
    lines,
    parts_of,
    sentences,
    stands,
    table,
)
from web.simulation_settings import Settings


@pytest.mark.parametrize(("weeks", "told"), [(4, 4), (11, 11), (12, 12), (26, 12)])
def test_reach_is_told_of_the_weeks_that_were_looked_at(weeks: int, told: int) -> None:
    settings = Settings(weeks=weeks)
    somewhere = [
        *(each.says for each in figures_of(settings)),
        *sentences(parts(), settings),
        *(one.says for one in stands(parts(), settings)),
        *(chart.says for chart in charts(parts(), settings).values()),
        *(row[1] for row in lines(parts(), settings)),
    ]
    said = [each for each in somewhere if "in the last" in each]

    assert len(said) >= 8
    assert all(f"in the last {told} weeks" in each for each in said)


def test_the_aim_is_reached_or_not_by_its_own_numbers() -> None:
    def answers(aim: Aim, **figures: float | None) -> list[bool | None]:
        return [one.reached for one in stands(with_figures(Way.OFFICEDAY, **figures), Settings(), aim)]

    assert answers(Aim(), reach_quiet=0.95, days_a_turn=0.38) == [True, True]
    assert answers(Aim(), reach_quiet=0.94, days_a_turn=0.39) == [False, False]
    assert answers(Aim(0.9, 0.6), reach_quiet=0.94, days_a_turn=0.39) == [True, True]
    assert answers(Aim(), reach_quiet=None, days_a_turn=None) == [None, None]


def test_without_a_session_of_booking_links_in_an_office_there_is_nothing_to_compare_with() -> None:
    none = with_figures(Way.BOOKING_LINKS, days_a_turn=None)
    unplayed = [one for one in parts() if one.way is not Way.BOOKING_LINKS]

    asked_in = with_figures(Way.BOOKING_LINKS, days_a_turn=0)

    for some, why in (
        (none, "held no session in an office"),
        (unplayed, "were not played"),
        (asked_in, "asked nobody into an office"),
    ):
        about_days = stands(some, Settings())[1]
        assert about_days.reached is None
        assert about_days.says.endswith(f"not known; booking links {why}.")


def test_how_the_aim_stands_is_one_sentence_each() -> None:
    about_reach, about_days = (one.says for one in stands(parts(), Settings()))

    assert about_reach == (
        "Aim of at least 95 % of the quietest quarter reached in the last 12 weeks: yes, 100 %; "
        "100 % in the worst seed."
    )
    assert about_days == (
        "Aim of at most 50 % of the office days that booking links take for one junior in one session held "
        "in an office: yes, 25 %; 50 % of those that the very same sessions, groups too, take one by one; "
        "290 of its 300 office days have a lunch, and nobody has two a day."
    )


def test_nothing_is_said_of_the_aim_before_officeday_is_played() -> None:
    others = [one for one in parts() if one.way is not Way.OFFICEDAY]

    assert stands(others, Settings()) == ()


@pytest.mark.parametrize("own", [True, False])
def test_where_quarters_are_too_small_everybody_is_drawn_and_a_dash_explained(own: bool) -> None:
    few, settings = with_figures(**dict.fromkeys(OF_GROUPS)), Settings(own=own)
    reach = charts(few, settings)["reach"]

    assert [one.name for one in reach.series] == ["All juniors"]
    assert reach.series[0].values == (100, 100, 100, 100)
    assert [each for each in sentences(few, settings) if "dash" in each] == [
        "A dash stands where a quarter of the juniors, or those who never ask, are fewer than 5 people: "
        "of so few nothing is told."
    ]
    assert not any("dash" in each for each in sentences(parts(), settings))
    assert stands(few, settings)[0].says == (
        "Aim of at least 95 % of the quietest quarter reached in the last 12 weeks: not known; a quarter of "
        "the juniors is fewer than 5 people, and of so few nothing is told."
    )


def test_where_a_way_held_no_session_its_dash_says_so_and_blames_no_small_group() -> None:
    nothing = {"sessions_held": 0, "to_never_asked": None, "days_a_session": None}

    def dashes(*ways: Way) -> list[str]:
        some = with_figures(*ways, **nothing) if ways else parts()
        return [each for each in sentences(some, Settings()) if "dash" in each]

    assert dashes() == []
    assert dashes(Way.OFFICEDAY) == [
        "A dash stands where there is nothing to divide: no session was held with officeday."
    ]
    assert dashes(Way.BOOKING_LINKS, Way.MANDATE, Way.ROULETTE) == [
        "A dash stands where there is nothing to divide: no session was held with booking links, a mandate "
        "and a roulette."
    ]
    assert dashes(*Way)[0].endswith("with officeday, booking links, a mandate and a roulette.")


def test_who_never_asks_may_be_too_few_where_quarters_are_not() -> None:
    assert any(
        "those who never ask, are fewer" in one
        for one in sentences(with_figures(to_never_asked=None), Settings())
    )


@pytest.mark.parametrize(
    ("many", "says"), [(1, "1 junior's calendar could not be read"), (3, "3 juniors' calendars could not be")]
)
def test_calendars_that_could_not_be_read_are_told_wherever_the_longest_wait_is(many: int, says: str) -> None:
    some, settings = with_figures(unreadable=many), Settings()
    document = as_json(some, settings)

    assert any(each.startswith(says) for each in sentences(some, settings))
    assert says in charts(some, settings)["waits"].says
    assert any(row[0] == "note" and row[1].startswith(says) for row in lines(some, settings))
    assert document["summary"]["booking links"]["unreadable"]["median"] == many
    assert not any("could not be read" in each for each in sentences(parts(), settings))
    assert any(each.startswith(says) for each in sentences(some[2:], settings))  # officeday is not played


@pytest.mark.parametrize(
    ("median", "told"),
    [(146, "146"), (146.5, "146.5"), (147.5, "147.5"), (1381, "1,381"), (1381.5, "1,381.5")],
)
def test_a_count_between_two_is_told_with_its_half_everywhere(median: float, told: str) -> None:
    settings, way = Settings(), Way.OFFICEDAY
    half = with_figures(way, lunch_days=median, office_days=median + 3)
    (row,) = [
        each for each in lines(half, settings) if each[1].startswith("Of these office") and each[2] == way
    ]
    (lunches,) = [each for each in figures_of(settings) if each.name == "lunch_days"]

    assert float(row[3]) == median
    assert cell(lunches, table(half)[way]["lunch_days"]) == told
    assert f"{told} of its" in stands(half, settings)[1].says


def test_a_count_is_told_with_its_least_and_most() -> None:
    (wait,) = [each for each in figures_of(Settings()) if each.name == "longest_wait"]

    assert cell(wait, Spread(2.5, 2, 3)) == "2.5 (2–3)"


@pytest.mark.parametrize(("many", "played"), [(8, "8"), (3, "3")])
def test_files_say_how_many_of_the_runs_were_played(many: int, played: str) -> None:
    some, settings = parts()[:many], Settings(seeds=2)

    assert as_json(some, settings)["runs"] == {"played": many, "asked": 8}
    assert [row[3] for row in lines(some, settings) if row[0] == "runs"] == [played, "8"]


def test_what_was_kept_before_lunches_and_calendars_were_counted_is_still_told() -> None:
    rows = kept(parts())
    for row in rows:
        del row["figures"]["lunch_days"], row["figures"]["unreadable"]

    about_days = stands(parts_of(rows), Settings())[1]

    assert about_days.reached and about_days.says.endswith("groups too, take one by one.")
