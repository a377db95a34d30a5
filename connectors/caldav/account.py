"""One account of a CalDAV server: the calls it makes, and what their statuses mean to a person.

Nothing but the configured server is ever called, whatever addresses stand in its answers: the
account's password goes with every call.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from connectors.base import ConnectorError, Refused, Unreachable, Unreadable
from connectors.caldav.multistatus import Resource, read_multistatus
from connectors.calls import Calls
from connectors.transport import MAX_REDIRECTS, Answer

XML = "application/xml; charset=utf-8"

_PORTS = {"http": 80, "https": 443}
_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
#: what may stand in a path as it is; a percent sign, because most hrefs are quoted already
_PATH = "/%:@!$&'()*+,;=~-._"
#: a server that has not got a method or a report says so in one of these ways
NOT_OFFERED = frozenset((400, 403, 404, 405, 415, 422, 501))


def throttled_or_down(answer: Answer) -> bool:
    """Is it an answer that may be another one soon? 501 and 507 stay what they are."""
    return answer.status in (429, 500, 502, 503, 504)


def document(name: str, inside: str, attributes: str = "") -> bytes:
    """The body of a request; prefix D is WebDAV, C is CalDAV."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><{name} {_NAMESPACES}{attributes}>{inside}</{name}>'.encode()
    )


class Account:
    """Calls a server in one user's name. Safe to use from many threads."""

    def __init__(self, url: str, username: str, password: str, calls: Calls) -> None:
        """
        Args:
            url: of the server, as configured; the origin that every call stays in.

        Raises:
            Refused: no user can be called so.
        """
        if ":" in username or not username:
            raise Refused("connectors.caldav.username is empty or holds a colon, which no user name may.")
        self.username = username
        self.url = url.rstrip("/") + "/"
        self._origin = _origin(urlsplit(self.url))
        self._calls = calls
        credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}

    def locate(self, address: str, base: str | None = None) -> str:
        """An address or path as a URL of this server.

        Args:
            base: what a path without a slash before it is relative to; else the configured URL.

        Raises:
            Refused: it lies elsewhere, or is no address.
        """
        if not address.isprintable():
            raise Refused("The address holds characters that no address may hold.")
        try:
            parts = urlsplit(urljoin(base or self.url, address.strip()))
            origin = _origin(parts)
        except ValueError:
            raise Refused("The address cannot be read.") from None
        if origin != self._origin or parts.username is not None or parts.password is not None:
            raise Refused(
                "The address lies on another server than the one in connectors.caldav.url, "
                "which is the only one that is told the account's password."
            )
        if parts.query:
            raise Refused("The address of a calendar on a CalDAV server has no question mark.")
        return f"{parts.scheme}://{parts.netloc}{quote(parts.path or '/', safe=_PATH)}"

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """One call; its answer may have any status but a redirect or 401.

        Raises:
            Refused: the account is not let in, or is sent in circles or to another server.
            Unreadable: something else than a CalDAV server answers, or see `Calls.call`.
            Unreachable: see `Calls.call`.
        """
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._calls.call(
                method, url, headers={**self._headers, **(headers or {})}, body=body, again=throttled_or_down
            )
            if answer.status == 401:
                raise Refused(
                    f"The CalDAV server does not let the account {self.username!r} in. An admin can "
                    "correct username and password_file in [connectors.caldav]."
                )
            if _is_a_page(answer):
                raise Unreadable("A page for people came instead of the CalDAV server's answer.")
            location = answer.headers.get("Location")
            if answer.status not in (301, 302, 307, 308) or not location:
                return answer
            url = self.locate(location, url)
        raise Refused(f"The server redirects more than {MAX_REDIRECTS} times.")

    def properties(self, url: str, names: Collection[str], depth: int = 0) -> list[Resource] | None:
        """What a resource, and with depth 1 those inside it, say of themselves (RFC 4918 §9.1).

        Args:
            names: with their prefix, such as `D:resourcetype`.

        Returns:
            None: the server does not tell (see `NOT_OFFERED`).
        """
        body = document("D:propfind", "<D:prop>" + "".join(f"<{name}/>" for name in names) + "</D:prop>")
        answer = self.ask("PROPFIND", url, {"Depth": str(depth), "Content-Type": XML}, body)
        if answer.status in NOT_OFFERED:
            return None
        return self.multistatus(answer)

    def report(self, url: str, body: bytes, depth: int) -> Answer:
        """RFC 3253 §3.6. Some servers look at the type of the body before they read it."""
        return self.ask("REPORT", url, {"Depth": str(depth), "Content-Type": XML}, body)

    def multistatus(self, answer: Answer) -> list[Resource]:
        """
        Raises:
            Unreadable: the answer is none.
            Refused, Unreachable: its status says why.
        """
        if answer.status != 207:
            raise self.error(answer.status)
        return read_multistatus(answer.body)

    def error(self, status: int) -> ConnectorError:
        """What a status means for a calendar that was asked for."""
        if status == 403:
            return Refused(
                f"The account {self.username!r} may not read this calendar (HTTP 403). Its owner can share "
                "it with that account, or its free/busy times only."
            )
        if status in (404, 410):
            return Refused(f"There is no calendar at this address (HTTP {status}).")
        if status == 507:
            return Unreadable("The calendar holds more than the server is willing to tell (HTTP 507).")
        if status == 429 or status >= 500:
            return Unreachable(f"The CalDAV server cannot answer now (HTTP {status}).")
        if status < 300:
            return Unreadable(f"The server answers something else than a calendar (HTTP {status}).")
        return Refused(f"The CalDAV server answered with HTTP {status}.")


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(parts.scheme)
    return parts.scheme, parts.hostname.casefold(), parts.port or _PORTS[parts.scheme]


def _is_a_page(answer: Answer) -> bool:
    """The login page of some gateway; it says 200 to whatever was asked, also to what it has not done."""
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return answer.status == 200 and media_type == "text/html" and bool(answer.body.strip())


def is_url(address: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", address) is not None
