import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.documents import check_references, plan_to_json, problem_to_json, read_plan, read_problem
from planner.domain import Agreement, Level, Move, Plan, Proof, Reasoned, Score, SeniorProof, SessionKind
from planner.errors import InvalidPlan, InvalidProblem
from tests.factories import (
    MONDAY,
    TUESDAY,
    a_mentoring,
    a_person,
    a_placement,
    a_problem,
    a_room,
    a_senior,
    a_session,
    an_interval,
    at,
)
from tests.planner.strategies import problems

TOOLS = Path(__file__).parents[2].parent / "shared" / "tools"


def a_document(**changes):
    document = json.loads(problem_to_json(a_problem(sessions=(a_session(), a_mentoring()))))
    return {**document, **changes}


def with_change(document, path, value):
    """Set one place of a document; the last step of the path may be a new field."""
    *steps, last = path
    place = document
    for step in steps:
        place = place[step]
    place[last] = value
    return document


def mistakes_of(document):
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    with pytest.raises(InvalidProblem) as raised:
        read_problem(text, "p.json")
    return list(raised.value.mistakes)


def test_a_problem_survives_writing_and_reading():
    problem = a_problem(
        rooms=(
            a_room(
                features=frozenset({"step-free"}), shared=True, busy=(an_interval(MONDAY, "09:00", "10:00"),)
            ),
        ),
        people=(
            a_senior(travel_minutes=45, in_office=frozenset({TUESDAY})),
            a_person("ben", max_sessions=3, unknown=(an_interval(TUESDAY, "00:00", "23:45"),)),
            a_person("cat", need=0, break_minutes=15, elsewhere=(an_interval(TUESDAY, "09:00", "12:00"),)),
        ),
        sessions=(
            a_session(required=frozenset({"ben"}), weight=2),
            a_mentoring(open_seats=2, fixed=Agreement(at(TUESDAY, "10:00"), "oak", ("cat",))),
        ),
    )

    assert read_problem(problem_to_json(problem), "p.json") == problem


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_any_problem_survives_writing_and_reading(problem):
    check_references(problem)

    assert read_problem(problem_to_json(problem), "p.json") == problem


def test_fields_with_a_default_may_be_left_out():
    document = a_document()
    for person in document["people"]:
        for field in set(person) - {"id", "role", "offices", "timezone", "hours"}:
            del person[field]
    del document["grid_minutes"]

    assert read_problem(json.dumps(document), "p.json") == a_problem(sessions=(a_session(), a_mentoring()))


def test_bytes_are_read_as_utf8_with_or_without_a_mark_in_front():
    text = json.dumps(a_document(), ensure_ascii=False)

    assert read_problem(b"\xef\xbb\xbf" + text.encode(), "p.json") == read_problem(text, "p.json")


