"""What stands side by side in tables tells nothing of fewer than five people, whatever is subtracted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.small_groups import EPOCH, LEAST, Tables, publishable, published_in

Breakdowns = dict[str, dict[int, str]]


def found_by_subtraction(rows: Iterable[frozenset[int]], people: int) -> frozenset[int] | None:
    """Fewer than five people on whom some combination of rows depends alone, by trying all of them.

    A combination that is zero for everybody outside of four people exists if the rows, with these four
    left out, are of lower rank.
    """
    table = np.array([[who in row for who in range(people)] for row in {*rows}], dtype=float)
    rank = np.linalg.matrix_rank(table)
    for few in combinations(range(people), min(LEAST - 1, people)):
        rest = np.delete(table, few, axis=1)
        if rest.size == 0 or np.linalg.matrix_rank(rest) < rank:
            return frozenset(few)
    return None


def rows_of(tables: Tables) -> list[frozenset[int]]:
    """Every row shown, and the total."""
    rows = [group.people for groups in tables.values() for group in groups]
    return [*rows, frozenset().union(*rows)]


def with_small_merged_only(breakdowns: Breakdowns) -> list[frozenset[int]]:
    """The obvious way: groups of fewer than five become "others", and nothing else is done."""
    rows = []
    for labels in breakdowns.values():
        sizes = Counter(labels.values())
        shown = {who: label if sizes[label] >= LEAST else None for who, label in labels.items()}
        rows += [frozenset(who for who in shown if shown[who] == one) for one in {*shown.values()}]
    return [*rows, frozenset(next(iter(breakdowns.values())))]


def broken_down(*profiles: tuple[int, str], names: str = "team site cohort") -> Breakdowns:
    """So many people of each profile, such as (6, "red London spring")."""
    everybody = [profile.split() for many, profile in profiles for _ in range(many)]
    wide = len(everybody[0])
    return {
        name: {who: profile[number] for who, profile in enumerate(everybody)}
        for number, name in enumerate(names.split()[:wide])
    }


@st.composite
def companies(draw: st.DrawFn) -> Breakdowns:
    """Up to fourteen people in two or three breakdowns of up to four groups each."""
    people = draw(st.integers(5, 14))
    groups = st.lists(st.sampled_from("abcd"), min_size=people, max_size=people)
    return {
        name: dict(enumerate(draw(groups))) for name in ("team", "site", "cohort")[: draw(st.integers(1, 3))]
    }


@given(companies())
@settings(max_examples=150, deadline=None)
def test_no_combination_of_rows_tells_of_fewer_than_five(breakdowns: Breakdowns) -> None:
    tables = publishable(breakdowns)

    assert found_by_subtraction(rows_of(tables), len(breakdowns["team"])) is None


@given(companies())
@settings(max_examples=100, deadline=None)
def test_everybody_stands_in_one_row_of_each_table_under_their_label_or_the_others(
    breakdowns: Breakdowns,
) -> None:
    for name, groups in publishable(breakdowns).items():
        labels = breakdowns[name]
        assert sorted(who for group in groups for who in group.people) == sorted(labels)
        for group in groups:
            assert len(group.people) >= LEAST
            if group.label is not None:
                assert group.people == {who for who in labels if labels[who] == group.label}


def test_merging_small_groups_alone_leaves_somebody_to_be_found() -> None:
    """The search of this file finds what it is for, and the module does better."""
    one_red_in_paris = broken_down((8, "red London"), (1, "red Paris"), (8, "blue Paris"))

    found = found_by_subtraction(with_small_merged_only(one_red_in_paris), 17)

    assert found is not None and 8 in found
    assert found_by_subtraction(rows_of(publishable(one_red_in_paris)), 17) is None


def test_three_tables_give_away_what_no_two_of_them_do() -> None:
    """Teams and sites, sites and cohorts, cohorts and teams: each pair is safe, all together are not."""
    of_three = broken_down(
        (5, "red London spring"),
        (5, "red Paris autumn"),
        (5, "blue London autumn"),
        (1, "blue Paris spring"),
    )
    for left_out in of_three:
        pair = {name: labels for name, labels in of_three.items() if name != left_out}
        assert found_by_subtraction(with_small_merged_only(pair), 16) is None
        assert {len(groups) for groups in publishable(pair).values()} == {2}

    assert found_by_subtraction(with_small_merged_only(of_three), 16) is not None
    assert found_by_subtraction(rows_of(publishable(of_three)), 16) is None


def test_groups_that_can_be_shown_are() -> None:
    tables = publishable(
        broken_down(
            (9, "red London"), (7, "red Paris"), (6, "blue London"), (8, "blue Paris"), (2, "green Paris")
        )
    )

    assert {name: [(g.label, len(g.people)) for g in groups] for name, groups in tables.items()} == {
        "team": [("red", 16), (None, 16)],
        "site": [("London", 15), ("Paris", 17)],
    }


@pytest.mark.parametrize("people", range(LEAST))
def test_of_fewer_than_five_people_nothing_is_shown(people: int) -> None:
    assert publishable({"team": dict.fromkeys(range(people), "red")}) == {"team": ()}


def test_others_who_would_be_too_few_take_the_next_smallest_group_with_them() -> None:
    (others, *named) = sorted(
        publishable(broken_down((7, "red"), (5, "blue"), (1, "green")))["team"],
        key=lambda group: len(group.people),
    )

    assert (others.label, len(others.people)) == (None, 6)
    assert [(group.label, len(group.people)) for group in named] == [("red", 7)]


def test_breakdowns_of_different_people_are_refused() -> None:
    with pytest.raises(ValueError, match="same people"):
        publishable({"team": {1: "red"}, "site": {2: "London"}})


# --- weeks ---------------------------------------------------------------------------------------

WEEKS = st.dictionaries(
    st.integers(100, 170), st.none() | st.frozensets(st.integers(0, 7), max_size=7), max_size=40
)


def handed_out(weeks: Mapping[int, frozenset[int] | None], first: int, last: int) -> set[int]:
    """The weeks whose figures a span shows."""
    return {week for week, shown in published_in(weeks).items() if first <= shown <= last}


@given(WEEKS, st.lists(st.tuples(st.integers(100, 170), st.integers(100, 170)), min_size=2, max_size=2))
@settings(max_examples=300, deadline=None)
def test_two_spans_differ_by_weeks_with_at_least_five_people_or_not_at_all(
    weeks: dict[int, frozenset[int] | None], spans: list[tuple[int, int]]
) -> None:
    one, other = (handed_out(weeks, *span) for span in spans)

    for difference in (one - other, other - one, one & other):
        who = [weeks[week] for week in difference]
        assert not who or None in who or len(frozenset().union(*(each or () for each in who))) >= LEAST


@given(WEEKS, st.integers(100, 170))
@settings(max_examples=200, deadline=None)
def test_what_was_handed_out_is_not_changed_by_later_weeks(
    weeks: dict[int, frozenset[int] | None], now: int
) -> None:
    before = published_in({week: who for week, who in weeks.items() if week <= now})

    assert before == {week: shown for week, shown in published_in(weeks).items() if shown <= now}


def test_weeks_of_few_wait_until_five_have_come_together() -> None:
    week = 4 * EPOCH
    few = {week: frozenset({1, 2}), week + 1: frozenset({2, 3}), week + 3: frozenset({4, 5}), week + 4: None}

    assert published_in(few) == {week: week + 3, week + 1: week + 3, week + 3: week + 3, week + 4: week + 4}


def test_weeks_begin_anew_at_fixed_dates() -> None:
    week = 4 * EPOCH

    assert published_in({week - 1: frozenset({1, 2, 3}), week: frozenset({4, 5, 6})}) == {}


def test_a_large_company_keeps_its_groups_though_some_work_away_from_their_teams() -> None:
    random = Random(1)
    home = {f"team {n}": f"site {n % 8}" for n in range(150)}
    teams = {who: random.choice(list(home)) for who in range(3000)}
    sites = {
        who: home[team] if random.random() < 0.9 else random.choice(list(home.values()))
        for who, team in teams.items()
    }
    cohorts = {who: f"cohort {random.randrange(60)}" for who in teams}

    tables = publishable({"team": teams, "site": sites, "cohort": cohorts})

    assert {name: len(groups) for name, groups in tables.items()} == {"team": 150, "site": 8, "cohort": 60}
