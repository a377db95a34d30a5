"""Every HTTP call of a connector: which addresses it may reach, how long, how much.

The guard stands where the connection is made: a host name is resolved once, every address it
has is checked, and the socket goes to a checked address, so a name that answers differently a
moment later (rebinding) gains nothing. Proxies of the environment are never used.

Two ways lead out: `get` reads what somebody named, follows redirects and makes errors of statuses;
`exchange` is one call to a service, and whatever status it has is an answer.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from urllib.parse import urljoin

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Url, parse_url
from urllib3.util.connection import create_connection

from connectors.base import ConnectorError, Refused, Unreachable, Unreadable
from connectors.guard import AllowedHosts, is_public

#: host name → addresses; OSError if there are none
Resolver = Callable[[str], Sequence[str]]

#: scheme, host, port
Origin = tuple[str, str, int]

MAX_REDIRECTS = 5
#: seconds that an unused connection is kept; networks forget silent ones after some minutes
MAX_IDLE = 60
#: where calendars are served; anything else on the public network is some other service
PUBLIC_PORTS = frozenset((443, 8443))
_DEFAULT_PORTS = {"http": 80, "https": 443}


def resolve(host: str) -> list[str]:
    """Every address of a host, as the operating system knows it."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Answer:
    """What came back: a status and decoded bytes."""

    url: str  #: after redirects
    status: int
    headers: Mapping[str, str]  #: names in any case
    body: bytes = field(repr=False)  # it may hold a token

    def json(self) -> dict[str, Any]:
        """The body as an object of JSON.

        Raises:
            Unreadable: it is none.
        """
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreadable("The answer is not the JSON it should be.") from None
        if not isinstance(found, dict):
            raise Unreadable("The answer is not the JSON it should be.")
        return cast(dict[str, Any], found)


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
        return Unreachable(f"The server did not answer within {round(self._seconds, 1):g} seconds.")

    def watch(self, sock: socket.socket | None) -> None:
        """Shut this one in the end; none, once a call is through with it."""
        with self._lock:
            self._socket = sock

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def _shut(self) -> None:
        # the other side may have closed it just now
        with self._lock, suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)


