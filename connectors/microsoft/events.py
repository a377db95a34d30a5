"""Drafts in Graph's words, and events as Graph tells them.

An event of ours carries three named properties in a namespace of our own (extended properties: event
resources of Graph, named properties of Exchange): the draft's key, its version, and a digest of its
text, so that nobody has to compare a text that Exchange has put into HTML. Copies in attendees'
calendars may carry them, too; an event is ours where the mailbox is its organizer.
"""

from __future__ import annotations

import hashlib
import html
import uuid
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from connectors.base import EventDraft, Response, Unreadable, WrittenEvent
from connectors.microsoft.schedule import instant

_NAMESPACE = "{5b8a3c1e-90d7-4f0e-8f3c-6f66696365d1}"
KEY = f"String {_NAMESPACE} Name OfficedayKey"
VERSION = f"String {_NAMESPACE} Name OfficedayVersion"
TEXT = f"String {_NAMESPACE} Name OfficedayText"
MADE = f"String {_NAMESPACE} Name OfficedayMade"
MADE_BY_US = "officeday"
#: what is asked of an event; its text stays where it is
SELECTED = (
    "subject,start,end,location,attendees,showAs,isOnlineMeeting,onlineMeeting,isOrganizer,isCancelled,"
    "createdDateTime"
)
#: ends our text: behind it Teams puts how to join, and without that the meeting is no longer online
#: (https://learn.microsoft.com/graph/api/event-update, "body property and online meetings")
_LAST_LINE = "Kept by officeday."
_MOST_LETTERS = 255  #: of a subject
_RESPONSES = {
    "accepted": Response.ACCEPTED,
    "organizer": Response.ACCEPTED,
    "tentativelyaccepted": Response.TENTATIVE,
    "declined": Response.DECLINED,
}


class _Moment(BaseModel):
    dateTime: str  # noqa: N815 – Graph's spelling, here and below
    timeZone: str = "UTC"  # noqa: N815


class _Address(BaseModel):
    address: str | None = None


class _Status(BaseModel):
    response: str = "none"


class _Attendee(BaseModel):
    emailAddress: _Address = _Address()  # noqa: N815
    type: str = "required"
    status: _Status = _Status()


class _Location(BaseModel):
    displayName: str | None = None  # noqa: N815


class _Meeting(BaseModel):
    joinUrl: str | None = None  # noqa: N815


class _Property(BaseModel):
    id: str
    value: str


class GraphEvent(BaseModel):
    """An event of the organizer's calendar, as far as we look at it."""

    id: str
    etag: str = Field(default="*", alias="@odata.etag")
    subject: str | None = None
    start: _Moment
    end: _Moment
    location: _Location | None = None
    attendees: list[_Attendee] = []
    showAs: str = "busy"  # noqa: N815
    isOnlineMeeting: bool | None = None  # noqa: N815
    onlineMeeting: _Meeting | None = None  # noqa: N815
    isOrganizer: bool = True  # noqa: N815
    isCancelled: bool = False  # noqa: N815
    createdDateTime: str = ""  # noqa: N815 – in UTC, so that texts sort as times do
    singleValueExtendedProperties: list[_Property] = []  # noqa: N815

    def own(self, name: str) -> str | None:
        """One of our properties. Exchange keeps the case of names, and writes the namespace as it likes."""
        named = (one.value for one in self.singleValueExtendedProperties if one.id.lower() == name.lower())
        return next(named, None)

    @property
    def key(self) -> str | None:
        return self.own(KEY)

    @property
    def version(self) -> int:
        text = self.own(VERSION) or ""
        return int(text) if text.isascii() and text.isdigit() else 0

    @property
    def is_ours(self) -> bool:
        return self.isOrganizer and not self.isCancelled and bool(self.key)


def read_event(body: object) -> GraphEvent:
    """
    Raises:
        Unreadable: it is no event.
    """
    try:
        return GraphEvent.model_validate(body)
    except ValidationError:
        raise Unreadable("Microsoft Graph answered something else than an event.") from None


def written_event(event: GraphEvent) -> WrittenEvent:
    """
    Raises:
        Unreadable: nobody can say when it is.
    """
    start, end = _instants(event)
    return WrittenEvent(
        key=event.key or "",
        version=event.version,
        start=start,
        end=end,
        tentative=event.showAs.casefold() == "tentative",
        responses={
            one.emailAddress.address.lower(): _RESPONSES.get(
                one.status.response.casefold(), Response.NEEDS_ACTION
            )
            for one in event.attendees
            if one.emailAddress.address
        },
        link=event.onlineMeeting.joinUrl if event.onlineMeeting is not None else None,
    )


