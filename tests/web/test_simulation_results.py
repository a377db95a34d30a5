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
        return [one.reached for one in stands(with_figures(**figures), Settings(), aim)]

    assert answers(Aim(), reach_quiet=0.95, planned_a_day=2.0, one_by_one_a_day=1.0) == [True, True]
    assert answers(Aim(), reach_quiet=0.94, planned_a_day=2.0, one_by_one_a_day=1.01) == [False, False]
    assert answers(Aim(0.9, 0.6), reach_quiet=0.94, planned_a_day=2.0, one_by_one_a_day=1.01) == [True, True]
    assert answers(Aim(), reach_quiet=None, planned_a_day=None) == [None, None]


def test_how_the_aim_stands_is_one_sentence_each() -> None:
    about_reach, about_days = (one.says for one in stands(parts(), Settings()))

    assert about_reach == (
        "Aim of at least 95 % of the quietest quarter reached in the last 12 weeks: yes, 100 %; "
        "100 % in the worst seed."
    )
    assert about_days == (
        "Aim of at most 50 % of the office days that the very same sessions take one by one: yes, 50 %; "
        "290 of its 300 office days have a lunch, and nobody has two a day."
    )


def test_nothing_is_said_of_the_aim_before_officeday_is_played() -> None:
    others = [one for one in parts() if one.way is not Way.OFFICEDAY]

    assert stands(others, Settings()) == ()


def test_where_quarters_are_too_small_everybody_is_drawn_and_a_dash_explained() -> None:
    few, own = with_figures(**dict.fromkeys(OF_GROUPS)), Settings(own=True)
    reach = charts(few, own)["reach"]

    assert [one.name for one in reach.series] == ["All juniors"]
    assert reach.series[0].values == (100, 100, 100, 100)
    assert [each for each in sentences(few, own) if "dash" in each] == [
        "A dash stands where a quarter of your juniors, or those who never ask, are fewer than 5 people: "
        "of so few nothing is told."
    ]
    assert not any("dash" in each for each in sentences(parts(), own))


def test_what_was_kept_before_lunches_were_counted_is_still_told() -> None:
    rows = kept(parts())
    for row in rows:
        del row["figures"]["lunch_days"]

    about_days = stands(parts_of(rows), Settings())[1]

    assert about_days.reached and about_days.says.endswith("one by one: yes, 50 %.")
