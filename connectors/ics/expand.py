"""The events of one UID → what they take of a window.

`recurring_ical_events` repeats, moves and splits (EXDATE, RDATE, RECURRENCE-ID, THISANDFUTURE).
It is given one series at a time, all of it in the local time of that series without a zone, and
answers in the same: so UNTIL, exceptions and overrides of other zones compare, and gaps, folds
and lengths are settled here, by the rules of RFC 5545 §3.3.5 and §3.3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

import icalendar
from recurring_ical_events import CalendarQuery

from connectors.ics.events import LAST_INSTANT, Event, Length, Moment, instant, shifted, until_in
from connectors.ics.rules import as_dateutil, local_rule
from planner.domain import BusyKind, Interval

#: a series is asked for somewhat more than the window, as its zone's clock differs from UTC
_AROUND = timedelta(days=2)
#: what the library is told at most of a length; it looks that far back for starts
_LONGEST_TOLD = timedelta(days=3660)
_INDEX = "X-INDEX"
#: an `InvalidRule`, or what the libraries raise for a series that makes no sense to them
_NOT_FOLLOWED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One stretch of time."""

    start: datetime
    end: datetime
    kind: BusyKind | None  #: None: unknown
    why: str = ""  #: it is unknown


def occurrences(events: list[Event], window: Interval) -> Iterator[Occurrence]:
    """What the events of one UID take of the window, in no order; it may reach beyond it.

    An event without a UID comes alone. A series that cannot be followed is unknown from its first
    start on.
    """
    if len(events) == 1 and not events[0].repeats:
        yield from _marked(events[0], events[0].start.instant, events[0].end)
        return
    overrides = [event for event in events if event.replaces is not None]
    masters = _newest([event for event in events if event.replaces is None])
    for master in masters:
        try:
            yield from _series(master, overrides, window)
        except _NOT_FOLLOWED:
            if master.kind is not None:
                why = f"line {master.line}: an event repeats, but its rule cannot be followed"
                yield Occurrence(master.start.instant, LAST_INSTANT, None, why)
            yield from _alone(overrides)
    if not masters:
        yield from _alone(overrides)


def _newest(masters: list[Event]) -> list[Event]:
    """The last revision; several if only SEQUENCE is the same: a UID used twice must hide no event."""
    last = max((event.sequence for event in masters), default=0)
    unlike = {(e.start, e.length, e.rules, e.kind): e for e in masters if e.sequence == last}
    return list(unlike.values())


def _alone(overrides: list[Event]) -> Iterator[Occurrence]:
    """Overrides whose series is not there: the last revision of each."""
    last: dict[datetime, Event] = {}
    for event in sorted(overrides, key=lambda event: event.sequence):
        assert event.replaces is not None  # noqa: S101 – that is what makes it an override
        last[event.replaces.instant] = event
    for event in last.values():
        yield from _marked(event, event.start.instant, event.end)


