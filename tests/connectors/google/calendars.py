"""The calendars of a company at Google: what the API does to them, and what people do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Event = dict[str, Any]
Role = Literal["none", "freeBusyReader", "reader"]

#: What the server itself says of every event (the document: "Read-only").
_OWN = {"etag", "created", "updated", "creator", "organizer", "htmlLink", "hangoutLink", "iCalUID", "kind"}
_ID = re.compile(r"[a-v0-9]{5,1024}")


class ApiRefused(Exception):
    """An error of the Calendar API."""

    def __init__(self, status: int, reason: str, message: str, domain: str = "global") -> None:
        super().__init__(message)
        self.status, self.reason, self.domain = status, reason, domain

    @property
    def said(self) -> dict[str, Any]:
        message = str(self)
        one = {"domain": self.domain, "reason": self.reason, "message": message}
        return {"error": {"errors": [one], "code": self.status, "message": message}}


@dataclass
class Calendar:
    """One calendar: events in the API's own form, and bare busy times."""

    zone: str = "UTC"
    role: Role = "freeBusyReader"  #: what everybody else of the company may see
    is_room: bool = False
    busy: Sequence[tuple[datetime, datetime]] = ()
    events: dict[str, Event] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """Mails that were sent for one change of an event."""

    event_id: str
    send_updates: str
    people: frozenset[str]
    cancelled: bool = False


