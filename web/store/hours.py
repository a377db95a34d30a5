"""Hours of a week as they are kept, `{"mon": ["09:00", "17:30"]}`, and as the planner reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from planner.domain import DayHours, WeekHours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minutes_of(clock: str) -> int:
    """Minutes after midnight of `HH:MM`; `24:00` is the end of the day."""
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def clock_of(minutes: int) -> str:
    """`HH:MM`, the way back."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def week_hours(kept: Mapping[str, list[str]]) -> WeekHours:
    return WeekHours(
        tuple(
            DayHours(minutes_of(kept[day][0]), minutes_of(kept[day][1])) if day in kept else None
            for day in WEEKDAYS
        )
    )


def dates_on(weekdays: Iterable[str], first: date, last: date) -> frozenset[date]:
    """The dates of some weekdays in a window, both ends included."""
    wanted = {WEEKDAYS.index(day) for day in weekdays}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return frozenset(day for day in days if day.weekday() in wanted)
