"""The guard and the limits of `connectors.transport`, against real servers on the loopback interface."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.base import ConnectorError, Refused, Unreachable, Unreadable
from connectors.guard import is_public
from connectors.transport import Transport, status_error
from tests.connectors.faults import DONE_BY_LOOPBACK, SLOW, Fault
from tests.connectors.loopback import Loopback, Request, Response

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
    "192.0.0.8",
    "192.0.0.192",
    "192.88.99.1",
    "[3fff::1]",
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


# --- services that an admin has named ------------------------------------------------------------


def echo(request: Request) -> Response:
    return Response.of_json(
        {"method": request.method, "path": request.path, "body": request.body.decode()}, ETag="one"
    )


def test_a_service_is_asked_by_any_method_and_whatever_it_says_is_an_answer():
    def app(request: Request) -> Response:
        return echo(request) if request.method == "REPORT" else Response(404, {}, b"{}")

    with Loopback(app) as server:
        transport = Transport(endpoints=[server.url])
        report = transport.exchange("REPORT", f"{server.url}/maria/", {"Depth": "1"}, b"<free-busy/>")
        missing = transport.exchange("GET", f"{server.url}/nobody/")

    assert report.json() == {"method": "REPORT", "path": "/maria/", "body": "<free-busy/>"}
    assert report.headers["etag"] == report.headers["ETag"] == "one"
    assert server.requests[0].headers["depth"] == "1"
    assert missing.status == 404


def test_a_redirect_is_an_answer_too_and_not_followed():
    with Loopback(lambda request: Response(302, {"Location": "/elsewhere"})) as server:
        answer = Transport(endpoints=[server.url]).exchange("GET", server.url)

    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body", [b"<html></html>", b"", b"[1]", b'"text"', b"{", b"\xff\xfe{}", b"[" * 100_000]
)
def test_an_answer_that_is_no_object_of_json_is_unreadable(body: bytes):
    with Loopback(lambda request: Response(200, {}, body)) as server:
        answer = Transport(endpoints=[server.url]).exchange("GET", server.url)

    with pytest.raises(Unreadable, match="JSON"):
        answer.json()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_one_connection_serves_many_calls(tls: bool):
    with Loopback(echo, tls=tls) as server:
        transport = Transport(endpoints=[server.url], ca_file=server.ca_file)
        for _ in range(5):
            transport.exchange("POST", f"{server.url}/a", body=b"x" * 100_000)
        transport.close()
        transport.exchange("GET", f"{server.url}/a")

    assert server.connections == 2
    assert len(server.requests) == 6


def test_a_connection_that_the_server_has_closed_is_not_used_again():
    """And its name is looked up again: the service may have moved."""
    looked_up: list[str] = []

    def resolver(host: str) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    with Loopback(lambda request: Response.of_json({}, Connection="close")) as server:
        url = f"http://calendar.internal:{server.port}"
        transport = Transport(endpoints=[url], resolver=resolver)
        for _ in range(3):
            assert transport.exchange("GET", url).status == 200

    assert server.connections == len(looked_up) == 3


def test_a_connection_with_something_left_in_it_is_not_used_again():
    """What came after one answer would be taken for the next."""

    def handle(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        read.wait(5)
        read.clear()
        request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"busy": "no"}')
        request.close_connection = False
        left.set()

    read, left = threading.Event(), threading.Event()
    with a_server(handle) as port:
        transport = Transport(endpoints=[f"http://127.0.0.1:{port}"])
        for _ in range(2):
            assert transport.exchange("GET", f"http://127.0.0.1:{port}/").json() == {}
            read.set()
            assert left.wait(5)
            left.clear()


def test_a_connection_kept_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.transport.MAX_IDLE", 0)
    with Loopback(echo) as server:
        transport = Transport(endpoints=[server.url])
        for _ in range(3):
            transport.exchange("GET", server.url)

    assert server.connections == 3


def test_threads_do_not_share_a_connection():
    together = threading.Barrier(4)

    def app(request: Request) -> Response:
        together.wait(5)
        return Response.of_json({"path": request.path})

    with Loopback(app) as server, ThreadPoolExecutor(4) as pool:
        transport = Transport(endpoints=[server.url])

        def path_of(number: int) -> str:
            return str(transport.exchange("GET", f"{server.url}/{number}").json()["path"])

        paths = list(pool.map(path_of, range(40)))

    assert paths == [f"/{number}" for number in range(40)]
    assert server.connections == 4


@pytest.mark.parametrize("fault", sorted(SLOW))
def test_a_call_ends_when_its_time_is_over_though_the_connection_was_kept(fault: Fault):
    with Loopback(echo) as server:
        transport = Transport(endpoints=[server.url])
        transport.exchange("GET", server.url)
        server.fault = fault
        with pytest.raises(ConnectorError, match="did not answer within"):
            Transport(endpoints=[server.url], seconds=0.3).exchange("GET", server.url)
        if fault is not Fault.CONNECT_TIMEOUT:
            with pytest.raises(Unreachable, match="did not answer within"):
                transport.exchange("GET", server.url, seconds=0.3)
        server.fault = None
        assert transport.exchange("GET", server.url).status == 200


def test_a_service_is_reached_where_it_lies_and_nothing_beside_it():
    with Loopback(echo) as server, Loopback(echo) as other:
        transport = Transport(endpoints=[f"{server.url}/calendar"], resolver=resolver)
        assert transport.get(f"{server.url}/anything").status == 200
        for elsewhere in (
            other.url,
            f"https://127.0.0.1:{server.port}",
            f"http://localhost:{server.port}",
            "http://10.0.0.1/",
            "http://169.254.169.254/",
        ):
            with pytest.raises(Refused):
                transport.exchange("GET", elsewhere)
            with pytest.raises(Refused):
                transport.get(elsewhere)

    assert other.connections == 0
    assert len(server.requests) == 1


def test_a_service_that_redirects_inside_is_not_followed_there():
    with Loopback(echo) as inside:
        place = f"{inside.url}/secret"
        with Loopback(lambda request: Response(302, {"Location": place})) as server:
            transport = Transport(endpoints=[server.url])
            with pytest.raises(Refused):
                transport.get(server.url)
            assert transport.exchange("GET", server.url).status == 302

    assert inside.connections == 0


def test_a_service_on_another_machine_is_not_spoken_to_in_the_clear():
    for address in ("10.0.0.1", "93.184.215.14"):
        transport = Transport(
            endpoints=["http://calendar.internal:5232"], resolver=lambda host, address=address: [address]
        )
        with pytest.raises(Refused, match="https"):
            transport.exchange("GET", "http://calendar.internal:5232/")


def test_a_service_inside_is_spoken_to_over_tls_if_its_certificate_is_good():
    with Loopback(echo, tls=True) as server:
        known = Transport(endpoints=[server.url], ca_file=server.ca_file)
        assert known.exchange("GET", server.url).status == 200
        with pytest.raises(Unreachable, match="certificate"):
            Transport(endpoints=[server.url]).exchange("GET", server.url)


@pytest.mark.parametrize("value", ["canary\r\nX-Other: 1", "canary\n", "canary-\u00e9", "canary\x00"])
def test_a_header_that_would_end_its_line_is_not_sent_nor_repeated(value: str):
    with Loopback(echo) as server, pytest.raises(Refused) as caught:
        Transport(endpoints=[server.url]).exchange("GET", server.url, {"Authorization": value})

    assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert server.requests == []


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault in DONE_BY_LOOPBACK])
def test_every_fault_of_a_server_is_an_error_or_an_answer_that_is_none(fault: Fault):
    with Loopback(echo) as server:
        server.fault = fault
        transport = Transport(endpoints=[server.url], seconds=0.3 if fault in SLOW else 5)
        with pytest.raises(ConnectorError):
            answer = transport.exchange("GET", server.url)
            if answer.status >= 400:
                raise status_error(answer.status)
            answer.json()
