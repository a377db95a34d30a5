"""Subproblems in processes and on a Dask cluster: the same plans, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from planner.check import check_plan
from planner.domain import Level
from planner.solve import Limits, propose
from tests.factories import a_mentoring, a_person, a_problem, a_senior, a_session
from web.executors import Helpers, checked, helpers

ROOT = Path(__file__).parents[2]


def no_word(text):
    raise AssertionError(text)


def running(pid):
    """Is there such a process, and not only its exit status?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ended(pids):
    for _ in range(200):
        if not any(running(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def programme(seniors=6):
    """Seniors who share juniors, so that there is something to search."""
    juniors = [f"j{n}" for n in range(4 * seniors)]
    people = (*(a_senior(f"s{n}") for n in range(seniors)), *(a_person(id_) for id_ in juniors))
    sessions = tuple(
        session
        for n in range(seniors)
        for session in (
            a_session(f"lunch{n}", senior=f"s{n}", juniors=(juniors[n],)),
            a_mentoring(f"group{n}", senior=f"s{n}", juniors=tuple(juniors[n : n + 8]), seats=(2, 6)),
        )
    )
    return a_problem(people=people, sessions=sessions)


def plan_with(help_: Helpers, seconds=8):
    problem = programme()
    limits = Limits(seconds, help_.workers, time.monotonic)
    plan = propose(problem, limits, executor=help_.executor)
    check_plan(problem, plan)
    return plan


def main_goals(plan):
    return [plan.score.at(level) for level in (Level.REACHED, Level.PLACED, Level.SENIOR_DAYS)]


def slow_pid(seconds):
    time.sleep(seconds)
    return os.getpid()


@pytest.mark.parametrize("how", ["processes", "threads", "dask:tcp://10.0.0.7:8786", "dask:tls://host:1"])
def test_what_can_be_named(how):
    assert checked(how) == how


@pytest.mark.parametrize(
    "how", ["", "process", "dask", "dask:", "dask:tcp://host", "dask:tcp://h:x", "dask:http://h:1"]
)
def test_what_cannot_be_named(how):
    with pytest.raises(ValueError, match='write "processes"'):
        checked(how)


@pytest.mark.slow
def test_processes_plan_as_well_as_threads():
    with helpers("threads", 2, 20, no_word) as threads:
        expected = main_goals(plan_with(threads))
    with helpers("processes", 2, 20, no_word) as processes:
        assert processes.executor is not None
        assert main_goals(plan_with(processes)) == expected


def test_a_short_run_starts_no_process():
    with helpers("processes", 2, 1.0, no_word) as short:
        assert short == Helpers(None, 2)


def test_processes_end_at_once_though_they_are_busy():
    with helpers("processes", 2, 60, no_word) as help_:
        first = {help_.executor.submit(slow_pid, 0.2).result() for _ in range(2)}
        help_.executor.submit(slow_pid, 600)
        began = time.monotonic()
    assert time.monotonic() - began < 300
    assert ended(first)


@pytest.mark.slow
def test_a_killed_process_costs_a_retry_and_not_the_run():
    with helpers("processes", 2, 60, no_word) as help_:
        os.kill(help_.executor.submit(slow_pid, 0).result(), signal.SIGKILL)

        assert main_goals(plan_with(help_))[1] == 12


PARENT = """
import sys, time
from web.executors import helpers
from tests.web.test_executors import slow_pid
with helpers("processes", 2, 60, print) as help_:
    print(help_.executor.submit(slow_pid, 0).result(), flush=True)
    help_.executor.submit(slow_pid, 600)
    time.sleep(600)
"""


def test_processes_end_when_their_parent_is_killed():
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()

        assert ended([child])


def test_ctrl_c_reaches_every_process_and_only_the_parent_hears_it(tmp_path):
    """As a terminal sends it: to the whole group."""
    from planner.documents import problem_to_json, read_plan

    problem = programme(24)
    (tmp_path / "problem.json").write_text(problem_to_json(problem))
    command = [
        sys.executable,
        "-c",
        "from web.cli import main; main()",
        "solve",
        "problem.json",
        "-o",
        "plan.json",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, "--seconds", "600"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=environment,
    )
    time.sleep(4)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) in ((130, b""), (0, b""))  # 0: it was done before
    check_plan(problem, read_plan((tmp_path / "plan.json").read_bytes(), "plan"))
    members = subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True, text=True, check=False)
    assert ended([int(pid) for pid in members.stdout.split()])


# ---- Dask


@pytest.fixture
def cluster():
    """A scheduler and two worker processes of this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        worker_dashboard_address=None,
    ) as made:
        yield made


def workers_of(cluster):
    return [worker.pid for worker in cluster.workers.values()]


@pytest.mark.slow
def test_a_cluster_plans_as_well_as_threads(cluster):
    with helpers("threads", 2, 20, no_word) as threads:
        expected = main_goals(plan_with(threads))
    with helpers(f"dask:{cluster.scheduler_address}", 7, 20, no_word) as help_:
        assert help_.workers == 2
        assert main_goals(plan_with(help_)) == expected


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_costs_a_retry(cluster):
    with helpers(f"dask:{cluster.scheduler_address}", 2, 60, no_word) as help_:
        running_now = [help_.executor.submit(slow_pid, 3) for _ in range(2)]
        time.sleep(1)
        os.kill(workers_of(cluster)[0], signal.SIGKILL)

        assert all(future.result(60) for future in running_now)
        assert main_goals(plan_with(help_))[1] == 12


@pytest.mark.slow
def test_a_lost_scheduler_is_told_and_planning_goes_on_here():
    pytest.importorskip("distributed")
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--port",
        "0",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
    ]
    scheduler = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    address = next(line.split()[-1] for line in scheduler.stderr if "Scheduler at:" in line)
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-dashboard", "--nthreads", "1"],
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    said = []
    try:
        with helpers(f"dask:{address}", 2, 60, said.append) as help_:
            waiting = help_.executor.submit(slow_pid, 60)
            scheduler.kill()
            with pytest.raises(BrokenExecutor):
                waiting.result(60)
            assert main_goals(plan_with(help_))[1] == 12
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert said == ["The Dask scheduler is gone; planning goes on on this machine."]


def test_where_no_scheduler_answers_this_machine_plans():
    pytest.importorskip("distributed")
    said = []

    with helpers("dask:tcp://127.0.0.1:9", 2, 20, said.append) as help_:
        assert help_.executor is not None

    (sentence,) = said
    assert sentence.startswith("No Dask scheduler answers at tcp://127.0.0.1:9")
