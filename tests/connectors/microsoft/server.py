"""A stand-in for Microsoft Graph v1.0: free/busy, batches and one organizer's events, over real HTTP.

Written from the public reference (each rule names its page). It is stricter than Graph where a test
should notice: unknown keys and query options are refused, and so is a request whose answer would
depend on the mailbox's own time zone. `Entra` gives the tokens, on the same port.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from pydantic import BaseModel, ValidationError

from connectors.settings import MicrosoftSettings
from tests.connectors.loopback import Request, Response
from tests.connectors.microsoft.entra import Entra, Grant
from tests.connectors.microsoft.schemas import (
    PROPERTY_ID,
    Batch,
    BatchItem,
    EventCreate,
    EventPatch,
    GetSchedule,
)

AT_ONCE = 4  #: requests of one app to Outlook (concepts/throttling-limits, "Outlook service limits")
MOST_SCHEDULES = 20  #: concepts/outlook-get-free-busy-schedule, "Limits and error conditions"
TOO_LONG = timedelta(days=62)  #: the window must be shorter, same page
#: what Teams puts under the text of an online meeting, which is none without it (event-update)
TEAMS_BLOB = '<div class="me-email-text"><span>' + "_" * 80 + "</span><a>Join the meeting now</a></div>"
#: Pacific time, as Outlook on the desktop writes it (resources/customtimezone)
CUSTOM_ZONE = {
    "@odata.type": "#microsoft.graph.customTimeZone",
    "bias": 480,
    "name": "Customized Time Zone",
    "standardOffset": {
        "time": "02:00:00.0000000",
        "dayOccurrence": 1,
        "dayOfWeek": "sunday",
        "month": 11,
        "year": 0,
    },
    "daylightOffset": {
        "daylightBias": -60,
        "time": "02:00:00.0000000",
        "dayOccurrence": 2,
        "dayOfWeek": "sunday",
        "month": 3,
        "year": 0,
    },
}
_ERROR_TEXTS = {
    "5009": "Unable to resolve e-mail address {address} to an Active Directory object.",
    "5006": "The result set contains too many calendar entries. The allowed size = 1000.",
    "5013": "Microsoft.Exchange.InfoWorker.Common.Availability.NoFreeBusyAccessException: The caller "
    "does not have access to free/busy data for {address}: access is denied.",
}
#: what $select may name
_PROPERTIES = frozenset(
    "id subject body bodyPreview start end location attendees showAs isOnlineMeeting onlineMeeting "  # noqa: SIM905
    "onlineMeetingProvider isCancelled isOrganizer changeKey createdDateTime lastModifiedDateTime "
    "transactionId type organizer responseStatus iCalUId isAllDay".split()
)
_CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)"
_ANY = re.compile(
    r"singleValueExtendedProperties/Any\(\s*ep:\s*ep/id eq '([^']*)' and ep/value eq '([^']*)'\s*\)",
    re.IGNORECASE,
)
_TIME = re.compile(r"(start|end)/dateTime (lt|le|gt|ge) '([^']*)'")
_EXPAND = re.compile(r"singleValueExtendedProperties\(\$filter=(id eq '[^']*'(?: or id eq '[^']*')*)\)")


@dataclass
class Entry:
    """Something in a mailbox's calendar that officeday did not make."""

    start: datetime
    end: datetime | None  #: None: the answer leaves it out
    status: str = "busy"
    subject: str = "SUBJECT-CANARY"
    location: str = "LOCATION-CANARY"


@dataclass
class Event:
    """An event made over the API, in its organizer's calendar."""

    id: str
    organizer: str
    start: datetime
    end: datetime
    created: datetime
    subject: str = ""
    body: str = ""
    location: str = ""
    show_as: str = "busy"
    online: bool = False
    link: str | None = None
    transaction_id: str | None = None
    attendees: dict[str, dict[str, str]] = field(default_factory=dict)  #: address → name, type, response
    properties: dict[str, str] = field(default_factory=dict)  #: extended properties, by id
    revision: int = 1
    is_organizer: bool = True
    cancelled: bool = False

    @property
    def etag(self) -> str:
        return f'W/"{self.id}.{self.revision}"'

    @property
    def key(self) -> str | None:
        """The key of officeday's draft, found by the property's name."""
        return next((value for name, value in self.properties.items() if name.endswith("Key")), None)


