"""Hours of a week as they are kept, `{"mon": ["09:00", "17:30"]}`, and as the planner reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from planner.domain import DayHours, Interval, WeekHours
from web.store.tables import AnyRow

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


def is_in_anyway(row: AnyRow, day: date) -> bool:
    """Is somebody at the office on a date anyway: by their weekdays, or because their calendar marks it so?

    `row`: a person's days in anyway and never, and what their reading says of the office, if there is one.
    """
    weekday = WEEKDAYS[day.weekday()]
    if weekday in row.days_in_anyway:
        return True
    return day.isoformat() in (row.in_office or ()) and weekday not in row.days_never


def times_on(kept: Mapping[str, list[str]], zone: str, first: date, last: date) -> list[Interval]:
    """The hours of each date in a window, both ends included, as time on the clock of `zone`.

    Where the clocks change within them, or leave out one of their ends, the shorter reading counts.
    """
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if hours := kept.get(WEEKDAYS[day.weekday()]):
            start = max(_readings(day, hours[0], zone))
            end = min(_readings(day, hours[1], zone))
            if start < end:
                found.append(Interval(start, end))
    return found


def _readings(day: date, clock: str, zone: str) -> tuple[datetime, datetime]:
    """Both instants that a clock time may mean (PEP 495); mostly they are one."""
    local = datetime.combine(day, time(), ZoneInfo(zone)) + timedelta(minutes=minutes_of(clock))
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
