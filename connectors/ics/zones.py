"""The name of a zone in a calendar → the zone.

In order: IANA names, Windows names (Unicode CLDR's windowsZones, by way of `icalendar`), names
with a vendor's prefix (RFC 5545 §3.2.19), the file's own VTIMEZONE, the labels Windows shows in
its menus, and plain offsets. A name that is none of these has no zone: to guess one would move
meetings by hours without anybody noticing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from connectors.ics.contentlines import Component
from connectors.ics.limits import MAX_OBSERVANCES, LimitExceeded
from connectors.ics.rules import InvalidRule, parse_rule

#: labels whose first words are no city of the IANA list
_LABELS = {
    "abu dhabi": "Asia/Dubai",
    "alaska": "America/Anchorage",
    "arizona": "America/Phoenix",
    "astana, dhaka": "Asia/Dhaka",
    "atlantic time (canada)": "America/Halifax",
    "beijing": "Asia/Shanghai",
    "brasilia": "America/Sao_Paulo",
    "canberra, melbourne, sydney": "Australia/Sydney",
    "cape verde is.": "Atlantic/Cape_Verde",
    "central america": "America/Guatemala",
    "central european time": "Europe/Berlin",
    "central time (us & canada)": "America/Chicago",
    "chennai": "Asia/Kolkata",
    "coordinated universal time": "UTC",
    "eastern time (us & canada)": "America/New_York",
    "ekaterinburg": "Asia/Yekaterinburg",
    "georgetown, la paz, manaus, san juan": "America/La_Paz",
    "greenland": "America/Godthab",
    "greenwich mean time": "Etc/GMT",
    "greenwich mean time : dublin": "Europe/London",
    "guadalajara": "America/Mexico_City",
    "harare, pretoria": "Africa/Johannesburg",
    "hawaii": "Pacific/Honolulu",
    "indiana (east)": "America/Indianapolis",
    "islamabad": "Asia/Karachi",
    "midway island": "Pacific/Pago_Pago",
    "mountain time (us & canada)": "America/Denver",
    "newfoundland": "America/St_Johns",
    "osaka": "Asia/Tokyo",
    "pacific time (us & canada)": "America/Los_Angeles",
    "saskatchewan": "America/Regina",
    "sri jayawardenepura": "Asia/Colombo",
    "st. petersburg": "Europe/Moscow",
    "west central africa": "Africa/Lagos",
    "western/central europe": "Europe/Berlin",
    "yangon (rangoon)": "Asia/Yangon",
    # Lotus Notes and old Outlook write these bare
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
    "us-eastern": "America/New_York",
    "us-central": "America/Chicago",
    "us-mountain": "America/Denver",
    "us-pacific": "America/Los_Angeles",
    "tzone://microsoft/utc": "UTC",
    "z": "UTC",
}
_LOCAL_TIME = re.compile(r"\d{8}T\d{6}")
_NUMBERED = re.compile(r"[ _]\d$")
_OFFSET = re.compile(r"\(?(?:utc|gmt)?\s*([+-])(\d{1,2}):?(\d{2})?(?::?00)?\)?", re.IGNORECASE)
_LABEL_OFFSET = re.compile(r"^\((?:utc|gmt)\s*(?:[+-]\d{1,2}(?::?\d{2})?)?\)\s*", re.IGNORECASE)
#: RFC 5545 §3.3.14 with hours that exist (west 12, east 14)
_UTC_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")


class Zones:
    """The zones one VCALENDAR may name."""

    def __init__(self, calendar: Component | None = None) -> None:
        self._own: dict[str, Component] = {}
        self._found: dict[str, tzinfo | None] = {}
        for component in calendar.named("VTIMEZONE") if calendar is not None else ():
            name = component.text("TZID")
            if name:
                self._own.setdefault(_key(name), component)

    def find(self, name: str) -> tzinfo | None:
        """The zone of that name; None if nobody knows it."""
        key = _key(name)
        if key not in self._found:
            self._found[key] = self._search(key)
        return self._found[key]

    def _search(self, key: str) -> tzinfo | None:
        own = self._own.get(key) or self._own.get(_NUMBERED.sub("", key))
        # an abbreviation (EST, GMT, CET) says less than the rules that the file gives with it
        if own is not None and "/" not in key and key in _iana():
            zone = _own_zone(own)
            if zone is not None:
                return zone
        return (
            _known(key)
            or (_own_zone(own) if own is not None else None)
            or _misspelt(key)
            or _label(key)
            or offset_zone(key)
        )


def _key(name: str) -> str:
    """Names compare without case, accents, quotes, escapes (`Kuala Lumpur\\, Singapore`), doubled spaces."""
    plain = unicodedata.normalize("NFKD", name.replace("\\", ""))
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(bare.strip("\"' \t").split()).casefold()


@cache
def _iana() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def warm_up() -> None:
    """Read the list of zones now, so that every process forked later has it."""
    _iana()
    _windows()


@cache
def _windows() -> Mapping[str, str]:
    return {name.casefold(): iana for name, iana in WINDOWS_TO_OLSON.items()}


def _known(key: str) -> ZoneInfo | None:
    """An IANA or Windows name, or an IANA name behind a vendor's prefix (`/mozilla.org/1/Europe/Berlin`)."""
    path = key.strip("/").replace(" ", "_")
    name = _iana().get(path) or (_ending(path) if key.startswith("/") else None)
    # Outlook numbers a zone that it writes twice
    return _zone(name or _windows().get(_NUMBERED.sub("", key).replace("daylight time", "standard time")))


