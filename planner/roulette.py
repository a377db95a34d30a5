"""Drawing seniors for juniors: everybody who can be paired is, loads even, chance decided by a seed.

A draw is a flow of least cost: every junior sends one unit to one senior, and a senior's second
pair costs more than anybody's first, their third more than anybody's second, so loads differ only
where nobody else can be asked. Nobody is left over: odd numbers give one senior one pair more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from random import Random

from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

#: Seniors that are looked at for one junior: enough to choose, few enough for a company of thousands.
MOST_CHOICES = 24
#: Costs of pairs lie below this, so that evening out loads always comes first.
COST_LIMIT = 10_000

#: What pairing a junior with a senior costs, 0 ≤ cost < `COST_LIMIT`; None: it may not be.
Cost = Callable[[str, str], int | None]


def draw(
    juniors: Sequence[str],
    seniors: Sequence[str],
    cost: Cost,
    loads: Mapping[str, int],
    random: Random,
) -> dict[str, str]:
    """A senior for every junior who has any.

    Args:
        juniors: those who have waited longest first; they are offered the widest choice.
        cost: cheaper pairs are preferred where loads are equal.
        loads: pairs that seniors have already.

    Returns:
        By junior: the senior. Juniors whom nobody may meet are missing. The same seed, arguments
        and order give the same draw.
    """
    choices = {junior: _choices(junior, seniors, cost, random) for junior in juniors}
    flow = SimpleMinCostFlow()
    nodes = {senior: n for n, senior in enumerate(seniors)}
    sink = len(nodes)
    arcs: dict[int, tuple[str, str]] = {}
    takers: dict[str, int] = dict.fromkeys(seniors, 0)
    for n, (junior, options) in enumerate(choices.items(), sink + 1):
        if not options:
            continue
        flow.set_node_supply(n, 1)
        for senior, price in options:
            arcs[flow.add_arc_with_capacity_and_unit_cost(n, nodes[senior], 1, price)] = (junior, senior)
            takers[senior] += 1
    for senior, most in takers.items():
        for more in range(most):
            dearness = (loads.get(senior, 0) + more) * COST_LIMIT
            flow.add_arc_with_capacity_and_unit_cost(nodes[senior], sink, 1, dearness)
    drawn = sum(bool(options) for options in choices.values())
    if not drawn:
        return {}
    flow.set_node_supply(sink, -drawn)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"a draw that always exists was not found: {status}")
    return dict(pair for arc, pair in arcs.items() if flow.flow(arc))


def _choices(junior: str, seniors: Sequence[str], cost: Cost, random: Random) -> list[tuple[str, int]]:
    """Seniors whom a junior may meet, and what each costs; chance says which where there are many."""
    priced = ((senior, cost(junior, senior)) for senior in random.sample(seniors, len(seniors)))
    able = ((senior, price) for senior, price in priced if price is not None)
    return list(islice(able, MOST_CHOICES))
