"""What planning takes, here and with simpler ways: `make bench`, or `python -m bench.planning --quick`.

Each planner runs on the same problems, one after the other, alone in a process of its own and with the
same time. What it answers is judged by `planner.check`, which shares no code with any of them. Written
are `planning.md` (the tables), `planning.json` (every run), `gap.svg` and `cost.svg`.
"""

# ruff: noqa: S603 - the commands it runs are its own

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import psutil

from bench import made_up
from planner.check import Rule, conflicts_of, score_of, violations
from planner.documents import read_plan, read_problem
from planner.domain import Plan

HERE = Path(__file__).parent
MAKER = HERE.parent.parent / "shared" / "tools"

#: Name, as tables call it, module and arguments before problem, answer and seconds.
PLANNERS = {
    "officeday": ("this planner", "bench.rivals", ["officeday"]),
    "first_free": ("first free slot", "bench.rivals", ["first_free"]),
    "greedy": ("greedy packer", "bench.rivals", ["greedy"]),
    "cp_sat": ("one CP-SAT model", "bench.rivals", ["cp_sat"]),
    "timefold": ("Timefold", "bench.timefold_rival", []),
}
#: Beyond these sizes only this planner is run, with the time that its goals allow.
LARGE = {300: 90.0, 1000: 300.0}
JUNIORS_A_SENIOR, WEEKS, LOAD, FIRST = 9, 4, 0.4, date(2027, 3, 8)

LOOK_SECONDS = 0.1
#: What a planner may take beyond its time, to start, to read and to write, before it is ended.
GRACE_SECONDS = 120.0


@dataclass(frozen=True)
class Run:
    """One planner on one problem. `wrong` says why there is no plan, or which rule it breaks first."""

    planner: str
    seniors: int
    seed: int
    seconds: float  #: the time it was given
    wall: float
    megabytes: float  #: of all its processes together, at most
    score: dict[str, int] | None = None
    bound: int | None = None  #: of senior_days
    first: float | None = None
    proved: float | None = None
    wrong: str | None = None
    broken: int = 0  #: rules broken
    trace: list[tuple[float, int, int | None]] = field(default_factory=list)

    @property
    def days(self) -> int | None:
        return None if self.score is None else self.score["senior_days"]

    @property
    def gap(self) -> float | None:
        return None if self.days is None or self.bound is None else _gap(self.days, self.bound)


def _gap(days: int, bound: int) -> float:
    return (days - bound) / max(1, days)


# ---- running ---------------------------------------------------------------------------------


def run(planner: str, seniors: int, seed: int, problem: Path, seconds: float, folder: Path) -> Run:
    """Run one planner and judge its answer."""
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    if planner == "timefold" and (missing := _missing_for_timefold()):
        return Run(planner, seniors, seed, seconds, 0.0, 0.0, wrong=missing)
    _, module, arguments = PLANNERS[planner]
    command = [sys.executable, "-m", module, *arguments, str(problem), str(answer), str(seconds)]
    began = time.monotonic()
    with (folder / "errors.txt").open("w+") as errors:
        process = subprocess.Popen(
            command, cwd=HERE.parent, stdout=errors, stderr=errors, start_new_session=True
        )
        megabytes, ended = _watched(process, began + seconds + GRACE_SECONDS)
        errors.seek(0)
        last = (errors.read().strip().splitlines() or ["said nothing"])[-1]
    wall = time.monotonic() - began
    if not answer.exists():
        why = f"failed: {last[:100]}" if ended else f"not done {GRACE_SECONDS:.0f} s after its time"
        return Run(planner, seniors, seed, seconds, wall, megabytes, wrong=why)
    return _judged(Run(planner, seniors, seed, seconds, wall, megabytes), problem, answer)


def _missing_for_timefold() -> str | None:
    if importlib.util.find_spec("timefold") is None:
        return "not run: Timefold is not installed"
    return None if shutil.which("java") else "not run: there is no Java (17 or later)"


def _watched(process: subprocess.Popen[bytes], until: float) -> tuple[float, bool]:
    """The most memory that the process and its children have had, in MB, and whether it ended in time."""
    most = 0.0
    while process.poll() is None:
        most = max(most, _megabytes(process.pid))
        if time.monotonic() > until:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return most, False
        time.sleep(LOOK_SECONDS)
    return most, True


def _megabytes(pid: int) -> float:
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(map(_resident, family)) / 1e6


def _resident(process: psutil.Process) -> int:
    """Proportional where that is known: what processes share counts once."""
    try:
        memory = process.memory_full_info()
        return int(getattr(memory, "pss", memory.uss))
    except psutil.Error:
        return 0


