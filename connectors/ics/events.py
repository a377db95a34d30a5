"""VEVENT → `Event`: when it is, for how long, what it marks. Its title is never looked at.

Rule of kinds: CANCELLED or TRANSPARENT is free; else Microsoft's FREE is free, WORKINGELSEWHERE
elsewhere, OOF away, TENTATIVE tentative; all else is busy. What can be read only in part is
unknown for the time it may take, never free.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from connectors.ics.contentlines import Component, Property
from connectors.ics.zones import Zones, offset_zone
from planner.domain import BusyKind

DAY = timedelta(days=1)
FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)
#: how far a local time of an unknown zone may lie from UTC: zones run from -12 to +14 hours
_ANY_ZONE = (timedelta(hours=14), timedelta(hours=12))

_TIME = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})Z?(?:[T ](\d{2}):?(\d{2})(?::?(\d{2}))?(?:[.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"([+-]?)PT?(?:(\d{1,9})W)?(?:(\d{1,9})D)?T?(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?", re.IGNORECASE
)
_LONGEST = timedelta(days=366 * 1000)


class Unclear(ValueError):
    """A value that is no time."""


def instant(local: datetime, zone: tzinfo) -> datetime:
    """The UTC instant of a local time; as RFC 5545 §3.3.5 has it, the first of two, and in a gap
    by the offset before it. Beyond the years 1 to 9999: the first or last instant there is."""
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return FIRST_INSTANT if local.year < 5000 else LAST_INSTANT


def shifted(moment: datetime, by: timedelta) -> datetime:
    """A sum that stays in the years 1 to 9999."""
    try:
        return moment + by
    except OverflowError:
        limit = LAST_INSTANT if by > timedelta(0) else FIRST_INSTANT
        return limit.replace(tzinfo=moment.tzinfo)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time as it was written."""

    local: datetime  #: without a zone; midnight of a date
    zone: tzinfo
    is_date: bool = False
    floating: bool = False  #: neither Z nor TZID was written
    known: bool = True  #: False: of a zone nobody knows, with UTC in its place

    @property
    def instant(self) -> datetime:
        return instant(self.local, self.zone)

    @property
    def margin(self) -> tuple[timedelta, timedelta]:
        """How far before and after `instant` it may lie."""
        return (timedelta(0), timedelta(0)) if self.known else _ANY_ZONE

    def local_in(self, zone: tzinfo) -> datetime:
        """Its local time in the zone of the series it belongs to.

        A floating exception of a zoned series means that series' own clock (many write so).
        """
        if self.zone is zone or (self.floating and zone is not UTC):
            return self.local
        try:
            return self.instant.astimezone(zone).replace(tzinfo=None)
        except OverflowError:
            return self.local


@dataclass(frozen=True, slots=True)
class Length:
    """RFC 5545 §3.3.6: days are those of the calendar, of 23 to 25 hours; the rest is exact."""

    days: int = 0
    exact: timedelta = timedelta(0)

    @property
    def total(self) -> timedelta:
        return timedelta(days=self.days) + self.exact

    def after(self, local: datetime, zone: tzinfo) -> datetime:
        """The instant at which something ends that begins at that local time."""
        days = timedelta(days=self.days)
        return shifted(instant(shifted(local, days) if self.days else local, zone), self.exact)


