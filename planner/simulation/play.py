"""The door: one way in one seed, and all of them, wherever an executor runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from random import Random

from planner.programme import Format
from planner.simulation.assumptions import Assumptions
from planner.simulation.booking_links import play_booking_links
from planner.simulation.company import Company, Size, made_company
from planner.simulation.figures import Figures, figures
from planner.simulation.history import History, Way
from planner.simulation.mandate import play_mandate
from planner.simulation.people import Cast, cast
from planner.simulation.roulette import play_roulette
from planner.simulation.weekly_cycle import plan_in_steps, play_weekly_cycle

#: Subproblems of one weekly plan unless said otherwise; with none each plan is the packed one.
STEPS = 25
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Made:
    """A company that is made anew in each seed."""

    size: Size
    formats: tuple[Format, ...]
    starts: date  #: a Monday
    weeks: int
    least_group: int = 1  #: as of a company's own people


@dataclass(frozen=True)
class Scenario:
    """What is played: a company, what is assumed of people, and how long each weekly plan is worked on."""

    company: Made | Company
    assumptions: Assumptions
    steps: int = STEPS

    def company_in(self, seed: int) -> Company:
        if isinstance(self.company, Company):
            return self.company
        made = self.company
        company = made_company(made.size, made.formats, made.starts, made.weeks, seed)
        return replace(company, least_group=made.least_group)


@dataclass(frozen=True)
class Part:
    """One way in one seed, and what came of it."""

    way: Way
    seed: int
    figures: Figures


def play(scenario: Scenario, way: Way, seed: int) -> Part:
    """Play all weeks. The same arguments give the same figures on every machine."""
    company = scenario.company_in(seed)
    people = cast(company, scenario.assumptions, seed)
    return Part(way, seed, figures(company, people, _history(scenario, company, people, way, seed)))


def _history(scenario: Scenario, company: Company, people: Cast, way: Way, seed: int) -> History:
    random = Random(f"{way} {seed}")  # noqa: S311 - a simulation
    if way is Way.OFFICEDAY:
        return play_weekly_cycle(company, people, random, partial(plan_in_steps, scenario.steps))
    if way is Way.BOOKING_LINKS:
        return play_booking_links(company, people, random)
    return (
        play_mandate(company, people, random)
        if way is Way.MANDATE
        else play_roulette(company, people, random)
    )


def play_all(
    scenario: Scenario,
    seeds: Iterable[int],
    executor: Executor | None,
    heard: Callable[[Part], None] = lambda part: None,
    cancelled: Callable[[], bool] = lambda: False,
    done: Sequence[Part] = (),
) -> tuple[Part, ...]:
    """Every way in every seed; what was done when it was cancelled, if it was.

    Args:
        executor: plays parts beside each other; left out, they are played one after the other.
        heard: told of each part that is done.
        done: parts that an earlier call did already.
    """
    seeds = tuple(seeds)
    finished = {(one.way, one.seed): one for one in done}
    left = [(way, seed) for seed in seeds for way in Way if (way, seed) not in finished]

    def keep(part: Part) -> None:
        finished[part.way, part.seed] = part
        heard(part)

    if executor is None:
        for each in left:
            if cancelled():
                break
            keep(play(scenario, *each))
    else:
        try:
            _play_beside(executor, [(scenario, *each) for each in left], keep, cancelled)
        except BrokenExecutor:  # a worker was lost: the rest is played here
            return play_all(scenario, seeds, None, heard, cancelled, tuple(finished.values()))
    return tuple(sorted(finished.values(), key=lambda part: (list(Way).index(part.way), part.seed)))


def _play_beside(
    executor: Executor,
    asked: Iterable[tuple[Scenario, Way, int]],
    keep: Callable[[Part], None],
    cancelled: Callable[[], bool],
) -> None:
    flying: set[Future[Part]] = {executor.submit(play, *each) for each in asked}
    while flying and not cancelled():
        ended, flying = wait(flying, POLL_SECONDS, FIRST_COMPLETED)
        for future in ended:
            keep(future.result())
    for future in flying:
        future.cancel()