def test_midnight_may_end_a_day_and_not_start_one():
    document = a_document()
    document["people"][0]["hours"] = {"mon": ["00:00", "24:00"]}
    assert read_problem(json.dumps(document), "p.json").people[0].hours.days[0].closes == 1440

    document["people"][0]["hours"] = {"mon": ["24:00", "24:00"]}
    assert mistakes_of(document) == [
        "p.json: people[0].hours.mon (ada): '24:00' is no clock time such as 09:30"
    ]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            ["people", 1, "hours", "mon"],
            ["17:00", "09:00"],
            "people[1].hours.mon (ben): 17:00–09:00 ends before",
        ),
        (
            ["people", 1, "hours", "mon"],
            ["9:00", "17:00"],
            "people[1].hours.mon (ben): '9:00' is no clock time",
        ),
        (["people", 1, "hours", "mon"], None, "people[1].hours.mon (ben): should be [from, to]"),
        (["people", 1, "hours", "monday"], ["09:00", "17:00"], "people[1].hours.monday (ben): is no field"),
        (["people", 1, "timezone"], "Europe/Lundon", "people[1].timezone (ben): 'Europe/Lundon' is no IANA"),
        (
            ["people", 1, "timezone"],
            "../../etc/passwd",
            "people[1].timezone (ben): '../../etc/passwd' is no IANA",
        ),
        (
            ["people", 1, "timezone"],
            "right/Europe/London",
            "people[1].timezone (ben): 'right/Europe/London' is no",
        ),
        (["people", 1, "timezone"], "Europe", "people[1].timezone (ben): 'Europe' is no IANA"),
        (["people", 1, "timezone"], "", "people[1].timezone (ben): '' is no IANA"),
        (["people", 1, "need"], True, "people[1].need (ben): should be a valid integer, not true"),
        (["people", 1, "need"], "1", 'people[1].need (ben): should be a valid integer, not "1"'),
        (["people", 1, "need"], 1.0, "people[1].need (ben): should be a valid integer, not 1.0"),
        (["people", 1, "need"], -1, "people[1].need (ben): should be greater than or equal to 0, not -1"),
        (["people", 1, "need"], float("nan"), "people[1].need (ben): should be a"),
        (
            ["people", 1, "max_sessions"],
            None,
            "people[1].max_sessions (ben): should be a valid integer, not null",
        ),
        (["people", 1, "role"], "boss", "people[1].role (ben): should be 'senior' or 'junior', not \"boss\""),
        (["people", 1, "id"], 7, "people[1].id: should be a valid string, not 7"),
        (["people", 1, "nead"], 1, "people[1].nead (ben): is no field of this format; did you mean need?"),
        (["people", 1, "offices"], "london", 'people[1].offices (ben): should be a list, not "london"'),
        (["people", 1, "offices"], ["paris"], 'people[1].offices (ben): no office has the id "paris"'),
        (
            ["people", 1, "avoid"],
            ["2027-02-30"],
            "people[1].avoid[0] (ben): '2027-02-30' is no date that exists",
        ),
        (["people", 1, "avoid"], ["2027-W10-1"], "people[1].avoid[0] (ben): '2027-W10-1' is no date such as"),
        (["people", 1, "avoid"], [20270309], "people[1].avoid[0] (ben): should be a date"),
        (
            ["people", 1, "busy"],
            [["2027-03-08T10:00:00Z", "2027-03-08T09:00:00Z"]],
            "people[1].busy[0] (ben): 2027-03-08T10:00:00Z – 2027-03-08T09:00:00Z ends before it starts",
        ),
        (
            ["people", 1, "busy"],
            [["2027-03-08T10:00:00+01:00", "2027-03-08T11:00:00Z"]],
            "people[1].busy[0] (ben): '2027-03-08T10:00:00+01:00' is no UTC instant",
        ),
        (
            ["people", 1, "busy"],
            [["2027-03-08T25:00:00Z", "2027-03-08T11:00:00Z"]],
            "people[1].busy[0] (ben): '2027-03-08T25:00:00Z' is no time that exists",
        ),
        (
            ["people", 1, "busy"],
            [["2027-03-08T10:00:00Z"]],
            "people[1].busy[0] (ben): should be [start, end]",
        ),
        (["people", 1], 7, "people[1]: should be a valid dictionary"),
        (["rooms", 0, "capacity"], 0, "rooms[0].capacity (oak): should be greater than or equal to 1"),
        (["rooms", 0, "office"], "paris", 'rooms[0].office (oak): no office has the id "paris"'),
        (
            ["rooms", 0, "uses"],
            ["dance"],
            "rooms[0].uses[0] (oak): should be 'lunch', 'meeting' or 'coworking'",
        ),
        (["rooms", 0, "shared"], 1, "rooms[0].shared (oak): should be a valid boolean, not 1"),
        (["sessions", 1, "senior"], "eve", 'sessions[1].senior (mentoring): no person has the id "eve"'),
        (
            ["sessions", 1, "juniors"],
            ["eve"],
            'sessions[1].juniors[0] (mentoring): no person has the id "eve"',
        ),
        (
            ["sessions", 1, "juniors"],
            ["ben", "ben"],
            'sessions[1].juniors[1] (mentoring): "ben" is named twice',
        ),
        (["sessions", 1, "juniors"], ["ada"], 'sessions[1].juniors[0] (mentoring): "ada" is the senior'),
        (
            ["sessions", 1, "required"],
            ["ada"],
            'sessions[1].required (mentoring): "ada" is not among the juniors',
        ),
        (["sessions", 1, "office"], "paris", 'sessions[1].office (mentoring): no office has the id "paris"'),
        (["sessions", 1, "kind"], "walk", "sessions[1].kind (mentoring): should be 'individual_lunch'"),
        (
            ["sessions", 1, "seats"],
            [0, 1],
            "sessions[1].seats[0] (mentoring): should be greater than or equal to 1",
        ),
        (
            ["sessions", 1, "seats"],
            [3, 2],
            "sessions[1].seats (mentoring): the fewest (3) is above the most (2)",
        ),
        (["sessions", 1, "seats"], [1], "sessions[1].seats[1] (mentoring): is missing"),
        (
            ["sessions", 1, "minutes"],
            0,
            "sessions[1].minutes (mentoring): should be greater than or equal to 1",
        ),
        (
            ["sessions", 1, "minutes"],
            10**30,
            "sessions[1].minutes (mentoring): should be less than or equal to",
        ),
        (
            ["sessions", 1, "weight"],
            0,
            "sessions[1].weight (mentoring): should be greater than or equal to 1",
        ),
        (
            ["sessions", 1, "last_day"],
            "2027-03-01",
            "sessions[1].last_day (mentoring): 2027-03-01 comes before",
        ),
        (
            ["sessions", 1, "fixed"],
            {"start": "2027-03-08T10:00:00Z", "room": "elm", "juniors": ["eve"]},
            'sessions[1].fixed.juniors[0] (mentoring): no person has the id "eve"',
        ),
        (
            ["sessions", 1, "required"],
            ["ben", "ben"],
            'sessions[1].required (mentoring): "ben" is named twice',
        ),
        (
            ["sessions", 1, "fixed"],
            {"start": "1815-06-18T10:00:00Z", "juniors": []},
            "sessions[1].fixed.start (mentoring): 1815-06-18 is not between the years",
        ),
        (["sessions", 1, "fixed"], {"juniors": []}, "sessions[1].fixed.start (mentoring): is missing"),
        (["grid_minutes"], 7, "grid_minutes: 7 does not divide 60"),
        (["grid_minutes"], 0, "grid_minutes: should be greater than or equal to 1"),
        (["last_day"], "2027-03-01", "last_day: 2027-03-01 comes before first_day, 2027-03-08"),
        (["first_day"], "0001-01-01", "first_day: 0001-01-01 is not between the years"),
        (["format"], "officeday-problem/2", "format: should be 'officeday-problem/1'"),
        (["people"], {}, "people: should be a list, not an object"),
        (["extra"], 1, "extra: is no field of this format"),
    ],
)
def test_a_mistake_is_named_at_its_place(path, value, words):
    found = mistakes_of(with_change(a_document(), path, value))

    assert any(mistake.startswith(f"p.json: {words}") for mistake in found), found


