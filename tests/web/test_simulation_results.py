"""How figures of simulations are told."""

from __future__ import annotations

import pytest

from planner.simulation.history import Way
from tests.web.pages.made_up_simulations import parts, with_figures
from web.simulation_results import (
    OF_GROUPS,
    Aim,
    charts,
    figures_of,
    kept,
    lines,
    parts_of,
    sentences,
    stands,
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

    for some in (none, unplayed):
        about_days = stands(some, Settings())[1]
        assert about_days.reached is None
        assert about_days.says.endswith("not known; booking links held no session in an office.")


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


def test_what_was_kept_before_lunches_were_counted_is_still_told() -> None:
    rows = kept(parts())
    for row in rows:
        del row["figures"]["lunch_days"]

    about_days = stands(parts_of(rows), Settings())[1]

    assert about_days.reached and about_days.says.endswith("groups too, take one by one.")