class Transport:
    """Reaches the public network, allowed hosts inside the house, and the services an admin has named.

    Safe to share between threads; connections are kept open for the next call.
    """

    def __init__(
        self,
        allow_private: Sequence[str] = (),
        *,
        endpoints: Sequence[str] = (),
        seconds: float = 10,
        max_bytes: int = 10 * 1024 * 1024,
        resolver: Resolver = resolve,
        ca_file: str | None = None,
    ) -> None:
        """
        Args:
            allow_private: see `AllowedHosts`; only these may be read over plain http, or at any port.
            endpoints: addresses of services that an admin has written down: reached wherever they lie,
                at exactly that scheme, host and port; over plain http on this machine only.
            seconds: for one call in all, redirects included.
            max_bytes: of a body, after decompression.
            resolver: for tests.
            ca_file: certificates to trust besides.

        Raises:
            Refused: one of the addresses makes no sense.
        """
        self._allowed = AllowedHosts(allow_private)
        self._endpoints = frozenset(_origin(_parsed(endpoint)) for endpoint in endpoints)
        self.seconds = seconds
        self._max_bytes = max_bytes
        self._resolver = resolver
        self._ca_file = ca_file
        self._idle: dict[Origin, list[_Line]] = {}
        # Who opens one for a job and lets it go leaves no connection behind until the memory is swept.
        weakref.finalize(self, _close_all, self._idle)
        self._lock = threading.Lock()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch an address, following at most five redirects of the same scheme.

        Raises:
            Refused: the guard, or the server by its status, said no.
            Unreachable: no answer in time, or none at all.
            Unreadable: the answer breaks a limit.
        """
        deadline = _Deadline(self.seconds)
        try:
            for _ in range(MAX_REDIRECTS + 1):
                with self._sent("GET", url, headers, None, deadline) as response:
                    onward = _onward(url, response)
                    if onward is None:
                        if not 200 <= response.status < 300:
                            raise status_error(response.status)
                        return self._answer(url, response, deadline)
                url = onward
            raise Refused(f"The server redirects more than {MAX_REDIRECTS} times.")
        finally:
            deadline.stop()

    def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        seconds: float | None = None,
    ) -> Answer:
        """One call, whose answer may have any status. No redirect is followed.

        Args:
            seconds: for this call, if that is less than the transport allows.

        Raises:
            Refused: the guard said no.
            Unreachable: no answer in time, or none at all.
            Unreadable: the answer breaks a limit.
        """
        deadline = _Deadline(self.seconds if seconds is None else min(seconds, self.seconds))
        try:
            with self._sent(method, url, headers, body, deadline) as response:
                return self._answer(url, response, deadline)
        finally:
            deadline.stop()

    def close(self) -> None:
        """Close the connections that are kept; the next call opens another."""
        with self._lock:
            _close_all(self._idle)

    @contextmanager
    def _sent(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        deadline: _Deadline,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send a request; its response is to be read inside the block."""
        target = _parsed(url)
        sent = _checked_headers(headers or {})
        line = self._line(target, deadline)
        try:
            with line.send(method, target.request_uri, sent, body, deadline) as response:
                yield response
        except (urllib3.exceptions.HTTPError, OSError) as error:
            line.close()
            raise deadline.passed() if deadline.over else _unreachable(error) from None
        except BaseException:
            line.close()
            raise
        deadline.watch(None)
        # a response that was not read to its end has closed its connection
        self._keep(_origin(target), line) if line.is_usable else line.close()

    def _answer(self, url: str, response: urllib3.BaseHTTPResponse, deadline: _Deadline) -> Answer:
        body = self._body(response)
        deadline.left()  # a body without a length ends, too, when we shut the socket
        return Answer(url, response.status, response.headers, body)

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        body = bytearray()
        while chunk := response.read(65536, decode_content=True):
            body += chunk
            if len(body) > self._max_bytes:
                raise Unreadable(f"The answer is larger than {self._max_bytes // (1024 * 1024)} MB.")
        return bytes(body)

    def _line(self, target: Url, deadline: _Deadline) -> _Line:
        """A connection that was kept, or a new one to addresses that are checked now."""
        while True:
            with self._lock:
                kept = self._idle.get(_origin(target))
                line = kept.pop() if kept else None
            if line is None:
                tls = self._tls if target.scheme == "https" else None
                return _Line(target, self._checked(target, deadline), tls)
            if line.is_usable:
                return line
            line.close()

    def _keep(self, origin: Origin, line: _Line) -> None:
        line.idle_since = time.monotonic()
        with self._lock:
            self._idle.setdefault(origin, []).append(line)

    def _checked(self, target: Url, deadline: _Deadline) -> list[str]:
        """The addresses that may be connected to.

        Raises:
            Refused: one of the host's addresses may not be reached. One bad address spoils the host.
            Unreachable: it has none.
        """
        scheme, host, port = origin = _origin(target)
        found = [ipaddress.ip_address(text.partition("%")[0]) for text in self._resolved(host, deadline)]
        if not found:
            raise Unreachable("The server's name is not known.")
        if origin in self._endpoints:
            if scheme != "https" and not all(address.is_loopback for address in found):
                raise Refused(
                    "Plain http is spoken with this machine only. Write https:// in the configuration."
                )
        elif not (self._allowed.names(host) or all(self._allowed.contains(address) for address in found)):
            if not all(is_public(address) or self._allowed.contains(address) for address in found):
                raise Refused(
                    "The address lies inside a private network. "
                    "An admin can allow its host in connectors.allow_private."
                )
            if scheme != "https":
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

    @cached_property
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


def _origin(target: Url) -> Origin:
    scheme = target.scheme or ""
    host = (target.host or "").strip("[]").rstrip(".").casefold()
    return scheme, host, target.port or _DEFAULT_PORTS[scheme]