def test_all_mistakes_come_at_once_those_of_form_and_those_of_reference():
    document = a_document(colour="red")
    document["people"][1]["need"] = -1
    document["sessions"][0]["senior"] = "eve"
    document["sessions"][1]["minutes"] = 0

    assert mistakes_of(document) == [
        "p.json: colour: is no field of this format",
        "p.json: people[1].need (ben): should be greater than or equal to 0, not -1",
        "p.json: sessions[1].minutes (mentoring): should be greater than or equal to 1, not 0",
        'p.json: sessions[0].senior (lunch): no person has the id "eve"',
    ]


def test_a_row_with_a_mistake_is_still_somebody_to_point_at():
    document = with_change(a_document(), ["people", 1, "need"], -1)

    assert len(mistakes_of(document)) == 1


def test_an_id_stands_once_in_its_list():
    document = a_document()
    document["people"].append(document["people"][1])

    assert mistakes_of(document) == ['p.json: people[3].id: "ben" is the id of people[1] already']


def test_a_missing_list_is_missing():
    document = a_document()
    del document["rooms"]

    assert mistakes_of(document) == ["p.json: rooms: is missing"]


def test_a_field_that_stands_twice_is_named_with_its_place():
    text = json.dumps(a_document()).replace('"id": "ben"', '"id": "ben", "id": "ben"', 1)
    text = text.replace('"grid_minutes": 15', '"grid_minutes": 15, "grid_minutes": 30', 1)

    assert sorted(mistakes_of(text)) == [
        "p.json: grid_minutes: this field stands twice",
        "p.json: people[1].id (ben): this field stands twice",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{\n  "format": oops}', "p.json: line 2, column 13: "),
        ("", "p.json: line 1, column 1: "),
        ("[" * 100_000, "p.json: is nested too deeply"),
        ('{"first_day": ' + "[" * 900 + "]" * 900 + "}", "p.json: first_day: should be a date"),
        (b'{"format": "\xff"}', "p.json: is not UTF-8: byte 12"),
        ('{"grid_minutes": ' + "9" * 5000 + "}", "p.json: cannot be read: "),
        ("[]", "p.json: should be an object"),
        ("null", "p.json: should be an object"),
    ],
)
def test_what_is_no_json_object_is_refused_with_the_place(text, words):
    assert mistakes_of(text)[0].startswith(words)