def _judged(bare: Run, problem_file: Path, answer_file: Path) -> Run:
    document = json.loads(answer_file.read_text(encoding="utf-8"))
    problem = read_problem(problem_file.read_bytes(), problem_file.name)
    rows = {"format": "officeday-plan/1", "sessions": document["sessions"]}
    placements = read_plan(json.dumps(rows), answer_file.name).placements
    plan = Plan(placements, conflicts=conflicts_of(problem, placements))
    broken = [each for each in violations(problem, plan) if each.rule is not Rule.ACCOUNT]
    told = {name: document.get(name) for name in ("bound", "first", "proved")}
    return Run(
        **{
            **asdict(bare),
            **told,
            "score": asdict(score_of(problem, placements)),
            "broken": len(broken),
            "wrong": broken[0].text if broken else None,
            "trace": document.get("trace", []),
        }
    )


# ---- problems --------------------------------------------------------------------------------


def maker(tools: Path) -> ModuleType:
    """The program that makes problems, as a module: one that others have written, or else our own."""
    spec = importlib.util.spec_from_file_location("make_problem", tools / "make_problem.py")
    if spec is None or spec.loader is None or not (tools / "make_problem.py").exists():
        return made_up
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(make: ModuleType, seniors: int, seed: int, folder: Path) -> Path:
    file = folder / f"{seniors}-{seed}.json"
    if not file.exists():
        document = make.problem(seniors, JUNIORS_A_SENIOR, WEEKS, LOAD, seed, FIRST)
        file.write_text(json.dumps(document), encoding="utf-8")
    return file


