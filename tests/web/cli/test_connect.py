"""`officeday connect`, as an administrator uses it, against servers on this machine."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from click.testing import CliRunner

from connectors.base import Refused
from connectors.sealed import is_sealed
from tests.connectors.google.server import GoogleServer
from tests.connectors.google.tokens import CLIENT_ID, CLIENT_SECRET, Code
from tests.connectors.loopback import Loopback
from tests.connectors.microsoft.server import GraphServer
from web.cli import main
from web.cli.redirect import NotOurs, code_in, listening

ORGANIZER = "mentoring@contoso.example"


@dataclass
class System:
    """A calendar system, and what its consent page does when the organizer says yes."""

    kind: str
    config: str
    say_yes: Callable[[str], dict[str, str]]


@contextmanager
def google(folder: Path, left_out: str = "") -> Iterator[System]:
    server = GoogleServer()
    server.calendars.add(ORGANIZER)
    (folder / "client-secret").write_text(CLIENT_SECRET)

    def say_yes(url: str) -> dict[str, str]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        scopes = frozenset(asked["scope"].split()) - {left_out}
        server.tokens.codes["the-code"] = Code(
            ORGANIZER, scopes, asked["redirect_uri"], asked["code_challenge"]
        )
        return {"code": "the-code", "state": asked["state"]}

    with Loopback(server) as loopback:
        config = (
            f'[connectors.google]\nendpoint = "{loopback.url}"\ntoken_endpoint = "{loopback.url}/token"\n'
            f'client_id = "{CLIENT_ID}"\nclient_secret_file = "client-secret"\nrefresh_token_file = "token"\n'
        )
        yield System("google", config, say_yes)


@contextmanager
def microsoft(folder: Path) -> Iterator[System]:
    server = GraphServer()
    server.mailbox(ORGANIZER)
    (folder / "client-secret").write_text(server.entra.client_secret)

    with Loopback(server) as loopback:
        config = (
            f'[connectors.microsoft]\ngraph_endpoint = "{loopback.url}"\n'
            f'authority = "{loopback.url}/{server.entra.tenant}"\nclient_id = "{server.entra.client_id}"\n'
            'client_secret_file = "client-secret"\nrefresh_token_file = "token"\n'
        )
        yield System("microsoft", config, lambda url: server.entra.sign_in(url, ORGANIZER))


class Walk:
    """The command in a process of its own; the test is the browser."""

    def __init__(self, folder: Path, system: System, *options: str) -> None:
        file = folder / "officeday.toml"
        file.write_text(f'[connectors]\norganizer = "{system.kind}:{ORGANIZER}"\n{system.config}')
        officeday = (sys.executable, "-c", "from web.cli import main; main()")
        self.process = subprocess.Popen(
            [*officeday, "connect", system.kind, "--config", str(file), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("OFFICEDAY_")}
            | {"PYTHONUNBUFFERED": "1"},
        )
        self.said = ""

    def url(self) -> str:
        """Read on until the address to open is shown."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if re.match(r"https?://", line):
                return line.strip()
        raise AssertionError(self.said)

    def end(self, typed: str | None = None) -> int:
        rest, _ = self.process.communicate(typed, timeout=60)
        self.said += rest
        return self.process.returncode


def redirect_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["redirect_uri"][0]


@pytest.mark.parametrize("system_of", [google, microsoft])
def test_a_mailbox_is_connected_by_its_owners_yes(tmp_path, system_of):
    with system_of(tmp_path) as system:
        walk = Walk(tmp_path, system)
        url = walk.url()
        back = redirect_of(url)
        assert re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d+", back)
        stranger = requests.get(back, {"code": "another", "state": "another"}, timeout=10)

        page = requests.get(back, system.say_yes(url), timeout=10)
        ended = walk.end()

    assert ended == 0, walk.said
    assert stranger.status_code == 400
    assert page.status_code == 200 and "You can close this window" in page.text
    assert "it could read:" in walk.said and "Next: import people" in walk.said
    assert f"the free/busy times of {ORGANIZER} can be read" in walk.said
    token = tmp_path / "token"
    assert is_sealed(token.read_text()) and stat.S_IMODE(token.stat().st_mode) == 0o600
    assert "canary" not in walk.said.lower()