class Calendars:
    """By address in lower case. Not safe for threads: `GoogleServer` keeps one lock around it."""

    def __init__(self) -> None:
        self.there: dict[str, Calendar] = {}
        self.groups: dict[str, list[str]] = {}
        self.notices: list[Notice] = []
        self.presets: list[str] = []  #: attendees whose answer was given by us and not by them
        self.meet_is_slow = False
        self._invitations: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._changes = 0

    # --- what people do -----------------------------------------------------------------------------

    def add(
        self,
        address: str,
        busy: Sequence[tuple[datetime, datetime]] = (),
        *,
        zone: str = "UTC",
        role: Role = "freeBusyReader",
        room: bool = False,
    ) -> Calendar:
        self.there[address.lower()] = Calendar(zone, role, room, busy)
        return self.there[address.lower()]

    def put(self, address: str, event: Event) -> str:
        """A person's own event, whatever it says."""
        event = {"id": f"person{len(self.there[address].events):06}", **event}
        self._keep(address, self.there[address], event)
        return str(event["id"])

    def event(self, address: str, event_id: str) -> Event:
        return deepcopy(self.there[address].events[event_id])

    def live(self, address: str) -> list[Event]:
        """Events that were not removed."""
        return [deepcopy(one) for one in self.there[address].events.values() if one["status"] != "cancelled"]

    def remove(self, address: str, event_id: str) -> None:
        """A person removes an event; its id stays taken."""
        event = self.there[address].events[event_id]
        self._keep(address, self.there[address], {**event, "status": "cancelled"})

    def forget(self, address: str, event_id: str) -> None:
        """What happens weeks after a removal: nothing is left."""
        del self.there[address].events[event_id]

    def move(self, address: str, event_id: str, start: datetime, end: datetime) -> None:
        """A person moves an event."""
        self.edit(address, event_id, start=_moment(start), end=_moment(end))

    def edit(self, address: str, event_id: str, **changes: Any) -> None:
        """A person changes some fields of an event."""
        event = self.there[address].events[event_id]
        self._keep(address, self.there[address], {**event, **changes, "sequence": event["sequence"] + 1})

    def answer(self, address: str, event_id: str, email: str, response: str) -> None:
        """An attendee answers, or a room's calendar by itself.

        Raises:
            KeyError: nobody of that address is invited.
        """
        event = self.event(address, event_id)
        (attendee,) = [one for one in event["attendees"] if one["email"].lower() == email.lower()] or [None]
        if attendee is None:
            raise KeyError(email)
        attendee["responseStatus"] = response
        self._keep(address, self.there[address], event)

    def rooms_answer(self) -> None:
        """Rooms that were asked take what they are free for and decline the rest."""
        for address, calendar in self.there.items():
            for event in list(calendar.events.values()):
                for attendee in event.get("attendees", ()):
                    room = self.there.get(attendee["email"].lower())
                    if room is not None and room.is_room and attendee["responseStatus"] == "needsAction":
                        free = not self._taken(attendee["email"], event)
                        response = "accepted" if free else "declined"
                        self.answer(address, event["id"], attendee["email"], response)

    def meet_settles(self) -> None:
        """Meeting links that were being made are there."""
        for address, calendar in self.there.items():
            for event in list(calendar.events.values()):
                if event.get("conferenceData", {}).get("createRequest"):
                    self._keep(address, calendar, event | _meeting(event["conferenceData"]["createRequest"]))

    def _taken(self, room: str, event: Event) -> bool:
        start, end = _span(event, "UTC")
        return any(
            a < end and start < b for a, b in self.busy_times(room, start, end, leaving_out=event["id"])
        )

    # --- what the API does --------------------------------------------------------------------------

    def busy_times(
        self, address: str, start: datetime, end: datetime, *, leaving_out: str | None = None
    ) -> list[tuple[datetime, datetime]]:
        """Merged and clipped, of own events and of invitations that were not declined."""
        calendar = self.there[address.lower()]
        found = list(calendar.busy)
        found += [_span(one, calendar.zone) for one in calendar.events.values() if _blocks(one)]
        for organizer, event_id in self._invitations[address.lower()]:
            event = self.there[organizer].events.get(event_id)
            if event is not None and event_id != leaving_out and _blocks(event) and _comes(event, address):
                found.append(_span(event, calendar.zone))
        return _merged((max(a, start), min(b, end)) for a, b in found)

    def insert(self, address: str, event: Event, query: Mapping[str, str]) -> Event:
        calendar = self.there[address]
        event_id = event.get("id", f"made{self._changes:08}")
        if not _ID.fullmatch(event_id):
            raise ApiRefused(400, "invalid", "Invalid resource id value.")
        if event_id in calendar.events:
            raise ApiRefused(409, "duplicate", "The requested identifier already exists.")
        return self._write(address, {**event, "id": event_id}, None, query)

    def get(self, address: str, event_id: str) -> Event:
        try:
            return self.there[address].events[event_id]
        except KeyError:
            raise ApiRefused(404, "notFound", "Not Found") from None

    def change(
        self,
        address: str,
        event_id: str,
        changes: Event,
        query: Mapping[str, str],
        match: str,
        *,
        patch: bool,
    ) -> Event:
        before = self.get(address, event_id)
        if match and match != before["etag"]:
            raise ApiRefused(412, "conditionNotMet", "Precondition Failed")
        restored = before["status"] == "cancelled" and changes.get("status", "confirmed") != "cancelled"
        if changes.get("sequence", -1 if restored else before["sequence"]) < before["sequence"]:
            raise ApiRefused(400, "invalid", "Invalid sequence value.")
        kept = {
            name: value for name, value in before.items() if name in _OWN | {"id", "sequence", "eventType"}
        }
        return self._write(
            address, _patched(before, changes) if patch else {**kept, **changes}, before, query
        )

    def delete(self, address: str, event_id: str, query: Mapping[str, str]) -> None:
        event = self.get(address, event_id)
        if event["status"] == "cancelled":
            raise ApiRefused(410, "deleted", "Resource has been deleted")
        self.remove(address, event_id)
        self._notify(event, query, cancelled=True)

    def listed(self, address: str, query: Mapping[str, list[str]]) -> list[Event]:
        """Events that a list asks for, by start."""
        calendar = self.there[address]
        earliest = datetime.fromisoformat(query["timeMin"][0]) if "timeMin" in query else None
        latest = datetime.fromisoformat(query["timeMax"][0]) if "timeMax" in query else None
        if earliest and latest and earliest >= latest:
            raise ApiRefused(400, "timeRangeEmpty", "The specified time range is empty.")
        kinds = query.get("eventTypes")
        properties = [text.partition("=") for text in query.get("privateExtendedProperty", [])]
        found = []
        for event in calendar.events.values():
            start, end = _span(event, calendar.zone)
            private = event.get("extendedProperties", {}).get("private", {})
            if (
                (event["status"] != "cancelled" or query.get("showDeleted") == ["true"])
                and (kinds is None or event.get("eventType", "default") in kinds)
                and all(private.get(name) == value for name, _, value in properties)
                and (earliest is None or end > earliest)
                and (latest is None or start < latest)
            ):
                found.append((start, event["id"], event))
        return [event for _, _, event in sorted(found, key=lambda one: one[:2])]

    def _write(self, address: str, event: Event, before: Event | None, query: Mapping[str, str]) -> Event:
        calendar = self.there[address]
        if any({"date", "dateTime"} <= event[name].keys() for name in ("start", "end")):
            raise ApiRefused(
                400, "invalid", "Start and end times must either both be date or both be dateTime."
            )
        start, end = _span(event, calendar.zone)
        if start >= end:
            raise ApiRefused(400, "timeRangeEmpty", "The specified time range is empty.")
        event = self._with_meeting(event, before, query)
        event["attendees"] = [self._attendee(one, before) for one in event.get("attendees", [])]
        if before is not None and _span(before, calendar.zone) != (start, end):
            event["sequence"] = before["sequence"] + 1
        event.setdefault("organizer", {"email": address, "self": True})
        kept = self._keep(address, calendar, event)
        self._notify(kept, query)
        return kept

    def _with_meeting(self, event: Event, before: Event | None, query: Mapping[str, str]) -> Event:
        request = (event.get("conferenceData") or {}).get("createRequest")
        if query.get("conferenceDataVersion") != "1":
            earlier = (before or {}).get("conferenceData")
            event = {name: value for name, value in event.items() if name != "conferenceData"}
            return {**event, "conferenceData": earlier} if earlier else event
        if event.get("conferenceData") is None:
            return {name: one for name, one in event.items() if name not in ("conferenceData", "hangoutLink")}
        if request is None or "hangoutLink" in event:
            return event
        if not request.get("requestId"):
            raise ApiRefused(400, "invalid", "Invalid conference request.")
        if self.meet_is_slow:
            pending = {**request, "status": {"statusCode": "pending"}}
            return {**event, "conferenceData": {"createRequest": pending}}
        return event | _meeting(request)

    def _attendee(self, asked: Mapping[str, Any], before: Event | None) -> dict[str, Any]:
        if "@" not in asked.get("email", ""):
            raise ApiRefused(400, "invalid", "Invalid attendee email.")
        earlier = next(
            (one for one in (before or {}).get("attendees", ()) if one["email"] == asked["email"]), {}
        )
        response = asked.get("responseStatus", "needsAction")
        if response not in ("needsAction", earlier.get("responseStatus")):
            self.presets.append(asked["email"])
        resource = earlier.get("resource", False) if earlier else asked.get("resource", False)
        return {
            **{name: value for name, value in asked.items() if name != "resource"},
            "responseStatus": response,
            **({"resource": True} if resource else {}),
        }

    def _keep(self, address: str, calendar: Calendar, event: Event) -> Event:
        self._changes += 1
        moment = f"2026-01-01T00:00:00.{self._changes % 1000:03}Z"
        kept = {
            "kind": "calendar#event",
            "status": "confirmed",
            "created": moment,
            "iCalUID": f"{event['id']}@google.com",
            "htmlLink": f"https://www.google.com/calendar/event?eid={event['id']}",
            "organizer": {"email": address, "self": True},
            "sequence": 0,
            "eventType": "default",
            **event,
            "etag": f'"{self._changes}"',
            "updated": moment,
        }
        for attendee in kept.get("attendees", ()):
            self._invitations[attendee["email"].lower()].add((address, kept["id"]))
        calendar.events[kept["id"]] = kept
        return kept

    def _notify(self, event: Event, query: Mapping[str, str], *, cancelled: bool = False) -> None:
        updates = query.get("sendUpdates", "none")
        people = {one["email"].lower() for one in event.get("attendees", ()) if not one.get("resource")}
        if updates == "externalOnly":
            people = {one for one in people if one not in self.there}
        if updates != "none" and people:
            self.notices.append(Notice(event["id"], updates, frozenset(people), cancelled))


