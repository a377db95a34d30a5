"""What our own events mark in people's and rooms' calendars is taken out of what these say.

A session that is agreed, or held while its senior thinks, stands in the calendars of those concerned.
Were it read as busy time, the session would be in its own way. Free/busy has times and no names, so an
event of ours is known by its time: a calendar that has it marks all of that time.

- If only some of the time is marked, our event is not what marks it, and nothing is taken out.
- What the calendar marked when it was read before our event came stays marked.
- A hold and an invitation without an answer are tentative in some calendars and busy in others. Where
  both kinds mark all of the time there are two events, and only the tentative one is ours.
- Where one kind alone marks more than our event's time, something stands beside it or partly over it;
  systems that merge what they tell do not say which. What lies outside of our time stays.

So a later event that lies inside of our time, and of a kind with it, is not seen. It was put there by
somebody who saw ours, who can decline, skip or move it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from connectors.base import Reading
from planner.domain import BusyInterval, BusyKind, Interval
from planner.intervals import clip, subtract

#: How calendars mark an event of ours, the weakest first. Nobody is away because of us.
KINDS = (BusyKind.TENTATIVE, BusyKind.BUSY)


def without_own(
    said: Reading, own: Collection[Interval], before: Collection[Interval], window: Interval
) -> Reading:
    """A reading without the events of ours that stand in its calendar.

    Args:
        own: when these are.
        before: what the last reading marked, without our events.
        window: what was read.
    """
    marked = {kind: said.marked(kind) for kind in KINDS}
    cut: dict[BusyKind, list[Interval]] = {kind: [] for kind in KINDS}
    for event in (inside for each in own for inside in clip([each], window)):
        kind = next((kind for kind in KINDS if not subtract([event], marked[kind])), None)
        if kind is not None:
            cut[kind] += subtract([event], before)
    others = [busy for busy in said.busy if busy.kind not in KINDS]
    left = [
        BusyInterval(each.start, each.end, kind)
        for kind in KINDS
        for each in subtract(marked[kind], cut[kind])
    ]
    return replace(said, busy=tuple(sorted([*others, *left], key=lambda one: (one.start, one.end, one.kind))))
