"""How well turns could be spread at best: a bound for `share`, by a flow of seats to people.

Each session hands out its seats, each candidate takes one of them at most, and each person's turns are
worth less and less, so that a flow of least cost takes the dear ones first (Ahuja, Magnanti, Orlin, Network
Flows, 1993, section 14.3). When anybody is free is left out, but for sessions that they can never attend:
so every plan is such a flow, and no plan's turns are worth more.
"""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow

from planner.domain import SHARE_OF_TURN
from planner.slots import CandidateSlots, SessionSlots


def most_share(slots: CandidateSlots) -> int:
    """What all turns beyond those agreed before add to `share` at most."""
    sessions = [each for each in slots.of.values() if each.juniors and len(each.starts)]
    people = list(dict.fromkeys(who for each in sessions for who in each.juniors))
    place = {who: 2 + len(sessions) + n for n, who in enumerate(people)}
    arcs: list[tuple[int, int, int, int]] = []  # from, to, capacity, cost
    for n, each in enumerate(sessions):
        arcs.append((0, 2 + n, _seats(slots, each), 0))
        able = np.asarray(each.free.any(axis=1))
        arcs += [(2 + n, place[who], 1, 0) for who, can in zip(each.juniors, able, strict=True) if can]
    for who in people:
        arcs += [(place[who], 1, 1, -worth) for worth in _worth_of_turns(slots, who)]
    flow = min_cost_flow.SimpleMinCostFlow()
    if arcs:
        flow.add_arcs_with_capacity_and_unit_cost(*np.array(arcs, dtype=np.int64).T)
    supply = sum(capacity for source, _, capacity, _ in arcs if source == 0)
    flow.set_node_supply(0, supply)
    flow.set_node_supply(1, -supply)
    if flow.solve_max_flow_with_min_cost() != flow.OPTIMAL:
        raise RuntimeError("a flow without demands has an optimum")
    return -int(flow.optimal_cost())


def _seats(slots: CandidateSlots, each: SessionSlots) -> int:
    """Most candidates that it can hold, in the largest room it could have."""
    rooms = slots.problem.room_by_id
    if each.fixed or each.session.room_use is None:
        return each.most
    largest = max((rooms[room].capacity for room in each.rooms), default=0)
    return max(0, min(each.most, largest - 1 - each.session.open_seats))


def _worth_of_turns(slots: CandidateSlots, who: str) -> list[int]:
    """Of each turn more that this person may have, as far as it is worth anything."""
    person, taken = slots.problem.person_by_id[who], slots.diaries.turns(who)
    worth = SHARE_OF_TURN if person.max_sessions is None else SHARE_OF_TURN[: person.max_sessions]
    return [person.need * points for points in worth[taken:] if person.need]
