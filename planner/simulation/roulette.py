"""A random roulette: every few weeks each senior is paired with juniors by lot, to meet online.

Drawn is who takes part on that Monday, with somebody whom they may meet. Nothing is remembered from one draw
to the next, nobody is put first, and the two arrange it themselves.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from random import Random

from planner.domain import Role
from planner.simulation.company import Company
from planner.simulation.history import HeldSession, History
from planner.simulation.people import Cast


def play_roulette(company: Company, cast: Cast, random: Random) -> History:
    """All weeks of a company with a roulette."""
    history, mentors = History(), cache(company.mentors)
    for week in range(0, company.weeks, int(cast.assumptions.roulette_weeks)):
        there = [one for one in company.participants if one.takes_part(company.monday(week))]
        juniors = [one for one in there if one.role is Role.JUNIOR]
        lots = random.sample(juniors, len(juniors))
        for senior in (one for one in there if one.role is Role.SENIOR):
            able = (one for one in lots if senior in mentors(one, False))
            drawn = list(islice(able, int(cast.assumptions.roulette_pairs)))
            lots = [one for one in lots if one not in drawn]
            for junior in drawn:
                if cast.shows_up(junior.person, random) and not cast.calls_off(random):
                    history.held.append(HeldSession(week, senior.person, (junior.person,), False))
    return history
