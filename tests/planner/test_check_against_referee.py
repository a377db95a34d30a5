import json
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from planner.check import Rule, check_plan, conflicts_of, score_of, violations
from planner.documents import problem_to_json, read_plan, read_problem
from planner.domain import Level, Plan, Proof, Reasoned, Score
from tests.planner.referee import TOOLS, judge, needs_tools, tool
from tests.planner.strategies import placements_in, problems

pytestmark = needs_tools

#: What the referee says, and which rule of ours that is.
RULE_OF_WORDS = {
    "a fixed session was": Rule.AGREED,
    "conflicts does not list it": Rule.AGREED,
    "no candidate": Rule.ATTENDANCE,
    "required junior": Rule.ATTENDANCE,
    "juniors, seats": Rule.ATTENDANCE,
    "off the grid": Rule.START,
    "is outside its days": Rule.START,
    "outside [": Rule.START,
    "outside the hours of": Rule.HOURS,
    "is busy": Rule.BUSY,
    "leave no break": Rule.BREAK,
    "minutes on": Rule.MINUTES,
    "too few to come in for": Rule.WORTH_THE_TRIP,
    "office days in week": Rule.WEEK,
    "no time to travel": Rule.TRAVEL,
    "two lunches": Rule.LUNCH,
    "two offices": Rule.OFFICE,
    "the office is closed": Rule.OFFICE,
    "does not work in": Rule.OFFICE,
    "works elsewhere": Rule.OFFICE,
    "does not come in on": Rule.OFFICE,
    "needs a room": Rule.ROOM,
    "a room it does not need": Rule.ROOM,
    "does not serve": Rule.ROOM,
    " has no ": Rule.ROOM,
    "which seats": Rule.ROOM,
    "is taken": Rule.ROOM,
    "more people than seats": Rule.ROOM,
    "overlap": Rule.ROOM,
    "it claims": Rule.ACCOUNT,
    "proof of": Rule.ACCOUNT,
    " sessions": Rule.TURNS,
}


def rule_of(words):
    return next(rule for phrase, rule in RULE_OF_WORDS.items() if phrase in words)


def a_true_account(problem, placements):
    """A plan of these placements that says rightly what it scores and leaves out."""
    placed = {placement.session for placement in placements}
    return Plan(
        placements=placements,
        unplaced=tuple(Reasoned(s.id, "left out") for s in problem.sessions if s.id not in placed),
        conflicts=conflicts_of(problem, placements),
        score=score_of(problem, placements),
    )


def stricter_than_the_referee(violation, problem):
    """A joiner keeps all the rules (1), so their own room needs too (7); the referee does not ask."""
    fixed = any(problem.session_by_id[session].fixed for session in violation.sessions)
    return fixed and violation.rule is Rule.ROOM and " has no " in violation.text


def assert_agreement(problem, plan):
    ours = [broken for broken in violations(problem, plan) if not stricter_than_the_referee(broken, problem)]
    theirs, score = judge(problem, plan)
    assert {rule_of(words) for words in theirs} == {broken.rule for broken in ours}, (theirs, ours)
    assert score == asdict(score_of(problem, plan.placements))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_checker_and_the_referee_break_a_plan_on_the_same_rules(data):
    problem = data.draw(problems())
    placements = data.draw(placements_in(problem))

    assert_agreement(problem, a_true_account(problem, placements))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_referee_passes_what_the_checker_passes(data):
    problem = data.draw(problems())
    placements = list(data.draw(placements_in(problem)))
    agreed = {session.id: session.fixed for session in problem.sessions if session.fixed}
    assume(all(any(p.session == id_ for p in placements) for id_ in agreed))
    while True:
        plan = a_true_account(problem, tuple(placements))
        broken = violations(problem, plan)
        if not broken:
            break
        guilty = [id_ for violation in broken for id_ in violation.sessions if id_ not in agreed]
        assume(guilty)
        placements = [placement for placement in placements if placement.session != guilty[0]]

    check_plan(problem, plan)
    assert judge(problem, plan)[0] == []


def a_made_problem(**changes):
    make = {
        "seniors": 6,
        "juniors_per_senior": 9,
        "weeks": 4,
        "load": 0.4,
        "seed": 1,
        "first": date(2027, 3, 8),
    }
    return read_problem(json.dumps(tool("make_problem").problem(**{**make, **changes})), "made")


def booked_one_by_one(problem, tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(problem_to_json(problem))
    command = [sys.executable, "-B", TOOLS / "first_free.py", path]
    return read_plan(subprocess.run(command, capture_output=True, check=True).stdout, "booked").placements


@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_judges_say_the_same_of_a_whole_programme(rich, seed, tmp_path):
    problem = a_made_problem(seed=seed, worth=2, rich=rich)

    assert_agreement(problem, a_true_account(problem, booked_one_by_one(problem, tmp_path)))


def test_both_find_a_false_score_and_a_false_proof():
    problem = a_made_problem(seniors=1)
    plan = a_true_account(problem, ())

    for false in (replace(plan, score=Score(reached=1)), replace(plan, proof=(Proof(Level.REACHED, 0, -1),))):
        assert_agreement(problem, false)
        assert violations(problem, false)
