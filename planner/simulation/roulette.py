"""A random roulette: every few weeks each senior is paired with juniors by lot, to meet online.

Nothing is remembered from one draw to the next, nobody is put first, and the two arrange it themselves.
"""

from __future__ import annotations

from random import Random

from planner.domain import Role
from planner.simulation.company import Company
from planner.simulation.history import HeldSession, History
from planner.simulation.people import Cast


def play_roulette(company: Company, cast: Cast, random: Random) -> History:
    """All weeks of a company with a roulette."""
    history = History()
    juniors = [one.person for one in company.of(Role.JUNIOR)]
    seniors = [one.person for one in company.of(Role.SENIOR)]
    turns = [who for who in seniors for _ in range(int(cast.assumptions.roulette_pairs))]
    for week in range(0, company.weeks, int(cast.assumptions.roulette_weeks)):
        drawn = random.sample(juniors, min(len(juniors), len(turns)))
        for senior, junior in zip(turns, drawn, strict=False):
            if cast.shows_up(junior, random) and not cast.calls_off(random):
                history.held.append(HeldSession(week, senior, (junior,), False))
    return history
