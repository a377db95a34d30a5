"""Simulations as their pages show them, played and under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from planner.simulation.figures import Figures
from planner.simulation.history import Way
from planner.simulation.play import Part
from tests.web.made_up import NOW
from web.records import SimulationRecord
from web.simulation_results import OF_GROUPS, kept
from web.simulation_settings import Settings


@cache
def parts() -> tuple[Part, ...]:
    """Two seeds of each way; nobody is asked in by a roulette."""
    ours = Figures(
        1.0, 1.0, 1.0, 1.0, 1.0, 5, 22.4, 0.24, 1450, 640, 300, 2.5, 2.13, 0.47, 0.19, 2.6, 1.3, 290
    )
    links = replace(
        ours,
        reach_quiet=0.0,
        reach_quiet_ever=0.0,
        to_never_asked=0.0,
        longest_wait=26,
        planned_a_day=None,
        one_by_one_a_day=None,
        lunch_days=None,
        days_a_turn=0.76,
    )
    mandate = replace(links, reach_quiet=0.43, office_days_a_month=11.4, in_person_a_day=0.3)
    none = replace(links, in_person_held=0, office_days=0, office_days_a_month=0, days_a_session=None)
    roulette = replace(none, days_a_turn=None, in_person_a_day=None, reach_quiet=0.6)
    figures = dict(zip(Way, (ours, links, mandate, roulette), strict=True))
    return tuple(
        Part(way, seed, replace(figures[way], reach_outgoing=0.9 + seed / 20))
        for way in Way
        for seed in (1, 2)
    )


def with_figures(*ways: Way, **figures: float | None) -> tuple[Part, ...]:
    """The same parts, with some of their figures otherwise: those of some ways, or of all."""
    return tuple(
        replace(one, figures=replace(one.figures, **figures)) if one.way in (ways or Way) else one  # type: ignore[arg-type]
        for one in parts()
    )


def simulation(
    state: str = "done", number: int = 3, many: int = 8, own: bool = False, few: bool = False
) -> SimulationRecord:
    """One that is done, or has played so many parts. `few`: too few juniors to tell of parts of them."""
    settings = Settings(own=own, seeds=2)
    ended = None if state in ("queued", "running") else NOW - timedelta(hours=number)
    error = "ValueError: nothing is promised" if state == "failed" else None
    came_of_it = with_figures(**dict.fromkeys(OF_GROUPS)) if few else parts()
    started, played = NOW - timedelta(hours=number, minutes=4), tuple(kept(came_of_it[:many]))
    return SimulationRecord(
        number, 1, state, started, ended, own, settings.tables(), len(played), 8, played, error
    )
