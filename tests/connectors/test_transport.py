"""The guard and the limits of `connectors.transport`, against real servers on the loopback interface."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.base import ConnectorError, Refused, Unreachable, Unreadable
from connectors.guard import is_public
from connectors.transport import Transport

LOOPBACK = ("127.0.0.1",)
Handler = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def a_server(handle: Handler, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A web server on some port of 127.0.0.1."""

    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                handle(self)
            except OSError:  # the client hung up, which is what some tests are about
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def answering(body: bytes, status: int = 200, **headers: str) -> Handler:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return handle


def redirecting(place: str) -> Handler:
    return answering(b"", 302, Location=place)


def dripping(first: bytes, endless: bytes) -> Handler:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(first)
        for _ in range(200):
            request.wfile.write(endless)
            request.wfile.flush()
            time.sleep(0.05)

    return handle


def test_it_fetches():
    with a_server(answering(b"BEGIN:VCALENDAR", ETag="one")) as port:
        answer = Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/a.ics?key=1")

    assert answer.body == b"BEGIN:VCALENDAR"
    assert answer.headers["ETag"] == "one"


def test_it_reads_compressed_answers():
    with a_server(answering(gzip.compress(b"BEGIN" * 1000), Content_Encoding="gzip")) as port:
        assert Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/").body == b"BEGIN" * 1000


@pytest.mark.parametrize(
    "first, endless",
    [
        (b"HTTP/1.0 200 OK\r\nX-Slow: ", b"a"),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"B"),
        (b"", b"H"),
    ],
    ids=["headers", "body", "status"],
)
def test_a_dripping_server_is_left_when_the_time_is_over(first: bytes, endless: bytes):
    with a_server(dripping(first, endless)) as port, pytest.raises(Unreachable, match="did not answer"):
        Transport(LOOPBACK, seconds=0.5).get(f"http://127.0.0.1:{port}/")


def test_a_server_that_accepts_and_says_nothing_is_left():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable, match="did not answer"):
        Transport(LOOPBACK, seconds=0.3).get(f"https://127.0.0.1:{silent.getsockname()[1]}/")


def test_a_resolver_that_hangs_is_left():
    hold = threading.Event()
    try:
        with pytest.raises(Unreachable, match="did not answer"):
            Transport(seconds=0.2, resolver=lambda host: hold.wait(10) and []).get("https://slow.example/")
    finally:
        hold.set()


def test_a_body_that_is_too_large_is_left():
    with a_server(answering(b"x" * 300_000)) as port, pytest.raises(Unreadable, match="larger than"):
        Transport(LOOPBACK, max_bytes=200_000).get(f"http://127.0.0.1:{port}/")


def test_a_small_answer_that_unpacks_to_much_is_left():
    bomb = gzip.compress(bytes(50_000_000))
    with a_server(answering(bomb, Content_Encoding="gzip")) as port:
        assert len(bomb) < 60_000
        with pytest.raises(Unreadable, match="larger than"):
            Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/")


def test_an_answer_that_is_cut_off_is_an_error():
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nBEGIN:VCALENDAR")
        request.close_connection = True

    with a_server(handle) as port, pytest.raises(Unreachable, match="broke off"):
        Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/")


def test_wrongly_compressed_answers_are_unreadable():
    handle = answering(b"no gzip at all", Content_Encoding="gzip")
    with a_server(handle) as port, pytest.raises(Unreadable, match="compressed"):
        Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "status, error",
    [
        (401, Refused),
        (403, Refused),
        (404, Refused),
        (410, Refused),
        (429, Unreachable),
        (500, Unreachable),
        (503, Unreachable),
        (304, Refused),
    ],
)
def test_a_status_says_whether_waiting_may_help(status: int, error: type[ConnectorError]):
    with (
        a_server(answering(b"", status, Retry_After="99999999")) as port,
        pytest.raises(error, match=str(status)),
    ):
        Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/")


def test_a_server_without_tls_is_told_from_one_with_a_wrong_certificate():
    with a_server(answering(b"plain")) as port, pytest.raises(Unreachable, match="TLS"):
        Transport(LOOPBACK, seconds=2).get(f"https://127.0.0.1:{port}/")


def test_no_error_repeats_the_address_which_may_hold_a_secret():
    for url in ("https://canary.invalid/canary.ics", "http://127.0.0.1:1/canary.ics", "canary:canary"):
        with pytest.raises(ConnectorError) as caught:
            Transport(LOOPBACK, seconds=2, resolver=lambda host: ["127.0.0.1"]).get(url)
        assert "canary" not in str(caught.value)


def test_five_redirects_are_followed_and_a_sixth_is_not():
    def handle(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path.strip("/"))
        (redirecting(f"/{left - 1}") if left else answering(b"there"))(request)

    with a_server(handle) as port:
        assert Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/5").body == b"there"
        with pytest.raises(Refused, match="redirects more than 5"):
            Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/6")


