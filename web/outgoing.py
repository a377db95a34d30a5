"""Where mail leaves: over SMTP where a server is configured, else as `.eml` files in a folder.

`mail.redirect_to` is obeyed here, at the last gate, so that no mail can miss it.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import ipaddress
import os
import re
import smtplib
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from web.clean_text import one_line
from web.config import Config, MailConfig
from web.invitations import readdressed

KIND_HEADER = "X-Officeday-Kind"
RECIPIENT_HEADER = "X-Officeday-For"  #: whom a redirected mail was for

CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 60.0


class MailFailed(Exception):
    """A mail did not leave. `retry`: may the same mail leave later?"""

    def __init__(self, text: str, retry: bool) -> None:
        super().__init__(text)
        self.retry = retry


class Outgoing(Protocol):
    def send(self, message: EmailMessage) -> None:
        """Hand over a mail to its one recipient (the To header).

        Raises:
            MailFailed: it did not leave, or perhaps did and nobody said so.
        """


def outgoing(config: Config) -> Outgoing:
    """The way out that the configuration asks for."""
    if config.mail.smtp_host is None:
        return Folder(config.mail.outbox_folder, config.mail.redirect_to)
    return SmtpServer(config.mail, host_name(config.site.url))


def redirected(message: EmailMessage, email: str) -> EmailMessage:
    """A copy for `email` alone, which says whom it was for; no calendar in it names another recipient."""
    copied = copy.deepcopy(message)
    meant_for = recipient_of(message)
    copied.replace_header("To", Address(addr_spec=email))
    copied.replace_header("Subject", one_line(f"[for {meant_for}] {message['Subject']}"))
    copied[RECIPIENT_HEADER] = meant_for
    for part in copied.walk():
        if part.get_content_type() in ("text/calendar", "application/ics"):
            calendar = readdressed(part.get_payload(decode=True), email)  # type: ignore[arg-type]
            part.set_payload(base64.encodebytes(calendar).decode("ascii"))
    return copied


def recipient_of(message: EmailMessage) -> str:
    (address,) = message["To"].addresses
    return str(address.addr_spec)


def host_name(url: str) -> str:
    """How we greet a server (RFC 5321 §4.1.3: an address stands in brackets)."""
    host = urlsplit(url).hostname or "localhost"
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return host
    return f"[{host}]" if version == 4 else f"[IPv6:{host}]"


# --- files ---------------------------------------------------------------------------------------


class Folder:
    """One `.eml` file a mail, readable by its owner only: the links in it decide."""

    def __init__(self, folder: Path, redirect_to: str | None = None) -> None:
        self._folder = folder
        self._redirect_to = redirect_to

    def send(self, message: EmailMessage) -> None:
        if self._redirect_to is not None:
            message = redirected(message, self._redirect_to)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(self._folder / file_name(message), message.as_bytes())
        except OSError as error:
            raise MailFailed(f"{self._folder} cannot be written: {error.strerror}", retry=True) from error


def file_name(message: EmailMessage) -> str:
    """ "20260301T090000Z-proposal-priya@example.org-1f2e3d4c.eml"; the same mail has the same name."""
    sent: datetime = message["Date"].datetime
    recipient = re.sub(r"[^a-z0-9@._+-]", "_", recipient_of(message).lower())[:80]
    kind = re.sub(r"[^a-z0-9_]", "_", str(message.get(KIND_HEADER, "mail")))
    digest = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:8]
    return f"{sent.astimezone(UTC):%Y%m%dT%H%M%SZ}-{kind}-{recipient}-{digest}.eml"


def _write_whole(file: Path, content: bytes) -> None:
    descriptor, apart = tempfile.mkstemp(dir=file.parent, prefix=".writing-")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(apart).replace(file)
    except BaseException:
        Path(apart).unlink(missing_ok=True)
        raise


# --- SMTP ----------------------------------------------------------------------------------------


class SmtpServer:
    """A mail server (RFC 5321), asked anew for each mail.

    Args:
        greeting: the host name that we give.
        total_seconds: from the connection to the last answer, however slowly a server drips.
        trust: whose certificates count; those of the system unless given.
    """

    def __init__(
        self,
        config: MailConfig,
        greeting: str,
        total_seconds: float = TOTAL_SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._config = config
        self._greeting = greeting
        self._total_seconds = total_seconds
        self._trust = trust or ssl.create_default_context()

    def send(self, message: EmailMessage) -> None:
        if self._config.redirect_to is not None:
            message = redirected(message, self._config.redirect_to)
        with self._connected() as connection:
            _hand_over(connection, message, self._config.from_address)

    def check(self) -> None:
        """Connect, secure and sign in as for a mail, and send none.

        Raises:
            MailFailed: what does not work.
        """
        with self._connected():
            pass

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        connection = _Connection(
            self._greeting, self._total_seconds, self._trust if self._config.security == "tls" else None
        )
        try:
            self._open(connection)
            yield connection
            # What was accepted is sent, whatever becomes of the goodbye.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
        finally:
            connection.hang_up()

    def _open(self, connection: smtplib.SMTP) -> None:
        """Whatever goes wrong here is wrong for every mail, so none is given up for it."""
        config = self._config
        doing = "connecting"
        try:
            code, answer = connection.connect(config.smtp_host or "", config.smtp_port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, answer)
            if config.security == "starttls":
                doing = "changing to TLS"
                connection.starttls(context=self._trust)
            if config.username is not None and config.password is not None:
                doing = "signing in"
                connection.login(config.username, config.password.get_secret_value())
        except (smtplib.SMTPException, OSError) as error:
            server = f"mail server {config.smtp_host}:{config.smtp_port}"
            raise MailFailed(f"{server} failed at {doing}: {_reason(error)}", retry=True) from error


class _Connection(smtplib.SMTP):
    """smtplib with a deadline for the whole talk; its own timeout starts again at each byte."""

    def __init__(self, greeting: str, total_seconds: float, tls: ssl.SSLContext | None) -> None:
        super().__init__(local_hostname=greeting, timeout=total_seconds)
        self._tls = tls
        self._line: socket.socket | None = None
        self._deadline = threading.Timer(total_seconds, self._cut)
        self._deadline.daemon = True

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), min(CONNECT_SECONDS, timeout))
        plain.settimeout(timeout)
        self._line = plain.dup()  # TLS takes the socket itself over; this stays ours to cut
        self._deadline.start()
        self._host = host  # smtplib checks certificates against it, yet sets it when made only
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=host)

    def _cut(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):  # it may be down already
                self._line.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        self._deadline.cancel()
        self.close()
        if self._line is not None:
            self._line.close()


def _hand_over(connection: smtplib.SMTP, message: EmailMessage, sender: str) -> None:
    """Permanent is only what a server says of this mail or its recipient (RFC 5321 §4.2.1: 5yz)."""
    recipient = recipient_of(message)
    try:
        connection.send_message(message, sender, [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = error.recipients[recipient]
        raise MailFailed(f"{recipient} refused: {code} {_said(answer)}", retry=code < 500) from error
    except smtplib.SMTPDataError as error:
        raise MailFailed(f"mail to {recipient} refused: {_reason(error)}", error.smtp_code < 500) from error
    except smtplib.SMTPResponseException as error:
        raise MailFailed(f"nothing taken from {sender}: {_reason(error)}", retry=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"mail server lost while sending: {_reason(error)}", retry=True) from error


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_said(error.smtp_error)}"
    return one_line(str(error)) or type(error).__name__


def _said(answer: bytes | str) -> str:
    return one_line(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)
