"""No plan brings together whom it does not suit, whoever asked for the session: a rule, or a sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.domain import PlanningProblem
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import propose_a_day, version_of
from tests.web.plans import planned
from web.operations import preferences, proposals
from web.operations.runs import LEFT_OUT
from web.site import Site
from web.store.planning import Wanted, load_problem


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A sheet asks for all of it: two lunches, a coffee, two co-workings and a group of four."""
    return a_company(tmp_path)


def ask(site: Site, name: str, **texts: str) -> None:
    who = member(site, name)
    preferences.change(site, who.person.id, texts, who, NOW)


def problem(site: Site) -> PlanningProblem:
    with site.store.reading() as connection:
        return load_problem(connection, Wanted(member(site, "ada").programme_id, FIRST_DAY, LAST_DAY))


def juniors(site: Site) -> dict[str, set[str]]:
    """By session of the problem, the first names of its candidates."""
    names = {str(member(site, name).person.id): name for name in ("aisha", "ben", "chidi", "dana")}
    return {each.id: {names.get(who, "") for who in each.juniors} for each in problem(site).sessions}


def test_without_wishes_all_of_a_sheet_is_planned(site: Site) -> None:
    assert juniors(site).keys() == {"lunch", "cohort", "desk", "coffee", "pair", "desk2"}


@pytest.mark.parametrize(
    ("who", "asks", "without"),
    [
        ("farid", {"formats_not": "individual_lunch coffee_roulette"}, {"lunch"}),
        ("priya", {"formats_not": "individual_lunch"}, {"lunch"}),
        ("farid", {"online_only": "yes"}, {"lunch"}),
        ("marek", {"formats_not": "coworking"}, {"desk2"}),
    ],
)
def test_a_session_that_cannot_do_without_whom_it_does_not_suit_is_left_out(
    site: Site, who: str, asks: dict[str, str], without: set[str]
) -> None:
    before = juniors(site)
    ask(site, who, **asks)

    assert before.keys() - juniors(site).keys() == without


def test_seniors_and_juniors_who_share_no_language_do_not_meet(site: Site) -> None:
    ask(site, "priya", languages="en")
    ask(site, "farid", languages="de")
    ask(site, "dana", languages="de")

    assert "lunch" not in juniors(site)
    assert juniors(site)["cohort"] == {"aisha", "ben", "chidi"}
    assert "pair" in juniors(site)  # Marek named none


def test_a_group_goes_on_without_whom_it_does_not_suit_while_enough_are_left(site: Site) -> None:
    ask(site, "dana", formats_not="group_mentoring")
    assert juniors(site)["cohort"] == {"aisha", "ben", "chidi"}

    ask(site, "chidi", online_only="yes")
    assert "cohort" not in juniors(site)


def test_a_plan_says_of_what_it_leaves_out_the_same_whatever_somebody_asked_for(site: Site) -> None:
    ask(site, "farid", formats_not="individual_lunch")
    ask(site, "emil", languages="de")
    ask(site, "marek", languages="en")
    ask(site, "dana", online_only="yes")

    run = planned(site)

    assert {each.session_id: each.reason for each in run.unplaced} == dict.fromkeys(
        ("lunch", "coffee", "pair"), LEFT_OUT
    )


def test_what_is_agreed_keeps_its_people(site: Site) -> None:
    day = propose_a_day(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    ask(site, "farid", formats_not="individual_lunch")

    (lunch,) = (each for each in problem(site).sessions if each.id == "lunch")
    assert lunch.fixed is not None
    assert [*lunch.juniors] == [str(member(site, "farid").person.id)]