WHOLE_DAY = Length(days=1)


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT. `start` is where it begins, or where its series does."""

    line: int
    uid: str
    start: Moment
    length: Length
    kind: BusyKind | None  #: None: free
    unclear: str | None = None  #: why what it takes is unknown
    rules: tuple[str, ...] = ()
    exception_rules: tuple[str, ...] = ()
    extra: tuple[tuple[Moment, Length | None], ...] = ()  #: RDATE
    lost: bool = False  #: an RDATE cannot be read
    excluded: tuple[Moment, ...] = ()  #: EXDATE
    replaces: Moment | None = None  #: RECURRENCE-ID
    and_future: bool = False
    sequence: int = 0

    @property
    def end(self) -> datetime:
        return self.length.after(self.start.local, self.start.zone)

    @property
    def repeats(self) -> bool:
        return bool(self.rules or self.extra)


def read_events(component: Component, zones: Zones, default: tzinfo) -> list[Event]:
    """The event of a VEVENT; several, all unclear, where it says its start in several ways.

    Raises:
        Unclear: it has no readable time at all.
    """
    starts = _starts(component, zones, default)
    event = _read(component, starts[0], zones, default)
    if len(starts) == 1:
        return [event]
    return [replace(event, start=start, unclear="gives its start more than once") for start in starts]


def _starts(component: Component, zones: Zones, default: tzinfo) -> list[Moment]:
    """DTSTART, or what stands in for it: the instance that an override replaces."""
    for name in ("DTSTART", "RECURRENCE-ID"):
        found = _readable(component.all(name), zones, default)
        if found:
            return list(dict.fromkeys(found))
    raise Unclear("no readable time")


def _read(component: Component, start: Moment, zones: Zones, default: tzinfo) -> Event:
    length, unclear = _length(component, start, zones, default)
    replaces = component.all("RECURRENCE-ID")
    replaced = _readable(replaces, zones, default)
    if replaced and not _readable(component.all("DTSTART"), zones, default):
        unclear = "has no readable start"
    extra, lost = _extra(component.all("RDATE"), zones, default)
    if not start.known:
        unclear = "is in a time zone that nobody knows"
    return Event(
        line=component.line,
        uid=component.text("UID") or "",
        start=start,
        length=length,
        kind=kind_of(component),
        unclear=unclear,
        rules=tuple(p.value for p in component.all("RRULE") if p.value.strip()),
        exception_rules=tuple(p.value for p in component.all("EXRULE") if p.value.strip()),
        extra=tuple(extra),
        lost=lost,
        excluded=tuple(_readable(component.all("EXDATE"), zones, default)),
        replaces=replaced[0] if replaced else None,
        and_future=bool(replaced) and replaces[0].parameters.get("RANGE", "").upper() == "THISANDFUTURE",
        sequence=_whole(component.text("SEQUENCE")),
    )


def kind_of(component: Component) -> BusyKind | None:
    """What the time of an event is to others; None: free."""
    if (component.text("STATUS") or "").upper() == "CANCELLED":
        return None
    if (component.text("TRANSP") or "").upper() == "TRANSPARENT":
        return None
    marked = (component.text("X-MICROSOFT-CDO-BUSYSTATUS") or "").upper()
    if marked == "FREE":
        return None
    if marked == "WORKINGELSEWHERE":
        return BusyKind.ELSEWHERE
    if marked == "OOF":
        return BusyKind.AWAY
    if "TENTATIVE" in (marked, (component.text("STATUS") or "").upper()):
        return BusyKind.TENTATIVE
    return BusyKind.BUSY


def _length(component: Component, start: Moment, zones: Zones, default: tzinfo) -> tuple[Length, str | None]:
    """How long it is; where that is not clear a day, or the written length, and why not."""
    written = component.all("DTEND")
    # a bare date ends a timed event at midnight of the clock that the event runs by
    own_clock = default if start.floating or start.zone is UTC else start.zone
    ends = _readable(written, zones, default if start.is_date else own_clock)
    if ends:
        same = all(end == ends[0] for end in ends)
        unclear = None if ends[0].known and same else "has no clear end"
        return max((_length_until(start, end) for end in ends), key=lambda length: length.total), unclear
    for line in component.all("DURATION"):
        try:
            return parse_duration(line.value), None
        except Unclear:
            continue
    if written or component.all("DURATION"):
        return WHOLE_DAY, "has no readable end"
    return (WHOLE_DAY if start.is_date else Length()), None


def _length_until(start: Moment, end: Moment) -> Length:
    if start.is_date and end.is_date:
        # DTEND is exclusive, yet many write the same date twice for one day
        return Length(days=(end.local - start.local).days or 1)
    return Length(exact=end.instant - start.instant)


def parse_duration(text: str) -> Length:
    """RFC 5545 §3.3.6; the T may be missing, or stand too early.

    Raises:
        Unclear: it is none.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]):
        raise Unclear("no duration")
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups()[1:])
    sign = -1 if match[1] == "-" else 1
    nominal = min(weeks * 7 + days, _LONGEST.days)
    exact = min(timedelta(seconds=hours * 3600 + minutes * 60 + seconds), _LONGEST)
    return Length(sign * nominal, sign * exact)