@dataclass(frozen=True)
class Mail:
    """What Exchange sent to attendees by itself."""

    kind: str  #: invitation, update or cancellation
    event: str
    to: frozenset[str]


@dataclass
class Mailbox:
    address: str
    entries: list[Entry] = field(default_factory=list)
    events: dict[str, Event] = field(default_factory=dict)
    error: tuple[str, str] | None = None  #: responseCode and message of every answer
    is_room: bool = False
    merged_only: bool = False  #: shares nothing but the merged view, as mailboxes on an own server may
    most_entries: int = 1000


_Model = TypeVar("_Model", bound=BaseModel)


class _Refusal(Exception):
    """An answer of the form {"error": {"code", "message"}} (concepts/errors)."""

    def __init__(self, status: int, code: str, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.headers = status, code, text, headers


class GraphServer:
    """An app for `Loopback`: mailboxes by address, and what people do to them. For many threads."""

    def __init__(self, entra: Entra | None = None, *, seconds: float = 0) -> None:
        """
        Args:
            seconds: that Outlook takes for each request.
        """
        self.entra = entra or Entra()
        self.seconds = seconds
        self.mailboxes: dict[str, Mailbox] = {}
        self.mails: list[Mail] = []
        # how strict, and what goes wrong
        self.duplicate_status = 409  #: of a transactionId that was used before; some clients saw 400
        self.remembers_transactions = True  #: the window of transactionId is undocumented
        self.batch_overflow = "429"  #: or "queue": what becomes of the fifth parallel request of a batch
        self.has_batch = True
        self.retry_after = 1
        self.answer_zone: str | dict[str, object] | None = None  #: instead of the one that was asked for
        self.outside_policy: set[str] = set()  #: mailboxes that an application access policy keeps from us
        self.left_out: set[str] = set()  #: schedules that are missing in answers
        self.longest = TOO_LONG
        self.schedule_page: int | None = None  #: schedules on a page
        self.event_page = 10
        self.page_loop = False
        self.pages_fail = False
        self.tokens_end_between_pages = False
        # what happened
        self.outlook_requests = 0  #: those inside batches counted one by one
        self.most_at_once = 0
        self.log: list[str] = []  #: "POST /me/events 201", inside batches too
        self._at_once = 0
        self._refuse: list[tuple[int, str | None]] = []
        self._lose = 0
        self._number = 0
        self._transactions: set[tuple[str, str]] = set()
        self._pages: dict[str, tuple[list[dict[str, object]], str]] = {}
        self._lock = threading.RLock()

    # --- what a test does -----------------------------------------------------------------------

    def settings(self, folder: Path, url: str, *, consent_of: str | None = None) -> MicrosoftSettings:
        """A configuration section for this server, with its secrets' files in `folder`."""
        secret = folder / "client-secret"
        secret.write_text(self.entra.client_secret + "\n")
        refresh = None
        if consent_of is not None:
            refresh = folder / "refresh-token"
            refresh.write_text(self.entra.consent(consent_of) + "\n")
        return MicrosoftSettings(
            graph_endpoint=url,
            authority=f"{url}/{self.entra.tenant}",
            client_id=self.entra.client_id,
            client_secret_file=secret,
            refresh_token_file=refresh,
        )

    def mailbox(self, address: str, *entries: Entry, is_room: bool = False) -> Mailbox:
        """A person's or room's mailbox, made if there is none."""
        with self._lock:
            box = self.mailboxes.setdefault(address.lower(), Mailbox(address))
            box.entries += entries
            box.is_room = box.is_room or is_room
            return box

    def break_off(self, address: str, code: str, text: str | None = None) -> None:
        """Let a schedule answer with an error (HTTP 200, as Graph does)."""
        text = (text or _ERROR_TEXTS[code]).format(address=address)
        self.mailbox(address).error = (code, text)

    def throttle(self, times: int, *, retry_after: int | str | None = 1, status: int = 429) -> None:
        """Refuse the next requests to Outlook. `retry_after`: seconds, or an HTTP date, or none said."""
        with self._lock:
            self._refuse += [(status, None if retry_after is None else str(retry_after))] * times

    def lose_answers(self, times: int = 1) -> None:
        """Do what the next changes of events ask for, and answer 504 as if it had not been done."""
        with self._lock:
            self._lose += times

    def events(self, key: str | None = None) -> list[Event]:
        """Every event, or those made from one draft."""
        with self._lock:
            every = [event for box in self.mailboxes.values() for event in box.events.values()]
        return [event for event in every if key is None or event.key == key]

    def remove(self, key: str) -> None:
        """Delete an event as its organizer does by hand."""
        with self._lock:
            for event in self.events(key):
                del self.mailbox(event.organizer).events[event.id]

    def move(self, key: str, start: datetime, end: datetime) -> None:
        """Drag an event to another time as its organizer does by hand."""
        with self._lock:
            for event in self.events(key):
                event.start, event.end = start, end
                event.revision += 1

    def answer(self, key: str, email: str, response: str) -> None:
        """Answer an invitation: accepted, tentativelyAccepted or declined."""
        with self._lock:
            for event in self.events(key):
                event.attendees[email.lower()]["response"] = response
                event.revision += 1

    def rooms_answer(self) -> None:
        """Let every room accept what it is free for, first come first served, and decline the rest."""
        with self._lock:
            for event in sorted(self.events(), key=lambda one: (one.created, one.id)):
                for address, attendee in event.attendees.items():
                    if attendee["type"] == "resource" and attendee["response"] == "none":
                        free = self._room_is_free(address, event)
                        self.answer(event.key or "", address, "accepted" if free else "declined")

    def _room_is_free(self, room: str, event: Event) -> bool:
        taken = [(entry.start, entry.end) for entry in self.mailbox(room).entries if entry.status != "free"]
        taken += [
            (other.start, other.end)
            for other in self.events()
            if other is not event and other.attendees.get(room, {}).get("response") == "accepted"
        ]
        return not any(start < event.end and (end is None or event.start < end) for start, end in taken)

    def count(self, path: str) -> int:
        """How many lines of the log hold this."""
        with self._lock:
            return sum(path in line for line in self.log)

    # --- over HTTP ------------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        if not request.path.startswith("/v1.0/"):
            return self.entra(request)
        path = request.path.removeprefix("/v1.0")
        try:
            grant = self._authorized(request.headers.get("Authorization"))
            if path == "/$batch":
                return self._batch(request, grant)
            status, headers, body = self._one(
                request.method, path, request.query, request.headers, _parsed(request), grant, request
            )
        except _Refusal as refusal:
            status, headers, body = _refused(refusal)
        return _response(status, headers, body)

    def _authorized(self, header: str | None) -> Grant:
        scheme, _, token = (header or "").partition(" ")
        grant = self.entra.grant(token) if scheme == "Bearer" else None
        if grant is None:
            raise _Refusal(
                401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
            )
        return grant

    def _batch(self, request: Request, grant: Grant) -> Response:
        if not self.has_batch:
            raise _Refusal(404, "UnknownError", "There is no such segment.")
        batch = _valid(Batch, _parsed(request))
        parallel = not any(one.dependsOn for one in batch.requests)
        failed: set[str] = set()
        answers = []
        for number, one in enumerate(batch.requests):
            if set(one.dependsOn) & failed:
                refusal = _Refusal(424, "FailedDependency", "A request this one depends on failed.")
                status, headers, body = _refused(refusal)
            elif parallel and number >= AT_ONCE and self.batch_overflow == "429":
                status, headers, body = _refused(self._over_the_limit())
            else:
                status, headers, body = self._inside(one, grant, request)
            if status >= 400:
                failed.add(one.id)
            with self._lock:
                self.log.append(f"  {one.method} {one.url.partition('?')[0]} {status}")
            answers.append({"id": one.id, "status": status, "headers": headers, "body": body})
        answers.sort(key=lambda answer: str(answer["id"])[::-1])  # in any order, says json-batching
        return _response(200, {}, {"responses": answers})

    def _inside(self, one: BatchItem, grant: Grant, request: Request) -> tuple[int, dict[str, str], object]:
        parts = urlsplit(one.url if one.url.startswith("/") else "/" + one.url)
        headers = {name.lower(): value for name, value in one.headers.items()}
        try:
            self._authorized(request.headers.get("Authorization"))
            query = parse_qs(parts.query)
            return self._one(
                one.method, unquote(parts.path), query, _Headers(headers), one.body, grant, request
            )
        except _Refusal as refusal:
            return _refused(refusal)

    def _one(
        self,
        method: str,
        path: str,
        query: Mapping[str, list[str]],
        headers: Mapping[str, str],
        body: object,
        grant: Grant,
        request: Request,
    ) -> tuple[int, dict[str, str], object]:
        with self._in_outlook():
            status, said, answer = self._routed(method, unquote(path), query, headers, body, grant, request)
        with self._lock:
            self.log.append(f"{method} {path} {status}")
            if self._lose and method != "GET" and "/events" in path:
                self._lose -= 1
                raise _Refusal(504, "UnknownError", "The gateway did not hear from Outlook in time.")
        return status, said, answer

    @contextmanager
    def _in_outlook(self) -> Iterator[None]:
        with self._lock:
            self.outlook_requests += 1
            if self._refuse:
                status, after = self._refuse.pop(0)
                said = {} if after is None else {"Retry_After": after}
                raise _Refusal(status, "ApplicationThrottled", "Application is over its limit.", **said)
            if self._at_once >= AT_ONCE:
                raise self._over_the_limit()
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self.seconds:
                time.sleep(self.seconds)
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def _over_the_limit(self) -> _Refusal:
        text = "Application is over its MailboxConcurrency limit."
        return _Refusal(429, "ApplicationThrottled", text, Retry_After=str(self.retry_after))

    def _routed(
        self,
        method: str,
        path: str,
        query: Mapping[str, list[str]],
        headers: Mapping[str, str],
        body: object,
        grant: Grant,
        request: Request,
    ) -> tuple[int, dict[str, str], object]:
        box, rest = self._whose(path, grant)
        rest = rest.removeprefix("/calendar") if rest.startswith("/calendar/events") else rest
        if rest.lower() == "/calendar/getschedule":
            if method == "GET" and "$skiptoken" in query:
                return self._more_schedules(query["$skiptoken"][0], request)
            return self._get_schedule(method, path, headers, body, grant, request)
        if rest == "/events" and method == "GET":
            return self._list(box, path, query, headers, grant, request)
        if rest == "/events" and method == "POST":
            return self._create(box, headers, body, grant)
        match = re.fullmatch(r"/events/([^/]+)", rest)
        if match is None:
            raise _Refusal(404, "ResourceNotFound", f"Resource not found for the segment {rest!r}.")
        return self._on_event(method, box, match[1], query, headers, body, grant)

    def _whose(self, path: str, grant: Grant) -> tuple[Mailbox, str]:
        """The mailbox a path names, and the rest of the path."""
        me = re.fullmatch(r"/me(/.*)", path)
        user = re.fullmatch(r"/users/([^/]+)(/.*)", path)
        if me is not None:
            if grant.user is None:
                raise _Refusal(
                    400, "BadRequest", "/me request is only valid with delegated authentication flow."
                )
            return self.mailbox(grant.user), me[1]
        if user is None:
            raise _Refusal(400, "BadRequest", f"Resource not found for the segment {path!r}.")
        address = user[1].lower()
        if grant.user is not None and address != grant.user.lower():
            raise _Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        if address in self.outside_policy:
            raise _Refusal(403, "ErrorAccessDenied", "Access to OData is disabled.")
        if address not in self.mailboxes or self.mailboxes[address].error is not None:
            raise _Refusal(404, "ErrorInvalidUser", f"The requested user {user[1]!r} is invalid.")
        return self.mailboxes[address], user[2]

    # --- free/busy ------------------------------------------------------------------------------

    def _get_schedule(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: object,
        grant: Grant,
        request: Request,
    ) -> tuple[int, dict[str, str], object]:
        if method != "POST":
            raise _Refusal(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
        _permitted(grant, "Calendars.ReadBasic")
        if isinstance(body, dict) and body.get("availabilityViewInterval", 30) is None:
            raise _Refusal(
                500, "InternalServerError", "Object reference not set."
            )  # microsoft-graph-docs #4494
        asked = _valid(GetSchedule, body)
        start, end = _instant(asked.startTime), _instant(asked.endTime)
        minutes = asked.availabilityViewInterval
        if len(asked.schedules) > MOST_SCHEDULES:
            raise _Refusal(400, "ErrorMailboxDataArrayTooBig", "There are too many target users.")
        if not start < end or end - start >= self.longest or timedelta(minutes=minutes) > end - start:
            raise _Refusal(400, "ErrorInvalidTimeInterval", "The time duration of TimeWindow is invalid.")
        if not 5 <= minutes <= 1440:
            raise _Refusal(400, "ErrorInvalidParameter", "The interval must be between 5 and 1440 minutes.")
        zone = self._zone(headers)
        found = [
            self._schedule(address, start, end, minutes, zone)
            for address in asked.schedules
            if address.lower() not in self.left_out
        ]
        return self._schedule_pages(found, path, request)

    def _schedule_pages(
        self, found: list[dict[str, object]], path: str, request: Request
    ) -> tuple[int, dict[str, str], object]:
        answer: dict[str, object] = {
            "@odata.context": _CONTEXT,
            "value": found,
        }
        if self.schedule_page is not None:
            with self._lock:
                self._number += 1
                self._pages[str(self._number)] = (found[self.schedule_page :], path)
            answer["value"] = found[: self.schedule_page]
            answer["@odata.nextLink"] = self._link(path, {"$skiptoken": str(self._number)}, request)
            if self.tokens_end_between_pages:
                self.entra.expire()
        return 200, {}, answer

    def _more_schedules(self, token: str, request: Request) -> tuple[int, dict[str, str], object]:
        if self.pages_fail:
            raise _Refusal(500, "InternalServerError", "The second page cannot be had.")
        rest, path = self._pages[token]
        answer: dict[str, object] = {"value": rest}
        if self.page_loop:
            answer["@odata.nextLink"] = self._link(path, {"$skiptoken": token}, request)
        return 200, {}, answer

    def _zone(self, headers: Mapping[str, str]) -> str | dict[str, object]:
        """The time zone of an answer. It must be asked for: without, it depends on the resource."""
        preferred = re.search(
            r'outlook\.timezone="([^"]+)"', headers.get("Prefer", headers.get("prefer", ""))
        )
        if preferred is None:
            raise _Refusal(
                400, "StricterThanGraph", 'Say Prefer: outlook.timezone="…", so that nothing is assumed.'
            )
        return self.answer_zone or preferred[1]

    def _schedule(
        self, address: str, start: datetime, end: datetime, minutes: int, zone: str | dict[str, object]
    ) -> dict[str, object]:
        box = self.mailboxes.get(address.lower())
        if box is None:
            text = _ERROR_TEXTS["5009"].format(address=address)
            return {"scheduleId": address, "error": {"message": text, "responseCode": "5009"}}
        if box.error is not None:
            code, text = box.error
            return {"scheduleId": address, "error": {"message": text, "responseCode": code}}
        entries = [
            entry
            for entry in self._entries(box)
            if entry.start < end and (entry.end is None or start < entry.end)
        ]
        if len(entries) > box.most_entries:
            error = {"message": _ERROR_TEXTS["5006"], "responseCode": "5006"}
            return {"scheduleId": address, "error": error}
        return {
            "scheduleId": address,
            "availabilityView": _merged(entries, start, end, minutes),
            "scheduleItems": [] if box.merged_only else [_item(entry, zone) for entry in entries],
            "workingHours": {
                "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "startTime": "08:00:00.0000000",
                "endTime": "17:00:00.0000000",
                "timeZone": zone if isinstance(zone, dict) else {"name": zone},
            },
        }

    def _entries(self, box: Mailbox) -> list[Entry]:
        """Its own entries, and the meetings it holds or is invited to: not answered is tentative."""
        entries = list(box.entries)
        for event in self.events():
            if event.organizer == box.address.lower():
                entries.append(Entry(event.start, event.end, event.show_as))
            response = event.attendees.get(box.address.lower(), {}).get("response")
            if response in ("none", "tentativelyAccepted") and not box.is_room:
                entries.append(Entry(event.start, event.end, "tentative"))
            elif response == "accepted":
                entries.append(Entry(event.start, event.end, event.show_as))
        return sorted(entries, key=lambda entry: entry.start)

    # --- events ---------------------------------------------------------------------------------

    def _create(
        self, box: Mailbox, headers: Mapping[str, str], body: object, grant: Grant
    ) -> tuple[int, dict[str, str], object]:
        _permitted(grant, "Calendars.ReadWrite")
        zone = self._zone(headers)
        draft = _valid(EventCreate, body)
        with self._lock:
            used = (box.address, draft.transactionId or "")
            if draft.transactionId is not None and used in self._transactions and self.remembers_transactions:
                text = "The TransactionId specified has already been used to create a different event."
                raise _Refusal(self.duplicate_status, "ErrorDuplicateTransactionId", text)
            self._transactions.add(used)
            self._number += 1
            event = Event(
                id=f"AAMkAD{self._number:05d}AAA=",
                organizer=box.address.lower(),
                start=_instant(draft.start),
                end=_instant(draft.end),
                created=datetime.now(UTC) + timedelta(microseconds=self._number),
                transaction_id=draft.transactionId,
            )
            box.events[event.id] = event
            self._apply(event, draft)
            self._mail("invitation", event, frozenset(event.attendees))
            return 201, {}, _shown(event, zone, None)

    def _apply(self, event: Event, draft: EventPatch) -> None:
        """Take over what the body names, and nothing else."""
        named = draft.model_fields_set
        if draft.start is not None and draft.end is not None:
            if _instant(draft.start) > _instant(draft.end):
                raise _Refusal(400, "ErrorPropertyValidationFailure", "The end is before the start.")
            if (event.start, event.end) != (_instant(draft.start), _instant(draft.end)):
                for attendee in event.attendees.values():
                    attendee["response"] = "none"
            event.start, event.end = _instant(draft.start), _instant(draft.end)
        if "subject" in named:
            event.subject = draft.subject
        if draft.location is not None:
            event.location = draft.location.displayName
        if "showAs" in named:
            event.show_as = draft.showAs
        if "attendees" in named:
            event.attendees = {
                one.emailAddress.address.lower(): {
                    "name": one.emailAddress.name or one.emailAddress.address,
                    "type": one.type,
                    "response": event.attendees.get(one.emailAddress.address.lower(), {}).get(
                        "response", "none"
                    ),
                }
                for one in draft.attendees
            }
        for one in draft.singleValueExtendedProperties:
            event.properties[one.id] = one.value
        if draft.body is not None:
            event.body = draft.body.content
            event.online = event.online and TEAMS_BLOB in event.body
        if draft.isOnlineMeeting and not event.online:
            event.online, event.link = True, f"https://teams.microsoft.example/l/meetup-join/{event.id}"
            event.body += TEAMS_BLOB

    def _mail(self, kind: str, event: Event, to: frozenset[str]) -> None:
        if to:
            self.mails.append(Mail(kind, event.key or event.id, to))

    def _on_event(
        self,
        method: str,
        box: Mailbox,
        number: str,
        query: Mapping[str, list[str]],
        headers: Mapping[str, str],
        body: object,
        grant: Grant,
    ) -> tuple[int, dict[str, str], object]:
        _permitted(grant, "Calendars.Read" if method == "GET" else "Calendars.ReadWrite")
        with self._lock:
            event = box.events.get(number)
            if event is None:
                raise _Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")
            match method:
                case "GET":
                    return 200, {}, _shown(event, self._zone(headers), query)
                case "PATCH":
                    return self._patch(event, headers, body)
                case "DELETE":
                    self._unchanged(event, headers)
                    del box.events[number]
                    self._mail("cancellation", event, frozenset(event.attendees))
                    return 204, {}, None
        raise _Refusal(405, "Request_BadRequest", "Specified HTTP method is not allowed.")

    def _unchanged(self, event: Event, headers: Mapping[str, str]) -> None:
        wanted = headers.get("If-Match", headers.get("if-match"))
        if wanted not in (None, "*", event.etag):
            raise _Refusal(412, "ErrorIrresolvableConflict", "The change key is not the current one.")

    def _patch(
        self, event: Event, headers: Mapping[str, str], body: object
    ) -> tuple[int, dict[str, str], object]:
        zone = self._zone(headers)
        self._unchanged(event, headers)
        draft = _valid(EventPatch, body)
        before = dict(event.attendees)
        self._apply(event, draft)
        event.revision += 1
        named = draft.model_fields_set
        gone = frozenset(before) - frozenset(event.attendees)
        if named == {"attendees"}:  # event-update: only those who have changed are told
            self._mail("cancellation", event, gone)
            self._mail("invitation", event, frozenset(event.attendees) - frozenset(before))
        elif named - {"singleValueExtendedProperties"}:
            self._mail("cancellation", event, gone)
            self._mail("update", event, frozenset(event.attendees))
        return 200, {}, _shown(event, zone, None)

    def _list(
        self,
        box: Mailbox,
        path: str,
        query: Mapping[str, list[str]],
        headers: Mapping[str, str],
        grant: Grant,
        request: Request,
    ) -> tuple[int, dict[str, str], object]:
        _permitted(grant, "Calendars.Read")
        unknown = set(query) - {"$filter", "$select", "$expand", "$top", "$skip"}
        if unknown:
            raise _Refusal(400, "BadRequest", f"Query option {sorted(unknown)[0]!r} is not allowed.")
        zone = self._zone(headers)
        skip, top = int(query.get("$skip", ["0"])[0]), int(query.get("$top", [str(self.event_page)])[0])
        if not 1 <= top <= 1000:
            raise _Refusal(400, "BadRequest", "The limit of '1000' for Top query has been exceeded.")
        if skip and self.pages_fail:
            raise _Refusal(500, "InternalServerError", "The second page cannot be had.")
        size = min(top, self.event_page)
        with self._lock:
            found = _filtered(
                sorted(box.events.values(), key=lambda one: one.id), query.get("$filter", [""])[0]
            )
            answer: dict[str, object] = {
                "value": [_shown(one, zone, query) for one in found[skip : skip + size]]
            }
        if len(found) > skip + size or self.page_loop:
            onward = {name: values[0] for name, values in query.items()}
            onward["$skip"] = str(skip if self.page_loop else skip + size)
            answer["@odata.nextLink"] = self._link(path, onward, request)
            if self.tokens_end_between_pages:
                self.entra.expire()
        return 200, {}, answer

    def _link(self, path: str, query: Mapping[str, str], request: Request) -> str:
        options = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        return f"http://{request.headers['Host']}/v1.0{quote(path)}?{options}"


def _filtered(events: list[Event], text: str) -> list[Event]:
    """Those that a $filter of terms joined by `and` lets through."""
    rest = _TIME.sub("", _ANY.sub("", text))
    if re.sub(r"\band\b|\s", "", rest):
        raise _Refusal(400, "ErrorInvalidUrlQueryFilter", f"The query filter {text!r} is not supported.")
    for number, value in _ANY.findall(text):
        if not PROPERTY_ID.fullmatch(number):
            raise _Refusal(400, "ErrorInvalidProperty", "PropertyId values may only be in a few formats.")
        events = [one for one in events if one.properties.get(number, "\0").lower() == value.lower()]
    compare: dict[str, Callable[[datetime, datetime], bool]] = {
        "lt": lambda a, b: a < b,
        "le": lambda a, b: a <= b,
        "gt": lambda a, b: a > b,
        "ge": lambda a, b: a >= b,
    }
    for side, operator, limit in _TIME.findall(text):
        moment = datetime.fromisoformat(limit)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        events = [one for one in events if compare[operator](getattr(one, side), moment)]
    return events


def _shown(
    event: Event, zone: str | dict[str, object], query: Mapping[str, list[str]] | None
) -> dict[str, object]:
    """An event as Graph writes it: what $select names, or all; extended properties when expanded only."""
    whole: dict[str, object] = {
        "@odata.etag": event.etag,
        "id": event.id,
        "createdDateTime": event.created.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "lastModifiedDateTime": event.created.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "changeKey": event.etag[3:-1],
        "transactionId": event.transaction_id,
        "iCalUId": f"040000008200E0{event.id}",
        "subject": event.subject,
        "bodyPreview": event.subject[:255],
        "body": {"contentType": "html", "content": f"<html><head></head><body>{event.body}</body></html>"},
        "start": _local_time(event.start, zone),
        "end": _local_time(event.end, zone),
        "isAllDay": False,
        "isCancelled": event.cancelled,
        "isOrganizer": event.is_organizer,
        "showAs": event.show_as,
        "type": "singleInstance",
        "location": {"displayName": event.location, "locationType": "default", "uniqueIdType": "unknown"},
        "attendees": [
            {
                "type": attendee["type"],
                "status": {"response": attendee["response"], "time": "0001-01-01T00:00:00Z"},
                "emailAddress": {"name": attendee["name"], "address": address},
            }
            for address, attendee in event.attendees.items()
        ],
        "organizer": {"emailAddress": {"name": event.organizer, "address": event.organizer}},
        "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        "isOnlineMeeting": event.online,
        "onlineMeetingProvider": "teamsForBusiness" if event.online else "unknown",
        "onlineMeeting": {"joinUrl": event.link} if event.online else None,
    }
    if query is None:
        return whole
    if "$select" in query:
        names = query["$select"][0].split(",")
        if set(names) - _PROPERTIES:
            raise _Refusal(400, "BadRequest", f"Could not find a property named in {names}.")
        whole = {key: value for key, value in whole.items() if key in (*names, "@odata.etag", "id")}
    if "$expand" in query:
        match = _EXPAND.fullmatch(query["$expand"][0])
        if match is None:
            raise _Refusal(400, "BadRequest", "Parsing OData Select and Expand failed.")
        wanted = re.findall(r"id eq '([^']*)'", match[1])
        there = [{"id": name, "value": event.properties[name]} for name in wanted if name in event.properties]
        if there:
            whole["singleValueExtendedProperties"] = there
    return whole


def _item(entry: Entry, zone: str | dict[str, object]) -> dict[str, object]:
    item: dict[str, object] = {
        "isPrivate": False,
        "status": entry.status,
        "subject": entry.subject,
        "location": entry.location,
        "start": _local_time(entry.start, zone),
    }
    if entry.end is not None:
        item["end"] = _local_time(entry.end, zone)
    return item


def _merged(entries: list[Entry], start: datetime, end: datetime, minutes: int) -> str:
    """One digit a slot: 0 free or working elsewhere, 1 tentative, 2 busy, 3 out of office."""
    step = timedelta(minutes=minutes)
    slots = ["0"] * -(-(end - start) // step)
    for entry in entries:
        digit = {"tentative": "1", "busy": "2", "oof": "3"}.get(entry.status.lower(), "0")
        first = max(0, (entry.start - start) // step)
        behind = len(slots) if entry.end is None else -(-(entry.end - start) // step)
        for slot in range(first, min(behind, len(slots))):
            slots[slot] = max(slots[slot], digit)
    return "".join(slots)


def _local_time(moment: datetime, zone: str | dict[str, object]) -> dict[str, str]:
    """Seven decimals and no offset (resources/datetimetimezone)."""
    if isinstance(zone, dict):
        name, place = str(zone["name"]), ZoneInfo("America/Los_Angeles")
    else:
        name, place = zone, ZoneInfo(WINDOWS_TO_OLSON.get(zone, zone))
    return {"dateTime": f"{moment.astimezone(place):%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": name}


def _instant(said: object) -> datetime:
    local = datetime.fromisoformat(said.dateTime)  # type: ignore[attr-defined]
    name = said.timeZone  # type: ignore[attr-defined]
    return local.replace(tzinfo=ZoneInfo(WINDOWS_TO_OLSON.get(name, name))).astimezone(UTC)


def _permitted(grant: Grant, least: str) -> None:
    """Any of the permissions from `least` upwards."""
    order = ("Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite")
    enough = {name for known in order[order.index(least) :] for name in (known, known + ".All")}
    if not grant.permissions & enough:
        raise _Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


class _Headers(dict[str, str]):
    """Headers of a request inside a batch, whatever their case."""

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return super().get(name.lower(), default)


def _parsed(request: Request) -> object:
    if not request.body:
        return None
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        raise _Refusal(415, "RequestBodyRead", "A body must come as application/json.")
    try:
        return json.loads(request.body)
    except ValueError:
        raise _Refusal(400, "BadRequest", "Unable to read JSON request payload.") from None


def _valid(model: type[_Model], body: object) -> _Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _Refusal(400, "RequestBodyRead", str(error)) from None


def _refused(refusal: _Refusal) -> tuple[int, dict[str, str], object]:
    headers = {name.replace("_", "-"): value for name, value in refusal.headers.items()}
    inner = {"date": "2026-03-01T08:00:00", "request-id": "b1", "client-request-id": "b1"}
    return (
        refusal.status,
        headers,
        {"error": {"code": refusal.code, "message": refusal.text, "innerError": inner}},
    )


def _response(status: int, headers: Mapping[str, str], body: object) -> Response:
    if body is None:
        return Response(status, dict(headers), b"")
    return Response(status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode())
