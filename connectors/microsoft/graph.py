"""Calls to Microsoft Graph v1.0: bodies as JSON, pages, batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ValidationError

from connectors.base import ConnectorError, Refused, Unreachable, Unreadable
from connectors.calls import Calls
from connectors.grants import TokenSource
from connectors.microsoft.identity import token_source
from connectors.sealed import Seal
from connectors.settings import MicrosoftSettings
from connectors.transport import Transport

#: Outlook runs so many requests of one application at a moment
#: (https://learn.microsoft.com/graph/throttling-limits, "Outlook service limits")
AT_ONCE = 4
#: requests in one batch (https://learn.microsoft.com/graph/json-batching, "Batch size limitations")
IN_BATCH = 20
#: times in answers are to be read in this zone, whatever the mailbox has
IN_UTC = {"Prefer": 'outlook.timezone="UTC"'}
_VERSION = "/v1.0"
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, for a call of its own or as a part of a batch."""

    method: str
    path: str  #: below the version, quoted, with its query
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What one request was answered, by itself or inside a batch."""

    status: int
    headers: Mapping[str, str]  #: names in lower case
    body: Any = field(repr=False)  #: as JSON was read, with titles; None if there is none

    @property
    def code(self) -> str:
        """The error's code, such as ErrorItemNotFound; its text may hold anything and is not looked at."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        return code if isinstance(code, str) else ""


class _Part(BaseModel):
    id: str
    status: int
    headers: dict[str, str] = {}
    body: Any = None


class _Batch(BaseModel):
    responses: list[_Part]


class Graph:
    """One tenant's Graph. To be shared by threads."""

    def __init__(self, endpoint: str, calls: Calls, tokens: TokenSource, *, is_delegated: bool) -> None:
        """
        Args:
            endpoint: without the version.
            is_delegated: tokens rest on one person's consent, whose mailbox is `/me`.
        """
        self._root = endpoint + _VERSION
        self._calls = calls
        self._tokens = tokens
        self.is_delegated = is_delegated

    def ask(self, asked: Asked, headers: Mapping[str, str] = IN_UTC) -> Said:
        """One call.

        Raises:
            ConnectorError: there is no answer, or it is no JSON.
        """
        body = None if asked.body is None else json.dumps(asked.body).encode()
        sent = {**headers, "Accept": "application/json"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        answer = self._calls.call(
            asked.method, self._root + asked.path, headers=sent, body=body, tokens=self._tokens
        )
        # an error may come as a page of some gateway; its status says enough
        said = answer.json() if answer.status < 300 and answer.body else _json_or_none(answer.body)
        return Said(answer.status, _lower(answer.headers), said)

    def batch(self, several: Sequence[Asked]) -> list[Said | None]:
        """One call for at most 20 requests, run one after the other; None: left out of the answer.

        Each depends on the one before it: of a parallel batch Outlook runs four, and the others may be
        turned down (429) inside an answer that is a 200. If one fails, those behind it are not run (424).

        Raises:
            ConnectorError: the batch as a whole has no answer.
        """
        token = self._tokens.token()
        whole = self.ask(Asked("POST", "/$batch", {"requests": _in_turn(several)}), {})
        if whole.status != 200:
            raise failure(whole)
        try:
            parts = {part.id: part for part in _Batch.model_validate(whole.body).responses}
        except ValidationError:
            raise Unreadable("Microsoft Graph answered something else than a batch.") from None
        found = [_said(parts.get(str(number))) for number in range(len(several))]
        if any(said is not None and said.status == 401 for said in found):
            self._tokens.token(refused=token)
        return found

    def pages(self, first: Said) -> Iterator[dict[str, Any]]:
        """The body of an answer, and those of the pages after it.

        Raises:
            ConnectorError: a page cannot be had, or leads back to one before.
        """
        said, seen = first, set[str]()
        while True:
            if said.status != 200:
                raise failure(said)
            if not isinstance(said.body, dict):
                raise Unreadable("Microsoft Graph answered something else than a page.")
            yield said.body
            link = said.body.get("@odata.nextLink")
            if link is None:
                return
            if not isinstance(link, str) or link in seen or len(seen) == _MOST_PAGES:
                raise Unreadable("Microsoft Graph's pages lead back to one another.")
            seen.add(link)
            said = self.ask(Asked("GET", _below_version(link)))

    def hold_off(self, seconds: float) -> None:
        """Make no call for so long."""
        self._calls.hold_off(seconds)

    def access_token(self) -> str:
        """One that should be good now."""
        return self._tokens.token()


def open_graph(
    settings: MicrosoftSettings, allow_private: Sequence[str] = (), seal: Seal | None = None
) -> Graph:
    """
    Raises:
        Refused: the settings make no sense.
    """
    to_graph, to_entra = _shared_calls(settings, tuple(allow_private))
    return Graph(
        settings.graph_endpoint,
        to_graph,
        token_source(settings, to_entra, seal),
        is_delegated=settings.refresh_token_file is not None,
    )


@lru_cache(maxsize=4)
def _shared_calls(settings: MicrosoftSettings, allow_private: tuple[str, ...]) -> tuple[Calls, Calls]:
    """To Graph and to Entra. The limits are those of an application, so whatever is opened shares them."""
    transport = Transport(allow_private, endpoints=(settings.graph_endpoint, settings.authority))
    return Calls(transport, at_once=AT_ONCE), Calls(transport, at_once=1)


def mailbox_path(address: str) -> str:
    return f"/users/{quote(address, safe='@')}"


def failure(said: Said) -> ConnectorError:
    """What an answer that is an error means to a person."""
    match said.status:
        case 401:
            return Refused(
                "Microsoft 365 turns down our token. Compare [connectors.microsoft] with your tenant."
            )
        case 403:
            return Refused(
                "Microsoft 365 refuses this. Ask the administrator to grant the permissions that "
                "`officeday doctor` lists."
            )
        case 404 | 410:
            return Refused("Microsoft 365 knows no such mailbox, or it is not hosted there.")
        case status if status == 429 or status >= 500:
            return Unreachable(f"Microsoft 365 cannot answer now (HTTP {status}).")
    return Refused(f"Microsoft 365 does not take our request (HTTP {said.status} {said.code[:40]}).")


def _in_turn(several: Sequence[Asked]) -> list[dict[str, object]]:
    requests = []
    for number, asked in enumerate(several):
        request: dict[str, object] = {"id": str(number), "method": asked.method, "url": asked.path}
        request["headers"] = dict(IN_UTC)
        if asked.body is not None:
            request["headers"] = {**IN_UTC, "Content-Type": "application/json"}
            request["body"] = asked.body
        if number:
            request["dependsOn"] = [str(number - 1)]
        requests.append(request)
    return requests


def _said(part: _Part | None) -> Said | None:
    return None if part is None else Said(part.status, _lower(part.headers), part.body)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _below_version(link: str) -> str:
    """What follows the version in a next page's address. Its host is ours, so no token goes elsewhere.

    Raises:
        Unreadable: it is no address of Graph.
    """
    parts = urlsplit(link)
    path = parts.path.partition(_VERSION)[2]
    if not path.startswith("/"):
        raise Unreadable("Microsoft Graph's next page has no address that we know.")
    return f"{path}?{parts.query}"
