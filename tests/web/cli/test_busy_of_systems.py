"""`officeday busy caldav`, `google` and `microsoft`: a file, the secrets it names, and nothing else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.connectors.caldav.server import PASSWORD, RadicaleServer
from tests.connectors.google.server import GoogleServer
from tests.connectors.loopback import Loopback
from tests.connectors.microsoft.server import Entry, GraphServer
from tests.web.systems import google_by_consent, google_by_delegation, section
from web.cli import main

MARCH = ("--from", "2026-03-01", "--to", "2026-04-01")
WHOLE_MARCH = {"busy": [], "elsewhere": [], "unknown": [["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"]]}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("OFFICEDAY_")]:
        monkeypatch.delenv(variable)


def busy(folder: Path, config: str, *arguments: str) -> Result:
    file = folder / "mine.toml"
    file.write_text(config)
    return CliRunner().invoke(main, ["busy", *arguments, *MARCH, "--config", str(file)])


@pytest.mark.parametrize("kind", ["google", "microsoft", "caldav"])
def test_a_system_that_is_not_configured_is_told_and_where_to_read_how(tmp_path, kind):
    said = busy(tmp_path, "", kind, "ana@example.org")

    assert said.exit_code == 2
    assert f"[connectors.{kind}] is not configured" in said.stderr
    assert f"docs/{kind}.md" in said.stderr
    assert said.stdout == ""


def test_all_mistakes_of_the_file_are_told(tmp_path):
    said = busy(tmp_path, '[connectors.caldav]\nurl = "ftp://x"\npassword = "hunter2"\n', "caldav", "/ana/")

    assert said.exit_code == 2
    assert {line.partition(": ")[0] for line in said.stderr.splitlines()} == {
        "connectors.caldav.url",
        "connectors.caldav.username",
        "connectors.caldav.password",
        "connectors.caldav.password_file",
    }
    assert "hunter2" not in said.output


# --- CalDAV --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def radicale() -> Iterator[RadicaleServer]:
    with RadicaleServer("ana") as server:
        server.make_calendar("/ana/work/")
        server.put(
            "/ana/work/1.ics",
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
            "DTSTAMP:20260101T000000Z\r\nSUMMARY:Dentist\r\nDTSTART:20260305T090000Z\r\n"
            "DTEND:20260305T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        )
        yield server


def caldav(server: RadicaleServer, folder: Path, password: str = PASSWORD) -> str:
    (folder / "password").write_text(password)
    return f'[connectors.caldav]\nurl = "{server.url}/"\nusername = "officeday"\npassword_file = "password"\n'


def test_a_calendar_on_a_caldav_server(tmp_path, radicale):
    said = busy(tmp_path, caldav(radicale, tmp_path), "caldav", "/ana/work/")

    assert said.exit_code == 0, said.stderr
    assert json.loads(said.stdout) == {
        "busy": [["2026-03-05T09:00:00Z", "2026-03-05T10:00:00Z"]],
        "elsewhere": [],
        "unknown": [],
    }
    assert "Dentist" not in said.output
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine.toml", "password"]


@pytest.mark.parametrize(("address", "password"), [("/ana/none/", PASSWORD), ("/ana/work/", "wrong")])
def test_a_calendar_that_cannot_be_read_is_unknown_and_why_is_said(tmp_path, radicale, address, password):
    said = busy(tmp_path, caldav(radicale, tmp_path, password), "caldav", address)

    assert said.exit_code == 0
    assert json.loads(said.stdout) == WHOLE_MARCH
    assert said.stderr.startswith("Unknown: ")
    assert password not in said.output


def test_a_missing_password_file_is_told_by_name(tmp_path, radicale):
    config = caldav(radicale, tmp_path)
    (tmp_path / "password").unlink()

    said = busy(tmp_path, config, "caldav", "/ana/work/")

    assert said.exit_code == 2
    assert str(tmp_path / "password") in said.stderr


# --- Google and Microsoft ------------------------------------------------------------------------

NINE, TEN = datetime(2026, 3, 5, 9, tzinfo=UTC), datetime(2026, 3, 5, 10, tzinfo=UTC)
ANA, BOSS = "ana@contoso.example", "mentoring@contoso.example"
ONE_HOUR = {"busy": [["2026-03-05T09:00:00Z", "2026-03-05T10:00:00Z"]], "elsewhere": [], "unknown": []}


def google() -> GoogleServer:
    server = GoogleServer()
    server.calendars.add(ANA, [(NINE, TEN)])
    return server


def microsoft() -> GraphServer:
    server = GraphServer()
    server.mailbox(ANA, Entry(NINE, TEN))
    server.mailbox(BOSS)
    return server


WAYS_IN: dict[str, tuple[Callable[[], GoogleServer | GraphServer], Callable[..., str]]] = {
    "google, by consent": (google, lambda server, url, folder: google_by_consent(server, url, folder, BOSS)),
    "google, by a service account": (google, google_by_delegation),
    "microsoft, by consent": (
        microsoft,
        lambda server, url, folder: section("microsoft", server.settings(folder, url, consent_of=BOSS)),
    ),
    "microsoft, by its own permission": (
        microsoft,
        lambda server, url, folder: section("microsoft", server.settings(folder, url)),
    ),
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_mailbox(tmp_path, way):
    made, config = WAYS_IN[way]
    server = made()
    with Loopback(server) as loopback:
        said = busy(tmp_path, config(server, loopback.url, tmp_path), way.partition(",")[0], ANA)

    assert said.exit_code == 0, said.stderr
    assert json.loads(said.stdout) == ONE_HOUR
    assert "canary" not in said.output.lower()
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("way", WAYS_IN)
def test_addresses_may_be_written_with_what_the_vendors_append(tmp_path, way):
    made, config = WAYS_IN[way]
    server = made()
    with Loopback(server) as loopback:
        text = config(server, loopback.url, tmp_path)
        for key, more in (("endpoint = ", "/calendar/v3/"), ("graph_endpoint = ", "/v1.0/")):
            text = text.replace(f"\n{key}'{loopback.url}'", f"\n{key}'{loopback.url}{more}'")
        text = re.sub(r"(?m)^(authority = '.*)'$", r"\1/oauth2/v2.0/'", text)
        said = busy(tmp_path, text, way.partition(",")[0], ANA)

    assert "/v3/" in text or "/v1.0/" in text
    assert json.loads(said.stdout) == ONE_HOUR


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_mailbox_that_is_not_there_is_unknown_and_why_is_said(tmp_path, way):
    made, config = WAYS_IN[way]
    server = made()
    with Loopback(server) as loopback:
        said = busy(
            tmp_path, config(server, loopback.url, tmp_path), way.partition(",")[0], "no@contoso.example"
        )

    assert said.exit_code == 0
    assert json.loads(said.stdout) == WHOLE_MARCH
    assert said.stderr.startswith("Unknown: ")


@pytest.mark.parametrize("way", [way for way in WAYS_IN if "consent" in way])
def test_a_consent_that_has_ended_is_unknown_and_says_how_to_renew_it(tmp_path, way):
    made, config = WAYS_IN[way]
    server = made()
    with Loopback(server) as loopback:
        text = config(server, loopback.url, tmp_path)
        (tmp_path / "refresh-token").write_text("long-gone")
        said = busy(tmp_path, text, way.partition(",")[0], ANA)

    assert json.loads(said.stdout) == WHOLE_MARCH
    assert f"officeday connect {way.partition(',')[0]}" in said.stderr
    assert "long-gone" not in said.output
