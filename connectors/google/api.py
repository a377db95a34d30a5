"""Calendar API v3: requests made by Google's client library, sent by our own calls.

The library builds them from the discovery document that it carries (`static_discovery`), so a misspelt
parameter fails here. It opens no connection: `connectors.transport` is the only way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from googleapiclient.discovery import build

from connectors.base import ConnectorError, Refused, Unreachable, Unreadable
from connectors.calls import Calls, throttled_or_failing
from connectors.grants import TokenSource
from connectors.transport import Answer

MAX_PAGES = 100
#: Google's words (developers.google.com/workspace/calendar/api/guides/errors) for "slower" ...
_THROTTLED = frozenset(("rateLimitExceeded", "userRateLimitExceeded"))
#: ... and for "not today": asking again soon makes it worse.
_USED_UP = frozenset(("quotaExceeded", "dailyLimitExceeded"))
_USED_UP_FOR = 3600  #: seconds without a call
_NO_SCOPE = frozenset(("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
_SWITCHED_OFF = frozenset(("accessNotConfigured", "SERVICE_DISABLED"))


@dataclass(frozen=True)
class EventPage:
    """A page of events, as Google has them."""

    timezone: object  #: the calendar's
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ApiRequest:
    """One request, ready to be sent."""

    method: str
    url: str
    body: bytes | None


class CalendarApi:
    """The methods that we use. To be shared by threads."""

    def __init__(self, endpoint: str, calls: Calls, tokens: TokenSource, scopes: tuple[str, ...]) -> None:
        """
        Args:
            endpoint: the API's root, without /calendar/v3.
            scopes: what the tokens should allow, for telling a person.
        """
        self._calls = calls
        self._tokens = tokens
        self._scopes = scopes
        self._service = build(
            "calendar",
            "v3",
            http=_no_connection,
            requestBuilder=_prepared,
            static_discovery=True,
            client_options={"api_endpoint": f"{endpoint}/calendar/v3/"},
        )

    def free_busy(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """freebusy.query."""
        return self._answer(self._service.freebusy().query(body=body)).json()

    def pages(self, **query: Any) -> Iterator[EventPage]:
        """Every page of events.list; `fields` must ask for `nextPageToken`.

        Raises:
            Unreadable: one holds no list of events, or they do not end.
        """
        seen: set[str] = set()
        token: str | None = None
        while True:
            page = self._answer(self._service.events().list(**query, pageToken=token)).json()
            yield EventPage(page.get("timeZone"), _items(page))
            token = page.get("nextPageToken")
            if not token:
                return
            if not isinstance(token, str) or token in seen or len(seen) >= MAX_PAGES:
                raise Unreadable("Google's pages of events do not come to an end.")
            seen.add(token)

    def event(self, **query: Any) -> dict[str, Any] | None:
        """events.get; None: there is none. One that was removed is there, `cancelled`."""
        answer = self._answer(self._service.events().get(**query), 404, 410)
        if answer.status == 410:
            return {"status": "cancelled"}
        return None if answer.status == 404 else answer.json()

    def insert(self, **query: Any) -> dict[str, Any] | None:
        """events.insert; None: its id is taken."""
        answer = self._answer(self._service.events().insert(**query), 409)
        return None if answer.status == 409 else answer.json()

    def patch(self, etag: str, **query: Any) -> dict[str, Any] | None:
        """events.patch; None: somebody has changed the event since, or removed it."""
        answer = self._answer(self._service.events().patch(**query), 404, 410, 412, match=etag)
        return None if answer.status in (404, 410, 412) else answer.json()

    def delete(self, **query: Any) -> None:
        """events.delete; one that is gone already is fine."""
        self._answer(self._service.events().delete(**query), 404, 410)

    def _answer(self, request: ApiRequest, *expected: int, match: str | None = None) -> Answer:
        """An answer of success, or one of the statuses expected.

        Raises:
            ConnectorError: of another status, or there is none.
        """
        headers = {"Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if match is not None:
            headers["If-Match"] = match
        answer = self._calls.call(
            request.method,
            request.url,
            headers=headers,
            body=request.body,
            tokens=self._tokens,
            again=_throttled,
        )
        if 200 <= answer.status < 300 or answer.status in expected:
            return answer
        if reason_of(answer) in _USED_UP:
            self._calls.hold_off(_USED_UP_FOR)
        raise self._error(answer)

    def _error(self, answer: Answer) -> ConnectorError:
        """What a person should do about an answer."""
        reason = reason_of(answer)
        said = f"HTTP {answer.status}{reason and ', ' + reason}"
        if reason in _USED_UP:
            return Unreachable(
                f"Google's quota for our project is used up ({reason}). Nothing more is asked for within an "
                "hour; an admin can look at the quotas of the Calendar API in the Google Cloud console.",
                after=_USED_UP_FOR,
            )
        if reason in _NO_SCOPE:
            return Refused(
                f"Google says that we may not do this ({said}). Ask the Google Workspace administrator to "
                f"grant {' and '.join(self._scopes)}; officeday doctor lists what is granted."
            )
        if reason in _SWITCHED_OFF:
            return Refused(
                f"The Google Calendar API is switched off ({reason}). An admin can enable it for our project "
                "in the Google Cloud console."
            )
        if reason == "forbiddenForServiceAccounts":
            return Refused(
                f"A service account cannot invite anybody by itself ({reason}). Ask the Google Workspace "
                f"administrator for domain-wide delegation of {' and '.join(self._scopes)}."
            )
        return Refused(_REMEDIES.get(answer.status, "Google does not accept what we ask") + f" ({said}).")


_REMEDIES = {
    401: "Google does not accept our access. An admin can connect again: officeday connect google",
    403: "Google does not let us do this. Ask the calendar's owner or the Workspace administrator to "
    "share it",
    404: "Google knows no such calendar, or does not show it to us. Check its address, and "
    "connectors.google.endpoint",
    410: "Google says that this calendar is gone. Check its address",
}


def _items(page: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    items = page.get("items", [])
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise Unreadable("Google's page of events holds no list of them.")
    return items


def reason_of(answer: Answer) -> str:
    """Google's own word for what is wrong; empty where it gives none."""
    try:
        error = answer.json().get("error")
    except Unreadable:
        return ""
    if not isinstance(error, dict):
        return ""
    # the older form first, then google.rpc.ErrorInfo (google.aip.dev/193)
    for named in (error.get("errors"), error.get("details")):
        for one in named if isinstance(named, list) else ():
            reason = one.get("reason") if isinstance(one, dict) else None
            if isinstance(reason, str) and re.fullmatch(r"\w{1,60}", reason):
                return reason
    return ""


def _throttled(answer: Answer) -> bool:
    if answer.status in (403, 429) and (reason := reason_of(answer)):
        return reason in _THROTTLED or (answer.status == 429 and reason not in _USED_UP)
    return throttled_or_failing(answer)


def _prepared(
    http: object,
    postproc: object,
    uri: str,
    method: str = "GET",
    body: str | None = None,
    **rest: object,
) -> ApiRequest:
    """What the library calls in place of its own HttpRequest."""
    return ApiRequest(method, uri, None if body is None else body.encode())


def _no_connection(*_: object, **__: object) -> None:
    raise NotImplementedError("requests are sent by connectors.calls")
