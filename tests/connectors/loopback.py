"""A web server on the loopback interface: real sockets, threads, kept connections, plain http or TLS.

What it answers is an `App`, a function; what goes wrong below or at HTTP is a `Fault` that it does by
itself. A request that gets a status of a fault never comes to the app; one that is reset, dripped or
spoilt has been done by it, and only its answer is lost. What a client must not do too much of is counted.
"""

from __future__ import annotations

import gzip
import ipaddress
import json
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from urllib3 import HTTPHeaderDict

from tests.connectors.faults import STATUSES, Fault

DRIP = 0.02  #: seconds between two bytes
LOGIN_PAGE = b"<!doctype html><html><body><h1>Sign in</h1><form></form></body></html>"


@dataclass(frozen=True)
class Request:
    method: str
    path: str  #: without the query, still quoted
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]  #: names in any case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form, each given once."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Response:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of_json(cls, value: object, status: int = 200, **headers: str) -> Self:
        """
        Args:
            headers: `Retry_After="3"`.
        """
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, {"Content-Type": "application/json", **named}, json.dumps(value).encode())


App = Callable[[Request], Response]


class Loopback:
    """Serves an app while its `with` block runs."""

    def __init__(self, app: App, *, tls: bool = False) -> None:
        self.app = app
        self.fault: Fault | None = None
        #: requests that no fault befalls, such as those for a token
        self.spared: Callable[[Request], bool] = lambda request: False
        self.requests: list[Request] = []  #: as they came in
        self.connections = 0  #: opened so far
        self.most_at_once = 0  #: requests being answered
        self.stopping = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self._tls = tls
        self._servers: list[_Server] = []

    def __enter__(self) -> Self:
        self._server = self._started(server_tls() if self._tls else None)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for server in self._servers:
            server.stop()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def ca_file(self) -> str:
        """What a client must trust, with `tls`."""
        return str(certificate())

    @property
    def url(self) -> str:
        """Where a client finds the server; with some faults that is a place where there is none."""
        match self.fault:
            case Fault.DNS:
                return "https://no-such-host.invalid"  # RFC 6761: never a name
            case Fault.CONNECT_TIMEOUT:
                return f"http://127.0.0.1:{black_hole()}"
            case Fault.BAD_TLS:
                return f"https://127.0.0.1:{self._with_unknown_certificate().server_address[1]}"
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """What the app says, or a status that stands before it, counted."""
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return status_of(fault) if fault is not None and fault in STATUSES else self.app(request)
        finally:
            with self._lock:
                self._at_once -= 1

    def fault_of(self, request: Request) -> Fault | None:
        """What befalls this request."""
        return None if self.fault is None or self.spared(request) else self.fault

    def connected(self) -> None:
        with self._lock:
            self.connections += 1

    def _with_unknown_certificate(self) -> _Server:
        if len(self._servers) == 1:
            return self._started(server_tls())
        return self._servers[1]

    def _started(self, tls: ssl.SSLContext | None) -> _Server:
        server = _Server(self, tls)
        self._servers.append(server)
        return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, loopback: Loopback, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.loopback = loopback
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a handshake that hangs holds up nobody else."""
        self.loopback.connected()
        if self._tls is not None:
            with suppress(OSError):  # the client does not like our certificate, which some tests are about
                request = self._tls.wrap_socket(request, server_side=True)
            if not isinstance(request, ssl.SSLSocket):
                return
        self._open.add(request)
        try:
            _Handler(request, client_address, self)
        except OSError:
            pass  # the client hung up, which is what some tests are about
        finally:
            self._open.discard(request)
            request.close()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # whatever the method
            return self._do
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        return

    def _do(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            parse_qs(parts.query, keep_blank_values=True),
            HTTPHeaderDict(self.headers.items()),
            self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        loopback = self.server.loopback
        fault = loopback.fault_of(request)
        response = loopback.answer(request, fault)
        if fault is None:
            self._send(response)
        else:
            self._spoil(fault, response)

    def _spoil(self, fault: Fault, response: Response) -> None:
        match fault:
            case Fault.RESET:
                # closed with no time to linger, a connection is reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
            case Fault.DRIP_HEADERS:
                self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")
            case Fault.DRIP_BODY:
                self._drip(_head(response, length=1_000_000), b" ")
            case Fault.TRUNCATED:
                half = response.body[: len(response.body) // 2]
                self._send(replace(response, body=half))
            case Fault.HTML:
                self._send(Response(200, {"Content-Type": "text/html; charset=utf-8"}, LOGIN_PAGE))
            case Fault.WRONG_LENGTH:
                self.wfile.write(_head(response, length=len(response.body) + 100) + response.body)
                self.close_connection = True
            case Fault.GZIP_BOMB:
                zipped = {**response.headers, "Content-Encoding": "gzip"}
                self._send(replace(response, headers=zipped, body=gzip_bomb()))
            case _:
                self._send(response)  # a status; or a fault of the vendor's format, done by the app

    def _send(self, response: Response) -> None:
        self.wfile.write(_head(response) + response.body)

    def _drip(self, quickly: bytes, slowly: bytes) -> None:
        """Go on until the client has had enough."""
        self.wfile.write(quickly)
        while not self.server.loopback.stopping.wait(DRIP):
            self.wfile.write(slowly)
        self.close_connection = True


def _head(response: Response, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    if response.status not in (204, 304):
        lines.append(f"Content-Length: {len(response.body) if length is None else length}")
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def status_of(fault: Fault) -> Response:
    status, headers = STATUSES[fault]
    return Response(status, headers, b"{}")


@cache
def gzip_bomb() -> bytes:
    return gzip.compress(bytes(50_000_000), compresslevel=1)


@cache
def black_hole() -> int:
    """A port of 127.0.0.1 that answers no attempt to connect: its queue is full, and nobody takes from it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for client in waiting:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    _HELD_OPEN.extend([listener, *waiting])
    return int(listener.getsockname()[1])


_HELD_OPEN: list[socket.socket] = []


@cache
def certificate() -> Path:
    """A certificate for 127.0.0.1 and localhost, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = Path(_FOLDER.name) / "loopback.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


_FOLDER = tempfile.TemporaryDirectory()


@cache
def server_tls() -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate())
    return tls