@pytest.mark.parametrize(
    "place",
    [
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//user@127.0.0.1/",
        "http://10.0.0.1/",
        "http://[::1]/",
    ],
)
def test_a_redirect_is_checked_like_a_first_address(place: str):
    with a_server(redirecting(place)) as port, pytest.raises(Refused):
        Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/")


def test_a_connection_refused_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached"):
        Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/")


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with a_server(answering(b"direct")) as port:
        assert Transport(LOOPBACK).get(f"http://127.0.0.1:{port}/").body == b"direct"


class CountedConnections:
    """A listener that counts who connects; the host names of the tests lead to it."""

    def __init__(self) -> None:
        self.accepted = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self._listener.accept()[0].close()
            except OSError:
                return
            self.accepted += 1

    def close(self) -> None:
        self._listener.close()


HOSTS_INSIDE = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::1%25lo]",
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "198.18.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "127\u30020\u30020\u30021",
    "\uff11\uff12\uff17.0.0.1",
    "\u2460\u2461\u2466.0.0.1",
    "inside.example",
    "mixed.example",
]
ADDRESSES = [
    "https://user@127.0.0.1/",
    "https://user:pass@example.org/",
    "https://127.0.0.1@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org\\@127.0.0.1/",
    "https:// 127.0.0.1/",
    "https://127.0.0.1\t/",
    "https://exa\nmple.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "ftp://127.0.0.1/",
    "data:text/calendar,BEGIN",
    "javascript:alert(1)",
    "ldap://127.0.0.1/",
    "//127.0.0.1/",
    "https:///a",
    "https://",
    "",
    "http://public.example/",
    "https://public.example:25/",
    "https://public.example:6379/",
    "https://public.example:22/",
    "https://public.example:99999/",
    "http://127.0.0.1:80/",
]


def resolver(host: str) -> list[str]:
    """Names of the tests; numbers in any spelling as the operating system reads them."""
    known = {
        "inside.example": ["127.0.0.1"],
        "mixed.example": ["93.184.215.14", "127.0.0.1"],
        "public.example": ["93.184.215.14"],
        "example.org": ["93.184.215.14"],
    }
    return known.get(host) or [str(found[4][0]) for found in socket.getaddrinfo(host, None)]


@pytest.mark.parametrize(
    "form",
    [
        *(f"https://{host}:{{port}}/a.ics" for host in HOSTS_INSIDE),
        *(f"https://{host}/a.ics" for host in HOSTS_INSIDE),
        *ADDRESSES,
    ],
)
def test_no_address_inside_is_connected_to(form: str, monkeypatch: pytest.MonkeyPatch):
    counted = CountedConnections()
    attempts: list[object] = []
    monkeypatch.setattr(
        "connectors.transport.create_connection", lambda address, *rest: attempts.append(address)
    )
    try:
        with pytest.raises(ConnectorError):
            Transport(seconds=5, resolver=resolver).get(form.replace("{port}", str(counted.port)))
        assert attempts == []
        assert counted.accepted == 0
    finally:
        counted.close()


def test_a_name_that_changes_its_address_gains_nothing():
    """Public when it is checked, inside when it is connected to: but it is asked only once."""
    counted = CountedConnections()
    answers = iter([["192.0.2.7"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    # 192.0.2.0/24 is for documentation and leads nowhere; here it stands for the public network
    try:
        with pytest.raises(Unreachable):
            Transport(["192.0.2.0/24"], seconds=0.5, resolver=rebinding).get(
                f"https://rebind.example:{counted.port}/"
            )
        assert asked == ["rebind.example"]
        assert counted.accepted == 0
    finally:
        counted.close()


def test_an_allowed_host_opens_no_other_host():
    with a_server(answering(b"inside")) as port:
        named = Transport(["calendar.internal"], resolver=lambda host: ["127.0.0.1"])
        assert named.get(f"http://calendar.internal:{port}/").body == b"inside"
        with pytest.raises(Refused, match="private network"):
            named.get(f"http://other.internal:{port}/")


def test_an_entry_that_is_no_host_is_refused():
    for entry in ("10.0.0.1/8", "", "http://calendar.internal/"):
        with pytest.raises(Refused, match="allow_private"):
            Transport([entry])


def test_public_addresses_are_public():
    for text in ("93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"):
        assert is_public(ipaddress.ip_address(text)), text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for calendar.internal, signed by itself."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "calendar.internal")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("calendar.internal")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "calendar.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_is_checked_for_the_name_though_we_connect_to_a_number(certificate: Path):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    transport = Transport(
        ["127.0.0.0/8"], resolver=lambda host: ["127.0.0.1"], ca_file=str(certificate), seconds=5
    )
    with a_server(answering(b"private"), tls) as port:
        assert transport.get(f"https://calendar.internal:{port}/").body == b"private"
        with pytest.raises(Unreachable, match="certificate"):
            transport.get(f"https://other.internal:{port}/")
        with pytest.raises(Unreachable, match="certificate"):
            Transport(["127.0.0.0/8"], resolver=lambda host: ["127.0.0.1"]).get(
                f"https://calendar.internal:{port}/"
            )
