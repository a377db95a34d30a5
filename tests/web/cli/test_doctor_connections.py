"""What `officeday doctor` says of calendar systems: granted, missing, ended, and who can help."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.connectors.caldav.server import ACCOUNT, RadicaleServer
from tests.connectors.google.server import GoogleServer
from tests.connectors.loopback import Loopback
from tests.connectors.microsoft.server import GraphServer
from tests.web.systems import SCOPES, google_by_consent, section
from web.cli import main
from web.config import load_config
from web.operations.connections import examine
from web.operations.findings import Finding, Level
from web.site import utc_now

BOSS = "mentoring@contoso.example"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("OFFICEDAY_")]:
        monkeypatch.delenv(variable)


def configured(folder: Path, text: str, organizer: str | None = f"google:{BOSS}") -> Path:
    file = folder / "config.toml"
    told = f'organizer = "{organizer}"\n' if organizer else ""
    file.write_text(f"[connectors]\n{told}{text}")
    return file


def findings(file: Path) -> list[Finding]:
    return list(examine(load_config(file), utc_now()))


def said(found: list[Finding], level: Level) -> list[str]:
    return [f"{each.says} → {each.do}" if each.do else each.says for each in found if each.level is level]


def doctor() -> Result:
    return CliRunner().invoke(main, ["doctor"])


@pytest.fixture
def google() -> Iterator[tuple[GoogleServer, Loopback]]:
    server = GoogleServer()
    server.calendars.add(BOSS)
    with Loopback(server) as loopback:
        yield server, loopback


@pytest.fixture
def graph() -> Iterator[tuple[GraphServer, Loopback]]:
    server = GraphServer()
    server.mailbox(BOSS)
    with Loopback(server) as loopback:
        yield server, loopback


def test_without_any_calendar_system_it_says_that_mails_invite(tmp_path):
    assert said(findings(configured(tmp_path, "", None)), Level.OK) == [
        "none: no events are written, mails carry the invitations (docs/google.md)"
    ]


def test_a_connected_mailbox_is_well_and_what_it_could_read_is_said(tmp_path, google):
    server, loopback = google
    found = findings(configured(tmp_path, google_by_consent(server, loopback.url, tmp_path, BOSS)))

    assert {each.level for each in found} == {Level.OK}
    told = "\n".join(said(found, Level.OK))
    for scope in SCOPES:
        assert f"{scope} is granted, " in told
    assert "it could read every event, with its title, place and guests" in told
    assert f"the free/busy times of {BOSS} can be read" in told
    assert "only the first event will prove it" in told


def test_looking_leaves_nothing_behind(tmp_path, google):
    server, loopback = google
    configured(tmp_path, google_by_consent(server, loopback.url, tmp_path, BOSS))

    assert doctor().exit_code == 0

    assert server.calendars.live(BOSS) == []
    assert not any(call.endswith(("insert", "update", "patch", "delete")) for call in server.calls)


def test_a_permission_that_is_missing_is_named_and_who_can_grant_it(tmp_path, google):
    server, loopback = google
    settings = server.consented(loopback.url, tmp_path, BOSS, SCOPES[:1])
    found = findings(configured(tmp_path, section("google", settings)))

    assert any(
        line.startswith(f"{SCOPES[1]} is not granted, which is needed to keep the sessions' events")
        and line.endswith(f"ask the administrator to grant {SCOPES[1]} (docs/google.md)")
        for line in said(found, Level.FAIL)
    )
    assert doctor().exit_code == 1


def test_a_permission_that_is_not_needed_is_worth_a_warning(tmp_path, google):
    server, loopback = google
    wide = "https://www.googleapis.com/auth/calendar"
    settings = server.consented(loopback.url, tmp_path, BOSS, [*SCOPES, wide])

    (warning,) = said(findings(configured(tmp_path, section("google", settings))), Level.WARN)

    assert warning.startswith(f"{wide} is granted besides: it could read ")


def test_a_consent_that_has_ended_says_how_to_connect_again(tmp_path, google):
    server, loopback = google
    configured(tmp_path, google_by_consent(server, loopback.url, tmp_path, BOSS))
    server.tokens.revoke()

    told = doctor()

    assert told.exit_code == 1
    assert "The consent for Google has ended (invalid_grant)" in told.output
    assert "officeday connect google" in told.output


def test_a_consent_that_was_never_given_says_how_to_connect(tmp_path, google):
    server, loopback = google
    configured(tmp_path, google_by_consent(server, loopback.url, tmp_path, BOSS))
    (tmp_path / "refresh-token").unlink()

    told = doctor()

    assert told.exit_code == 1
    assert "officeday connect google" in told.output


def test_a_service_account_without_delegation_says_what_to_allow(tmp_path, google):
    server, loopback = google
    settings = server.delegated(loopback.url, tmp_path, SCOPES[:1], subject=BOSS)

    failed = said(findings(configured(tmp_path, section("google", settings))), Level.FAIL)

    assert any(f"ask the administrator to grant {SCOPES[1]}" in line for line in failed)


def test_an_application_of_microsoft_is_told_which_permission_an_administrator_must_grant(tmp_path, graph):
    server, loopback = graph
    server.entra.roles = ("Calendars.ReadBasic.All",)
    text = section("microsoft", server.settings(tmp_path, loopback.url))

    found = findings(configured(tmp_path, text, f"microsoft:{BOSS}"))

    (warned,) = said(found, Level.WARN)
    assert "ask the administrator to grant Calendars.ReadWrite, unless Exchange grants it" in warned
    (failed,) = said(found, Level.FAIL)
    assert failed.startswith("Microsoft 365 refuses this.")


def test_a_secret_that_has_expired_says_where_to_make_a_new_one(tmp_path, graph):
    server, loopback = graph
    text = section("microsoft", server.settings(tmp_path, loopback.url))
    server.entra.revoke()

    (failed,) = said(findings(configured(tmp_path, text, None)), Level.FAIL)

    assert "Make a new one in the Entra admin center" in failed


def test_a_mailbox_of_microsoft_is_well(tmp_path, graph):
    server, loopback = graph
    text = section("microsoft", server.settings(tmp_path, loopback.url, consent_of=BOSS))

    found = findings(configured(tmp_path, text, f"microsoft:{BOSS}"))

    assert {each.level for each in found} == {Level.OK}, found
    assert not any(each.startswith("POST /me/events") for each in server.log)


def test_of_a_caldav_server_it_says_what_it_cannot_tell(tmp_path):
    with RadicaleServer() as server:
        calendar = server.make_calendar(f"/{ACCOUNT}/mentoring/")
        found = findings(configured(tmp_path, section("caldav", server.settings()), f"caldav:{calendar}"))

    assert {each.level for each in found} == {Level.OK}, found
    assert "whether it can be written cannot be told without writing" in found[-1].says


def test_a_system_that_is_down_is_a_failure_that_waiting_may_mend(tmp_path, graph):
    server, _ = graph
    text = section("microsoft", server.settings(tmp_path, "http://127.0.0.1:9"))

    (failed,) = said(findings(configured(tmp_path, text, None)), Level.FAIL)

    assert failed.endswith("→ try again in a while")