def _patched(before: Event, changes: Event) -> Event:
    """RFC 7396, which is what the API does: null removes, objects are merged, lists replaced."""
    after = dict(before)
    for name, value in changes.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, dict):
            after[name] = _patched(after.get(name) or {}, value)
        else:
            after[name] = value
    return after


def _meeting(request: Mapping[str, Any]) -> Event:
    link = f"https://meet.google.com/{request['requestId'][:4]}-abcd-efg"
    return {
        "hangoutLink": link,
        "conferenceData": {
            "createRequest": {**request, "status": {"statusCode": "success"}},
            "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
            "entryPoints": [{"entryPointType": "video", "uri": link}],
        },
    }


def _moment(instant: datetime) -> dict[str, str]:
    return {"dateTime": instant.astimezone(UTC).isoformat().replace("+00:00", "Z")}


def _blocks(event: Event) -> bool:
    return (
        event["status"] != "cancelled"
        and event.get("transparency") != "transparent"
        and event.get("eventType") != "workingLocation"
    )


def _comes(event: Event, address: str) -> bool:
    return any(
        one["email"].lower() == address.lower() and one["responseStatus"] != "declined"
        for one in event["attendees"]
    )


def _span(event: Event, zone: str) -> tuple[datetime, datetime]:
    return _instant(event["start"], zone), _instant(event["end"], zone)


def _instant(said: Mapping[str, str], zone: str) -> datetime:
    if "date" in said:
        return datetime.combine(date.fromisoformat(said["date"]), time(), ZoneInfo(zone))
    moment = datetime.fromisoformat(said["dateTime"])
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(said["timeZone"]))


def _merged(times: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted((a, b) for a, b in times if a < b):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def days_between(first: date, last: date) -> Iterator[date]:
    """First and last included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
