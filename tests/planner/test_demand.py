"""What a programme owes its people, from rules and history."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.demand import Demand, demand
from planner.domain import DayHours, Role, RoomUse, SessionKind
from planner.programme import (
    OTHER_OFFICES,
    OWN_LIMITS,
    Ahead,
    Format,
    Held,
    Lost,
    Participant,
    Programme,
    Turn,
    days_together,
    why_not_together,
    why_this_senior,
)

MONDAY = date(2027, 3, 1)
LAST = MONDAY + timedelta(days=27)
NOON = DayHours(690, 870)
OFFICE = DayHours(540, 1020)

LUNCH = Format(
    SessionKind.INDIVIDUAL_LUNCH,
    Turn.EACH_JUNIOR,
    12,
    60,
    (1, 1),
    NOON,
    in_person=True,
    room_use=RoomUse.LUNCH,
)
COFFEE = Format(
    SessionKind.COFFEE_ROULETTE,
    Turn.EACH_JUNIOR,
    4,
    30,
    (1, 1),
    OFFICE,
    in_person=False,
    weeks_between_pairs=12,
)
GROUP_LUNCH = Format(SessionKind.GROUP_LUNCH, Turn.EACH_SENIOR, 4, 60, (2, 4), NOON, in_person=True)
MENTORING = Format(
    SessionKind.GROUP_MENTORING,
    Turn.EACH_COHORT,
    2,
    60,
    (3, 8),
    OFFICE,
    in_person=True,
)
COWORKING = Format(
    SessionKind.COWORKING,
    Turn.EACH_SENIOR,
    2,
    120,
    (2, 8),
    OFFICE,
    in_person=True,
    open_seats=2,
)
VIRTUAL = Format(
    SessionKind.VIRTUAL_COWORKING,
    Turn.EACH_SENIOR,
    4,
    90,
    (2, 8),
    OFFICE,
    in_person=False,
)
ALL_SIX = (LUNCH, COFFEE, GROUP_LUNCH, MENTORING, COWORKING, VIRTUAL)


def senior(name: str, **changes) -> Participant:
    return replace(Participant(name, Role.SENIOR, ("hq",), date(2026, 1, 5)), **changes)


def junior(name: str, **changes) -> Participant:
    return replace(Participant(name, Role.JUNIOR, ("hq",), date(2026, 9, 7), cohort="autumn"), **changes)


def programme(formats, *people: Participant, **changes) -> Programme:
    return replace(Programme("grow", date(2026, 1, 5), tuple(formats), people), **changes)


def owed(programme: Programme, seed: int = 1, **more) -> Demand:
    return demand(programme, MONDAY, LAST, seed, **more)


def pairs(found: Demand) -> dict[str, str]:
    return {each.juniors[0]: each.senior for each in found.due}


# --- juniors in turn -----------------------------------------------------------------------------


def test_a_junior_who_never_had_a_lunch_is_due_one():
    (due,) = owed(programme([LUNCH], senior("ada"), junior("ben"))).due

    assert (due.senior, due.juniors, due.required) == ("ada", ("ben",), {"ben"})
    assert (due.first_day, due.last_day) == (MONDAY, LAST)
    assert (due.office, due.room_use) == ("hq", RoomUse.LUNCH)


@pytest.mark.parametrize(
    ("held", "first"),
    [
        (MONDAY - timedelta(weeks=12), MONDAY),
        (MONDAY - timedelta(weeks=10), MONDAY + timedelta(weeks=2)),
        (MONDAY - timedelta(weeks=8), None),
    ],
)
def test_the_next_lunch_is_due_twelve_weeks_after_the_last_one_held(held, first):
    history = Held(SessionKind.INDIVIDUAL_LUNCH, "ada", ("ben",), held)
    found = owed(programme([LUNCH], senior("ada"), junior("ben"), held=(history,))).due

    assert [each.first_day for each in found] == ([first] if first else [])


def test_what_is_agreed_already_is_not_due_again():
    ahead = Ahead("x", SessionKind.COFFEE_ROULETTE, "ada", ("ben",), MONDAY)

    assert not owed(programme([COFFEE], senior("ada"), junior("ben"), ahead=(ahead,))).due


def test_nobody_is_left_over_and_loads_are_even():
    people = [senior(f"s{n}") for n in range(4)] + [junior(f"j{n}") for n in range(9)]
    found = pairs(owed(programme([COFFEE], *people)))

    assert found.keys() == {f"j{n}" for n in range(9)}
    assert sorted(Counter(found.values()).values()) == [2, 2, 2, 3]


def test_no_pair_meets_again_within_its_gap():
    met = Held(SessionKind.COFFEE_ROULETTE, "ada", ("ben",), MONDAY - timedelta(weeks=11))
    both = programme([COFFEE], senior("ada"), senior("eve"), junior("ben"), held=(met,))

    assert {pairs(owed(both, seed))["ben"] for seed in range(20)} == {"eve"}


def test_no_pair_meets_again_within_its_gap_though_they_met_in_another_programme():
    met = Held(SessionKind.COFFEE_ROULETTE, "ada", ("ben",), MONDAY - timedelta(weeks=1))
    both = programme([COFFEE], senior("ada"), senior("eve"), junior("ben"), may_have_met=(met,))

    assert {pairs(owed(both, seed))["ben"] for seed in range(20)} == {"eve"}


def test_a_junior_who_has_met_everybody_is_named_with_the_reason():
    met = Held(SessionKind.COFFEE_ROULETTE, "ada", ("ben",), MONDAY - timedelta(weeks=11))
    (nobody,) = owed(programme([COFFEE], senior("ada"), junior("ben"), held=(met,))).nobody_for

    assert (nobody.person, nobody.reason) == ("ben", "they met less than 12 weeks ago")


def test_the_same_seed_draws_the_same_and_others_draw_otherwise():
    people = [senior(f"s{n}") for n in range(6)] + [junior(f"j{n}") for n in range(12)]
    draws = [
        tuple(sorted(pairs(owed(programme([COFFEE], *people), seed)).items()))
        for seed in [1, 1, *range(2, 9)]
    ]

    assert draws[0] == draws[1]
    assert len(set(draws)) > 5


def test_a_draw_stands_until_its_session_is_held_or_lost():
    people = [senior(f"s{n}") for n in range(6)] + [junior("ben")]
    first = owed(programme([COFFEE], *people), 1)
    before = {each.id: each.senior for each in first.due}
    lost = Lost(SessionKind.COFFEE_ROULETTE, pairs(first)["ben"], "ben", MONDAY)

    again = [owed(programme([COFFEE], *people), seed, drawn_before=before) for seed in range(20)]
    after = [
        owed(programme([COFFEE], *people, lost=(lost,)), seed, drawn_before=before) for seed in range(20)
    ]

    assert {pairs(found)["ben"] for found in again} == {pairs(first)["ben"]}
    assert pairs(first)["ben"] not in {pairs(found)["ben"] for found in after}


def test_a_topic_that_a_senior_knows_is_preferred():
    wanting = junior("ben", topics=frozenset({"databases"}))
    knowing = senior("eve", topics=frozenset({"databases", "people"}))
    (due,) = owed(programme([LUNCH], senior("ada"), knowing, wanting)).due

    assert due.senior == "eve"


def test_a_senior_is_told_what_is_wished_for_and_who_has_waited_longest():
    knowing = senior("eve", topics=frozenset({"databases", "people"}))
    wanting = junior("ben", topics=frozenset({"databases"}), joined=MONDAY - timedelta(weeks=2))
    long = junior("cem", topics=frozenset({"sailing"}), joined=MONDAY - timedelta(weeks=9))
    found = why_this_senior(programme([], knowing, long, wanting), "eve", ["cem", "ben"], MONDAY)

    assert [(why.junior, why.topics, why.weeks_waited) for why in found] == [
        ("ben", ("databases",), 2),
        ("cem", (), 9),
    ]


def test_an_even_load_goes_before_a_topic():
    wanting = [junior(f"j{n}", topics=frozenset({"databases"})) for n in range(4)]
    knowing = senior("eve", topics=frozenset({"databases"}))
    found = pairs(owed(programme([LUNCH], senior("ada"), knowing, *wanting)))

    assert Counter(found.values()) == {"ada": 2, "eve": 2}


# --- who may meet whom ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mentor", "mentee", "rule", "apart"),
    [
        ({}, {}, LUNCH, None),
        ({}, {"manager": "ada"}, COFFEE, "a line manager does not mentor their own reports"),
        ({"offices": ("north",)}, {}, LUNCH, "they work in different offices"),
        ({"offices": ("north",)}, {}, COFFEE, None),
        (
            {"languages": frozenset({"de"})},
            {"languages": frozenset({"en"})},
            COFFEE,
            "they share no language",
        ),
        ({"languages": frozenset({"de"})}, {}, COFFEE, None),
        ({"online_only": True}, {}, LUNCH, OWN_LIMITS),
        ({}, {"online_only": True}, LUNCH, OWN_LIMITS),
        ({"online_only": True}, {}, COFFEE, None),
        ({"declines": frozenset({LUNCH.kind})}, {}, LUNCH, OWN_LIMITS),
        ({"declines": frozenset({LUNCH.kind})}, {"offices": ("north",)}, LUNCH, OTHER_OFFICES),
        (
            {"online_only": True},
            {"manager": "ada"},
            LUNCH,
            "a line manager does not mentor their own reports",
        ),
    ],
)
def test_who_may_meet_whom(mentor, mentee, rule, apart):
    ada, ben = senior("ada", **mentor), junior("ben", **mentee)

    assert why_not_together(programme([rule], ada, ben), rule, ada, ben, MONDAY) == apart


@pytest.mark.parametrize("limit", [{"online_only": True}, {"declines": frozenset({LUNCH.kind})}])
def test_where_limits_are_among_the_reasons_it_is_no_other_that_holds_for_most(limit):
    apart = [senior(f"s{n}", offices=("north",)) for n in range(3)]
    (nobody,) = owed(programme([LUNCH], senior("ada"), *apart, junior("ben", **limit))).nobody_for

    assert nobody.reason == OWN_LIMITS


def test_a_pair_that_is_kept_apart_never_meets():
    never = frozenset({frozenset({"ada", "ben"})})
    people = [senior("ada"), *(junior(name) for name in ("ben", "cem", "dee", "eli"))]
    found = owed(programme(ALL_SIX, *people, never=never))

    assert {each.kind for each in found.due} == {rule.kind for rule in ALL_SIX}
    assert not [each for each in found.due if "ben" in each.juniors]
    assert {(each.person, each.reason) for each in found.nobody_for} == {("ben", "these two are kept apart")}


# --- seniors and cohorts in turn -----------------------------------------------------------------


def test_a_senior_has_a_session_for_each_recurrence():
    people = [senior("ada"), *(junior(f"j{n}") for n in range(5))]
    found = owed(programme([COWORKING], *people)).due

    stretches = [(each.first_day, each.last_day) for each in found]
    assert stretches == [
        (MONDAY, MONDAY + timedelta(days=13)),
        (MONDAY + timedelta(days=14), LAST),
    ]


def test_a_recurrence_that_has_begun_is_due_in_what_is_left_of_it():
    late = programme([COWORKING], senior("ada"), junior("ben"), junior("cem"), starts=date(2026, 1, 12))
    first = owed(late).due[0]

    assert (first.first_day, first.last_day) == (MONDAY, MONDAY + timedelta(days=6))


def test_a_recurrence_that_was_held_is_not_due_again():
    held = Held(SessionKind.COWORKING, "ada", ("ben",), MONDAY + timedelta(days=1))
    found = owed(programme([COWORKING], senior("ada"), junior("ben"), junior("cem"), held=(held,))).due

    assert [each.first_day for each in found] == [MONDAY + timedelta(days=14)]


def test_everybody_is_a_candidate_of_about_as_many_sessions():
    people = [senior(f"s{n}") for n in range(8)] + [junior(f"j{n:02}") for n in range(64)]
    found = owed(programme([GROUP_LUNCH], *people)).due
    counts = Counter(who for each in found for who in each.juniors)

    assert len(counts) == 64
    assert max(counts.values()) - min(counts.values()) <= 1


def test_a_session_in_an_office_is_for_those_who_work_there():
    people = [
        senior("ada", offices=("hq", "north")),
        junior("ben"),
        junior("cem"),
        junior("dee", offices=("north",)),
    ]
    (due,) = owed(programme([GROUP_LUNCH], *people)).due

    assert (due.office, set(due.juniors)) == ("hq", {"ben", "cem"})


def test_a_group_that_would_be_too_small_is_not_due():
    assert not owed(programme([GROUP_LUNCH], senior("ada"), junior("ben"))).due


def test_seniors_take_turns_with_a_cohort():
    people = [senior("ada"), senior("eve"), *(junior(f"j{n}") for n in range(5))]
    found = owed(programme([MENTORING], *people)).due

    assert sorted(each.senior for each in found) == ["ada", "eve"]
    assert all(len(each.juniors) == 5 for each in found)


def test_who_moves_to_another_cohort_takes_no_session_from_it():
    autumn = [junior(f"a{n}") for n in range(4)]
    spring = [junior(f"s{n}", cohort="spring") for n in range(4)]
    moved = junior("moved", cohort="spring")
    held = Held(SessionKind.GROUP_MENTORING, "ada", ("moved", *(one.person for one in autumn)), MONDAY)
    found = owed(programme([MENTORING], senior("ada"), *autumn, *spring, moved, held=(held,))).due

    this_time = [each for each in found if each.first_day < MONDAY + timedelta(weeks=MENTORING.weeks)]
    assert [set(each.juniors) for each in this_time] == [{"s0", "s1", "s2", "s3", "moved"}]


# --- coming, going, pausing ----------------------------------------------------------------------


def test_sessions_lie_on_days_on_which_both_take_part():
    leaving = senior("ada", left=MONDAY + timedelta(days=10))
    back = junior("ben", paused=(MONDAY - timedelta(days=9), MONDAY + timedelta(days=3)))
    (due,) = owed(programme([LUNCH], leaving, back)).due

    assert (due.first_day, due.last_day) == (
        MONDAY + timedelta(days=4),
        MONDAY + timedelta(days=9),
    )


@pytest.mark.parametrize(
    "away", [{"left": MONDAY}, {"joined": LAST + timedelta(days=1)}, {"paused": (MONDAY, LAST)}]
)
def test_who_does_not_take_part_is_due_nothing(away):
    assert not owed(programme(ALL_SIX, senior("ada"), junior("ben", **away))).due
    assert not owed(programme(ALL_SIX, senior("ada", **away), junior("ben"))).due


# --- histories of every kind ---------------------------------------------------------------------


def test_a_turn_comes_as_often_as_its_cadence_in_a_long_window():
    found = demand(
        programme([COFFEE], senior("ada"), senior("eve"), junior("ben")), MONDAY, MONDAY + timedelta(55), 1
    ).due

    assert [(each.first_day - MONDAY).days for each in found] == [0, 28]
    assert {each.senior for each in found} == {"ada", "eve"}  # no pair twice within its gap


def test_a_weekly_turn_is_due_around_what_is_agreed():
    weekly = replace(COFFEE, weeks=1, weeks_between_pairs=0)
    agreed = Ahead("x", COFFEE.kind, "ada", ("ben",), MONDAY + timedelta(days=16))
    held = Held(COFFEE.kind, "ada", ("ben",), MONDAY - timedelta(days=5))
    found = owed(programme([weekly], senior("ada"), junior("ben"), ahead=(agreed,), held=(held,))).due

    days = [((each.first_day - MONDAY).days, (each.last_day - MONDAY).days) for each in found]
    assert days == [(2, 8), (9, 9), (23, 27)]


def test_a_session_asked_for_late_in_the_window_is_not_a_second_one_next_week():
    asked = Ahead("x", COFFEE.kind, "ada", ("ben",), MONDAY + timedelta(days=18))
    one = programme([COFFEE], senior("ada"), senior("eve"), junior("ben"), ahead=(asked,))
    weeks = [MONDAY + timedelta(weeks=n) for n in range(4)]
    found = [demand(one, week, week + timedelta(days=27), 1).due for week in weeks]

    assert [[(each.first_day - MONDAY).days for each in due] for due in found] == [[], [], [], [46]]


def test_a_session_that_fell_through_is_owed_again_under_a_name_of_its_own():
    people = [senior("ada"), senior("eve"), junior("ben"), junior("cem"), junior("dee"), junior("eli")]
    first = owed(programme(ALL_SIX, *people))
    spent = frozenset(each.id for each in first.due)
    lost = tuple(Lost(each.kind, each.senior, who, MONDAY) for each in first.due for who in each.juniors)
    again = owed(programme(ALL_SIX, *people, spent=spent, lost=lost))

    assert {each.id for each in again.due} == {f"{each}:2" for each in spent}


def test_after_a_group_came_to_nothing_other_seniors_are_asked_for_the_cohort():
    people = [senior("ada"), senior("eve"), *(junior(f"j{n}") for n in range(4))]
    (first, *_) = owed(programme([MENTORING], *people)).due
    lost = tuple(Lost(MENTORING.kind, first.senior, who, MONDAY) for who in first.juniors)
    before = {first.id: first.senior}
    after = owed(programme([MENTORING], *people, lost=lost), 2, drawn_before=before).due

    assert first.senior not in {each.senior for each in after}


def test_who_came_to_nothing_with_a_senior_leaves_candidacy_there_to_others():
    people = [senior("ada"), *(junior(f"j{n}") for n in range(6))]
    lost = tuple(Lost(GROUP_LUNCH.kind, "ada", f"j{n}", MONDAY) for n in range(4))
    (due,) = owed(programme([GROUP_LUNCH], *people, lost=lost)).due
    few = owed(programme([GROUP_LUNCH], *people[:6], lost=lost)).due

    assert set(due.juniors) == {"j4", "j5"}
    assert set(few[0].juniors) == {f"j{n}" for n in range(5)}  # too few others: better again than never


def test_a_senior_whose_time_is_unknown_is_drawn_only_where_there_is_nobody_else():
    people = [senior("ada"), senior("eve"), *(junior(f"j{n}") for n in range(6))]
    dark = programme([COFFEE], *people, unreadable=frozenset({"ada"}))
    alone = programme([COFFEE], people[0], *people[2:], unreadable=frozenset({"ada"}))

    assert set(pairs(owed(dark)).values()) == {"eve"}
    assert set(pairs(owed(alone)).values()) == {"ada"}


def test_a_senior_who_is_not_ready_is_drawn_for_nothing_however_few_there_are():
    people = [senior("ada"), senior("eve"), *(junior(f"j{n}") for n in range(6))]
    some = owed(programme(ALL_SIX, *people, unready=frozenset({"ada"})))
    none = owed(programme(ALL_SIX, *people, unready=frozenset({"ada", "eve"})))

    assert {each.kind for each in some.due} == {rule.kind for rule in ALL_SIX}
    assert {each.senior for each in some.due} == {"eve"}
    assert none.due == ()
    assert {each.reason for each in none.nobody_for} == {
        "the seniors have training to finish before their first session"
    }
    assert {each.person for each in none.nobody_for} == {f"j{n}" for n in range(6)}


def test_training_is_only_the_reason_where_most_seniors_wait_for_it():
    apart = [senior(f"s{n}", offices=("north",)) for n in range(2)]
    found = owed(programme([LUNCH], senior("ada"), *apart, junior("ben"), unready=frozenset({"ada"})))
    cohort = owed(programme([MENTORING], senior("ada"), *apart, junior("ben"), unready=frozenset({"ada"})))

    assert [each.reason for each in found.nobody_for] == ["they work in different offices"]
    assert {each.reason for each in cohort.nobody_for} == {"no senior may meet enough of the cohort"}


def test_a_session_drawn_for_who_is_not_ready_after_all_is_drawn_for_another():
    people = [senior("ada"), senior("eve"), *(junior(f"j{n}") for n in range(6))]
    ready = owed(programme([COFFEE, MENTORING], *people))
    before = {each.id: each.senior for each in ready.due}
    after = owed(programme([COFFEE, MENTORING], *people, unready=frozenset({"ada"})), 2, drawn_before=before)

    assert {each.senior for each in ready.due} == {"ada", "eve"}
    assert {each.id: each.senior for each in after.due} == dict.fromkeys(before, "eve")


def test_what_is_agreed_with_a_senior_who_is_not_ready_still_counts():
    ahead = Ahead("x", LUNCH.kind, "ada", ("ben",), MONDAY + timedelta(days=2))
    people = [senior("ada"), senior("eve"), junior("ben")]
    found = owed(programme([LUNCH], *people, ahead=(ahead,), unready=frozenset({"ada"})))

    assert found.due == ()


def test_juniors_whose_time_is_unknown_keep_nobody_from_candidacy():
    dark = [junior(f"dark{n}", joined=date(2026, 1, 5)) for n in range(40)]
    people = [senior("ada"), *dark, *(junior(f"j{n}", joined=MONDAY) for n in range(3))]
    (due,) = owed(programme([GROUP_LUNCH], *people, unreadable=frozenset(one.person for one in dark))).due

    assert {"j0", "j1", "j2"} <= set(due.juniors)


def test_who_was_reached_least_has_the_first_choice_of_a_senior_who_knows():
    wishing = {"topics": frozenset({"databases"})}
    long = junior("long", joined=MONDAY - timedelta(weeks=30), **wishing)
    new = junior("new", joined=MONDAY, **wishing)
    both = programme([COFFEE], senior("ada"), senior("eve", **wishing), new, long)

    assert {pairs(owed(both, seed))["long"] for seed in range(20)} == {"eve"}


def test_the_office_whose_people_need_it_most_has_the_next_session():
    far = [junior(f"far{n}", offices=("north",), joined=date(2026, 1, 5)) for n in range(2)]
    near = [junior(f"near{n}", joined=MONDAY - timedelta(weeks=2)) for n in range(9)]
    (due,) = owed(programme([GROUP_LUNCH], senior("ada", offices=("hq", "north")), *near, *far)).due

    assert (due.office, set(due.juniors)) == ("north", {"far0", "far1"})


def test_two_who_are_kept_apart_are_in_no_group_together():
    never = frozenset({frozenset({"j0", "j1"})})
    people = [senior("ada"), senior("eve"), *(junior(f"j{n}") for n in range(5))]
    found = owed(programme([GROUP_LUNCH, MENTORING, COWORKING], *people, never=never)).due

    assert found
    assert not [each for each in found if {"j0", "j1"} <= set(each.juniors)]


@st.composite
def histories(draw):
    """A programme in the middle of its life: people who come, go and pause, sessions of every fate."""
    day = st.integers(-120, 40).map(lambda n: MONDAY + timedelta(days=n))
    names = (
        [f"s{n}" for n in range(draw(st.integers(1, 4)))],
        [f"j{n}" for n in range(draw(st.integers(1, 7)))],
    )
    everybody = [*names[0], *names[1]]
    people = []
    for make, some in zip((senior, junior), names, strict=True):
        for name in some:
            begin, length = draw(day), draw(st.integers(0, 20))
            people.append(
                make(
                    name,
                    joined=draw(day),
                    left=draw(st.none() | st.integers(1, 60).map(lambda n: MONDAY + timedelta(days=n))),
                    paused=draw(st.none() | st.just((begin, begin + timedelta(days=length)))),
                    manager=draw(st.sampled_from(["", *everybody])),
                    offices=draw(st.sampled_from([("hq",), ("north",), ("hq", "north"), ("north", "hq")])),
                    cohort=draw(st.sampled_from(["", "autumn", "spring"])),
                    online_only=draw(st.sampled_from([False, False, True])),
                )
            )
    kinds = st.sampled_from([rule.kind for rule in ALL_SIX])
    mentors, mentees = st.sampled_from(names[0]), st.sampled_from(names[1])
    past = st.integers(-100, -1).map(lambda n: MONDAY + timedelta(days=n))
    coming = st.integers(0, 30).map(lambda n: MONDAY + timedelta(days=n))
    formats = tuple(replace(rule, weeks=draw(st.sampled_from([1, rule.weeks, 5]))) for rule in ALL_SIX)
    pair = st.frozensets(st.sampled_from(everybody), min_size=2, max_size=2)
    return Programme(
        "grow",
        date(2026, 1, 5),
        formats,
        tuple(people),
        held=tuple(draw(st.lists(st.builds(Held, kinds, mentors, st.tuples(mentees), past), max_size=8))),
        ahead=tuple(
            draw(
                st.lists(
                    st.builds(Ahead, st.just("x"), kinds, mentors, st.tuples(mentees), coming), max_size=6
                )
            )
        ),
        lost=tuple(draw(st.lists(st.builds(Lost, kinds, mentors, mentees, past), max_size=6))),
        never=frozenset(draw(st.lists(pair, max_size=3))),
        unreadable=frozenset(draw(st.lists(st.sampled_from(everybody), max_size=2))),
        unready=frozenset(draw(st.lists(st.sampled_from(names[0]), max_size=2))),
    )


@settings(max_examples=150, deadline=None)
@given(one=histories(), seed=st.integers(0, 99), days=st.sampled_from([6, 27, 55]))
def test_whatever_happened_what_is_due_keeps_every_promise(one, seed, days):
    last = MONDAY + timedelta(days=days)
    found = demand(one, MONDAY, last, seed)
    by_id = {each.person: each for each in one.people}
    rules = {rule.kind: rule for rule in one.formats}

    assert len({each.id for each in found.due}) == len(found.due)
    assert demand(one, MONDAY, last, seed) == found
    for each in found.due:
        rule, crowd = rules[each.kind], [each.senior, *each.juniors]
        assert MONDAY <= each.first_day <= each.last_day <= last
        assert days_together([by_id[who] for who in crowd], each.first_day, each.last_day) == (
            each.first_day,
            each.last_day,
        )
        assert not [pair for pair in one.never if pair <= set(crowd)]
        assert each.senior not in one.unready
        assert each.office is None or all(each.office in by_id[who].offices for who in crowd)
        for who in each.juniors:
            assert why_not_together(one, rule, by_id[each.senior], by_id[who], MONDAY) is None
        if rule.turn is Turn.EACH_JUNIOR:
            others = [
                x.day for x in (*one.held, *one.ahead) if x.kind is each.kind and set(x.juniors) & {*crowd}
            ]
            for day in others:
                apart = each.first_day - day if day < each.first_day else day - each.last_day
                assert apart >= timedelta(weeks=rule.weeks)
        if rule.turn is Turn.EACH_SENIOR:
            begin = date.fromisoformat(each.id.split(":")[3])
            stretch = range(begin.toordinal(), rule.after(one.starts, begin).toordinal())
            taken = [x for x in (*one.held, *one.ahead) if x.kind is each.kind and x.senior == each.senior]
            assert not [x for x in taken if x.day.toordinal() in stretch]
    paired = [
        (each.kind, each.senior, each.juniors[0])
        for each in found.due
        if rules[each.kind].weeks_between_pairs
    ]
    assert len(set(paired)) == len(paired)


# --- need ----------------------------------------------------------------------------------------


def test_need_rises_with_each_week_of_waiting_and_falls_with_each_session():
    ben = junior("ben", joined=MONDAY - timedelta(weeks=6))
    waiting = programme([], ben)
    served = replace(waiting, held=(Held(SessionKind.GROUP_LUNCH, "ada", ("ben",), MONDAY),))
    twice = replace(served, held=(*served.held, replace(served.held[0], day=MONDAY + timedelta(days=1))))

    needs = [waiting.need(ben, MONDAY + timedelta(weeks=n)) for n in range(3)]
    assert needs == [7, 8, 9]
    after = MONDAY + timedelta(weeks=5)
    assert waiting.need(ben, after) > served.need(ben, after) > twice.need(ben, after) >= 1


def test_beside_what_is_ahead_a_seat_counts_as_one_that_was_had():
    ben = junior("ben", joined=MONDAY - timedelta(weeks=6))
    later = Ahead("next", SessionKind.COWORKING, "ada", ("ben",), MONDAY + timedelta(days=3))
    none, one, two = (programme([], ben, ahead=(later,) * n) for n in range(3))

    assert [each.need_beside_ahead(ben, MONDAY) for each in (none, one, two)] == [7, 0, -1]
    assert one.need(ben, MONDAY) == 7  # until it is held


def test_need_has_a_ceiling():
    assert programme([]).need(junior("ben", joined=date(2000, 1, 1)), MONDAY) == 53


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"open_seats": 7}, "hold nobody"),
        ({"weeks": 0}, "positive"),
        ({"minutes": 500}, "do not fit"),
    ],
)
def test_a_format_that_cannot_be_kept_is_refused(change, text):
    with pytest.raises(ValueError, match=text):
        replace(COWORKING, **change)


# --- a year --------------------------------------------------------------------------------------


class Year:
    """A company week by week: due sessions are placed by need, some come to nothing."""

    def __init__(self, people: tuple[Participant, ...], random: Random, luck: dict[str, float]) -> None:
        self.programme = Programme("grow", date(2026, 1, 5), ALL_SIX, people)
        self.random = random
        self.luck = luck  #: by person: how likely it is that a session of theirs takes place
        self.longest: Counter[str] = Counter()

    def week(self, monday: date) -> None:
        found = demand(self.programme, monday, monday + timedelta(days=6), self.random.randrange(2**30))
        lunches: set[tuple[str, date]] = set()
        for session in self.random.sample(found.due, len(found.due)):
            for who in (session.senior, *session.juniors):
                participant = next(one for one in self.programme.people if one.person == who)
                assert participant.takes_part(session.first_day)
            crowd = sorted(session.juniors, key=lambda who: -found.needs[who])[: session.most_juniors]
            present = [who for who in crowd if self.random.random() < self.luck[who]]
            day = session.first_day
            if self.random.random() < self.luck[session.senior] and len(present) >= session.seats[0]:
                held = Held(session.kind, session.senior, tuple(present), day)
                self.programme = replace(self.programme, held=(*self.programme.held, held))
            else:
                lost = tuple(Lost(session.kind, session.senior, who, day) for who in crowd)
                self.programme = replace(self.programme, lost=(*self.programme.lost, *lost))
            lunches.add((session.senior, day))
        for one in self.programme.juniors:
            if one.takes_part(monday):
                waited = self.programme.weeks_waited(one, monday)
                self.longest[one.person] = max(self.longest[one.person], waited)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), seniors=st.integers(2, 5), juniors=st.integers(3, 14))
def test_in_a_year_everybody_who_can_be_reached_is_and_nobody_waits_without_end(seed, seniors, juniors):
    random = Random(seed)
    start = date(2026, 1, 5)
    people = tuple(senior(f"s{n}", joined=start) for n in range(seniors)) + tuple(
        junior(f"j{n}", joined=start + timedelta(weeks=random.choice([0, 0, 10]))) for n in range(juniors)
    )
    luck = {one.person: random.choice([0.4, 0.7, 1.0]) for one in people}  # some decline, skip, ignore mail
    year = Year(people, random, luck)
    for week in range(52):
        year.week(start + timedelta(weeks=week))

    reached = {who for one in year.programme.held for who in one.juniors}
    assert reached == {one.person for one in people if one.role is Role.JUNIOR}
    assert max(year.longest.values()) <= 16


# --- what the year rests on: each promise left out once ------------------------------------------


def longest_wait(people: tuple[Participant, ...], blind: bool) -> int:
    """Weeks that the unluckiest of many juniors waits for one of few seats, over a year.

    `blind`: as if nobody's need were known, so that seats go to whoever comes first.
    """
    one, monday = programme([replace(GROUP_LUNCH, weeks=1)], *people), date(2026, 9, 7)
    longest = 0
    for week in range(52):
        today = monday + timedelta(weeks=week)
        found = demand(one, today, today + timedelta(days=6), week)
        for session in found.due:
            needs = dict.fromkeys(found.needs, 1) if blind else found.needs
            crowd = sorted(session.juniors, key=lambda who: (-needs[who], who))[: session.seats[1]]
            one = replace(one, held=(*one.held, Held(session.kind, session.senior, tuple(crowd), today)))
        longest = max(longest, *(one.weeks_waited(each, today) for each in one.juniors))
    return longest


def test_seats_that_go_by_need_reach_everybody_in_turn_and_others_do_not():
    people = (senior("ada"), *(junior(f"j{n:02}", joined=date(2026, 9, 7)) for n in range(16)))

    assert longest_wait(people, blind=False) <= 4  # 16 juniors, 4 seats a week
    assert longest_wait(people, blind=True) > 12


def weeks_until_reached(forget_losses: bool) -> int | None:
    """Ada never answers. After how many weekly plans does Ben meet Eve? None: not in half a year."""
    one = programme([COFFEE], senior("ada"), senior("eve"), junior("ben"))
    before = {f"grow:{COFFEE.kind}:ben:{junior('ben').joined}": "ada"}
    for week in range(26):
        monday = MONDAY + timedelta(weeks=week)
        (session,) = demand(one, monday, monday + timedelta(days=27), week, drawn_before=before).due
        if session.senior == "eve":
            return week
        before = {session.id: session.senior}
        if not forget_losses:
            one = replace(one, lost=(*one.lost, Lost(COFFEE.kind, "ada", "ben", monday)))
    return None


def test_silence_costs_a_week_because_it_is_remembered():
    assert weeks_until_reached(forget_losses=False) == 1
    assert weeks_until_reached(forget_losses=True) is None
