"""Sorted, merged, half-open intervals of aware UTC instants.

Every function takes intervals in any order and answers a tuple that is sorted and disjoint
(touching intervals are one), so the answers can be compared with ==.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from planner.domain import Interval


def merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Join what overlaps or touches."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.start <= merged[-1].end:
            if interval.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, interval.end)
        else:
            merged.append(interval)
    return tuple(merged)


def clip(intervals: Iterable[Interval], window: Interval) -> tuple[Interval, ...]:
    """Keep what lies inside the window."""
    return merge(
        Interval(max(interval.start, window.start), min(interval.end, window.end))
        for interval in intervals
        if interval.overlaps(window)
    )


def subtract(intervals: Iterable[Interval], taken: Iterable[Interval]) -> tuple[Interval, ...]:
    """Keep what lies outside everything in `taken`."""
    holes = merge(taken)
    left: list[Interval] = []
    for interval in merge(intervals):
        start: datetime = interval.start
        for hole in holes:
            if hole.end <= start:
                continue
            if hole.start >= interval.end:
                break
            if hole.start > start:
                left.append(Interval(start, hole.start))
            start = max(start, hole.end)
        if start < interval.end:
            left.append(Interval(start, interval.end))
    return tuple(left)