@pytest.mark.parametrize("system_of", [google, microsoft])
def test_a_server_without_a_browser_takes_the_pasted_address(tmp_path, system_of):
    with system_of(tmp_path) as system:
        walk = Walk(tmp_path, system, "--paste")
        url = walk.url()
        address = f"{redirect_of(url)}/?{urlencode(system.say_yes(url))}"

        ended = walk.end(f"http://127.0.0.1/?code=another&state=another\n{address}\n")

    assert ended == 0, walk.said
    assert "That is not the address after this consent" in walk.said
    assert is_sealed((tmp_path / "token").read_text())


def test_a_box_that_was_left_empty_is_told_and_nothing_is_kept(tmp_path):
    with google(tmp_path, left_out="https://www.googleapis.com/auth/calendar.events.owned") as system:
        walk = Walk(tmp_path, system)
        url = walk.url()
        requests.get(redirect_of(url), system.say_yes(url), timeout=10)

        assert walk.end() == 1

    assert "calendar.events.owned" in walk.said.rpartition("Error:")[2]
    assert "Nothing was kept" in walk.said
    assert not (tmp_path / "token").exists()


def test_a_no_is_said_in_words(tmp_path):
    with microsoft(tmp_path) as system:
        walk = Walk(tmp_path, system)
        url = walk.url()
        state = parse_qs(urlsplit(url).query)["state"][0]
        no = {"error": "access_denied", "error_description": "AADSTS65004: <b>Ana</b>", "state": state}
        requests.get(redirect_of(url), no, timeout=10)

        assert walk.end() == 1

    assert "No consent was given (access_denied, AADSTS65004). Start again and say yes" in walk.said
    assert "Ana" not in walk.said


def test_a_connected_mailbox_may_be_connected_again(tmp_path):
    with google(tmp_path) as system:
        for _ in range(2):
            walk = Walk(tmp_path, system)
            url = walk.url()
            requests.get(redirect_of(url), system.say_yes(url), timeout=10)
            assert walk.end() == 0, walk.said

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "client-secret",
        "officeday.toml",
        "token",
        "var",
    ]


# --- what must be there first --------------------------------------------------------------------


def connect(folder: Path, config: str, kind: str = "google"):
    file = folder / "officeday.toml"
    file.write_text(config)
    return CliRunner().invoke(main, ["connect", kind, "--config", str(file)])


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("", "[connectors.google] is not there. docs/google.md"),
        (
            '[connectors.google]\nservice_account_file = "key.json"\n',
            "connectors.google.refresh_token_file names no file",
        ),
        (
            '[connectors.google]\nclient_id = "1"\nrefresh_token_file = "token"\n',
            'Set connectors.organizer = "google:MAILBOX" first',
        ),
    ],
)
def test_what_is_missing_is_told_before_anybody_is_asked(tmp_path, config, says):
    said = connect(tmp_path, config)

    assert said.exit_code == 1
    assert says in said.output
    assert "Traceback" not in said.output


def test_a_place_that_cannot_be_written_is_told_before_anybody_is_asked(tmp_path):
    (tmp_path / "file").write_text("")
    said = connect(
        tmp_path,
        '[connectors]\norganizer = "google:a@example.org"\n'
        '[connectors.google]\nclient_id = "1"\nrefresh_token_file = "file/token"\n',
    )

    assert said.exit_code == 1
    assert str(tmp_path / "file") in said.output
    assert "Open this address" not in said.output


# --- the way back --------------------------------------------------------------------------------


def test_only_an_address_with_our_state_has_a_code():
    assert code_in(" http://127.0.0.1:1/?state=s&code=4%2F0AX&scope=x \n", "s") == "4/0AX"
    for address in ("http://127.0.0.1/?code=c", "http://127.0.0.1/?code=c&state=t", "?state=s", "4/0AX", ""):
        with pytest.raises(NotOurs):
            code_in(address, "s")


def test_nobody_who_comes_back_is_an_answer_too():
    with listening("s") as browser, pytest.raises(Refused, match="Nobody came back"):
        browser.code(0.05)


def test_an_error_is_repeated_only_as_a_word():
    with pytest.raises(Refused) as caught:
        code_in("http://127.0.0.1/?state=s&error=<script>", "s")

    assert "script" not in str(caught.value)
