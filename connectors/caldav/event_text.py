"""An event of ours as iCalendar text (RFC 5545), and back.

Its UID is made of the key, which is how it is told from everybody else's events, wherever in the
calendar it stands. The version is kept in a property of its own: calendar programs raise SEQUENCE
when a person moves an event.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from icalendar import Calendar, Event, vCalAddress, vText

from connectors.base import Attendee, EventDraft, Response, Unreadable, WrittenEvent
from connectors.ics import OWN_UID_SUFFIX
from connectors.ics.contentlines import Component, read_calendars
from connectors.ics.events import Unclear, read_events
from connectors.ics.zones import Zones

PRODUCT = "-//officeday//events//EN"
VERSION = "X-OFFICEDAY-VERSION"

#: characters; ours are much shorter, and what a person has made of one need not be read at any price
MAX_TEXT = 256 * 1024
_FOLD = re.compile(r"\r?\n[ \t]")
_OUR_UID = re.compile(
    rf"^UID(?:;[^:\r\n]*)?:([a-v0-9]{{20,64}}){re.escape(OWN_UID_SUFFIX)}\s*$", re.MULTILINE
)
_NOT_PRINTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029]")


def uid(key: str) -> str:
    return key + OWN_UID_SUFFIX


def our_key(text: str) -> str | None:
    """The key of an event; None if it is not ours. Nothing else of the text is looked at."""
    found = set(_OUR_UID.findall(_FOLD.sub("", text)))
    return found.pop() if len(found) == 1 else None


def as_text(
    draft: EventDraft, organizer: str, stamp: datetime, sequence: int, answers: dict[str, Response]
) -> bytes:
    """The event of a draft.

    Args:
        organizer: address of the calendar's owner, as a URI.
        stamp: when this was written, aware UTC.
        sequence: higher than that of any text of this event before.
        answers: of attendees who have answered already, by address in lower case.
    """
    event = Event()
    event.add("uid", uid(draft.key))
    event.add("sequence", sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", draft.start.astimezone(UTC))
    event.add("dtend", draft.end.astimezone(UTC))
    event.add("summary", _printed(draft.title))
    event.add("description", _printed(draft.description))
    event.add("location", _printed(draft.location))
    event.add("organizer", vCalAddress(organizer))
    for attendee in draft.attendees:
        answer = answers.get(attendee.email.lower(), Response.NEEDS_ACTION)
        event.add("attendee", _address(attendee, answer))
    event.add("status", "TENTATIVE" if draft.tentative else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "TENTATIVE" if draft.tentative else "BUSY")
    event.add(VERSION.lower(), str(draft.version))
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


class StoredEvent:
    """An event of ours, as the calendar has it."""

    def __init__(self, text: str) -> None:
        """
        Raises:
            Unreadable: somebody has made something of it that says no time.
        """
        if len(text) > MAX_TEXT:
            raise Unreadable("Somebody has made an event of ours too large to read.")
        try:
            event = Calendar.from_ical(text).walk("VEVENT")[0]
            self._start, self._end = _times(text)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            raise Unreadable("Somebody has made an event of ours unreadable.") from None
        self.key = our_key(text) or ""
        self.sequence = _whole(event.get("SEQUENCE"))
        self.version = _whole(event.get(VERSION)) or max(self.sequence, 1)
        status = str(event.get("STATUS", "")).upper()
        self.is_cancelled = status == "CANCELLED"
        self._is_tentative = status == "TENTATIVE"
        self.responses = dict(_answer(attendee) for attendee in _listed(event.get("ATTENDEE")))

    @property
    def written(self) -> WrittenEvent:
        return WrittenEvent(
            key=self.key,
            version=self.version,
            start=self._start,
            end=self._end,
            tentative=self._is_tentative,
            responses=self.responses,
        )

    def answers_to(self, draft: EventDraft) -> dict[str, Response]:
        """The answers that hold for a draft: to another time, everybody answers anew (RFC 6638 §3.2.8)."""
        return self.responses if (self._start, self._end) == (draft.start, draft.end) else {}


def _times(text: str) -> tuple[datetime, datetime]:
    """Start and end, read as those of any calendar: a program may have written them in a zone of its own."""
    calendars = read_calendars(text.encode())
    component: Component = next(calendars[0].named("VEVENT"))
    event = read_events(component, Zones(calendars[0]), UTC)[0]
    if event.unclear is not None or event.end <= event.start.instant:
        raise Unclear(event.unclear or "takes no time")
    return event.start.instant, event.end


def _address(attendee: Attendee, answer: Response) -> vCalAddress:
    address = vCalAddress("mailto:" + quote(_printed(attendee.email), safe="@!#$&'*+/=?^_`{|}~.-"))
    name = " ".join(_printed(attendee.name).replace('"', "'").split())  # RFC 5545 §3.2: no quotes in it
    if name:
        address.params["CN"] = vText(name)
    address.params["CUTYPE"] = vText("ROOM" if attendee.is_room else "INDIVIDUAL")
    address.params["ROLE"] = vText("NON-PARTICIPANT" if attendee.is_room else "REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText(answer.value.upper())
    address.params["RSVP"] = vText("TRUE" if answer is Response.NEEDS_ACTION else "FALSE")
    return address


def _answer(attendee: Any) -> tuple[str, Response]:
    """Address in lower case, and PARTSTAT; what is none of the four is no answer yet."""
    uri = str(attendee)
    email = unquote(uri[7:] if uri.lower().startswith("mailto:") else uri).lower()
    try:
        return email, Response(str(attendee.params.get("PARTSTAT", "")).lower())
    except ValueError:
        return email, Response.NEEDS_ACTION


def _listed(found: Any) -> list[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _whole(found: Any) -> int:
    text = str(found)
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0


def _printed(text: str) -> str:
    """Without control characters and lone surrogates, which servers refuse; line ends and tabs may stay."""
    whole = text.encode("utf-8", "replace").decode()
    return _NOT_PRINTED.sub(" ", whole.replace("\r\n", "\n").replace("\r", "\n"))
