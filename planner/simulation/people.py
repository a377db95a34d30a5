"""People who differ: how outgoing a junior is, how willing a senior, and what they do because of it.

Outgoingness and willingness are evenly spread over 0 to 1 and dealt out by seed, so that the quiet quarter
is the same quarter on every way, and as large in every seed. They are made up: nothing is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from random import Random

from planner.domain import Role
from planner.simulation.assumptions import Assumptions
from planner.simulation.company import Company

WEEKS_A_MONTH = 52 / 12


class Answer(StrEnum):
    APPROVE = "approve"
    ANOTHER_DAY = "another day"
    SKIP = "skip"
    SILENCE = "silence"


@dataclass(frozen=True)
class Cast:
    """Everybody of a company with what they are like, from 0 to 1."""

    assumptions: Assumptions
    outgoing: Mapping[str, float]  #: by junior
    willing: Mapping[str, float]  #: by senior

    @cached_property
    def quiet_quarter(self) -> frozenset[str]:
        return frozenset(self._by_outgoing[: len(self.outgoing) // 4])

    @cached_property
    def outgoing_quarter(self) -> frozenset[str]:
        return frozenset(self._by_outgoing[len(self.outgoing) - len(self.outgoing) // 4 :])

    @cached_property
    def _by_outgoing(self) -> Sequence[str]:
        return sorted(self.outgoing, key=lambda who: self.outgoing[who])

    @cached_property
    def never_ask(self) -> frozenset[str]:
        return frozenset(who for who in self.outgoing if self.asks_a_month(who) == 0)

    def is_quiet(self, junior: str) -> bool:
        """Do they ignore mail and ask for nothing?"""
        return self.outgoing[junior] < self.assumptions.quiet_share

    def asks_a_month(self, junior: str) -> float:
        a = self.assumptions
        if self.is_quiet(junior):
            return 0.0
        above = (self.outgoing[junior] - a.quiet_share) / (1 - a.quiet_share)
        return _between(a.asks_least, a.asks_most, above)

    def asks(self, junior: str, random: Random) -> int:
        """How often they ask in one week."""
        mean = self.asks_a_month(junior) / WEEKS_A_MONTH
        return int(mean) + (random.random() < mean % 1)

    def declines(self, junior: str, random: Random) -> bool:
        return random.random() < self.assumptions.declines and not self.is_quiet(junior)

    def shows_up(self, junior: str, random: Random) -> bool:
        """Do they come to what somebody else put into their calendar?"""
        a = self.assumptions
        return random.random() < _between(a.shows_up_quiet, a.shows_up_outgoing, self.outgoing[junior])

    def shows_up_to_own(self, random: Random) -> bool:
        return random.random() < self.assumptions.shows_up_asked

    def meets_by_the_way(self, junior: str, random: Random) -> bool:
        a = self.assumptions
        return random.random() < _between(a.osmosis_quiet, a.osmosis_outgoing, self.outgoing[junior])

    def calls_off(self, random: Random) -> bool:
        return random.random() < self.assumptions.senior_cancels

    def answer(self, senior: str, random: Random) -> Answer:
        a = self.assumptions
        if random.random() < _between(a.approves_least, a.approves_most, self.willing[senior]):
            return Answer.APPROVE
        silent = max(0.0, 1 - a.another_day - a.skips)
        rest = (Answer.ANOTHER_DAY, Answer.SKIP, Answer.SILENCE)
        return random.choices(rest, (a.another_day, a.skips, silent))[0]


def cast(company: Company, assumptions: Assumptions, seed: int) -> Cast:
    """What everybody is like in one seed."""
    random = Random(f"people {seed}")  # noqa: S311 - a simulation
    juniors = [one.person for one in company.of(Role.JUNIOR)]
    seniors = [one.person for one in company.of(Role.SENIOR)]
    return Cast(assumptions, _spread(juniors, random), _spread(seniors, random))


def _spread(people: Sequence[str], random: Random) -> Mapping[str, float]:
    shuffled = random.sample(people, len(people))
    return {who: (place + 0.5) / len(people) for place, who in enumerate(shuffled)}


def _between(least: float, most: float, share: float) -> float:
    return least + (most - least) * share
