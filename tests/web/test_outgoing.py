from __future__ import annotations

import email
import socket
import ssl
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.policy import SMTP as POLICY
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from icalendar import Calendar
from pydantic import SecretStr

from tests.web.mails import BEN, CONFIG, HOSTILE, LETTERS, MENTORING, PRIYA, calendar_of, mail, text_of
from web.config import MailConfig
from web.notify import InvitationLetter, SignInLetter
from web.outgoing import (
    RECIPIENT_HEADER,
    Folder,
    MailFailed,
    SmtpServer,
    file_name,
    host_name,
    outgoing,
    redirected,
)


class Inbox:
    """Keeps what a server was given; answers what it is told to."""

    def __init__(self, **answers: str) -> None:
        self.received: list[Envelope] = []
        self.greetings: list[str] = []
        self.answers = answers

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.greetings.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.received.append(envelope)
        return self.answers.get("data", "250 OK")

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return self.answers.get("quit", "221 Bye")

    @property
    def mails(self):
        return [email.message_from_bytes(each.content, policy=POLICY) for each in self.received]


class LocalServer(Controller):
    """On any free port; how it speaks TLS and to whom is up to the test."""

    def __init__(self, inbox: Inbox, implicit_tls: ssl.SSLContext | None = None, **options) -> None:
        self._options = options
        super().__init__(inbox, hostname="127.0.0.1", port=0, ssl_context=implicit_tls)

    def factory(self):
        return SMTP(self.handler, **self._options)

    def _trigger_server(self) -> None:
        self.port = self.bound_port  # the base class knocks at the port it was given, and 0 is none
        super()._trigger_server()

    @property
    def bound_port(self) -> int:
        return self.server.sockets[0].getsockname()[1]


@contextmanager
def a_server(inbox: Inbox, **options) -> Iterator[int]:
    server = LocalServer(inbox, **options)
    server.start()
    try:
        yield server.bound_port
    finally:
        server.stop(no_assert=True)


def settings(port: int, **more) -> MailConfig:
    return MailConfig(from_address="mentoring@example.org", smtp_host="127.0.0.1", smtp_port=port, **more)