def _onward(url: str, response: urllib3.BaseHTTPResponse) -> str | None:
    """Where a response redirects to.

    Raises:
        Refused: to an address of another kind.
    """
    location = response.headers.get("Location")
    if response.status not in (301, 302, 303, 307, 308) or not location:
        return None
    onward = urljoin(url, location)
    if _parsed(onward).scheme != _parsed(url).scheme:
        raise Refused("The server redirects to another kind of address.")
    return onward


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What is sent in the head, with what we say of ourselves unless the caller says otherwise.

    Raises:
        Refused: a value would end its line, or is not ASCII. It may be a secret, so it is not repeated
            (the library's own error would).
    """
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise Refused(f"What should be sent as {name} holds characters that it may not hold.")
    given = {name.casefold() for name in headers}
    ours = {"User-Agent": "officeday", "Accept-Encoding": "gzip"}
    return {**{name: value for name, value in ours.items() if name.casefold() not in given}, **headers}


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


def _close_all(idle: dict[Origin, list[_Line]]) -> None:
    while idle:
        for line in idle.popitem()[1]:
            line.close()


class _Line:
    """One connection, to addresses that were checked before, under the name that was asked for.

    It serves one call at a time.
    """

    def __init__(self, target: Url, addresses: Sequence[str], tls: ssl.SSLContext | None) -> None:
        _, host, port = _origin(target)
        self.idle_since = time.monotonic()
        self._addresses = addresses
        self._deadline: _Deadline | None = None
        self._socket: socket.socket | None = None
        self._connection: HTTPConnection | None = None
        if tls is None:
            self._pool: HTTPConnectionPool = _LineHTTPPool(host, port, maxsize=1, line=self)
        else:
            self._pool = _LineHTTPSPool(host, port, maxsize=1, line=self, ssl_context=tls)

    @property
    def is_usable(self) -> bool:
        """Is it open still, and is nothing in it that nobody asked for?"""
        return (
            self._connection is not None
            and self._connection.is_connected
            and time.monotonic() - self.idle_since < MAX_IDLE
        )

    def send(
        self, method: str, uri: str, headers: dict[str, str], body: bytes | None, deadline: _Deadline
    ) -> urllib3.BaseHTTPResponse:
        self._deadline = deadline
        if self._socket is not None:
            deadline.watch(self._socket)
        return self._pool.urlopen(
            method,
            uri,
            body=body,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=deadline.left(),
        )

    def open_socket(self, connection: HTTPConnection) -> socket.socket:
        """What the library calls, instead of looking a name up.

        Raises:
            NewConnectionError: none of the addresses can be reached.
        """
        assert self._deadline is not None  # noqa: S101 - a connection is opened by a call only
        failure: OSError | None = None
        self._connection = connection
        for address in self._addresses:
            try:
                sock = create_connection(
                    (address, connection.port),
                    self._deadline.left(),
                    socket_options=HTTPConnection.default_socket_options,  # no waiting for fuller packets
                )
            except OSError as error:
                failure = error
                continue
            self._drop_socket()
            # a duplicate, because TLS moves the original into another object
            self._socket = sock.dup()
            self._deadline.watch(self._socket)
            return sock
        raise urllib3.exceptions.NewConnectionError(connection, str(failure))

    def close(self) -> None:
        if self._deadline is not None:
            self._deadline.watch(None)
        self._pool.close()
        self._drop_socket()

    def _drop_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _LineHTTP(HTTPConnection):
    def __init__(self, *, line: _Line, **rest: Any) -> None:
        super().__init__(**rest)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.open_socket(self)


class _LineHTTPS(HTTPSConnection):
    def __init__(self, *, line: _Line, **rest: Any) -> None:
        super().__init__(**rest)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.open_socket(self)


class _LineHTTPPool(HTTPConnectionPool):
    ConnectionCls = _LineHTTP


class _LineHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _LineHTTPS


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


def status_error(status: int) -> ConnectorError:
    """Statuses that waiting may help come as Unreachable, the others as Refused."""
    if status in (401, 403):
        return Refused(f"The server does not let us read this calendar (HTTP {status}).")
    if status in (404, 410):
        return Refused(f"There is no calendar at this address any more (HTTP {status}).")
    if status == 429 or status >= 500:
        return Unreachable(f"The server cannot answer now (HTTP {status}).")
    return Refused(f"The server answered with HTTP {status}.")