def test_a_problem_built_in_memory_is_checked_for_its_references():
    check_references(a_problem())

    with pytest.raises(InvalidProblem, match=r"sessions\[0\]\.senior \(lunch\): no person has the id"):
        check_references(a_problem(sessions=(a_session(senior="eve"),)))


def test_a_plan_survives_writing_and_reading():
    plan = Plan(
        placements=(
            a_placement("lunch", at(MONDAY, "12:00")),
            a_placement("m", at(TUESDAY, "09:15"), (), "oak"),
        ),
        unplaced=(Reasoned("x", "nobody is free"),),
        conflicts=(Reasoned("m", "Ada is busy now"),),
        moved=(
            Move("lunch", at(TUESDAY, "12:00"), at(MONDAY, "12:00"), "r"),
            Move("x", at(TUESDAY, "12:00"), None, "r"),
        ),
        score=Score(1, 2, 3, 4, 5, 6),
        proof=(Proof(Level.SENIOR_DAYS, 3, 2),),
        seniors=(SeniorProof("ada", 3, 2),),
        seconds=1.5,
    )

    assert read_plan(plan_to_json(plan), "plan.json") == plan
    assert read_plan(plan_to_json(replace(plan, moved=None)), "plan.json").moved is None


def test_a_plan_of_a_later_version_is_read_without_what_is_new_in_it():
    text = json.dumps(
        {
            "format": "officeday-plan/2",
            "sessions": [{"id": "a", "start": "2027-03-09T12:00:00.5Z", "juniors": [], "mood": "good"}],
            "weather": 1,
        }
    )

    assert read_plan(text, "plan.json").placements == (
        a_placement("a", datetime(2027, 3, 9, 12, 0, 0, 500_000, tzinfo=UTC), ()),
    )


def test_a_plan_that_cannot_be_read_says_all_that_is_wrong():
    with pytest.raises(InvalidPlan) as raised:
        read_plan('{"sessions": [{"id": "a", "start": "noon", "juniors": []}], "seconds": NaN}', "plan.json")

    assert list(raised.value.broken) == [
        "plan.json: sessions[0].start: 'noon' is no UTC instant such as 2027-03-09T12:00:00Z",
        "plan.json: seconds: should be a finite number, not nan",
    ]


@pytest.mark.skipif(
    not TOOLS.exists(), reason="the problem maker lives beside the repository, and is not there"
)
@pytest.mark.parametrize("extra", [(), ("--rich",), ("--worth", "2")])
def test_the_problem_makers_documents_are_read_and_written_back(extra):
    made = subprocess.run(
        [sys.executable, TOOLS / "make_problem.py", "--seniors", "3", *extra], capture_output=True, check=True
    ).stdout

    problem = read_problem(made, "made.json")

    assert len(problem.people) == 30
    assert problem.first_day == date(2027, 3, 8)
    assert read_problem(problem_to_json(problem), "again.json") == problem


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SOMEWHERE = st.sampled_from(
    [
        (field, *steps)
        for field in ("offices", "rooms", "people", "sessions")
        for steps in (
            (),
            (0,),
            (0, "id"),
            (0, "hours"),
            (0, "busy"),
            (0, "seats"),
            (0, "fixed"),
            (0, "office"),
        )
    ]
    + [("first_day",), ("grid_minutes",), ("format",)]
)


@given(SOMEWHERE, JSON_VALUES)
def test_whatever_stands_in_a_document_is_read_or_refused_in_words(path, value):
    document = with_change(a_document(), path, value)
    try:
        problem = read_problem(json.dumps(document), "p.json")
    except InvalidProblem as why:
        assert all(mistake.startswith("p.json: ") for mistake in why.mistakes)
    else:
        assert all(session.kind in SessionKind for session in problem.sessions)


@given(st.text() | st.binary())
def test_any_text_is_refused_in_words(text):
    assert mistakes_of(text)
