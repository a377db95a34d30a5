"""Drawing seniors for juniors: everybody who can be paired is, loads even, chance decided by a seed.

A draw is a flow of least cost: every junior sends one unit to one senior, and a senior's second
pair costs more than anybody's first, their third more than anybody's second, so loads differ only
where nobody else can be asked. Nobody is left over: odd numbers give one senior one pair more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import ceil, gcd
from random import Random

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

#: Seniors that are looked at for one junior: enough to choose, few enough for a company of thousands.
MOST_CHOICES = 24
#: Of these, at most so many that were asked to be looked at first: the rest keeps loads even.
MOST_FIRST = 12
#: Costs of pairs lie below this, so that evening out loads always comes first.
COST_LIMIT = 10_000
#: Loads are evened out up to so many times the mean; beyond that, one more is as dear as another.
STEEP = 4

#: What pairing a junior with a senior costs, 0 ≤ cost < `COST_LIMIT`; None: it may not be.
Cost = Callable[[str, str], int | None]


def draw(
    juniors: Sequence[str],
    seniors: Sequence[str],
    cost: Cost,
    loads: Mapping[str, int],
    random: Random,
    first: Callable[[str], Sequence[str]] = lambda junior: (),
    then: Callable[[str], Sequence[str]] | None = None,
) -> dict[str, str]:
    """A senior for every junior who has any.

    Args:
        cost: cheaper pairs are preferred where loads are equal.
        loads: pairs that seniors have already.
        first: by junior, seniors to look at before all others.
        then: by junior, those others, where it is known whom there is no use in looking at; None: all.

    Returns:
        By junior: the senior. Juniors whom nobody may meet are missing. The same seed, arguments
        and order give the same draw.
    """
    found = {
        junior: _choices(junior, (first(junior), then(junior) if then else seniors), cost, random)
        for junior in juniors
    }
    choices = {junior: options for junior, options in found.items() if options}
    if not choices:
        return {}
    pairs = [(junior, senior) for junior, options in choices.items() for senior in options]
    nodes = {senior: n for n, senior in enumerate(seniors)}
    sources = {junior: n for n, junior in enumerate(choices, len(nodes) + 1)}
    flow, sink = SimpleMinCostFlow(), len(nodes)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.array([sources[junior] for junior, _ in pairs]),
        np.array([nodes[senior] for _, senior in pairs]),
        np.ones(len(pairs), dtype=np.int64),
        np.array([choices[junior][senior] for junior, senior in pairs]),
    )
    for senior in dict.fromkeys(senior for _, senior in pairs):
        for price, capacity in _steps(loads.get(senior, 0), len(choices), len(seniors)):
            flow.add_arc_with_capacity_and_unit_cost(nodes[senior], sink, capacity, price)
    for node in sources.values():
        flow.set_node_supply(node, 1)
    flow.set_node_supply(sink, -len(sources))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"a draw that always exists was not found: {status}")
    return dict(pair for pair, taken in zip(pairs, flow.flows(arcs), strict=True) if taken)


def _steps(load: int, juniors: int, seniors: int) -> Iterator[tuple[int, int]]:
    """What one pair more costs a senior, and how many there may be at that price; dearer and dearer."""
    steep = STEEP * ceil(juniors / seniors) + 1
    yield from (((load + more) * COST_LIMIT, 1) for more in range(steep))
    yield (load + steep) * COST_LIMIT, juniors


def _choices(
    junior: str, seniors: tuple[Sequence[str], Sequence[str]], cost: Cost, random: Random
) -> dict[str, int]:
    """Seniors whom a junior may meet, and what each costs; chance says which where there are many."""
    options: dict[str, int] = {}
    for some, most in zip(seniors, (MOST_FIRST, MOST_CHOICES), strict=True):
        priced = ((one, cost(junior, one)) for one in _shuffled(some, random) if one not in options)
        able = ((one, price) for one, price in priced if price is not None)
        options.update(islice(able, most - len(options)))
    return options


def _shuffled(some: Sequence[str], random: Random) -> Iterator[str]:
    """Everybody once, from a start and by a stride that chance says; nothing is copied to see a few."""
    count = len(some)
    if not count:
        return iter(())
    stride = next(n for n in iter(lambda: random.randrange(1, count + 1), 0) if gcd(n, count) == 1)
    start = random.randrange(count)
    return (some[(start + stride * n) % count] for n in range(count))
