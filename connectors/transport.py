"""Every HTTP call of a connector: which addresses it may reach, how long, how much.

The guard stands where the connection is made: a host name is resolved once, every address it
has is checked, and the socket goes to a checked address, so a name that answers differently a
moment later (rebinding) gains nothing. Proxies of the environment are never used.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Url, parse_url
from urllib3.util.connection import create_connection

from connectors.base import Refused, Unreachable, Unreadable
from connectors.guard import AllowedHosts, is_public

#: host name → addresses; OSError if there are none
Resolver = Callable[[str], Sequence[str]]

MAX_REDIRECTS = 5
#: where calendars are served; anything else on the public network is some other service
PUBLIC_PORTS = frozenset((443, 8443))
_DEFAULT_PORTS = {"http": 80, "https": 443}


def resolve(host: str) -> list[str]:
    """Every address of a host, as the operating system knows it."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Answer:
    """What came back: a status below 300, decoded bytes."""

    url: str  #: after redirects
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Deadline:
    """A total time for one call: when it is over, the open socket is shut, whatever it was doing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._ends

    def left(self) -> float:
        """Seconds.

        Raises:
            Unreachable: there are none.
        """
        if self.over:
            raise self.passed()
        return self._ends - time.monotonic()

    def passed(self) -> Unreachable:
        return Unreachable(f"The server did not answer within {self._seconds:g} seconds.")

    def watch(self, sock: socket.socket) -> None:
        """Shut this one in the end. A duplicate, because TLS moves the original into another object."""
        with self._lock:
            self._close()
            self._socket = sock.dup()

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._close()

    def _shut(self) -> None:
        # the other side may have closed it just now
        with self._lock, suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Transport:
    """Fetches from the public network, and from allowed hosts inside the house."""

    def __init__(
        self,
        allow_private: Sequence[str] = (),
        *,
        seconds: float = 10,
        max_bytes: int = 10 * 1024 * 1024,
        resolver: Resolver = resolve,
        ca_file: str | None = None,
    ) -> None:
        """
        Args:
            allow_private: see `AllowedHosts`; only these may be read over plain http, or at any port.
            seconds: for one call in all, redirects included.
            max_bytes: of a body, after decompression.
            resolver: for tests.
            ca_file: certificates to trust besides.
        """
        self._allowed = AllowedHosts(allow_private)
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._resolver = resolver
        self._ca_file = ca_file

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch an address, following at most five redirects of the same scheme.

        Raises:
            Refused: the guard, or the server by its status, said no.
            Unreachable: no answer in time, or none at all.
            Unreadable: the answer breaks a limit.
        """
        deadline = _Deadline(self._seconds)
        try:
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._once(url, dict(headers or {}), deadline)
                if isinstance(answer, Answer):
                    return answer
                url = answer
            raise Refused(f"The server redirects more than {MAX_REDIRECTS} times.")
        finally:
            deadline.stop()

    def _once(self, url: str, headers: dict[str, str], deadline: _Deadline) -> Answer | str:
        """One request: its answer, or where it redirects to."""
        target = _parsed(url)
        addresses = self._checked(target, deadline)
        pool = self._pool(target, addresses, deadline)
        try:
            response = pool.urlopen(
                "GET",
                target.request_uri,
                headers={"User-Agent": "officeday", "Accept-Encoding": "gzip", **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=deadline.left(),
            )
            try:
                answer = self._answer(url, target, response)
                deadline.left()  # a body without a length ends, too, when we shut the socket
                return answer
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise deadline.passed() if deadline.over else _unreachable(error) from None
        finally:
            pool.close()

    def _answer(self, url: str, target: Url, response: urllib3.BaseHTTPResponse) -> Answer | str:
        location = response.headers.get("Location")
        if response.status in (301, 302, 303, 307, 308) and location:
            onward = urljoin(url, location)
            if _parsed(onward).scheme != target.scheme:
                raise Refused("The server redirects to another kind of address.")
            return onward
        if response.status >= 300 or response.status < 200:
            raise _status_error(response.status)
        return Answer(url, response.status, dict(response.headers), self._body(response))

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        body = bytearray()
        while chunk := response.read(65536, decode_content=True):
            body += chunk
            if len(body) > self._max_bytes:
                raise Unreadable(f"The answer is larger than {self._max_bytes // (1024 * 1024)} MB.")
        return bytes(body)

    def _checked(self, target: Url, deadline: _Deadline) -> list[str]:
        """The addresses that may be connected to.

        Raises:
            Refused: one of the host's addresses may not be reached. One bad address spoils the host.
            Unreachable: it has none.
        """
        host = (target.host or "").strip("[]")
        port = target.port or _DEFAULT_PORTS[target.scheme or ""]
        found = [ipaddress.ip_address(text.partition("%")[0]) for text in self._resolved(host, deadline)]
        if not found:
            raise Unreachable("The server's name is not known.")
        if not (self._allowed.names(host) or all(self._allowed.contains(address) for address in found)):
            if not all(is_public(address) or self._allowed.contains(address) for address in found):
                raise Refused(
                    "The address lies inside a private network. "
                    "An admin can allow its host in connectors.allow_private."
                )
            if target.scheme != "https":
                raise Refused("Calendars are read over https only.")
            if port not in PUBLIC_PORTS:
                raise Refused(f"Calendars are not read from port {port}.")
        return [str(address) for address in found]

    def _resolved(self, host: str, deadline: _Deadline) -> Sequence[str]:
        """Look a name up, no longer than there is time: the system's own wait is much longer."""
        answers: list[Sequence[str]] = []
        errors: list[Exception] = []

        def look_up() -> None:
            try:
                answers.append(self._resolver(host))
            except (OSError, UnicodeError) as error:
                errors.append(error)

        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(deadline.left())
        if errors:
            raise Unreachable("The server's name is not known.")
        if not answers:
            raise deadline.passed()
        return answers[0]

    def _pool(self, target: Url, addresses: Sequence[str], deadline: _Deadline) -> HTTPConnectionPool:
        host, port = (target.host or "").strip("[]"), target.port
        if target.scheme == "http":
            return _PinnedHTTPPool(host, port, addresses=addresses, deadline=deadline)
        return _PinnedHTTPSPool(
            host,
            port,
            addresses=addresses,
            deadline=deadline,
            ssl_context=self._tls(),
        )

    def _tls(self) -> ssl.SSLContext:
        """Certificates are trusted that the system trusts, or Mozilla, or `ca_file`."""
        context = ssl.create_default_context()
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        if self._ca_file is not None:
            context.load_verify_locations(self._ca_file)
        return context


def _parsed(url: str) -> Url:
    """The parts of an https or http address.

    Raises:
        Refused: it is something else, names a user, or can be read in two ways.
    """
    if any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        raise Refused("The address holds characters that no address may hold.")
    try:
        parsed = parse_url(url)
    except (urllib3.exceptions.LocationParseError, ValueError):
        raise Refused("The address cannot be read.") from None
    if parsed.scheme not in _DEFAULT_PORTS or "://" not in url:
        raise Refused("Only https and webcal addresses can be read.")
    if parsed.auth is not None or "@" in (parsed.netloc or ""):
        raise Refused("An address with a user name or password in it is not read.")
    host = (parsed.host or "").rstrip(".")
    if not host or "%" in host or _looks_like_a_number(host):
        raise Refused("The address names no host.")
    return parsed


def _looks_like_a_number(host: str) -> bool:
    """`2130706433`, `0x7f.1`, `127.1`: numbers that some read as an address. A dotted quad is fine."""
    last = host.rpartition(".")[2]
    if not (last.isdigit() or last.casefold().startswith("0x")):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


class _Pinned:
    """A connection that goes to addresses checked before, under the name that was asked for."""

    addresses: Sequence[str]
    deadline: _Deadline

    def _new_conn(self: Any) -> socket.socket:
        failure: OSError | None = None
        for address in self.addresses:
            try:
                sock = create_connection((address, self.port), self.deadline.left())
            except OSError as error:
                failure = error
                continue
            self.deadline.watch(sock)
            return sock
        raise urllib3.exceptions.NewConnectionError(self, str(failure))


class _PinnedHTTP(_Pinned, HTTPConnection):
    def __init__(self, *, addresses: Sequence[str], deadline: _Deadline, **rest: Any) -> None:
        super().__init__(**rest)
        self.addresses, self.deadline = addresses, deadline


class _PinnedHTTPS(_Pinned, HTTPSConnection):
    def __init__(self, *, addresses: Sequence[str], deadline: _Deadline, **rest: Any) -> None:
        super().__init__(**rest)
        self.addresses, self.deadline = addresses, deadline


class _PinnedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PinnedHTTP


class _PinnedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedHTTPS


def _unreachable(error: Exception) -> Exception:
    """What went wrong, in words that name no address: it may hold a secret."""
    if isinstance(error, urllib3.exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return Unreachable("The server's certificate is not valid for its name.")
        return Unreachable("The server does not speak TLS as it should.")
    if isinstance(error, urllib3.exceptions.DecodeError):
        return Unreadable("The answer is compressed wrongly.")
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return Unreachable("The server broke off its answer.")
    return Unreachable("The server cannot be reached.")


def _status_error(status: int) -> Exception:
    """Statuses that waiting may help come as Unreachable, the others as Refused."""
    if status in (401, 403):
        return Refused(f"The server does not let us read this calendar (HTTP {status}).")
    if status in (404, 410):
        return Refused(f"There is no calendar at this address any more (HTTP {status}).")
    if status == 429 or status >= 500:
        return Unreachable(f"The server cannot answer now (HTTP {status}).")
    return Refused(f"The server answered with HTTP {status}.")