def _marked(event: Event, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """What an event marks there: nothing if it is free, or takes no time."""
    if event.kind is None or end <= start:
        return
    if event.unclear is None:
        yield Occurrence(start, end, event.kind)
    else:
        before, after = event.start.margin
        why = f"line {event.line}: an event {event.unclear}"
        yield Occurrence(shifted(start, -before), shifted(end, after), None, why)


def _series(master: Event, overrides: list[Event], window: Interval) -> Iterator[Occurrence]:
    """Every occurrence of a series and its overrides."""
    zone = master.start.zone
    lengths: dict[datetime, Length] = {}
    span = _local_span(window, zone)
    calendar = icalendar.Calendar()
    component = _component(0, master, zone)
    _add_rules(component, master, span, until_in(master))
    for moment, length in master.extra:
        if not moment.known:
            yield from _somewhere(master, moment, length or master.length)
            continue
        extra = _of_series(moment, master)
        component.add("RDATE", [extra])
        if length is not None:
            lengths[extra] = length
    for moment in master.excluded:
        # one in a zone that nobody knows must not free a time by chance
        if moment.known or not master.start.known:
            component.add("EXDATE", [_excluded(moment, master)])
    calendar.add_component(component)
    for index, override in enumerate(overrides, 1):
        calendar.add_component(_override(index, override, master))
    members = [master, *overrides]
    for series in CalendarQuery(calendar, components=["VEVENT"]).series:
        for found in series.between(*span):
            event = members[int(found.as_component(False)[_INDEX])]
            yield from _at(event, found.start, zone, lengths.get(found.start - _moved(event, master)))


def _somewhere(master: Event, extra: Moment, length: Length) -> Iterator[Occurrence]:
    """An extra date in a zone that nobody knows."""
    start, (before, after) = extra.instant, extra.margin
    why = f"line {master.line}: an extra date of an event is in a time zone that nobody knows"
    if master.kind is not None:
        yield Occurrence(shifted(start, -before), shifted(start, length.total + after), None, why)


def _at(event: Event, local: datetime, zone: tzinfo, length: Length | None) -> Iterator[Occurrence]:
    """An occurrence at that local time of its series; `length`: its own, if it has one."""
    if length is None and local == event.start.local_in(zone):
        # as written: in an hour that comes twice, its local time alone would not tell which
        return _marked(event, event.start.instant, event.end)
    return _marked(event, instant(local, zone), (length or event.length).after(local, zone))


def _moved(event: Event, master: Event) -> timedelta:
    """How far a THISANDFUTURE override moves the starts that follow."""
    if not event.and_future or event.replaces is None:
        return timedelta(0)
    return event.start.local_in(master.start.zone) - _of_series(event.replaces, master)


def _local_span(window: Interval, zone: tzinfo) -> tuple[datetime, datetime]:
    start = shifted(window.start, -_AROUND).astimezone(zone)
    end = shifted(window.end, _AROUND).astimezone(zone)
    return start.replace(tzinfo=None), end.replace(tzinfo=None)


def _component(index: int, event: Event, zone: tzinfo) -> icalendar.Event:
    start = event.start.local_in(zone)
    length = min(max(event.length.total, timedelta(0)), _LONGEST_TOLD)
    component = icalendar.Event()
    component.add("UID", "series")
    component.add("DTSTART", start)
    component.add("DTEND", shifted(start, length))
    component.add("SEQUENCE", event.sequence)
    component.add(_INDEX, str(index))
    return component


def _add_rules(
    component: icalendar.Event,
    master: Event,
    span: tuple[datetime, datetime],
    until: Callable[[str], datetime],
) -> None:
    """RRULEs in clean words; EXRULEs, which the library does not know, as the starts they take away."""
    start = master.start.local
    for text in dict.fromkeys(master.rules):
        component.add("RRULE", icalendar.vRecur.from_ical(local_rule(text, start, until)))
    reach = shifted(span[0], -min(max(master.length.total, timedelta(0)), _LONGEST_TOLD))
    for text in dict.fromkeys(master.exception_rules):
        rule = as_dateutil(local_rule(text, start, until), start)
        for excluded in rule.between(reach, span[1], inc=True):
            component.add("EXDATE", [excluded])


def _override(index: int, override: Event, master: Event) -> icalendar.Event:
    assert override.replaces is not None  # noqa: S101 – that is what makes it an override
    component = _component(index, override, master.start.zone)
    component.add("RECURRENCE-ID", _of_series(override.replaces, master))
    if override.and_future:
        component["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
    return component


def _of_series(moment: Moment, master: Event) -> datetime:
    """A start of the series, in its local time: a bare date takes the time of day from the first
    start, and of a time only the date counts where the series is of whole days."""
    start = master.start
    if start.is_date:
        return datetime.combine(_day(moment, start.zone), time())
    if moment.is_date:
        return datetime.combine(moment.local, start.local.time())
    return moment.local_in(start.zone)


def _excluded(moment: Moment, master: Event) -> datetime | date:
    """A bare date takes away all of that day."""
    if moment.is_date and not master.start.is_date:
        return moment.local.date()
    return _of_series(moment, master)


def _day(moment: Moment, zone: tzinfo) -> date:
    """The day somebody meant who wrote a time for a date: midnight in any zone is that date."""
    if moment.local.time() == time():
        return moment.local.date()
    return moment.local_in(zone).date()


def grouped(events: Iterable[Event]) -> list[list[Event]]:
    """By UID; an event without one stands alone."""
    groups: dict[str, list[Event]] = {}
    for number, event in enumerate(events):
        groups.setdefault(event.uid or f"\n{number}", []).append(event)
    return list(groups.values())
