"""RRULE and EXRULE: read, made clean, and refused where they would never end.

dateutil expands them (RFC 5545 §3.3.10); it has no limit of its own, so the limits are here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from dateutil.rrule import rrule, rrulestr

from connectors.ics.limits import MAX_RULE_LENGTH, MAX_TIMES_A_DAY, LimitExceeded


class InvalidRule(ValueError):
    """A rule that says nothing anybody can follow; the event repeats, nobody knows when."""


_KEYS = frozenset(
    (
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "WKST",
        "BYDAY",
        "BYMONTH",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYSETPOS",
        "BYHOUR",
        "BYMINUTE",
        "BYSECOND",
    )
)
_ENDLESS = ("SECONDLY", "MINUTELY")
_NUMBERS = re.compile(r"[+-]?\d{1,4}(,[+-]?\d{1,4})*")
_DAYS = re.compile(r"([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)(,([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA))*")


def parse_rule(text: str) -> dict[str, str]:
    """The parts of a rule in order, upper case, without those that say nothing.

    Raises:
        InvalidRule: a part is unknown, doubled or no number.
        LimitExceeded: it repeats by the minute or second, or more than a thousand times a day.
    """
    if len(text) > MAX_RULE_LENGTH:
        raise LimitExceeded("An event repeats by a rule that is too long.")
    parts: dict[str, str] = {}
    for piece in text.upper().replace(" ", "").split(";"):
        key, _, value = piece.partition("=")
        if not value or key.startswith("X-") or piece == "RSCALE=GREGORIAN":
            continue
        if key not in _KEYS or key in parts:
            raise InvalidRule(key)
        parts[key] = value
    if parts.get("FREQ") in _ENDLESS:
        raise LimitExceeded("An event repeats every minute or second.")
    _check_numbers(parts)
    return parts


def _check_numbers(parts: dict[str, str]) -> None:
    if parts.get("FREQ") not in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"):
        raise InvalidRule("FREQ")
    for key, value in parts.items():
        wanted = _DAYS if key == "BYDAY" else _NUMBERS
        if key.startswith("BY") and not wanted.fullmatch(value):
            raise InvalidRule(key)
    for key in ("INTERVAL", "COUNT"):
        if key in parts and not re.fullmatch(r"[+-]?\d{1,9}", parts[key]):
            raise InvalidRule(key)
    if int(parts.get("INTERVAL", 1)) < 1:
        raise LimitExceeded("An event repeats at an interval of nothing.")
    if int(parts.get("COUNT", 1)) < 1:  # Exchange has written COUNT=-1 for "no end"
        del parts["COUNT"]
    times = 1
    for key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= parts[key].count(",") + 1 if key in parts else 1
    if times > MAX_TIMES_A_DAY:
        raise LimitExceeded("An event repeats more than a thousand times a day.")


def local_rule(text: str, start: datetime, until: Callable[[str], datetime]) -> str:
    """The rule in clean words, its end in the local time of its series.

    Args:
        text: what stands behind `RRULE:`.
        start: the first start, in local time without a zone.
        until: turns the written UNTIL into such a local time; ValueError if it cannot.

    Raises:
        InvalidRule, LimitExceeded: see `parse_rule`.
    """
    parts = parse_rule(text)
    if "UNTIL" in parts:
        try:
            parts["UNTIL"] = until(parts["UNTIL"]).strftime("%Y%m%dT%H%M%S").rjust(15, "0")
        except ValueError:
            raise InvalidRule("UNTIL") from None
    clean = ";".join(f"{key}={value}" for key, value in parts.items())
    as_dateutil(clean, start)
    return clean


def as_dateutil(clean: str, start: datetime) -> rrule:
    try:
        rule = rrulestr(clean, dtstart=start)
    except (ValueError, TypeError, KeyError):
        raise InvalidRule(clean) from None
    assert isinstance(rule, rrule)  # noqa: S101 – a single rule; sets come from several lines
    return rule
