"""Sessions as iCalendar messages: an invitation, a change (higher SEQUENCE), a cancellation.

RFC 5546 (iTIP) §3.2.2 and §3.2.5 say what a REQUEST and a CANCEL hold. Each recipient gets a copy of
their own, with themselves as the only person among its attendees: one junior's booking then changes
that junior's copy and the senior's, and no mail client writes to the whole group. A recipient's whole
event is cancelled with it, hence STATUS:CANCELLED in every CANCEL.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import (
    Calendar,
    Component,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vText,
)

from planner.domain import SessionKind
from web import words
from web.clean_text import cleaned, one_line
from web.records import PersonRef, SessionRecord

Method = Literal["REQUEST", "CANCEL"]

PRODUCT = "-//officeday//invitations//EN"

#: No clock changes by more: Troll's goes two hours.
NEAR = timedelta(hours=3)

NO_ORDER = "An invitation, never an order: if it does not suit you after all, just say so."

#: Kinds in which all people are set by the plan, so naming them to each other stays true.
KNOWN_COMPANY = frozenset({SessionKind.GROUP_LUNCH, SessionKind.GROUP_MENTORING})
FOR_TWO = frozenset({SessionKind.INDIVIDUAL_LUNCH, SessionKind.COFFEE_ROULETTE})
CHECKED_IN = frozenset({SessionKind.COWORKING, SessionKind.VIRTUAL_COWORKING})


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who sends invitations, and where answers to them go."""

    name: str
    email: str


def invitation(
    session: SessionRecord,
    recipient: PersonRef,
    method: Method,
    *,
    organizer: Organizer,
    stamp: datetime,
    accepted: bool = False,
    serves: str = "",
) -> bytes:
    """One recipient's copy of a session as an iCalendar message, UTF-8 with CRLF line ends.

    Args:
        session: `sequence` is the one to send; a cancellation needs a higher one than its invitation
            (RFC 5546 §2.1.4).
        stamp: when this message was decided, aware UTC; two messages made alike are byte for byte alike.
        accepted: the recipient said yes already (a junior who booked). The senior always has.
        serves: what it is for, in a sentence that anybody may read: calendars are open to others.
    """
    clock = _clock(session)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if isinstance(clock, ZoneInfo):
        calendar.add_component(time_zone(clock, session.start.year))
    calendar.add_component(_event(session, recipient, method, organizer, stamp, accepted, serves))
    return _written(calendar)


