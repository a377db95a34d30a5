"""A real CalDAV server, Radicale, in a process of its own, and what people do to their calendars on it.

Its users: `officeday`, the account that a connector uses, and people. Everybody may do everything with
their own calendars; `officeday` may read everybody's, but of one called `discreet` the free/busy times
only, and of one called `private` nothing.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import unquote

import requests

from connectors.settings import CaldavSettings

ACCOUNT = "officeday"
PASSWORD = "correct horse"  # of everybody
#: Radicale, which ends when its input closes: with the tests, however these end
_RUN = """
import os, sys, threading
from radicale.__main__ import run
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
run()
"""
_RIGHTS = r"""
[private]
user: officeday
collection: (?!officeday)[^/]+/private(/.*)?
permissions:

[discreet]
user: officeday
collection: (?!officeday)[^/]+/discreet(/.*)?
permissions: f

[account]
user: officeday
collection: (?!officeday)[^/]+(/.*)?
permissions: Rr

[own]
user: .+
collection: {user}(/.*)?
permissions: RrWw

[root]
user: .+
collection:
permissions: R
"""


class RadicaleServer:
    """Runs while its `with` block does."""

    def __init__(self, *people: str) -> None:
        self._people = (ACCOUNT, *people)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.port = _free_port()
        self.password_file = folder / "password"
        self.password_file.write_text(PASSWORD + "\n")
        (folder / "rights").write_text(_RIGHTS)
        (folder / "users").write_text("".join(f"{name}:{PASSWORD}\n" for name in self._people))
        (folder / "config").write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\n"
            "htpasswd_encryption = plain\ndelay = 0\n"
            f"[rights]\ntype = from_file\nfile = {folder / 'rights'}\n"
            f"[storage]\nfilesystem_folder = {folder / 'storage'}\n"
            "[logging]\nlevel = error\n"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RUN, "--config", str(folder / "config")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait_until_it_answers()
            for person in self._people:
                self.as_person("MKCOL", f"/{person}/", allowed=(201, 405))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # one that reads a hostile calendar hears nothing else
        self._process.communicate()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, url: str | None = None, username: str = ACCOUNT) -> CaldavSettings:
        """What an admin writes down.

        Args:
            url: of whatever stands in front of the server.
        """
        return CaldavSettings(url=url or self.url, username=username, password_file=self.password_file)

    def make_calendar(self, path: str, properties: str = "") -> str:
        """`/maria/work/`; properties as XML, prefix C is CalDAV."""
        body = (
            '<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
            f"<D:displayname>Calendar</D:displayname>{properties}</D:prop></D:set></C:mkcalendar>"
        )
        self.as_person("MKCALENDAR", path, body, allowed=(201,))
        return path

    def put(self, path: str, text: str | bytes) -> None:
        """Write an event, or write over it."""
        self.as_person("PUT", path, text, allowed=(201, 204))

    def get(self, path: str) -> str:
        return self.as_person("GET", path, allowed=(200,)).content.decode()

    def remove(self, path: str) -> None:
        self.as_person("DELETE", path, allowed=(200,))

    def move(self, path: str, start: datetime, end: datetime) -> None:
        """Move an event to another time, as a calendar program does: its SEQUENCE rises."""
        text = re.sub(r"(?m)^DTSTART[:;].*$", f"DTSTART:{_utc(start)}\r", self.get(path))
        text = re.sub(r"(?m)^DTEND[:;].*$", f"DTEND:{_utc(end)}\r", text)
        text = re.sub(r"(?m)^SEQUENCE:(\d+)", lambda found: f"SEQUENCE:{int(found[1]) + 1}", text)
        self.put(path, text)

    def answer(self, path: str, email: str, status: str) -> None:
        """Answer an invitation; `status` is a PARTSTAT. The line may be folded."""
        lines = self.get(path).replace("\r\n ", "").split("\r\n")
        for number, line in enumerate(lines):
            if line.startswith("ATTENDEE") and line.lower().endswith(f"mailto:{email.lower()}"):
                lines[number] = re.sub(r"PARTSTAT=[A-Z-]+", f"PARTSTAT={status}", line)
        self.put(path, "\r\n".join(lines))

    def events(self, calendar: str) -> dict[str, str]:
        """The texts of a calendar's events by path, as they are stored."""
        body = '<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>'
        listed = self.as_person("PROPFIND", calendar, body, allowed=(207,), Depth="1").text
        paths = re.findall(r"<(?:\w+:)?href>([^<]*)</", listed)
        return {path: self.get(path) for path in paths if not path.endswith("/")}

    def as_person(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        *,
        allowed: tuple[int, ...],
        **headers: str,
    ) -> requests.Response:
        """A call in the name of whom the path belongs to."""
        answer = requests.request(
            method,
            self.url + path,
            data=body.encode() if isinstance(body, str) else body,
            auth=(unquote(path.split("/")[1]), PASSWORD),
            headers=headers,
            timeout=20,
        )
        assert answer.status_code in allowed, (method, path, answer.status_code, answer.text)
        return answer

    def _wait_until_it_answers(self) -> None:
        for _ in range(400):
            assert self._process.poll() is None, "Radicale has ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("Radicale does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"
