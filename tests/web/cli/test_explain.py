"""`officeday explain`: the answers, to whom they are given, and what is refused."""

import json

import pytest
from click.testing import CliRunner

from planner.documents import plan_to_json, problem_to_json
from planner.domain import Plan, Reasoned
from tests.factories import (
    THURSDAY,
    TUESDAY,
    a_mentoring,
    a_person,
    a_placement,
    a_problem,
    a_senior,
    a_session,
    an_agreement,
    an_interval,
    at,
)
from web.cli import main

BUSY_TUESDAY = (an_interval(TUESDAY, "09:00", "18:00"),)
PROBLEM = a_problem(
    people=(a_senior(), a_person("ben", busy=BUSY_TUESDAY), a_person("cat"), a_person("dan")),
    sessions=(
        a_session("agreed", fixed=an_agreement(at(TUESDAY, "12:00"))),
        a_session("lunch"),
        a_mentoring(),
        a_mentoring("late", required=frozenset({"ben"}), first_day=TUESDAY, last_day=TUESDAY),
    ),
)
PLAN = Plan(
    (
        a_placement("agreed", at(TUESDAY, "12:00")),
        a_placement("lunch", at(THURSDAY, "12:00")),
        a_placement("mentoring", at(THURSDAY, "10:00"), ("ben", "cat"), "oak"),
    ),
    unplaced=(Reasoned("late", "nobody asked yet"),),
    conflicts=(Reasoned("agreed", "ben is busy"),),
)


@pytest.fixture
def files(tmp_path):
    problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
    problem.write_text(problem_to_json(PROBLEM))
    plan.write_text(plan_to_json(PLAN))
    return problem, plan


def explain(files, *arguments, **options):
    return CliRunner().invoke(main, ["explain", *map(str, files), *arguments], **options)


def said(files, *arguments):
    done = explain(files, *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_a_placed_session_says_when_where_and_with_whom(files):
    assert said(files, "--session", "mentoring") == (
        "mentoring: placed on 11 March, 10:00–11:00 (Europe/London), in london, room oak, "
        "led by ada, with ben and cat.\n"
    )


def test_an_agreed_session_says_so_and_who_cannot_be_there_any_more(files):
    assert said(files, "--session", "agreed") == (
        "agreed: agreed and placed on 9 March, 12:00–13:00 (Europe/London), in london, led by ada, "
        "with ben; no longer possible: ben is busy at 12:00 on 9 March now.\n"
    )
    assert "1 of the others is busy at 12:00" in said(files, "--session", "agreed", "--viewer", "ada")


def test_an_unplaced_session_says_to_each_reader_what_they_may_know(files):
    assert said(files, "--session", "late").startswith("late: ben is never free when ada is, between")
    own = said(files, "--session", "late", "--viewer", "ben")
    assert "of yours on 9 March would place it" in own
    for_the_senior = said(files, "--session", "late", "--viewer", "ada")
    assert "you and the person who should be there are never free together" in for_the_senior
    assert "ben" not in for_the_senior


def test_a_date_says_what_keeps_each_session_from_it(files):
    answer = said(files, "--senior", "ada", "--day", TUESDAY.isoformat())

    assert answer.startswith("ada: 1 of 3 sessions could be held on 9 March (mentoring); lunch: ")
    assert "late: ben is never free when ada is" in answer
    assert "ben" not in said(files, "--senior", "ada", "--day", TUESDAY.isoformat(), "--viewer", "ada")


def test_a_document_may_come_from_standard_input(files):
    problem, plan = files

    done = explain((problem, "-"), "--session", "lunch", input=plan.read_text())

    assert done.exit_code == 0
    assert "lunch: placed on 11 March" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Ask about one session (--session ID), or one date"),
        (["--session", "lunch", "--day", "2027-03-09"], "Ask about one session"),
        (["--session", "lunch", "--senior", "ada", "--day", "2027-03-09"], "Ask about one session"),
        (["--senior", "ada"], "Ask about one session"),
        (["--day", "2027-03-09"], "Ask about one session"),
        (["--session", "lunhc"], 'no session of the problem has the id "lunhc". Did you mean "lunch"?'),
        (["--session", "lunch", "--viewer", "eve"], 'no person of the problem has the id "eve".'),
        (
            ["--senior", "ben", "--day", "2027-03-09"],
            'no senior of a session of the problem has the id "ben"',
        ),
        (["--senior", "ada", "--day", "9 March"], "does not match the format"),
        (["--senior", "ada", "--day", "2027-04-09"], "is outside the planning window, 8–12 March 2027"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_what_to_put_right(arguments, words, files):
    done = explain(files, *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.split())


def test_a_plan_of_another_problem_is_refused_with_all_that_is_strange(files):
    _, plan = files
    document = json.loads(plan.read_text())
    document["sessions"][0]["id"] = "breakfast"
    document["sessions"][1]["room"] = "attic"
    document["sessions"][2]["juniors"] = ["ben", "eve"]
    plan.write_text(json.dumps(document))

    done = explain(files, "--session", "lunch")

    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        f"{plan}: sessions[{number}].{what}; is it a plan of another problem?"
        for number, what in enumerate(
            (
                'id: the problem has no session "breakfast"',
                'room: the problem has no room "attic"',
                'juniors: the problem has no person "eve"',
            )
        )
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_a_malformed_document_is_refused_with_its_name(which, files):
    files[which].write_text("{")

    done = explain(files, "--session", "lunch")

    assert done.exit_code == 2
    assert done.stderr.startswith(f"{files[which]}: ")


def test_a_problem_in_the_place_of_the_plan_is_one_mistake(files):
    done = explain((files[0], files[0]), "--session", "lunch")

    assert done.exit_code == 2
    (only,) = done.stderr.splitlines()
    assert only.startswith(f"{files[0]}: format: ")


def test_files_that_are_not_there_and_two_on_one_input_are_refused(files):
    assert explain(("nowhere.json", files[1]), "--session", "lunch").exit_code == 2
    both = explain(("-", "-"), "--session", "lunch")
    assert both.exit_code == 2
    assert "Only one of the two documents" in both.stderr


def test_the_help_has_examples():
    done = CliRunner().invoke(main, ["explain", "--help"])

    assert "officeday explain problem.json plan.json --senior priya --day 2027-03-09" in done.stdout