def _misspelt(key: str) -> ZoneInfo | None:
    """`posix/Europe/Berlin`, `Europe_Berlin`."""
    return _zone(_ending(key) or _iana().get(key.replace("_", "/", 1)))


def _ending(path: str) -> str | None:
    """The longest IANA name with a slash in it that a path ends with."""
    parts = path.split("/")
    names = (_iana().get("/".join(parts[first:])) for first in range(len(parts) - 1))
    return next((name for name in names if name is not None), None)


def _zone(name: str | None) -> ZoneInfo | None:
    return ZoneInfo(name) if name is not None else None


def _own_zone(component: Component) -> tzinfo | None:
    """The zone that a VTIMEZONE describes; None if it describes none."""
    location = _known(_key(component.text("X-LIC-LOCATION") or ""))
    if location is not None:
        return location
    parts = [part for part in component.components if part.name in ("STANDARD", "DAYLIGHT")]
    if len(parts) > MAX_OBSERVANCES:
        raise LimitExceeded("The calendar describes a time zone in too many parts.")
    observances = [_observance(part) for part in parts]
    if not observances or not all(observances):  # a part left out would be an hour wrong for half the year
        return None
    lines = [line for observance in observances for line in observance]
    text = "\r\n".join(["BEGIN:VTIMEZONE", "TZID:own", *lines, "END:VTIMEZONE", ""])
    try:
        parsed = Timezone.from_ical(text)
        assert isinstance(parsed, Timezone)  # noqa: S101 – one component in, one out
        zone: tzinfo = parsed.to_tz(lookup_tzid=False)
        datetime(2026, 1, 1, tzinfo=zone).utcoffset()
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return zone


def _observance(part: Component) -> list[str]:
    """A STANDARD or DAYLIGHT part in clean lines; none if it does not say when or how much."""
    start = (part.text("DTSTART") or "").rstrip("Zz")
    offsets = [part.text("TZOFFSETFROM") or "", part.text("TZOFFSETTO") or ""]
    if not _LOCAL_TIME.fullmatch(start) or not all(map(_is_offset, offsets)):
        return []
    lines = [f"BEGIN:{part.name}", f"DTSTART:{start}"]
    lines += [f"TZOFFSETFROM:{offsets[0]}", f"TZOFFSETTO:{offsets[1]}"]
    rule = part.text("RRULE")
    if rule is not None:
        try:
            parsed = parse_rule(rule)
        except InvalidRule:
            return []
        if parsed.get("FREQ") != "YEARLY":
            return []
        lines.append("RRULE:" + ";".join(f"{key}={value}" for key, value in parsed.items()))
    dates = [date.strip().rstrip("Zz") for line in part.all("RDATE") for date in line.value.split(",")]
    if len(dates) > MAX_OBSERVANCES:
        raise LimitExceeded("The calendar describes a time zone in too many parts.")
    if not all(_LOCAL_TIME.fullmatch(date) for date in dates):
        return []
    return [*lines, *(f"RDATE:{date}" for date in dates), f"END:{part.name}"]


def _is_offset(text: str) -> bool:
    match = _UTC_OFFSET.fullmatch(text)
    return match is not None and int(match[2]) <= 15 and int(match[3]) < 60


def _label(key: str) -> ZoneInfo | None:
    """A label of Windows' menus: `(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna`."""
    label = _LABEL_OFFSET.sub("", key).replace(" and ", " & ")
    first = re.split("[,;]", label)[0]
    return _zone(_LABELS.get(label) or _LABELS.get(first) or _windows().get(label) or _city(first))


def _city(words: str) -> str | None:
    if words in ("north", "south", "west", "east"):  # of Australia and Brazil, says the IANA list
        return None
    ending = "/" + words.strip().replace(" ", "_")
    return next((name for key, name in sorted(_iana().items()) if key.endswith(ending)), None)


def offset_zone(key: str) -> tzinfo | None:
    """`UTC+2`, `GMT-0500`, `+01:00`: what people write, so plus is east (IANA's `Etc/GMT+5` is not)."""
    match = _OFFSET.fullmatch(key)
    if match is None:
        return None
    distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if distance > timedelta(hours=14):
        return None
    return timezone(distance if match[1] == "+" else -distance)
