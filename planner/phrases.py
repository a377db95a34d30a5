"""Dates, lengths and lists as a person says them in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

#: Most names or days that one sentence lists.
MOST_LISTED = 3

_WHOLE_HOURS = {60: "hour", 120: "two hours", 180: "three hours", 240: "four hours"}


def joined(words: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"; of many, the first few and how many more."""
    if len(words) > MOST_LISTED:
        words = [*words[: MOST_LISTED - 1], f"{len(words) - MOST_LISTED + 1} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """ "1 day", "2 days"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def verb(number: int) -> str:
    return "is" if number == 1 else "are"


def clock(minutes: int) -> str:
    """Minutes after midnight: "09:30"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def day_words(day: date) -> str:
    """ "9 March"."""
    return f"{day.day} {day:%B}"


def span_words(first: date, last: date) -> str:
    """ "9 March", "8–19 March" or "29 March – 2 April"."""
    if first == last:
        return day_words(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_words(last)}"
    return f"{day_words(first)} – {day_words(last)}"


def days_words(days: Iterable[date], last: str = "or") -> str:
    """ "9 or 11 March"; the month is said once where it is the same."""
    ordered = sorted(days)
    if len({(day.year, day.month) for day in ordered}) == 1 and len(ordered) <= MOST_LISTED:
        *others, final = ordered
        return joined([*(str(day.day) for day in others), day_words(final)], last)
    return joined([day_words(day) for day in ordered], last)


def free_words(minutes: int) -> str:
    """What has to be free, after "no" or "one more": "free hour", "free stretch of 90 minutes"."""
    if minutes == 60:
        return "free hour"
    return f"free stretch of {_WHOLE_HOURS.get(minutes, f'{minutes} minutes')}"


def length_words(minutes: int) -> str:
    """ "an hour", "two hours", "90 minutes"."""
    return "an hour" if minutes == 60 else _WHOLE_HOURS.get(minutes, f"{minutes} minutes")
