"""`officeday solve`: a problem's document in, a plan's document out."""

from __future__ import annotations

import gc
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from web.cli.documents import DOCUMENT, previous_from, problem_from
from web.executors import Helpers, checked, helpers

if TYPE_CHECKING:
    from planner.domain import Plan, PlanningProblem
    from planner.solve import Progress

#: What a shell calls the end of a program that was interrupted (128 + SIGINT).
INTERRUPTED = 130

#: Kept back from the time for the search, to write the plan and to end: a constant, and per session.
SECONDS_TO_WRITE = 0.2
SECONDS_TO_WRITE_ONE = 2e-5


class StopRequest:
    """Has somebody asked to stop? The first SIGINT or SIGTERM asks, a second one ends the program at once."""

    def __init__(self) -> None:
        self.made = False

    def __call__(self) -> bool:
        return self.made

    def make(self, number: int, frame: FrameType | None) -> None:
        self.made = True
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Listen for Ctrl-C and SIGTERM, and put back afterwards what listened before."""
    request = StopRequest()
    before = {each: signal.signal(each, request.make) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _positive(context: click.Context, parameter: click.Parameter, seconds: float) -> float:
    if not (math.isfinite(seconds) and seconds > 0):
        raise click.BadParameter(f"{seconds} is no length of time; give seconds above 0, such as 60.")
    return seconds


def _executor(context: click.Context, parameter: click.Parameter, how: str) -> str:
    try:
        return checked(how)
    except ValueError as why:
        raise click.BadParameter(f"{why}.") from None


def _instant(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    from planner.documents import read_instant

    try:
        return None if text is None else read_instant(text)
    except ValueError as why:
        raise click.BadParameter(f"{why}.") from None


def _writable(context: click.Context, parameter: click.Parameter, output: str) -> str:
    """Refuse a place where no plan could be written while nothing is lost yet."""
    if output == "-":
        return output
    folder = Path(output).resolve().parent
    if not folder.is_dir():
        raise click.BadParameter(f"the folder {folder} does not exist; create it, or name another one.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise click.BadParameter(f"the folder {folder} cannot be written to; name another one.")
    return output


def _is_same_file(problem: str, output: str) -> bool:
    return "-" not in (problem, output) and Path(output).exists() and Path(output).samefile(problem)


@click.command(short_help="Plan a problem: PROBLEM.json in, PLAN.json out.")
@click.argument("problem", type=DOCUMENT)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    callback=_writable,
    help="Where the plan goes; - is standard output.",
)
@click.option(
    "--seconds",
    type=float,
    default=60.0,
    show_default=True,
    callback=_positive,
    help="From the start of this command to the written plan.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Processors to use."
)
@click.option(
    "--executor",
    default="processes",
    show_default=True,
    callback=_executor,
    help="What plans the parts: processes or threads of this machine, or dask:tcp://HOST:PORT, a scheduler.",
)
@click.option(
    "--previous",
    type=DOCUMENT,
    help="A plan that people know: as few of its sessions as possible are moved or dropped, before all else.",
)
@click.option(
    "--frozen-until",
    metavar="INSTANT",
    callback=_instant,
    help="What starts before this instant (2027-03-09T12:00:00Z) in that plan stays as it is where it can.",
)
def solve(
    problem: str,
    output: str,
    seconds: float,
    workers: int,
    executor: str,
    previous: str | None,
    frozen_until: datetime | None,
) -> None:
    """Plan the mentoring sessions of PROBLEM, a document in the format officeday-problem/1.

    The plan (officeday-plan/1) says what is placed when, where and with whom, why the rest is not,
    what it scores, and how good each goal is proved to be. Every well-formed problem has a plan.

    With --previous the plan says which sessions of the plan before are moved or dropped, and why; another
    room or other juniors alone do not count. --frozen-until does not keep new sessions out of the time
    before it: the problem's first_day does.

    Ctrl-C writes the best plan so far and exits 130; pressed again, it ends at once without one.
    A bad problem exits 2 and names every mistake with its place in the file.

    \b
    Example:
      officeday solve problem.json -o plan.json --seconds 20
      officeday solve - -o - < problem.json > plan.json
      officeday solve changed.json -o plan.json --previous plan.json --frozen-until 2027-03-09T12:00:00Z
    """
    # The processor time counts what this process did before this line: its start and its imports.
    deadline = time.monotonic() - time.process_time() + seconds
    if _is_same_file(problem, output):
        raise click.BadParameter("the plan would overwrite the problem; name another file.", param_hint="-o")
    if frozen_until is not None and previous is None:
        raise click.BadParameter("name the plan that is frozen: --previous.", param_hint="--frozen-until")
    if problem == previous == "-":
        raise click.BadParameter("standard input can give one document only.", param_hint="--previous")
    with stop_on_signals() as stop:
        with _kept_for_good():
            read = problem_from(problem)
            before = None if previous is None else previous_from(previous, read)
        with helpers(executor, workers, deadline - time.monotonic(), _say) as help_:
            plan = _search(read, deadline, help_, stop, before, frozen_until)
        _write(output, plan)
        stopped = stop()
    if sys.stderr.isatty():
        click.echo(_summary(plan, output), err=True)
    if stopped:
        raise SystemExit(INTERRUPTED)


@contextmanager
def _kept_for_good() -> Iterator[None]:
    """Look for no garbage in what is read, now or later: all of it lasts as long as the command."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _search(
    problem: PlanningProblem,
    deadline: float,
    help_: Helpers,
    stop: StopRequest,
    previous: Plan | None,
    frozen_until: datetime | None,
) -> Plan:
    from planner.solve import Limits, propose

    to_write = SECONDS_TO_WRITE + SECONDS_TO_WRITE_ONE * len(problem.sessions)
    with ExitStack() as stack:
        show = stack.enter_context(_shown_progress()) if sys.stderr.isatty() else _unshown
        left = max(0.0, deadline - time.monotonic() - to_write)
        return propose(
            problem,
            Limits(left, help_.workers, time.monotonic),
            progress=show,
            cancelled=stop,
            executor=help_.executor,
            previous=previous,
            frozen_until=frozen_until,
        )


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _unshown(progress: Progress) -> None:
    """Nobody watches when standard error is no terminal."""


