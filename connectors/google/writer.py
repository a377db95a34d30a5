"""The organizer's Google calendar: events that are made once, whatever happens on the way.

An event's id is its draft's key, so a second insert of it is refused (409) and not doubled; a removed
event keeps its id, so it is not made again unseen. Which draft it was last written from stands in a
private property, and so does that it is ours: nothing else is ever changed.

Changes are patches under `If-Match`: what a person has changed since we looked is read before anything
is written over it. Answers of attendees are carried over while the time stays, and never preset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from connectors.base import (
    Attendee,
    EventDraft,
    EventGone,
    Refused,
    Response,
    Unreachable,
    Unreadable,
    WrittenEvent,
)
from connectors.google.api import CalendarApi
from connectors.google.moments import as_instant, event_time, rfc3339, whole_seconds
from connectors.google.office_days import zone_of
from planner.domain import Interval

#: Private properties of an event: that it is ours, its key (a copy that somebody makes has another id),
#: and the version of its draft.
MARK, KEY, VERSION = "officeday", "officedayKey", "officedayVersion"
_OURS = "1"
#: What is read of an event of ours. No title, place or text.
_EVENT = (
    "id,status,etag,sequence,start,end,attendees(email,responseStatus),"
    "extendedProperties/private,hangoutLink,conferenceData(createRequest/status,entryPoints(entryPointType,uri))"
)
_PAGE = 250
_RESPONSES = {
    "needsAction": Response.NEEDS_ACTION,
    "accepted": Response.ACCEPTED,
    "tentative": Response.TENTATIVE,
    "declined": Response.DECLINED,
}

Event = Mapping[str, Any]


class GoogleWriter:
    """Events in one mailbox's calendar (`connectors.base.EventWriter`)."""

    def __init__(self, api: CalendarApi, organizer: str) -> None:
        self._api = api
        self._organizer = organizer

    def write(self, draft: EventDraft, *, quietly: bool = False, restore: bool = False) -> WrittenEvent:
        """See `connectors.base.EventWriter`."""
        there = self._found(draft.key)
        if there is None:
            made = self._insert(draft, quietly)
            if made is not None:
                return _written(made)
            # the id is taken: by a call of ours whose answer was lost, or by an event that is not shown
            there = self._found(draft.key) or {"status": "cancelled"}
        if there.get("status") == "cancelled" and not restore:
            raise EventGone("Somebody removed the event from the organizer's calendar.")
        if _is_in_line(there, draft):
            return _written(there)
        changed = self._change(there, draft, quietly)
        if changed is None:  # it is another event than we have read: by a call of ours, too, or by a person
            changed = self._found(draft.key)
            if changed is None or not _is_in_line(changed, draft):
                raise Unreachable("Somebody has changed the event just now, so it is looked at again soon.")
        return _written(changed)

    def withdraw(self, key: str, *, quietly: bool = False) -> None:
        """See `connectors.base.EventWriter`."""
        there = self._found(key)
        if there is None:
            # of a calendar that we are not shown, Google says the same: then it may be there
            next(self._api.pages(calendarId=self._organizer, maxResults=1, fields="nextPageToken,items(id)"))
        elif there.get("status") != "cancelled":
            self._api.delete(calendarId=self._organizer, eventId=key, sendUpdates=_updates(quietly))

    def written(self, window: Interval) -> Iterator[WrittenEvent]:
        """See `connectors.base.EventWriter`."""
        asked = whole_seconds(window)
        pages = self._api.pages(
            calendarId=self._organizer,
            privateExtendedProperty=[f"{MARK}={_OURS}"],
            timeMin=rfc3339(asked.start),
            timeMax=rfc3339(asked.end),
            maxResults=_PAGE,
            fields=f"nextPageToken,timeZone,items({_EVENT})",
        )
        for page in pages:
            zone = zone_of(page, UTC)
            for event in page.events:
                if not _is_ours(event) or event.get("status") == "cancelled":
                    continue
                one = _written(event, zone)
                if one.start < window.end and window.start < one.end:
                    yield one

    def invites(self) -> bool:
        """See `connectors.base.EventWriter`."""
        return True

    def _found(self, key: str) -> Event | None:
        """The event of a key, removed or not; None: there never was one.

        Raises:
            Refused: the id belongs to an event that is not ours.
        """
        event = self._api.event(calendarId=self._organizer, eventId=key, fields=_EVENT)
        if event is not None and event.get("status") != "cancelled" and not _is_ours(event):
            raise Refused(
                "The organizer's calendar has an event under our id that officeday has not made. "
                "It is left alone."
            )
        return event

    def _insert(self, draft: EventDraft, quietly: bool) -> Event | None:
        attendees = [_invited(attendee, None) for attendee in draft.attendees]
        meeting = {"conferenceData": _meeting(draft)} if draft.online else {}
        body = {"id": draft.key, **_said(draft), "attendees": attendees, **meeting}
        return self._api.insert(calendarId=self._organizer, body=body, **_asking(quietly))

    def _change(self, there: Event, draft: EventDraft, quietly: bool) -> Event | None:
        answers = _answers_that_stand(there, draft)
        body: dict[str, Any] = {
            **_said(draft),
            "attendees": [_invited(one, answers.get(one.email.lower())) for one in draft.attendees],
        }
        for end in ("start", "end"):
            body[end]["date"] = None  # a person may have made it all-day
        if "sequence" in there:
            body["sequence"] = there["sequence"]  # without it, Google refuses to bring a removed event back
        if not draft.online:
            body["conferenceData"] = None
        elif _link(there) is None:
            body["conferenceData"] = _meeting(draft)
        return self._api.patch(
            there.get("etag", "*"),
            calendarId=self._organizer,
            eventId=draft.key,
            body=body,
            **_asking(quietly),
        )


