"""Sums over what people answered tell of nobody among fewer than five, however often each answered."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from web.small_groups import LEAST, Atom, Label, publishable_sums

Answered = dict[Atom, frozenset[int]]
Merged = tuple[Label, ...]


def rows_by_atom(answered: Answered, labels: tuple[dict[str, Label], ...] | None) -> dict[Atom, list[bool]]:
    """In which of the rows shown each atom is counted; the last row is the total."""
    assert labels is not None
    rows = sorted({(place, str(each[one])) for place, each in enumerate(labels) for one in each})
    return {
        atom: [*(str(labels[place][atom[place]]) == label for place, label in rows), True]
        for atom in answered
    }


def found_by_subtraction(answered: Answered, rows: dict[Atom, list[bool]]) -> frozenset[int] | None:
    """Fewer than five people on whose answers some combination of rows depends alone, by trying all.

    Combinations are told apart by their weight on each atom. One is zero on all answers of everybody but
    these people, and not on all of theirs, if without them the atoms answered span less.
    """
    rank = np.linalg.matrix_rank(np.array([*rows.values()], dtype=float))
    everybody = sorted(frozenset().union(*answered.values()))
    for few in combinations(everybody, min(LEAST - 1, len(everybody))):
        rest = [rows[atom] for atom, who in answered.items() if who - {*few}]
        if (
            np.linalg.matrix_rank(np.array(rest, dtype=float).reshape(-1, len(next(iter(rows.values())))))
            < rank
        ):
            return frozenset(few)
    return None


def with_small_merged_only(answered: Answered) -> tuple[dict[str, Label], ...]:
    """The obvious way: labels with fewer than five people behind them become "others", and no more."""
    shown = []
    for place in range(len(next(iter(answered)))):
        people: dict[str, set[int]] = {}
        for atom, who in answered.items():
            people.setdefault(atom[place], set()).update(who)
        shown.append({label: label if len(who) >= LEAST else None for label, who in people.items()})
    return tuple(shown)


@st.composite
def answers(draw: st.DrawFn) -> Answered:
    """Up to eleven people, each of one cohort and site, with answers to sessions of up to four kinds; and
    atoms where somebody was asked and nobody answered."""
    answered: dict[Atom, set[int]] = {}
    for person in range(draw(st.integers(5, 11))):
        mine = draw(st.sampled_from("xyz")), draw(st.sampled_from("pq"))
        for kind in draw(st.sets(st.sampled_from("abcd"), max_size=4)):
            answered.setdefault((kind, *mine), set()).add(person)
    for silent in draw(st.lists(st.tuples(*map(st.sampled_from, ("abcd", "xyz", "pq"))), max_size=3)):
        answered.setdefault(silent, set())
    return {atom: frozenset(who) for atom, who in answered.items()} or {("a", "x", "p"): frozenset()}


@given(answers())
@settings(max_examples=200, deadline=None)
def test_no_combination_of_rows_depends_on_the_answers_of_fewer_than_five(answered: Answered) -> None:
    labels = publishable_sums(answered)

    if labels is None:
        assert len(frozenset().union(*answered.values())) < LEAST
    else:
        assert found_by_subtraction(answered, rows_by_atom(answered, labels)) is None


@given(answers())
@settings(max_examples=100, deadline=None)
def test_each_row_that_is_shown_has_five_people_behind_it(answered: Answered) -> None:
    for place, labels in enumerate(publishable_sums(answered) or ()):
        for label in {*labels.values()}:
            behind = [who for atom, who in answered.items() if labels[atom[place]] == label]
            assert len(frozenset().union(*behind)) >= LEAST


def people(first: int, many: int) -> frozenset[int]:
    return frozenset(range(first, first + many))


def test_who_answers_alone_of_a_cohort_to_one_kind_is_not_found_by_subtraction() -> None:
    """The spring cohort answered about coffee; of the autumn cohort one did so too, the rest about lunch."""
    answered = {
        ("coffee", "spring"): people(0, 6),
        ("coffee", "autumn"): people(6, 1),
        ("lunch", "autumn"): people(7, 6),
    }

    naive = with_small_merged_only(answered)
    assert found_by_subtraction(answered, rows_by_atom(answered, naive)) is not None
    labels = publishable_sums(answered)
    assert found_by_subtraction(answered, rows_by_atom(answered, labels)) is None


def test_what_can_be_shown_is_though_no_atom_has_five_people() -> None:
    """Two kinds and two cohorts, ten people, each in all of it that they can be in."""
    answered = {
        (kind, cohort): people(first, 5)
        for kind in ("coffee", "lunch")
        for cohort, first in (("spring", 0), ("autumn", 5))
    }
    assert publishable_sums(answered) == (
        {"coffee": "coffee", "lunch": "lunch"},
        {"spring": "spring", "autumn": "autumn"},
    )
    thin = {
        (kind, cohort): people(4 * number, 4)
        for number, (kind, cohort) in enumerate(
            (kind, cohort) for kind in ("coffee", "lunch", "desk") for cohort in ("spring", "autumn")
        )
    }
    kinds, cohorts = publishable_sums(thin) or ({}, {})
    assert {*cohorts.values()} == {"spring", "autumn"}
    assert {*kinds.values()} != {None}
    assert found_by_subtraction(thin, rows_by_atom(thin, (kinds, cohorts))) is None


def test_a_group_that_was_asked_and_said_nothing_stands_among_the_others() -> None:
    answered = {("coffee", "spring"): people(0, 9), ("coffee", "autumn"): frozenset()}

    assert publishable_sums(answered) == ({"coffee": "coffee"}, {"spring": None, "autumn": None})


def test_of_fewer_than_five_who_answered_there_is_no_total() -> None:
    assert publishable_sums({("coffee", "spring"): people(0, 4), ("lunch", "spring"): people(0, 4)}) is None
