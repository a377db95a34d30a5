"""Small companies for simulations: seconds for months, with every kind of session that matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from planner.domain import DayHours, RoomUse, SessionKind
from planner.programme import Format, Turn
from planner.simulation.assumptions import Assumptions
from planner.simulation.company import Size
from planner.simulation.play import Made, Scenario

MONDAY = date(2027, 1, 4)
LUNCHTIME, WORKDAY = DayHours(11 * 60 + 30, 14 * 60 + 30), DayHours(9 * 60, 18 * 60)

FORMATS = (
    Format(SessionKind.INDIVIDUAL_LUNCH, Turn.EACH_JUNIOR, 12, 60, (1, 1), LUNCHTIME, True),
    Format(
        SessionKind.COFFEE_ROULETTE, Turn.EACH_JUNIOR, 4, 30, (1, 1), WORKDAY, False, weeks_between_pairs=12
    ),
    Format(SessionKind.GROUP_LUNCH, Turn.EACH_SENIOR, 4, 60, (2, 4), LUNCHTIME, True, 0, RoomUse.LUNCH),
    Format(SessionKind.COWORKING, Turn.EACH_SENIOR, 2, 120, (2, 8), WORKDAY, True, 2, RoomUse.COWORKING),
)

#: Nobody differs from anybody: all ask, all read their mail, all come as often.
EQUAL = Assumptions(
    quiet_share=0,
    asks_least=1,
    asks_most=1,
    shows_up_quiet=0.7,
    shows_up_outgoing=0.7,
    osmosis_quiet=0.05,
    osmosis_outgoing=0.05,
)


def a_scenario(
    assumptions: Assumptions | None = None, weeks: int = 8, steps: int = 0, **size: Any
) -> Scenario:
    """Four seniors and sixteen juniors in one office, their plans packed."""
    made = Made(Size(**{"seniors": 4, "juniors": 16, "rooms": 2, **size}), FORMATS, MONDAY, weeks)
    return Scenario(made, assumptions or Assumptions(), steps)


def assuming(**values: float) -> Assumptions:
    return replace(Assumptions(), **values)
