import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from planner.check import check_plan
from planner.documents import problem_to_json, read_plan, read_problem
from tests.factories import a_coffee, a_mentoring, a_person, a_problem, a_senior, a_session

COMMAND = [sys.executable, "-c", "from web.cli import main; main()", "solve"]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def problem_file(tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(problem_to_json(a_problem(sessions=(a_session(), a_mentoring(), a_coffee()))))
    return path


@pytest.fixture
def large_problem_file(tmp_path):
    """Large enough that a search is not done after a second."""
    seniors = [f"s{n}" for n in range(25)]
    juniors = [f"j{n}" for n in range(60)]
    people = (*(a_senior(id_) for id_ in seniors), *(a_person(id_) for id_ in juniors))
    sessions = tuple(
        a_mentoring(
            f"{senior}-{n}", senior=senior, juniors=tuple(juniors[(7 * i + n) % 50 :][:8]), seats=(2, 6)
        )
        for i, senior in enumerate(seniors)
        for n in range(6)
    )
    path = tmp_path / "large.json"
    path.write_text(problem_to_json(a_problem(people=people, sessions=sessions)))
    return path


def solve(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, **options
    )


def assert_is_a_plan_of(problem_file, text):
    problem = read_problem(problem_file.read_bytes(), "problem")
    plan = read_plan(text, "plan")
    check_plan(problem, plan)
    return plan


def test_a_plan_is_written_that_keeps_the_rules(problem_file, tmp_path):
    done = solve(problem_file, "-o", tmp_path / "plan.json", "--seconds", "10")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert assert_is_a_plan_of(problem_file, (tmp_path / "plan.json").read_bytes()).score.placed == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "problem.json"]


def test_documents_may_come_from_standard_input_and_go_to_standard_output(problem_file):
    done = solve("-", "-o", "-", "--seconds", "3", input=problem_file.read_text())

    assert done.returncode == 0
    assert_is_a_plan_of(problem_file, done.stdout)


def test_half_a_second_is_enough_for_some_plan(large_problem_file, tmp_path):
    done = solve(large_problem_file, "-o", tmp_path / "plan.json", "--seconds", "0.5")

    assert done.returncode == 0, done.stderr
    assert_is_a_plan_of(large_problem_file, (tmp_path / "plan.json").read_bytes())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("while_reading", [True, False])
def test_a_signal_writes_the_best_plan_so_far(number, while_reading, large_problem_file, tmp_path):
    plan = tmp_path / "plan.json"
    command = [*COMMAND, "-", "-o", str(plan), "--seconds", "600"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    # More than a pipe holds: once it is written, the command is reading.
    process.stdin.write(b" " * 200_000)
    process.stdin.flush()
    if while_reading:
        process.send_signal(number)
    process.stdin.write(large_problem_file.read_bytes())
    process.stdin.close()
    process.stdin = None
    if not while_reading:
        time.sleep(3)
        process.send_signal(number)
    _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (130, b"")
    assert_is_a_plan_of(large_problem_file, plan.read_bytes())


def test_one_more_signal_ends_the_command_at_once(tmp_path):
    command = [*COMMAND, "-", "-o", str(tmp_path / "plan.json")]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b" " * 200_000)
    process.stdin.flush()
    for _ in range(100):  # signals that arrive together are one
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
    _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (-signal.SIGINT, b"")
    assert list(tmp_path.iterdir()) == []


