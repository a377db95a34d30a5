"""Google Calendar on this machine: an app for `tests.connectors.loopback` that speaks API v3.

Every request is checked against Google's discovery document and refused if it breaks it; so is every
answer of ours, and `breaches` lists what was wrong with either. Limits, quotas and errors are those of
the vendor's documentation; no call to a real tenant was ever compared with it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from connectors.settings import GoogleSettings
from tests.connectors.faults import Fault
from tests.connectors.google.calendars import ApiRefused, Calendars, Event
from tests.connectors.google.discovery import Method, body_mistakes, method_of, query_mistakes, selected
from tests.connectors.google.tokens import (
    CLIENT_ID,
    CLIENT_SECRET,
    Grant,
    TokenRefused,
    Tokens,
    write_service_account,
)
from tests.connectors.loopback import Loopback, Request, Response

MAX_WINDOW = timedelta(days=90)
MAX_CALENDARS, MAX_GROUP, MAX_PAGE = 50, 100, 2500

#: These need more than one page.
PAGE_FAULTS = frozenset((Fault.PAGE_LOOP, Fault.FAILURE_ON_PAGE_2, Fault.TOKEN_EXPIRES_BETWEEN_PAGES))

#: Changes an answer before it is sent, to spoil it: the method's id, the request's query, the answer.
Spoil = Callable[[str, Mapping[str, list[str]], dict[str, Any]], Any]


@dataclass
class GoogleServer:
    """The company's Google. Tests fill `calendars` and `tokens`, and read the counters."""

    calendars: Calendars = field(default_factory=Calendars)
    tokens: Tokens = field(default_factory=Tokens)
    calls: Counter[str] = field(
        default_factory=Counter
    )  #: by the method's id; "token" for the token endpoint
    breaches: list[str] = field(default_factory=list)  #: of the discovery document, ours or theirs
    errors: dict[str, str] = field(default_factory=dict)  #: what free/busy says of a calendar instead
    page_size: int = MAX_PAGE
    spoil: Spoil | None = None
    before: Callable[[Method], None] | None = None  #: called when a request is about to be served
    token_answer: Response | None = None  #: of the token endpoint, in place of a token
    faulty: frozenset[str] | None = None  #: whom faults of single calendars befall; None: all
    loopback: Loopback | None = None
    _answers: list[Response] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def running(self) -> Iterator[Loopback]:
        """Serve on the loopback interface, and do the faults that it is told."""
        with Loopback(self) as loopback:
            self.loopback = loopback
            yield loopback
        self.loopback = None

    def refuse(self, times: int, status: int, reason: str, *, retry_after: str | None = None) -> None:
        """Answer the next calls of the API with an error."""
        headers = {} if retry_after is None else {"Retry_After": retry_after}
        said = ApiRefused(status, reason, reason, "usageLimits").said
        self.answer_next(Response.of_json(said, status, **headers), times)

    def answer_next(self, answer: Response, times: int = 1) -> None:
        """Answer the next calls of the API so, whatever they ask for."""
        self._answers += [answer] * times

    def delegated(self, url: str, folder: Path, scopes: Iterable[str], **more: Any) -> GoogleSettings:
        """Settings of a service account whom the domain grants some scopes."""
        self.tokens.delegated |= set(scopes)
        configured = {"endpoint": url, "token_endpoint": f"{url}/token", **more}
        return GoogleSettings(service_account_file=write_service_account(folder), **configured)

    def consented(
        self, url: str, folder: Path, user: str, scopes: Iterable[str], **more: Any
    ) -> GoogleSettings:
        """Settings of a person's consent."""
        files = {"client-secret": CLIENT_SECRET, "refresh-token": self.tokens.consented(user, scopes)}
        for name, text in files.items():
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o600)
        return GoogleSettings(
            endpoint=url,
            token_endpoint=f"{url}/token",
            client_id=CLIENT_ID,
            client_secret_file=folder / "client-secret",
            refresh_token_file=folder / "refresh-token",
            **more,
        )

    def __call__(self, request: Request) -> Response:
        with self._lock:
            if request.path == "/token":
                return self._token(request)
            return self._api(request)

    def _token(self, request: Request) -> Response:
        self.calls["token"] += 1
        if self._fault is Fault.INVALID_GRANT:
            return Response.of_json({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
        if self.token_answer is not None:
            return self.token_answer
        try:
            return Response.of_json(self.tokens.answer(dict(parse_qsl(request.body.decode()))))
        except TokenRefused as why:
            return Response.of_json(why.said, why.status)

    def _api(self, request: Request) -> Response:
        method = method_of(request.method, request.path)
        try:
            if method is None:
                raise ApiRefused(404, "notFound", f"There is no {request.method} {request.path}.")
            self.calls[method.id] += 1
            if self._answers:
                return self._answers.pop(0)
            if self.before is not None:
                self.before(method)
            self._fail(method, request)
            return self._answer(method, request, self._granted(method, request))
        except ApiRefused as why:
            headers = {"WWW-Authenticate": "Bearer"} if why.status == 401 else {}
            return Response(
                why.status, {"Content-Type": "application/json", **headers}, json.dumps(why.said).encode()
            )

    def _granted(self, method: Method, request: Request) -> Grant:
        grant = self.tokens.of(request.headers.get("Authorization", ""))
        if grant is None:
            raise ApiRefused(401, "authError", "Invalid Credentials")
        if not grant.scopes & method.scopes:
            raise ApiRefused(
                403, "insufficientPermissions", "Request had insufficient authentication scopes."
            )
        return grant

    def _answer(self, method: Method, request: Request, grant: Grant) -> Response:
        self._check(query_mistakes(method, request.query), method)
        body = self._body(method, request)
        query = {name: values[0] for name, values in request.query.items()}
        serve = {
            "calendar.freebusy.query": lambda: self._free_busy(body, grant),
            "calendar.events.list": lambda: self._list(method, request.query, grant),
            "calendar.events.get": lambda: self.calendars.get(*self._event(method, grant)),
            "calendar.events.insert": lambda: self._insert(method, body, query, grant),
            "calendar.events.update": lambda: self._change(method, body, query, request, grant),
            "calendar.events.patch": lambda: self._change(method, body, query, request, grant, patch=True),
            "calendar.events.delete": lambda: self.calendars.delete(
                *self._event(method, grant, "write"), query
            ),
        }.get(method.id)
        if serve is None:
            raise ApiRefused(501, "notImplemented", f"{method.id} is not here.")
        answer = serve()
        if answer is None:
            return Response(204)
        assert method.answer is not None
        self._check(body_mistakes(method.answer, answer), method, ours=True)
        answer = selected(answer, query.get("fields", ""))
        answer = self._faulty(method, answer)
        if self.spoil is not None:
            answer = self.spoil(method.id, request.query, json.loads(json.dumps(answer)))
        return Response.of_json(answer)

    def _body(self, method: Method, request: Request) -> Any:
        if "request" not in method.about:
            self._check(["a body"] if request.body else [], method)
            return None
        try:
            body = json.loads(request.body)
        except ValueError:
            raise ApiRefused(400, "parseError", "Parse Error") from None
        schema = method.about["request"]["$ref"]
        patch = method.id == "calendar.events.patch"
        self._check(body_mistakes(schema, body, method=method.id, patch=patch), method)
        return body

    def _check(self, mistakes: list[str], method: Method, *, ours: bool = False) -> None:
        if mistakes:
            self.breaches += [f"{method.id}{' answered' if ours else ''}: {one}" for one in mistakes]
            raise ApiRefused(500 if ours else 400, "invalid", "; ".join(mistakes))

    # --- faults inside the vendor's format ----------------------------------------------------------

    @property
    def _fault(self) -> Fault | None:
        return self.loopback.fault if self.loopback is not None else None

    def _fail(self, method: Method, request: Request) -> None:
        """Raises what the fault says of a whole request."""
        is_later_page = "pageToken" in request.query
        match self._fault:
            case Fault.INVALID_GRANT:
                raise ApiRefused(401, "authError", "Invalid Credentials")
            case Fault.WINDOW_TOO_LONG:
                raise ApiRefused(400, "timeRangeTooLong", "The requested time range is too long.")
            case Fault.FAILURE_ON_PAGE_2 if is_later_page:
                raise ApiRefused(500, "backendError", "Backend Error")
            case Fault.TOKEN_EXPIRES_BETWEEN_PAGES if is_later_page:
                raise ApiRefused(401, "authError", "Invalid Credentials")

    def _faulty(self, method: Method, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer, spoilt as the fault says."""
        if method.id == "calendar.events.list" and self._fault in PAGE_FAULTS:
            return {**answer, "nextPageToken": "0"}
        calendars: dict[str, Any] = {}
        for address, entry in answer.get("calendars", {}).items():
            if self.faulty is not None and address not in self.faulty:
                calendars[address] = entry
                continue
            match self._fault:
                case Fault.CALENDAR_ERRORS:
                    calendars[address] = {**_error("internalError"), "busy": []}
                case Fault.MISSING_CALENDAR:
                    continue
                case Fault.ENDLESS_INTERVAL:
                    calendars[address] = {"busy": [*entry["busy"], {"start": answer["timeMin"]}]}
                case _:
                    calendars[address] = entry
        return {**answer, "calendars": calendars} if "calendars" in answer else answer

    # --- methods ------------------------------------------------------------------------------------

    def _free_busy(self, body: Mapping[str, Any], grant: Grant) -> dict[str, Any]:
        start, end = _times(body)
        most = body.get("calendarExpansionMax", MAX_CALENDARS)
        most_in_group = body.get("groupExpansionMax", MAX_GROUP)
        if most > MAX_CALENDARS or most_in_group > MAX_GROUP:
            raise ApiRefused(400, "invalid", "Invalid Value")
        groups: dict[str, Any] = {}
        wanted: list[str] = []
        for item in body.get("items", []):
            members = self.calendars.groups.get(item["id"])
            if members is None:
                wanted.append(item["id"])
            elif len(members) > most_in_group:
                groups[item["id"]] = _error("groupTooBig")
            else:
                groups[item["id"]] = {"calendars": members}
                wanted += members
        answer = {
            "kind": "calendar#freeBusy",
            "timeMin": _said(start),
            "timeMax": _said(end),
            "calendars": {
                address: self._times_of(address, start, end, grant)
                if number < most
                else _error("tooManyCalendarsRequested")
                for number, address in enumerate(dict.fromkeys(wanted))
            },
        }
        return {**answer, "groups": groups} if groups else answer

    def _times_of(self, address: str, start: datetime, end: datetime, grant: Grant) -> dict[str, Any]:
        calendar = self.calendars.there.get(address.lower())
        if address in self.errors:
            return {**_error(self.errors[address]), "busy": []}
        if calendar is None or (calendar.role == "none" and grant.user != address):
            return {**_error("notFound"), "busy": []}
        times = self.calendars.busy_times(address, start, end)
        return {"busy": [{"start": _said(a), "end": _said(b)} for a, b in times]}

    def _list(self, method: Method, query: Mapping[str, list[str]], grant: Grant) -> dict[str, Any]:
        address = self._calendar(method, grant, "read")
        events = self.calendars.listed(address, query)
        size = min(int(query.get("maxResults", ["250"])[0]), MAX_PAGE, self.page_size)
        first = int(query.get("pageToken", ["0"])[0])
        zone = query.get("timeZone", [self.calendars.there[address].zone])[0]
        answer: dict[str, Any] = {
            "kind": "calendar#events",
            "summary": "canary-title of the calendar",
            "timeZone": zone,
            "items": events[first : first + size],
        }
        if first + size < len(events):
            answer["nextPageToken"] = str(first + size)
        else:
            answer["nextSyncToken"] = "sync"
        return answer

    def _insert(self, method: Method, body: Event, query: Mapping[str, str], grant: Grant) -> Event:
        address = self._calendar(method, grant, "write")
        if body.get("attendees") and grant.user is None:
            raise ApiRefused(
                403,
                "forbiddenForServiceAccounts",
                "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority.",
            )
        return self.calendars.insert(address, body, query)

    def _change(
        self,
        method: Method,
        body: Event,
        query: Mapping[str, str],
        request: Request,
        grant: Grant,
        *,
        patch: bool = False,
    ) -> Event:
        address, event_id = self._event(method, grant, "write")
        match = request.headers.get("If-Match", "")
        return self.calendars.change(address, event_id, body, query, match, patch=patch)

    def _event(self, method: Method, grant: Grant, right: str = "read") -> tuple[str, str]:
        return self._calendar(method, grant, right), method.path["eventId"]

    def _calendar(self, method: Method, grant: Grant, right: str) -> str:
        """The address of a calendar that a request may read or write."""
        asked = method.path["calendarId"]
        address = ((grant.user or "") if asked == "primary" else asked).lower()
        calendar = self.calendars.there.get(address)
        if calendar is None or (calendar.role == "none" and grant.user != address):
            raise ApiRefused(404, "notFound", "Not Found")
        if grant.user != address and (right == "write" or calendar.role == "freeBusyReader"):
            raise ApiRefused(
                403, "requiredAccessLevel", f"You need to have {right}r access to this calendar."
            )
        return address


def _times(body: Mapping[str, Any]) -> tuple[datetime, datetime]:
    if "timeMin" not in body or "timeMax" not in body:
        raise ApiRefused(400, "required", "Required")
    start, end = (datetime.fromisoformat(body[name]) for name in ("timeMin", "timeMax"))
    if start >= end:
        raise ApiRefused(400, "timeRangeEmpty", "The specified time range is empty.")
    if end - start > MAX_WINDOW:
        raise ApiRefused(400, "timeRangeTooLong", "The requested time range is too long.")
    return start, end


def _error(reason: str) -> dict[str, Any]:
    return {"errors": [{"domain": "global", "reason": reason}]}


def _said(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
