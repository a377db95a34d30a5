"""Days that people have marked as at the office, and times when they are away.

Free/busy has no kinds, so these come from events (`eventTypes` of events.list). Google is asked for
their kind and time only: a title, a place or a guest never leaves it (`fields`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.base import CalendarRequest, Unreadable
from connectors.google.api import CalendarApi, EventPage
from connectors.google.moments import as_instant, event_time, rfc3339, whole_seconds
from planner.domain import BusyInterval, BusyKind, Interval

_FIELDS = "nextPageToken,timeZone,items(eventType,status,start,end,workingLocationProperties/type)"
_PAGE = 2500  #: the most that Google puts on one page


@dataclass
class Marked:
    """What the events of one calendar say; in no order."""

    in_office: list[date] = field(default_factory=list)
    away: list[BusyInterval] = field(default_factory=list)


def office_days(api: CalendarApi, request: CalendarRequest, window: Interval) -> Marked:
    """Days at the office within the window, by the owner's time zone, and times out of office.

    Raises:
        ConnectorError: they cannot be read.
    """
    asked = whole_seconds(window)
    owners = ZoneInfo(request.timezone)
    marked = Marked()
    pages = api.pages(
        calendarId=request.address,
        eventTypes=["workingLocation", "outOfOffice"],
        timeMin=rfc3339(asked.start),
        timeMax=rfc3339(asked.end),
        singleEvents=True,
        maxResults=_PAGE,
        fields=_FIELDS,
    )
    for page in pages:
        zone = zone_of(page, owners)
        for event in page.events:
            _add(marked, event, window, zone, owners)
    return marked


def zone_of(page: EventPage, otherwise: tzinfo) -> tzinfo:
    """The calendar's time zone, as a page of events names it."""
    try:
        return ZoneInfo(page.timezone) if isinstance(page.timezone, str) else otherwise
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, or no key at all: "", "/etc", "America"
        return otherwise


def _add(marked: Marked, event: Mapping[str, Any], window: Interval, zone: tzinfo, owners: tzinfo) -> None:
    if event.get("status") == "cancelled":
        return
    try:
        start, end = event_time(event.get("start"), zone), event_time(event.get("end"), zone)
        starts, ends = as_instant(start, zone), as_instant(end, zone)
    except (ValueError, OverflowError):
        raise Unreadable("Google's list of events holds a time that cannot be read.") from None
    if starts >= ends:
        return
    if event.get("eventType") == "outOfOffice":
        marked.away.append(BusyInterval(starts, ends, BusyKind.AWAY))
    elif event.get("eventType") == "workingLocation" and _at_office(event):
        # an all-day mark is about a date, wherever its owner is
        first = max(_date_of(start, owners), _date_of(window.start, owners))
        last = min(_last_date(end, owners), _last_date(window.end, owners))
        marked.in_office += _days(first, last)


def _at_office(event: Mapping[str, Any]) -> bool:
    where = event.get("workingLocationProperties")
    return isinstance(where, Mapping) and where.get("type") == "officeLocation"


def _date_of(moment: datetime | date, zone: tzinfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def _last_date(end: datetime | date, zone: tzinfo) -> date:
    """The last date before an end that is excluded."""
    if isinstance(end, datetime):
        return (end - timedelta(microseconds=1)).astimezone(zone).date()
    return end - timedelta(days=1)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
