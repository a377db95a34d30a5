"""The zone that Graph names beside a time → the zone.

We ask for UTC (`Prefer: outlook.timezone`), and believe the answer, whatever zone it names: a Windows
name, an IANA name (`dateTimeTimeZone` takes both), or a zone that somebody's Outlook has made up
(`customTimeZone`: a bias and two rules).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta
from dateutil.tz import tzrange
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from pydantic import BaseModel, ValidationError

_DAYS = {
    "monday": MO,
    "tuesday": TU,
    "wednesday": WE,
    "thursday": TH,
    "friday": FR,
    "saturday": SA,
    "sunday": SU,
}
_LAST = 5  #: a dayOccurrence that means the last one of the month


@lru_cache(maxsize=256)
def named_zone(name: str) -> tzinfo | None:
    """The zone of a Windows or IANA name; None if nobody knows it."""
    try:
        return ZoneInfo(_windows().get(name.casefold(), name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _windows() -> Mapping[str, str]:
    return {name.casefold(): iana for name, iana in WINDOWS_TO_OLSON.items()}


class _Change(BaseModel):
    """When the clocks change, by the clock that is ahead of the change (resources/standardtimezoneoffset)."""

    time: time
    dayOccurrence: int  # noqa: N815 – Graph's spelling
    dayOfWeek: str  # noqa: N815
    month: int
    daylightBias: int = 0  # noqa: N815 – minutes, -60 for an hour ahead


class _CustomZone(BaseModel):
    bias: int  #: minutes from local standard time to UTC: west is positive
    name: str
    standardOffset: _Change | None = None  # noqa: N815
    daylightOffset: _Change | None = None  # noqa: N815


def custom_zone(described: object) -> tuple[str, tzinfo] | None:
    """The name and rules of a `customTimeZone`; None if it describes none."""
    try:
        zone = _CustomZone.model_validate(described)
        return zone.name, _rules(zone)
    except (ValidationError, KeyError, ValueError):
        return None


def _rules(zone: _CustomZone) -> tzinfo:
    standard = timedelta(minutes=-zone.bias)
    to_summer, to_winter = zone.daylightOffset, zone.standardOffset
    if to_summer is None or to_winter is None or not (to_summer.month and to_winter.month):
        return tzrange(zone.name, standard)
    ahead = timedelta(minutes=-to_summer.daylightBias)
    return tzrange(
        zone.name,
        standard,
        zone.name,
        standard + ahead,
        _moment(to_summer),
        _moment(to_winter)
        - relativedelta(seconds=int(ahead.total_seconds())),  # dateutil wants standard time
    )


def _moment(change: _Change) -> relativedelta:
    """From the first of January."""
    day = _DAYS[change.dayOfWeek.lower()]
    last = change.dayOccurrence == _LAST
    return relativedelta(
        month=change.month,
        day=31 if last else 1,
        weekday=day(-1) if last else day(change.dayOccurrence),
        hours=change.time.hour,
        minutes=change.time.minute,
    )