def _asking(quietly: bool) -> dict[str, Any]:
    return {"sendUpdates": _updates(quietly), "conferenceDataVersion": 1, "fields": _EVENT}


def _updates(quietly: bool) -> str:
    """Whom Google sends a mail.

    Quietly is `externalOnly` and not `none`: calendars at Google change without any mail, and of `none`
    the discovery document warns that guests elsewhere may lose the event.
    """
    return "externalOnly" if quietly else "all"


def _said(draft: EventDraft) -> dict[str, Any]:
    """What a draft says but for its attendees."""
    return {
        "summary": draft.title,
        "description": draft.description,
        "location": draft.location,
        "start": {"dateTime": rfc3339(draft.start), "timeZone": "UTC"},
        "end": {"dateTime": rfc3339(draft.end), "timeZone": "UTC"},
        "status": "tentative" if draft.tentative else "confirmed",
        "guestsCanInviteOthers": False,
        "extendedProperties": {"private": {MARK: _OURS, KEY: draft.key, VERSION: str(draft.version)}},
    }


def _invited(attendee: Attendee, answer: str | None) -> dict[str, Any]:
    return {
        "email": attendee.email,
        **({"displayName": attendee.name} if attendee.name else {}),
        **({"resource": True} if attendee.is_room else {}),
        "responseStatus": answer or "needsAction",
    }


def _meeting(draft: EventDraft) -> dict[str, Any]:
    # Google ignores a request whose id it has seen, so another version asks anew
    request = {"requestId": f"{draft.key}-{draft.version}", "conferenceSolutionKey": {"type": "hangoutsMeet"}}
    return {"createRequest": request}


def _answers_that_stand(there: Event, draft: EventDraft) -> dict[str, str]:
    """Who has answered what, by address in lower case: an answer is about a time, and about an event."""
    try:
        stand = _ends(there, UTC) == (draft.start, draft.end) and there.get("status") != "cancelled"
    except Unreadable:
        stand = False
    attendees = there.get("attendees", []) if stand else []
    return {one["email"].lower(): one["responseStatus"] for one in attendees if "responseStatus" in one}


# --- an event as Google has it ---------------------------------------------------------------------


def _private(event: Event) -> Mapping[str, Any]:
    properties = event.get("extendedProperties")
    private = properties.get("private") if isinstance(properties, Mapping) else None
    return private if isinstance(private, Mapping) else {}


def _is_ours(event: Event) -> bool:
    private = _private(event)
    return private.get(MARK) == _OURS and private.get(KEY) == event.get("id")


def _version(event: Event) -> int:
    """Of the draft it was last written from; 0 where somebody has spoilt it, so that it's written anew."""
    text = _private(event).get(VERSION)
    return int(text) if isinstance(text, str) and text.isdecimal() else 0


def _is_in_line(event: Event, draft: EventDraft) -> bool:
    """Was it written from this draft, or a later one? What a person has changed since is not undone."""
    return event.get("status") != "cancelled" and _version(event) >= draft.version


def _written(event: Event, zone: tzinfo = UTC) -> WrittenEvent:
    """
    Args:
        zone: for an event that a person made all-day.

    Raises:
        Unreadable: it lacks what every event has.
    """
    start, end = _ends(event, zone)
    try:
        answers = {one["email"].lower(): _response(one) for one in event.get("attendees", [])}
        key = str(event["id"])
    except (KeyError, TypeError, AttributeError):
        raise Unreadable("Google's answer holds an event that cannot be read.") from None
    return WrittenEvent(
        key=key,
        version=_version(event),
        start=start,
        end=end,
        tentative=event.get("status") == "tentative",
        responses=answers,
        link=_link(event),
    )


def _response(attendee: Mapping[str, Any]) -> Response:
    return _RESPONSES.get(attendee.get("responseStatus", ""), Response.NEEDS_ACTION)


def _ends(event: Event, zone: tzinfo) -> tuple[datetime, datetime]:
    try:
        start, end = (as_instant(event_time(event.get(name), zone), zone) for name in ("start", "end"))
    except (ValueError, OverflowError):
        raise Unreadable("Google's answer holds an event without a time.") from None
    return start, end


def _link(event: Event) -> str | None:
    """Where to meet online; None while Google is still making it."""
    meeting = event.get("conferenceData")
    points = meeting.get("entryPoints", []) if isinstance(meeting, Mapping) else []
    links = [
        event.get("hangoutLink"),
        *(one.get("uri") for one in points if one.get("entryPointType") == "video"),
    ]
    return next((link for link in links if isinstance(link, str) and link.startswith("https://")), None)