def _readable(lines: list[Property], zones: Zones, default: tzinfo) -> list[Moment]:
    """The times of some lines, in order, without those that are none."""
    found: list[Moment] = []
    for line in lines:
        for text in line.value.split(","):
            try:
                found.append(parse_moment(text, line.parameters, zones, default))
            except Unclear:
                continue
    return found


def _extra(
    lines: list[Property], zones: Zones, default: tzinfo
) -> tuple[list[tuple[Moment, Length | None]], bool]:
    """Extra dates, and whether one of them cannot be read."""
    found: list[tuple[Moment, Length | None]] = []
    lost = False
    for line in lines:
        for text in line.value.split(","):
            try:
                found.append(parse_period(text, line.parameters, zones, default))
            except Unclear:
                lost = True
    return found, lost


def parse_period(
    text: str, parameters: dict[str, str], zones: Zones, default: tzinfo
) -> tuple[Moment, Length | None]:
    """`start/end`, `start/duration`, or a start alone; None for a length that is not there or no length.

    Raises:
        Unclear: no start can be read.
    """
    first, _, last = text.partition("/")
    start = parse_moment(first, parameters, zones, default)
    try:
        return start, parse_duration(last)
    except Unclear:
        pass
    try:
        return start, _length_until(start, parse_moment(last, parameters, zones, default))
    except Unclear:
        return start, None


def parse_moment(text: str, parameters: dict[str, str], zones: Zones, default: tzinfo) -> Moment:
    """A DATE or DATE-TIME, told apart by its looks, since VALUE is often missing or wrong.

    Raises:
        Unclear: it is neither.
    """
    match = _TIME.fullmatch(text.strip().strip('"'))
    if match is None:
        raise Unclear("no time")
    local = _local(match)
    said_to_be_date = parameters.get("VALUE", "").upper() == "DATE" and local.time() == time()
    if match[4] is None or said_to_be_date:
        return Moment(local, default, is_date=True, floating=True)
    if match[7] is not None:
        written = offset_zone(match[7]) if match[7] not in "Zz" else UTC
        return Moment(local, written or UTC, known=written is not None)
    name = parameters.get("TZID", "")
    if not name:
        return Moment(local, default, floating=True)
    zone = zones.find(name)
    if zone is None:
        return Moment(local, UTC, known=False)
    return Moment(local, UTC if str(zone) == "UTC" else zone)


def _local(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    try:
        if hour == 24 and minute == second == 0:  # midnight at the end of a day
            return datetime(year, month, day) + DAY  # noqa: DTZ001 – local on purpose
        # a leap second has no place in datetime
        return datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 – likewise
    except (ValueError, OverflowError):
        raise Unclear("no date") from None


def until_in(event: Event) -> Callable[[str], datetime]:
    """How the UNTIL of an event's rule is read: in local time of its series, the end included.

    Written in UTC it is turned; written without Z it is the series' own clock; a bare date means
    all of that day, whatever the event is.
    """

    def until(text: str) -> datetime:
        moment = parse_moment(text, {}, Zones(), event.start.zone)
        midnight_utc = moment.zone is UTC and moment.local.time() == time()
        if event.start.is_date and (moment.is_date or moment.floating or midnight_utc):
            return moment.local
        local = moment.local_in(event.start.zone)
        return shifted(moment.local, DAY - timedelta(seconds=1)) if moment.is_date else local

    return until


def _whole(text: str | None) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text) else 0