@contextmanager
def _shown_progress() -> Iterator[Callable[[Progress], None]]:
    """A table of the goals so far, redrawn on the terminal and gone afterwards."""
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

    latest: dict[str, Progress] = {}

    def table() -> Table:
        drawn = Table("goal", "value", "bound", "seconds", box=None)
        for level, at in list(latest.items()):  # the search may add one meanwhile
            bound = "–" if at.bound is None else "proved" if at.bound == at.value else str(at.bound)
            drawn.add_row(level.replace("_", " "), str(at.value), bound, f"{at.seconds:.1f}")
        return drawn

    with Live(get_renderable=table, console=Console(stderr=True), transient=True):

        def show(progress: Progress) -> None:
            latest[progress.level.value] = progress

        yield show


def _summary(plan: Plan, output: str) -> str:
    from planner.domain import Level
    from planner.phrases import counted

    proved = any(proof.level is Level.SENIOR_DAYS and proof.closed for proof in plan.proof)
    days = counted(plan.score.senior_days, "senior day") + (", proved fewest" if proved else "")
    placed = f"{counted(len(plan.placements), 'session')} placed on {days}, {len(plan.unplaced)} left out"
    if plan.moved is not None:
        placed += f", {len(plan.moved)} of the plan before moved or dropped"
    return placed if output == "-" else f"{placed}: {output}"


def _write(output: str, plan: Plan) -> None:
    """Write the plan whole or not at all: beside its place first, then moved there."""
    from planner.documents import plan_to_json

    text = plan_to_json(plan) + "\n"
    place = Path(output).resolve()
    try:
        if output == "-":
            click.echo(text, nl=False)
        elif place.exists() and not place.is_file():  # a pipe or a device is written to, never replaced
            place.write_text(text, encoding="utf-8")
        else:
            _replace(place, text)
    except OSError as why:
        raise click.ClickException(f"the plan could not be written to {output}: {why.strerror}") from None


def _replace(place: Path, text: str) -> None:
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with beside.open("x", encoding="utf-8") as part:
            part.write(text)
            part.flush()
            os.fsync(part.fileno())
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