def uid(session_id: str) -> str:
    """The same for every copy, change and cancellation of a session, whatever its id holds."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", session_id):
        session_id = hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"session-{session_id}@officeday"


def about(session: SessionRecord, recipient: PersonRef) -> list[str]:
    """What the session is for and whom one meets, a sentence each."""
    session = cleaned(session)
    sentences = [f"For: {session.title}"] if session.title else []
    if company := _company(session, recipient):
        sentences.append(company)
    if session.kind in CHECKED_IN:
        sentences.append("Everybody does their own work; there is a check-in every 30 minutes.")
    return sentences


def readdressed(message: bytes, email: str) -> bytes:
    """The same message with `email` as its only attendee, rooms left out: for trying things out.

    A client that answers then writes to the organizer, our own address, and to nobody else.
    """
    calendar = Calendar.from_ical(message)
    for event in calendar.walk("VEVENT"):
        listed = event["ATTENDEE"]
        person = next(each for each in (listed if isinstance(listed, list) else [listed]) if _is_person(each))
        alone = vCalAddress(_mailto(email))
        alone.params = person.params
        event["ATTENDEE"] = alone
    return _written(calendar)


def time_zone(zone: ZoneInfo, year: int) -> Timezone:
    """A VTIMEZONE that holds from a year before `year` to a year after it.

    Each observance starts at the clock time that the one before it would show, as RFC 5545 §3.6.5 asks.
    icalendar 7.3 writes the clock time after the change where clocks go forward, an hour too late.
    """
    component = Timezone()
    component.add("tzid", zone.key)
    first = datetime(year - 1, 1, 1, tzinfo=UTC)
    component.add_component(_observance(first, first, zone))
    for day in range(3 * 366):
        before, after = (first + timedelta(days=day + more) for more in (0, 1))
        if _offset(before, zone) != _offset(after, zone):
            component.add_component(_observance(before, _change(before, after, zone), zone))
    return component


def _event(
    session: SessionRecord,
    recipient: PersonRef,
    method: Method,
    organizer: Organizer,
    stamp: datetime,
    accepted: bool,
    serves: str,
) -> Event:
    cancelled = method == "CANCEL"
    clock = _clock(session)
    event = Event()
    event.add("uid", uid(session.id))
    event.add("sequence", session.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", session.start.astimezone(clock))
    event.add("dtend", session.end.astimezone(clock))
    event.add("summary", words.session_name(cleaned(session), recipient))
    says = [*about(session, recipient), cleaned(serves), NO_ORDER]
    event.add("description", "\n".join(filter(None, says)))
    event.add("location", words.place(cleaned(session)))
    event.add("organizer", _address(organizer.name, organizer.email))
    event.add("attendee", _attendee(recipient, accepted or recipient.id == session.senior.id))
    if session.room_email is not None:
        event.add("attendee", _room(session.room or "", session.room_email))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "FREE" if cancelled else "BUSY")
    return event


def _clock(session: SessionRecord) -> tzinfo:
    """The zone to write times in: UTC round a clock change.

    RFC 5545 §3.3.5 says which of two equal clock times is meant, but readers differ, over lengths too.
    """
    zone = ZoneInfo(session.timezone)
    changes = _offset(session.start - NEAR, zone) != _offset(session.end + NEAR, zone)
    return UTC if changes or zone.key == "UTC" else zone


def _company(session: SessionRecord, recipient: PersonRef) -> str:
    """Whom one meets beside those that the session's name says already."""
    others = words.listed([junior.name for junior in session.juniors if junior.id != recipient.id])
    if not others or session.kind in FOR_TWO:
        return ""
    if recipient.id == session.senior.id:
        return f"With {others}"
    return f"Also there: {others}" if session.kind in KNOWN_COMPANY else ""


def _attendee(person: PersonRef, accepted: bool) -> vCalAddress:
    attendee = _address(person.name, person.email)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED" if accepted else "NEEDS-ACTION")
    attendee.params["RSVP"] = vText("FALSE" if accepted else "TRUE")
    return attendee


def _room(name: str, email: str) -> vCalAddress:
    room = _address(name, email)
    room.params["CUTYPE"] = vText("ROOM")
    room.params["ROLE"] = vText("NON-PARTICIPANT")
    return room


def _is_person(attendee: Any) -> bool:
    return bool(attendee.params.get("CUTYPE") == "INDIVIDUAL")


def _written(calendar: Calendar) -> bytes:
    written: bytes = calendar.to_ical()
    return written


def _address(name: str, email: str) -> vCalAddress:
    address = vCalAddress(_mailto(email))
    address.params["CN"] = vText(one_line(name).replace('"', "'"))  # RFC 5545 §3.2: no quotes in a parameter
    return address


def _mailto(email: str) -> str:
    return "mailto:" + quote(email.encode("utf-8", "replace"), safe="@!#$&'*+/=?^_`{|}~.-")


def _observance(before: datetime, change: datetime, zone: ZoneInfo) -> Component:
    """What the clock shows from `change` on; `before`: an instant of the observance it ends."""
    # Ireland and Morocco have a winter time of less than standard; readers expect daylight time to be more.
    daylight = _saving(change, zone) > min(_saving(before, zone), timedelta(0))
    component = TimezoneDaylight() if daylight else TimezoneStandard()
    component.add("dtstart", (change + _offset(before, zone)).replace(tzinfo=None))
    component.add("tzoffsetfrom", _offset(before, zone))
    component.add("tzoffsetto", _offset(change, zone))
    component.add("tzname", change.astimezone(zone).tzname())
    return component


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def _saving(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).dst() or timedelta(0)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The whole minute between the two from which `after`'s offset holds."""
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if _offset(middle, zone) == _offset(before, zone):
            before = middle
        else:
            after = middle
    return after
