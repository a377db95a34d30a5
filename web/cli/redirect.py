"""Where a browser comes back to with the answer of a consent page: an address of this machine.

The loopback redirect of RFC 8252 §7.3: a port that is free, open while the answer is waited for. Whoever
brings another `state` than ours is turned away and the waiting goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from connectors.base import Refused

_DONE = b"<!doctype html><title>officeday</title><p>Thank you. You can close this window now.</p>"
_STRANGER = b"<!doctype html><title>officeday</title><p>This is not the answer that was waited for.</p>"
_REMEDIES = {
    "access_denied": "Start again and say yes, or ask the administrator whether consent is blocked",
    "admin_policy_enforced": "Ask the administrator to allow this client: API controls, App access control",
    "consent_required": "Ask the administrator to grant admin consent for this application",
    "redirect_uri_mismatch": "Register the redirect address that docs/ names with the client",
}


class NotOurs(Exception):
    """An address that does not answer this question."""


def code_in(address: str, state: str) -> str:
    """The code in an address that a browser was sent back to.

    Raises:
        NotOurs: it answers another question, or none.
        Refused: it says no; the text says what a person can do.
    """
    said = {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).query).items()}
    if said.get("state") != state:
        raise NotOurs
    if "error" in said:
        raise _refused(said["error"], said.get("error_description", ""))
    if not said.get("code"):
        raise NotOurs
    return said["code"]


def _refused(error: str, described: str) -> Refused:
    """The words that are known; a description is somebody else's text, so only its number is repeated."""
    word = error if re.fullmatch(r"[a-z_]{1,60}", error) else "an error"
    number = re.search(r"AADSTS\d+", described)
    remedy = _REMEDIES.get(word, "Start again; docs/ says what has to be set up first")
    return Refused(f"No consent was given ({word}{', ' + number[0] if number else ''}). {remedy}.")


class Redirect:
    """Waits for a browser. `port` is where."""

    def __init__(self, server: ThreadingHTTPServer, answers: SimpleQueue[str | Refused]) -> None:
        self.port: int = server.server_address[1]
        self._answers = answers

    def code(self, seconds: float) -> str:
        """
        Raises:
            Refused: no consent was given, or nobody came.
        """
        try:
            answer = self._answers.get(timeout=seconds)
        except Empty:
            raise Refused(f"Nobody came back within {seconds / 60:g} minutes. Start again.") from None
        if isinstance(answer, Refused):
            raise answer
        return answer


@contextmanager
def listening(state: str, port: int = 0) -> Iterator[Redirect]:
    """A server on 127.0.0.1 for one answer.

    Raises:
        OSError: the port is taken.
    """
    answers: SimpleQueue[str | Refused] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # browsers open connections that they never use

        def do_GET(self) -> None:
            try:
                answer: str | Refused = code_in(self.path, state)
            except NotOurs:
                self._say(400, _STRANGER)
                return
            except Refused as why:
                answer = why
            try:
                self._say(200, _DONE)
            finally:  # only then: whoever waits for the answer may end this program at once
                answers.put(answer)

        def _say(self, status: int, page: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Says nothing: an address holds the code."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, name="redirect", daemon=True)
    thread.start()
    try:
        yield Redirect(server, answers)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