def test_a_bad_problem_is_refused_with_all_its_mistakes(problem_file, tmp_path):
    document = json.loads(problem_file.read_text())
    document["people"][1]["need"] = -1
    document["sessions"][0]["senior"] = "eve"
    problem_file.write_text(json.dumps(document))

    done = solve(problem_file, "-o", tmp_path / "plan.json")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"{problem_file}: people[1].need (ben): should be greater than or equal to 0, not -1",
        f'{problem_file}: sessions[0].senior (lunch): no person has the id "eve"',
    ]
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.json", "-o", "plan.json"], "'nowhere.json' does not exist"),
        (["{problem}", "-o", "no/such/folder/plan.json"], "does not exist; create it"),
        (["{problem}", "-o", "{folder}"], "is a directory"),
        (["{problem}", "-o", "{problem}"], "would overwrite the problem"),
        (["{problem}"], "Missing option '-o'"),
        (["{problem}", "-o", "plan.json", "--seconds", "0"], "give seconds above 0"),
        (["{problem}", "-o", "plan.json", "--seconds", "nan"], "give seconds above 0"),
        (["{problem}", "-o", "plan.json", "--workers", "0"], "not in the range"),
        (["{problem}", "-o", "plan.json", "--previous", "gone.json"], "'gone.json' does not exist"),
        (["{problem}", "-o", "plan.json", "--frozen-until", "2027-03-09T12:00:00Z"], "name the plan that is"),
        (["-", "-o", "plan.json", "--previous", "-"], "standard input can give one document only"),
        (
            ["{problem}", "-o", "plan.json", "--previous", "{problem}", "--frozen-until", "9 March"],
            "'9 March' is no UTC instant such as 2027-03-09T12:00:00Z",
        ),
        (["{problem}", "-o", "plan.json", "--previous", "{problem}"], "a plan, not"),
    ],
)
def test_a_wrong_command_line_is_refused_before_anything_is_solved(arguments, words, problem_file, tmp_path):
    done = solve(*(each.format(problem=problem_file, folder=tmp_path) for each in arguments))

    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


def test_a_plan_before_is_kept_to_and_may_be_written_over(problem_file, tmp_path):
    plan = tmp_path / "plan.json"
    assert solve(problem_file, "-o", plan, "--seconds", "3").returncode == 0
    before = read_plan(plan.read_bytes(), "plan")
    lunch = before.placement_of["lunch"].start
    problem = json.loads(problem_file.read_text())
    end = (lunch + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    problem["people"][0]["busy"].append([lunch.isoformat().replace("+00:00", "Z"), end])
    problem_file.write_text(json.dumps(problem))

    done = solve(problem_file, "-o", plan, "--seconds", "3", "--previous", plan)

    assert (done.returncode, done.stderr) == (0, "")
    after = read_plan(plan.read_bytes(), "plan")
    check_plan(read_problem(problem_file.read_bytes(), "problem"), after, before)
    assert [move.session for move in after.moved] == ["lunch"]


def test_sessions_that_only_the_plan_before_has_are_told(problem_file, tmp_path):
    before = tmp_path / "before.json"
    rows = [{"id": id_, "start": "2027-03-09T12:00:00Z", "room": None, "juniors": []} for id_ in ("old", "x")]
    before.write_text(json.dumps({"format": "officeday-plan/1", "sessions": rows}))

    done = solve(problem_file, "-o", tmp_path / "plan.json", "--seconds", "3", "--previous", before)

    assert done.returncode == 0
    assert done.stderr == f"{before}: the problem does not have 2 sessions of it: old and x\n"


def test_a_plan_before_that_places_a_session_twice_is_refused(problem_file, tmp_path):
    before = tmp_path / "before.json"
    row = {"id": "lunch", "start": "2027-03-09T12:00:00Z", "room": None, "juniors": ["ben"]}
    before.write_text(json.dumps({"format": "officeday-plan/1", "sessions": [row, row]}))

    done = solve(problem_file, "-o", tmp_path / "plan.json", "--previous", before)

    assert (done.returncode, done.stderr) == (2, f"{before}: sessions[1].id: lunch is placed twice\n")


def test_a_device_is_written_to_and_not_replaced(problem_file):
    assert solve(problem_file, "-o", os.devnull, "--seconds", "3").returncode == 0

    assert not Path(os.devnull).is_file()


def test_a_link_keeps_pointing_where_it_points(problem_file, tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "plan.json").symlink_to("real.json")

    assert solve(problem_file, "-o", tmp_path / "plan.json", "--seconds", "3").returncode == 0

    assert (tmp_path / "plan.json").is_symlink()
    assert_is_a_plan_of(problem_file, (tmp_path / "real.json").read_bytes())


def test_progress_is_shown_on_a_terminal(problem_file, tmp_path):
    ours, theirs = pty.openpty()
    command = [*COMMAND, str(problem_file), "-o", str(tmp_path / "plan.json"), "--seconds", "3"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, cwd=ROOT, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            shown += os.read(ours, 65536)
        except OSError:  # the other end is closed: everything has been said
            break
    os.close(ours)

    assert process.wait(60) == 0
    assert b"senior days" in shown
    assert b"sessions placed on" in shown


def test_the_help_has_an_example():
    done = solve("--help")

    assert done.returncode == 0
    assert "officeday solve problem.json -o plan.json" in done.stdout