def a_way_out(port: int, trust: ssl.SSLContext | None = None, seconds: float = 20.0, **more) -> SmtpServer:
    return SmtpServer(settings(port, **more), "mentoring.example.org", seconds, trust)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A key and a certificate for 127.0.0.1, made here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def server_side(certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trust(certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


# --- over SMTP -----------------------------------------------------------------------------------


@pytest.mark.parametrize("letter, recipient", LETTERS.values(), ids=LETTERS)
def test_a_mail_arrives_as_it_was_written(letter, recipient):
    inbox = Inbox()
    with a_server(inbox) as port:
        a_way_out(port).send(mail(letter, recipient))

    (envelope,) = inbox.received
    assert envelope.rcpt_tos == [recipient.email]
    assert envelope.mail_from == "mentoring@example.org"
    assert envelope.content == mail(letter, recipient).as_bytes()
    assert inbox.greetings == ["mentoring.example.org"]


def test_a_mail_sent_twice_is_byte_for_byte_the_same():
    inbox = Inbox()
    with a_server(inbox) as port:
        for _ in range(2):
            a_way_out(port).send(mail(InvitationLetter(MENTORING), BEN))

    first, second = inbox.received
    assert first.content == second.content


@pytest.mark.parametrize("text", [text for name, text in HOSTILE.items() if name != "surrogate"])
def test_a_hostile_name_reaches_one_recipient_only(text):
    inbox = Inbox()
    with a_server(inbox) as port:
        a_way_out(port).send(mail(SignInLetter("link", 30), replace(BEN, name=text)))

    (envelope,) = inbox.received
    assert envelope.rcpt_tos == ["ben@example.org"]
    assert inbox.mails[0]["Bcc"] is None


def test_a_domain_beyond_ascii_is_written_as_dns_has_it():
    inbox = Inbox()
    with a_server(inbox) as port:
        a_way_out(port).send(mail(SignInLetter("link", 30), replace(BEN, email="ben@bücher.example")))

    assert inbox.received[0].rcpt_tos == ["ben@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "answers, retry",
    [
        ({"rcpt": "550 5.1.1 No such mailbox"}, False),
        ({"rcpt": "450 4.2.1 Greylisted, come back"}, True),
        ({"rcpt": "421 4.3.2 Shutting down"}, True),
        ({"data": "554 5.7.1 Message refused"}, False),
        ({"data": "552 5.3.4 Too large"}, False),
        ({"data": "451 4.3.0 Try again"}, True),
        ({"mail": "553 5.7.1 Sender unknown"}, True),  # our own mistake: no mail is given up for it
        ({"mail": "451 4.3.0 Try again"}, True),
    ],
)
def test_what_the_server_says_decides_whether_to_try_again(answers, retry):
    with a_server(Inbox(**answers)) as port, pytest.raises(MailFailed) as failed:
        a_way_out(port).send(mail(*LETTERS["proposal"]))

    assert failed.value.retry is retry
    assert next(iter(answers.values())) in str(failed.value)


def test_a_mail_that_was_taken_is_sent_even_if_the_goodbye_fails():
    inbox = Inbox(quit="500 What?")
    with a_server(inbox) as port:
        a_way_out(port).send(mail(*LETTERS["proposal"]))

    assert len(inbox.received) == 1


def test_nobody_listening_means_try_again():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        with pytest.raises(MailFailed, match=f"127.0.0.1:{port} failed at connecting") as failed:
            a_way_out(port).send(mail(*LETTERS["proposal"]))

    assert failed.value.retry is True


@contextmanager
def a_script(talk) -> Iterator[int]:
    """A server of one connection that runs `talk(connection)`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(20)


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_server_that_drips_is_cut_off_at_the_deadline(security):
    """A timeout alone would start again at each byte."""
    hung_up = threading.Event()

    def drip(connection: socket.socket) -> None:
        if security == "tls":
            connection.sendall(b"\x16\x03\x03\x3f\xff")  # the head of a handshake record of 16 kB
        for _ in range(400):
            try:
                connection.sendall(b"2")
            except OSError:
                hung_up.set()
                return
            time.sleep(0.05)

    with a_script(drip) as port:
        with pytest.raises(MailFailed) as failed:
            a_way_out(port, seconds=0.6, security=security).send(mail(*LETTERS["proposal"]))
        assert hung_up.wait(10)

    assert failed.value.retry is True


def test_a_connection_lost_after_the_mail_means_try_again():
    def leave(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        for answer in (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
            connection.recv(4096)
            connection.sendall(answer)
        while not connection.recv(65536).endswith(b"\r\n.\r\n"):
            pass

    with a_script(leave) as port, pytest.raises(MailFailed, match="lost while sending") as failed:
        a_way_out(port).send(mail(*LETTERS["sign in"]))

    assert failed.value.retry is True


def test_a_server_that_turns_us_away_means_try_again():
    with (
        a_script(lambda connection: connection.sendall(b"554 5.7.1 not you\r\n")) as port,
        pytest.raises(MailFailed, match="not you") as failed,
    ):
        a_way_out(port).send(mail(*LETTERS["sign in"]))

    assert failed.value.retry is True


# --- TLS and signing in --------------------------------------------------------------------------


def test_mail_goes_over_tls(server_side, trust):
    inbox = Inbox()
    with a_server(inbox, implicit_tls=server_side) as port:
        a_way_out(port, trust, security="tls").send(mail(*LETTERS["proposal"]))

    assert len(inbox.received) == 1


def test_mail_goes_over_starttls(server_side, trust):
    inbox = Inbox()
    with a_server(inbox, tls_context=server_side, require_starttls=True) as port:
        a_way_out(port, trust, security="starttls").send(mail(*LETTERS["proposal"]))

    assert len(inbox.received) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(server_side):
    inbox = Inbox()
    with (
        a_server(inbox, tls_context=server_side) as port,
        pytest.raises(MailFailed, match="certificate") as failed,
    ):
        a_way_out(port, security="starttls").send(mail(*LETTERS["proposal"]))

    assert failed.value.retry is True
    assert inbox.received == []


def test_a_server_without_starttls_gets_no_mail_in_clear(trust):
    inbox = Inbox()
    with a_server(inbox) as port, pytest.raises(MailFailed, match="STARTTLS") as failed:
        a_way_out(port, trust, security="starttls").send(mail(*LETTERS["proposal"]))

    assert failed.value.retry is True
    assert inbox.received == []


def only_ben(server, session, envelope, mechanism, login) -> AuthResult:
    right = isinstance(login, LoginPassword) and login.login == b"ben" and login.password == b"sesame-7"
    return AuthResult(success=right, handled=False)  # so that the server gives the answer


@pytest.mark.parametrize("password", ["sesame-7", "wrong-9"])
def test_a_server_may_ask_for_a_password(server_side, trust, password):
    inbox = Inbox()
    with a_server(
        inbox, tls_context=server_side, require_starttls=True, authenticator=only_ben, auth_required=True
    ) as port:
        way_out = a_way_out(port, trust, security="starttls", username="ben", password=SecretStr(password))
        if password == "sesame-7":
            way_out.send(mail(*LETTERS["proposal"]))
            way_out.check()
        else:
            with pytest.raises(MailFailed, match="failed at signing in: 535") as failed:
                way_out.send(mail(*LETTERS["proposal"]))
            assert failed.value.retry is True  # put right in the configuration, and it leaves
            assert password not in str(failed.value)
            with pytest.raises(MailFailed):
                way_out.check()

    assert len(inbox.received) == (1 if password == "sesame-7" else 0)


# --- everything to one mailbox -------------------------------------------------------------------


@pytest.mark.parametrize("letter, recipient", LETTERS.values(), ids=LETTERS)
def test_a_redirected_mail_goes_to_the_test_mailbox_alone(letter, recipient):
    inbox = Inbox()
    with a_server(inbox) as port:
        a_way_out(port, redirect_to="trial@example.net").send(mail(letter, recipient))

    (envelope,), (received,) = inbox.received, inbox.mails
    assert envelope.rcpt_tos == ["trial@example.net"]
    assert [each.addr_spec for each in received["To"].addresses] == ["trial@example.net"]
    assert received[RECIPIENT_HEADER] == recipient.email
    assert received["Subject"].strip().startswith(f"[for {recipient.email}] ")
    assert text_of(received) == text_of(mail(letter, recipient))


def test_a_redirected_invitation_leads_no_client_to_write_to_real_people():
    message = redirected(mail(InvitationLetter(MENTORING), BEN), "trial@example.net")

    received = email.message_from_bytes(message.as_bytes(), policy=POLICY)
    (attached,) = received.iter_attachments()
    for raw in (calendar_of(received), attached.get_payload(decode=True)):
        (event,) = Calendar.from_ical(raw).walk("VEVENT")
        assert event["ATTENDEE"] == "mailto:trial@example.net"
        assert event["ORGANIZER"] == "mailto:mentoring@example.org"  # us: answers go nowhere else
        for real in ("ben@", "aisha@", "priya@", "room3@"):
            assert real not in raw.decode()


def test_a_redirected_mail_leaves_the_one_it_was_made_from_alone():
    message = mail(InvitationLetter(MENTORING), BEN)
    before = message.as_bytes()

    redirected(message, "trial@example.net")

    assert message.as_bytes() == before


def test_files_are_redirected_too(tmp_path):
    Folder(tmp_path, redirect_to="trial@example.net").send(mail(*LETTERS["proposal"]))

    (file,) = tmp_path.iterdir()
    assert b"To: trial@example.net" in file.read_bytes()
    assert "trial@example.net" in file.name


# --- files ---------------------------------------------------------------------------------------


def test_without_a_server_mail_is_written_to_files(tmp_path):
    config = CONFIG.model_copy(update={"mail": MailConfig(outbox_folder=tmp_path / "var" / "outbox")})
    message = mail(*LETTERS["proposal"])

    outgoing(config).send(message)
    outgoing(config).send(message)  # the same mail is the same file

    (file,) = (tmp_path / "var" / "outbox").iterdir()
    assert file.read_bytes() == message.as_bytes()
    assert file.name.startswith("20270305T090000Z-proposal-priya@example.org-")
    assert file.suffix == ".eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_with_a_server_mail_goes_there():
    inbox = Inbox()
    with a_server(inbox) as port:
        outgoing(CONFIG.model_copy(update={"mail": settings(port)})).send(mail(*LETTERS["proposal"]))

    assert len(inbox.received) == 1


@pytest.mark.parametrize("local", ["../../x", "a/b", "UPPER", "$(id)'", "-é", ".hidden", "x" * 300])
def test_a_file_name_stays_in_its_folder_whatever_the_address(local, tmp_path):
    message = mail(*LETTERS["sign in"])
    message.replace_header("To", Address(username=local, domain="example.org"))

    Folder(tmp_path).send(message)

    (file,) = tmp_path.iterdir()
    assert file.name == file_name(message)
    assert set(file.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789@._+-TZ")


def test_two_mails_of_one_moment_to_one_person_are_two_files():
    one = mail(*LETTERS["proposal"])
    other = mail(*LETTERS["proposal"], message_id="<other@example.org>")

    assert file_name(one) != file_name(other)


def test_a_folder_that_cannot_be_written_means_try_again(tmp_path):
    in_the_way = tmp_path / "outbox"
    in_the_way.write_text("a file")

    with pytest.raises(MailFailed, match="cannot be written") as failed:
        Folder(in_the_way).send(mail(*LETTERS["proposal"]))

    assert failed.value.retry is True


def test_a_file_that_could_not_be_finished_is_not_left_behind(tmp_path):
    target = tmp_path / file_name(mail(*LETTERS["proposal"]))
    target.mkdir()
    (target / "in the way").touch()

    with pytest.raises(MailFailed):
        Folder(tmp_path).send(mail(*LETTERS["proposal"]))

    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "url, name",
    [
        ("https://mentoring.example.org/x", "mentoring.example.org"),
        ("http://127.0.0.1:8321", "[127.0.0.1]"),
        ("http://[::1]:8321", "[IPv6:::1]"),
    ],
)
def test_we_greet_by_the_name_people_know(url, name):
    assert host_name(url) == name


def test_the_senior_is_a_recipient_like_everybody_else():
    inbox = Inbox()
    with a_server(inbox) as port:
        a_way_out(port).send(mail(InvitationLetter(MENTORING), PRIYA))

    assert inbox.received[0].rcpt_tos == [PRIYA.email]