def _instants(event: GraphEvent) -> tuple[datetime, datetime]:
    start = instant(event.start.dateTime, event.start.timeZone)
    end = instant(event.end.dateTime, event.end.timeZone)
    if start is None or end is None:
        raise Unreadable("Microsoft Graph tells the time of an event in a way we cannot read.")
    return start, end


def new_event(draft: EventDraft, attempt: int) -> dict[str, object]:
    """The body that makes an event.

    Args:
        attempt: rises where the event was there and was removed: Graph takes a transaction id once.
    """
    body: dict[str, object] = {
        "subject": draft.title[:_MOST_LETTERS],
        "body": {"contentType": "html", "content": _text(draft.description)},
        "start": _in_utc(draft.start),
        "end": _in_utc(draft.end),
        "location": {"displayName": draft.location},
        "attendees": _attendees(draft),
        "showAs": _shown_as(draft),
        "transactionId": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{draft.key}/{draft.version}/{attempt}")),
        **marks(draft),
    }
    return body | _ONLINE if draft.online else body


#: cannot be taken back (resources/event, isOnlineMeeting)
_ONLINE: dict[str, object] = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}


def marks(draft: EventDraft, *, text: str | None = None) -> dict[str, object]:
    """Our properties.

    Args:
        text: digest of the text that is there, if it is not the draft's.
    """
    values = {
        MADE: MADE_BY_US,
        KEY: draft.key,
        VERSION: str(draft.version),
        TEXT: _digest(draft) if text is None else text,
    }
    return {"singleValueExtendedProperties": [{"id": name, "value": value} for name, value in values.items()]}


def changes(event: GraphEvent, draft: EventDraft) -> dict[str, object]:
    """What must be patched, without the text and our properties."""
    found: dict[str, object] = {}
    if (event.subject or "") != draft.title[:_MOST_LETTERS]:
        found["subject"] = draft.title[:_MOST_LETTERS]
    if _instants(event) != (draft.start, draft.end):
        found |= {"start": _in_utc(draft.start), "end": _in_utc(draft.end)}
    if ((event.location is not None and event.location.displayName) or "") != draft.location:
        found["location"] = {"displayName": draft.location}
    if event.showAs.casefold() != _shown_as(draft):
        found["showAs"] = _shown_as(draft)
    if _invited(event) != {(one.email.lower(), _role(one.is_room)) for one in draft.attendees}:
        found["attendees"] = _attendees(draft)
    if draft.online and not event.isOnlineMeeting:
        found |= _ONLINE
    return found


def has_text(event: GraphEvent, draft: EventDraft) -> bool:
    return event.own(TEXT) == _digest(draft)


def new_text(draft: EventDraft, *, before: str | None) -> dict[str, object] | None:
    """The body with the draft's text in place of ours.

    Args:
        before: what is there, if an online meeting hangs on what stands behind our text.

    Returns:
        None if our text cannot be told from what stands behind it: somebody has edited it.
    """
    content = _text(draft.description)
    if before is not None:
        _, last_line, rest = before.partition(_LAST_LINE)
        if not last_line:
            return None
        content = content.partition(_LAST_LINE)[0] + _LAST_LINE + rest
    return {"body": {"contentType": "html", "content": content}}


def with_marks(event: GraphEvent, patch: dict[str, Any]) -> GraphEvent:
    """An answer to a change, which does not repeat our properties, with them."""
    properties = [_Property(**one) for one in patch.get("singleValueExtendedProperties", ())]
    return event.model_copy(update={"singleValueExtendedProperties": properties}) if properties else event


def _text(description: str) -> str:
    lines = html.escape(description, quote=False).split("\n")
    return f"<div>{'<br>'.join([*lines, '', _LAST_LINE])}</div>"


def _digest(draft: EventDraft) -> str:
    return hashlib.sha256(draft.description.encode()).hexdigest()[:32]


def _in_utc(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _shown_as(draft: EventDraft) -> str:
    return "tentative" if draft.tentative else "busy"


def _role(is_room: bool) -> str:
    return "resource" if is_room else "required"


def _attendees(draft: EventDraft) -> list[dict[str, object]]:
    return [
        {
            "emailAddress": {"address": one.email, "name": one.name or one.email},
            "type": _role(one.is_room),
        }
        for one in draft.attendees
    ]


def _invited(event: GraphEvent) -> set[tuple[str, str]]:
    return {
        (
            (one.emailAddress.address or "").lower(),
            "resource" if one.type.casefold() == "resource" else "required",
        )
        for one in event.attendees
        if one.status.response.casefold() != "organizer"
    }