def ruler_agrees(tools: Path, problem: Path, ours: Run) -> str:
    """Does the ruler that lives beside the problem maker book the same days as our first free slot?"""
    if not (tools / "first_free.py").exists():
        return ""
    done = subprocess.run(
        [sys.executable, str(tools / "first_free.py"), str(problem)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return "The ruler beside the problem maker could not be run."
    score = json.loads(done.stdout).get("score", {})
    same = "the same" if ours.score == score else f"{score.get('senior_days')}"
    return (
        f"On the first problem, first free slot takes {ours.days} senior days here; "
        f"the ruler beside the problem maker: {same}."
    )


# ---- tables ----------------------------------------------------------------------------------

COLUMNS = (
    "seniors",
    "planner",
    "reached",
    "placed",
    "senior days",
    "bound",
    "gap",
    "first plan",
    "proof",
    "memory",
    "",
)


def table(runs: Sequence[Run]) -> str:
    """One row a size and planner, medians over seeds."""
    rows = [_row([run for run in runs if (run.seniors, run.planner) == key]) for key in _keys(runs)]
    lines = [COLUMNS, ["---"] * len(COLUMNS), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _keys(runs: Iterable[Run]) -> list[tuple[int, str]]:
    return list(dict.fromkeys((run.seniors, run.planner) for run in runs))


def _row(runs: Sequence[Run]) -> list[str]:
    name = PLANNERS[runs[0].planner][0]
    done = [run for run in runs if run.score is not None]
    proved = [run for run in runs if run.proved is not None]
    return [
        f"{runs[0].seniors:,}",
        f"**{name}**" if runs[0].planner == "officeday" else name,
        _middle(run.score["reached"] for run in done if run.score),
        _middle(run.score["placed"] for run in done if run.score),
        _middle(run.days for run in done),
        _middle(run.bound for run in done),
        _middle((run.gap for run in done), "{:.1%}"),
        _middle((run.first for run in done), "{:.1f} s"),
        f"{_middle((run.proved for run in proved), '{:.1f} s')}"
        + (f" ({len(proved)} of {len(runs)})" if 0 < len(proved) < len(runs) else ""),
        _middle((run.megabytes for run in done), "{:,.0f} MB"),
        _remark(runs),
    ]


def _middle(values: Iterable[float | None], form: str = "{:,.0f}") -> str:
    known = [value for value in values if value is not None]
    return form.format(median(known)) if known else "–"


def _remark(runs: Sequence[Run]) -> str:
    breaking = [run for run in runs if run.broken]
    if breaking:
        worst = max(run.broken for run in breaking)
        return f"breaks rules in {len(breaking)} of {len(runs)} plans, up to {worst} times"
    return next((run.wrong for run in runs if run.wrong), "")


def calendars(count: int) -> str:
    """What reading so many calendars of each system takes, as `bench.calendars` prints it."""
    command = [sys.executable, "-m", "bench.calendars", "--calendars", str(count)]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
    return done.stdout if done.stdout.strip() else f"not measured: {done.stderr.strip()[-200:]}\n"


def page(runs: Sequence[Run], seeds: Sequence[int], source: str, agreement: str, read: str) -> str:
    times = ", ".join(f"{seconds:.0f} s for {size:,}" for size, seconds in LARGE.items())
    given = sorted({run.seconds for run in runs if run.seniors not in LARGE})
    return f"""# Planning, measured

{platform.system()} on {os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()},
{datetime.now(UTC):%d %B %Y}. Problems of `{source}`: {JUNIORS_A_SENIOR} juniors a senior,
{WEEKS} weeks, load {LOAD}; medians over the seeds {", ".join(map(str, seeds))}. Every planner has the same
time, {", ".join(f"{each:.0f}" for each in given)} seconds from its start ({times}), and the same processors,
alone. Memory is that of all its processes, what they share counted once.

Goals count in this order: people reached, sessions placed, senior days. Fewer days with less placed are no
better plan. First free slot knows nothing of trips and days, as a booking link does not. Gap: days above
the bound that no plan as good passes. {agreement}

{table(runs)}

![Gap to the bound over time](gap.svg)

![Seconds and memory against the number of seniors](cost.svg)

## Reading calendars

Against servers on this machine that keep the vendors' limits; client and server share its processors.

```
{read.rstrip()}
```
"""


# ---- all of it -------------------------------------------------------------------------------


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--quick", action="store_true", help="8 seniors, one seed, 10 seconds, into var/bench"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 20, 50, 100, *LARGE])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each planner and problem")
    parser.add_argument("--planners", nargs="+", choices=list(PLANNERS), default=list(PLANNERS))
    parser.add_argument("--calendars", type=int, default=5000, help="how many to read, of each system")
    parser.add_argument("--into", type=Path, default=HERE, help="the folder to write to")
    parser.add_argument(
        "--tools",
        type=Path,
        default=MAKER,
        help="where make_problem.py may be; else problems are made up here",
    )
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.sizes, chosen.seeds, chosen.seconds, chosen.calendars = [8], [1], 10.0, 50
        chosen.into = HERE.parent / "var" / "bench"
    return chosen


def tasks(chosen: argparse.Namespace) -> list[tuple[int, int, str, float]]:
    """(seniors, seed, planner, seconds), small ones first."""
    rows = []
    for size in sorted(chosen.sizes):
        for planner in chosen.planners:
            if size in LARGE and planner != "officeday":
                continue
            seeds = chosen.seeds[:1] if size in LARGE else chosen.seeds
            rows += [(size, seed, planner, LARGE.get(size, chosen.seconds)) for seed in seeds]
    return rows


def main() -> None:
    chosen = arguments()
    make = maker(chosen.tools)
    runs: list[Run] = []
    agreement = ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seniors, seed, planner, seconds in tasks(chosen):
            problem = made(make, seniors, seed, folder)
            done = run(planner, seniors, seed, problem, seconds, folder)
            runs.append(done)
            if planner == "first_free" and not agreement:
                agreement = ruler_agrees(chosen.tools, problem, done)
            sys.stdout.write(f"{seniors:>5} seniors, seed {seed}, {planner:<10} {_said(done)}\n")
            sys.stdout.flush()
    write(runs, chosen, agreement)


def _said(run: Run) -> str:
    return run.wrong or f"{run.days} days, bound {run.bound}, {run.wall:.1f} s, {run.megabytes:,.0f} MB"


def write(runs: Sequence[Run], chosen: argparse.Namespace, agreement: str) -> None:
    from bench.plots import plot_cost, plot_gap

    into: Path = chosen.into
    into.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = [asdict(run) for run in runs]
    (into / "planning.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    said = page(runs, chosen.seeds, maker(chosen.tools).__name__, agreement, calendars(chosen.calendars))
    (into / "planning.md").write_text(said, encoding="utf-8")
    plot_gap(runs, into / "gap.svg")
    plot_cost(runs, into / "cost.svg")
    if into == HERE:
        into_readme(HERE.parent / "README.md", table(runs))
    sys.stdout.write(f"written to {into}\n")


def into_readme(readme: Path, rows: str) -> None:
    """Put the table between the two marks in the README."""
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition("<!-- bench: begin -->\n")
    _, end, after = rest.partition("<!-- bench: end -->")
    if begin and end:
        readme.write_text(f"{before}{begin}{rows}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
