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
from planner.programme import Ahead, Format, Held, Lost, Participant, Programme, Turn, why_not_together

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


def test_a_topic_that_a_senior_knows_is_preferred_and_told():
    wanting = junior("ben", topics=frozenset({"databases"}))
    knowing = senior("eve", topics=frozenset({"databases", "people"}))
    (due,) = owed(programme([LUNCH], senior("ada"), knowing, wanting)).due

    assert due.senior == "eve"


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
        ({"online_only": True}, {}, LUNCH, "one of them meets online only"),
        ({"online_only": True}, {}, COFFEE, None),
        ({"declines": frozenset({LUNCH.kind})}, {}, LUNCH, "one of them prefers other formats"),
    ],
)
def test_who_may_meet_whom(mentor, mentee, rule, apart):
    ada, ben = senior("ada", **mentor), junior("ben", **mentee)

    assert why_not_together(programme([rule], ada, ben), rule, ada, ben, MONDAY) == apart


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
