"""Bytes → components and properties, however badly folded, quoted or closed (RFC 5545 §3.1).

Nothing is interpreted here. A component keeps its properties in order, under upper-case names;
a calendar that stops before its END:VCALENDAR is refused, because what is missing may be busy.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.base import Unreadable

_LINE_END = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TIME_VALUE = re.compile(r":\s*(\d{8}|\d{4}-\d\d|[+-]?P)", re.IGNORECASE)
_TIMED = frozenset(("DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE", "RECURRENCE-ID", "FREEBUSY"))
_PARAMETER = re.compile(r';\s*([A-Za-z0-9_-]+)\s*=\s*("[^"]*"|[^";:]*)((?:,(?:"[^"]*"|[^";:,]*))*)')


@dataclass(frozen=True, slots=True)
class Property:
    """One content line."""

    name: str  #: upper case
    parameters: dict[str, str]  #: upper-case name → first value, unquoted
    value: str


@dataclass(slots=True)
class Component:
    """What stands between a BEGIN and its END."""

    name: str  #: upper case
    line: int  #: of its BEGIN, counted from 1
    properties: list[Property] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [p for p in self.properties if p.name == name]

    def text(self, name: str) -> str | None:
        """The value of the first such property, without white space around it."""
        return next((p.value.strip() for p in self.properties if p.name == name), None)

    def named(self, name: str) -> Iterator[Component]:
        return (c for c in self.components if c.name == name)


#: whose properties say when; of everything else – alarms, tasks, titles – nothing is kept
_KEPT_COMPONENTS = frozenset(
    ("VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VEVENT", "VFREEBUSY", "VAVAILABILITY", "AVAILABLE")
)
_KEPT_PROPERTIES = frozenset(
    (
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "RECURRENCE-ID",
        "STATUS",
        "TRANSP",
        "SEQUENCE",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-WR-TIMEZONE",
        "FREEBUSY",
        "BUSYTYPE",
        "TZID",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "X-LIC-LOCATION",
    )
)


def read_calendars(raw: bytes) -> list[Component]:
    """The VCALENDARs of a file, in order.

    Raises:
        Unreadable: there is none, or the last one is cut off.
    """
    calendars: list[Component] = []
    stack: list[Component] = []
    begun = 0
    for number, line in _unfold(_decode(raw)):
        mark, _, name = line.partition(":")
        mark, name = mark.strip().upper(), name.strip().upper()
        if mark == "BEGIN":
            begun += name == "VCALENDAR"
            _begin(name, number, stack, calendars)
        elif mark == "END":
            _end(name, stack)
        elif stack and stack[-1].name in _KEPT_COMPONENTS:
            found = split_line(line)
            if found is not None and found.name in _KEPT_PROPERTIES:
                stack[-1].properties.append(found)
    if not begun:
        raise Unreadable("This is not a calendar: it holds no BEGIN:VCALENDAR.")
    if stack:
        raise Unreadable(f"The calendar is cut off: the {stack[0].name} of line {stack[0].line} never ends.")
    return calendars


def _begin(name: str, number: int, stack: list[Component], calendars: list[Component]) -> None:
    """Open a component; one that cannot stand inside the open one closes it (a missing END)."""
    if name == "VCALENDAR" and stack:
        raise Unreadable(f"The calendar is cut off: another begins in line {number} before it ends.")
    if name in ("VEVENT", "VFREEBUSY", "VAVAILABILITY", "VTIMEZONE"):
        del stack[1:]
    if not stack and name != "VCALENDAR":
        return
    opened = Component(name, number)
    if name in _KEPT_COMPONENTS:
        (stack[-1].components if stack else calendars).append(opened)
    stack.append(opened)


def _end(name: str, stack: list[Component]) -> None:
    """Close the component of that name and whatever is open inside; a stray END closes nothing."""
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth].name == name:
            del stack[depth:]
            return


def split_line(line: str) -> Property | None:
    """Name, parameters and value of a content line; None if it is none.

    A colon may stand unquoted in a zone's label (`TZID=(UTC-05:00) Eastern Time:…`), and a
    quotation mark behind the value (`TZID="Pacific Time:20240101T090000"`; Exchange writes
    that), so where what follows the first colon can be no time, the last one divides.
    """
    start = _NAME.match(line)
    if start is None:
        return None
    name = start[0].upper()
    parameters: dict[str, str] = {}
    place = start.end()
    while match := _PARAMETER.match(line, place):
        parameters.setdefault(match[1].upper(), _unquoted(match[2]))
        place = match.end()
    rest = line[place:]
    at_last = _split_at_last_colon(name, line[start.end() :])
    if rest.startswith(":") and (at_last is None or name not in _TIMED or _TIME_VALUE.match(rest)):
        return Property(name, parameters, rest[1:])
    return at_last


def _split_at_last_colon(name: str, rest: str) -> Property | None:
    head, colon, value = rest.rpartition(":")
    if not colon or not head.startswith(";"):
        return None
    pairs = (part.partition("=") for part in head[1:].split(";"))
    parameters = {key.strip().upper(): _unquoted(text) for key, equals, text in pairs if equals}
    return Property(name, parameters, value.rstrip('"'))


def _unquoted(text: str) -> str:
    return text.strip().strip('"').strip()


def _decode(raw: bytes) -> str:
    """Text, whatever it was written in; times are ASCII, so a wrong guess harms titles only."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", "replace").replace("\0", "")


def _unfold(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines, each with the number of the line it begins in.

    Lines end with CRLF, LF or CR; a blank line inside a fold does not end it.
    """
    parts: list[str] = []
    begun = 0
    for number, line in enumerate(_LINE_END.split(text), 1):
        if line.startswith((" ", "\t")):
            parts.append(line[1:])
        elif line:
            if parts:
                yield begun, "".join(parts)
            parts, begun = [line], number
    if parts:
        yield begun, "".join(parts)
