"""Diaries as .ics files, written as Outlook, Google and Apple write them.

What differs is what trips readers up: Outlook names zones its own way ("GMT Standard Time") and says by
X-MICROSOFT-CDO-BUSYSTATUS what a time means; Google writes single events in UTC under X-WR-TIMEZONE;
Apple gives a DURATION. RFC 5545 §3.6.1, §3.8.5.1 (EXDATE), §3.8.4.4 (RECURRENCE-ID).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from web.demo.diaries import AllDay, Appointment, Diary, Shows, WeeklyMeeting

#: Outlook's names (CLDR's windowsZones) of the zones that the company's offices are in.
WINDOWS_ZONES = {"Europe/London": "GMT Standard Time", "America/New_York": "Eastern Standard Time"}

_BUSY_STATUS = {Shows.AWAY: "OOF", Shows.FREE: "FREE", Shows.ELSEWHERE: "WORKINGELSEWHERE"}


class Producer(StrEnum):
    OUTLOOK = "-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN"
    GOOGLE = "-//Google Inc//Google Calendar 70.9054//EN"
    APPLE = "-//Apple Inc.//macOS 15.1//EN"


@dataclass(frozen=True)
class _Pen:
    """How one producer writes one person's calendar."""

    producer: Producer
    zone: str
    stamp: datetime
    owner: str

    @property
    def tzid(self) -> str:
        return WINDOWS_ZONES[self.zone] if self.producer is Producer.OUTLOOK else self.zone

    def event(self, number: int, title: str) -> Event:
        event = Event()
        event.add("uid", f"{number}-{self.owner}")
        event.add("dtstamp", self.stamp)
        event.add("summary", title)
        return event

    def add_time(self, event: Event, name: str, local: datetime, *, single: bool = False) -> None:
        """A local time; Google gives the times of what does not recur in UTC."""
        if single and self.producer is Producer.GOOGLE:
            event.add(name, local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC))
        else:
            event.add(name, local, parameters={"TZID": self.tzid})

    def add_span(self, event: Event, local: datetime, minutes: int, *, single: bool = False) -> None:
        self.add_time(event, "dtstart", local, single=single)
        if self.producer is Producer.APPLE:
            event.add("duration", timedelta(minutes=minutes))
        else:
            self.add_time(event, "dtend", local + timedelta(minutes=minutes), single=single)

    def add_status(self, event: Event, busy_status: str) -> None:
        if busy_status == "TENTATIVE":
            event.add("status", "TENTATIVE")
        if busy_status == "FREE":
            event.add("transp", "TRANSPARENT")
        if self.producer is Producer.OUTLOOK:
            event.add("x-microsoft-cdo-busystatus", busy_status)


def write_calendar(diary: Diary, producer: Producer, zone: str, owner: str, stamp: datetime) -> bytes:
    """A whole VCALENDAR with its VTIMEZONE."""
    pen = _Pen(producer, zone, stamp, owner)
    calendar = Calendar()
    calendar.add("prodid", producer.value)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if producer is not Producer.OUTLOOK:
        calendar.add("x-wr-calname", owner)
        calendar.add("x-wr-timezone", zone)
    calendar.add_component(_timezone(zone, pen.tzid, stamp.year))
    for event in _events(pen, diary):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


@cache
def _timezone(zone: str, tzid: str, year: int) -> Timezone:
    made = Timezone.from_tzid(zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    made["tzid"] = tzid
    return made


def _events(pen: _Pen, diary: Diary) -> Iterator[Event]:
    number = 0
    for meeting in diary.weekly:
        number += 1
        yield from _series(pen, number, meeting)
    for appointment in diary.appointments:
        number += 1
        yield _single(pen, number, appointment)
    for entry in diary.all_day:
        # Only Outlook can say "elsewhere"; the others' people put nothing in.
        if entry.shows is not Shows.ELSEWHERE or pen.producer is Producer.OUTLOOK:
            number += 1
            yield _whole_days(pen, number, entry)


def _series(pen: _Pen, number: int, meeting: WeeklyMeeting) -> Iterator[Event]:
    first = meeting.first
    event = pen.event(number, meeting.title)
    pen.add_span(event, first, meeting.minutes)
    event.add("rrule", {"freq": "weekly"})
    for day in meeting.skipped:
        pen.add_time(event, "exdate", datetime.combine(day, first.time()))
    pen.add_status(event, "BUSY")
    yield event
    for day in meeting.called_off:
        yield _instance(pen, number, meeting, day, datetime.combine(day, first.time()), "CANCELLED")
    for day, now in meeting.moved:
        yield _instance(pen, number, meeting, day, now, "CONFIRMED")


def _instance(
    pen: _Pen, number: int, meeting: WeeklyMeeting, day: date, start: datetime, status: str
) -> Event:
    event = pen.event(number, meeting.title)
    pen.add_time(event, "recurrence-id", datetime.combine(day, meeting.first.time()))
    pen.add_span(event, start, meeting.minutes)
    event.add("sequence", 1)
    event.add("status", status)
    pen.add_status(event, "BUSY")
    return event


def _single(pen: _Pen, number: int, appointment: Appointment) -> Event:
    event = pen.event(number, appointment.title)
    pen.add_span(event, appointment.start, appointment.minutes, single=True)
    pen.add_status(event, "TENTATIVE" if appointment.tentative else "BUSY")
    return event


def _whole_days(pen: _Pen, number: int, entry: AllDay) -> Event:
    event = pen.event(number, entry.title)
    event.add("dtstart", entry.first)
    event.add("dtend", entry.last + timedelta(days=1))
    pen.add_status(event, _BUSY_STATUS[entry.shows])
    return event
