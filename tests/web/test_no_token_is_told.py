"""Tokens and secrets of calendar systems stay in their files: nothing else that officeday writes has them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import update

from connectors.grants import RefreshTokenFile
from connectors.sealed import Seal, is_sealed
from connectors.settings import GoogleSettings, MicrosoftSettings
from tests.connectors.google.server import GoogleServer
from tests.connectors.loopback import Loopback
from tests.connectors.microsoft.server import GraphServer
from tests.web.company import a_company
from tests.web.pages.persons import Person
from tests.web.pages.test_policy import addresses
from tests.web.systems import SCOPES, section
from web.cli import main
from web.config import load_config
from web.operations import own_data
from web.pages import create_app
from web.site import open_site
from web.store import tables as t

BOSS = "mentoring@contoso.example"
KEY, NEW_KEY = "k" * 40, "n" * 40


@dataclass
class Connected:
    """An installation whose people have their calendars in one system, connected by consent."""

    folder: Path
    kind: str
    server: Any
    settings: GoogleSettings | MicrosoftSettings

    @property
    def file(self) -> Path:
        return self.folder / "config.toml"

    @property
    def secrets(self) -> set[str]:
        """Every token that was ever given out, and the client's secret."""
        if isinstance(self.server, GoogleServer):
            given = {*self.server.tokens.grants, *self.server.tokens.refresh_tokens}
        else:
            given = {*self.server.entra._grants, *self.server.entra._refresh}
        assert self.settings.client_secret_file is not None
        return given | {self.settings.client_secret_file.read_text().strip()}

    def run(self, *command: str) -> str:
        said = CliRunner().invoke(main, [*command, "--config", str(self.file)])
        assert said.exception is None or isinstance(said.exception, SystemExit), said.output
        return said.output


@pytest.fixture(params=["google", "microsoft"])
def connected(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connected]:
    for variable in [name for name in os.environ if name.startswith("OFFICEDAY_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    server: Any = GoogleServer() if request.param == "google" else GraphServer()
    secrets = tmp_path.parent / f"{tmp_path.name}-secrets"
    secrets.mkdir()
    with Loopback(server) as loopback:
        if isinstance(server, GoogleServer):
            server.tokens.rotate = True
            server.calendars.add(BOSS)
            settings: Any = server.consented(loopback.url, secrets, BOSS, SCOPES)
        else:
            server.mailbox(BOSS)
            settings = server.settings(secrets, loopback.url, consent_of=BOSS)
        made = Connected(tmp_path, request.param, server, settings)
        configure(made, KEY)
        seal(settings.refresh_token_file)
        fill(made)
        yield made


def configure(made: Connected, key: str, more: str = "") -> None:
    (made.settings.client_secret_file.parent / "key").write_text(key)  # type: ignore[union-attr]
    made.file.write_text(
        f'[site]\nsecret_key_file = "{made.settings.client_secret_file.parent / "key"}"\n{more}'  # type: ignore[union-attr]
        f'[database]\nurl = "sqlite:///{made.folder}/officeday.db"\nqueue = "{made.folder}/queue.db"\n'
        f'[connectors]\norganizer = "{made.kind}:{BOSS}"\n{section(made.kind, made.settings)}'
    )


def seal(file: Path) -> None:
    """As `officeday connect` keeps it."""
    token = file.read_text().strip()
    file.unlink()
    RefreshTokenFile(file, lambda _: pytest.fail("not renewed"), seal=Seal([KEY])).store(token)


def fill(made: Connected) -> None:
    """The company of the other tests, one of them with the organizer's calendar."""
    site = a_company(made.folder)
    with site.store.writing() as connection:
        priya = t.person.c.email == "priya@example.org"
        connection.execute(update(t.person).where(priya).values(calendar=f"{made.kind}:{BOSS}"))
    site.store.close()


def every_answer(app: Flask, person: Person) -> Iterator[str]:
    """What every route of the map says to somebody, headers too: pages, files, refusals."""
    for method in ("GET", "POST"):
        for _, address in addresses(app, method):
            answer = person.browser.open(address, method=method)
            yield answer.data.decode("utf-8", "replace") + str(answer.headers)


def test_no_token_is_told_written_or_logged(connected, caplog):
    caplog.set_level(logging.DEBUG)
    told = [
        connected.run("doctor"),
        connected.run("sync"),
        connected.run("busy", connected.kind, BOSS, "--from", "2027-03-01", "--to", "2027-04-01"),
        connected.run(
            "busy", connected.kind, "no@contoso.example", "--from", "2027-03-01", "--to", "2027-04-01"
        ),
    ]
    secrets = connected.secrets
    assert len(secrets) >= 3  # an access token, a refresh token and the client's secret at least
    connected.server.tokens.revoke() if connected.kind == "google" else connected.server.entra.revoke()
    told += [connected.run("sync"), connected.run("doctor")]
    site = open_site(load_config(connected.file))
    app = create_app(site)
    for name in ("ada", "priya", "aisha", None):
        told += every_answer(app, Person(app, site, name))
    told.append(own_data.export_by_address(site, "priya@example.org", site.now()))
    site.store.close()
    written = {file: file.read_bytes() for file in connected.folder.rglob("*") if file.is_file()}

    for secret in secrets:
        assert secret not in "".join(told) + caplog.text
        assert [file for file, text in written.items() if secret.encode() in text] == []


def test_a_token_stays_sealed_through_renewals_and_a_change_of_the_secret_key(connected):
    file = connected.settings.refresh_token_file
    connected.run("sync")
    assert is_sealed(file.read_text())

    old = file.parent / "old"
    old.write_text(KEY)
    configure(connected, NEW_KEY, f'old_secret_keys_file = "{old}"\n')
    told = connected.run("doctor")

    assert "can be read" in told
    text = file.read_text()
    assert is_sealed(text)
    assert not any(secret in text for secret in connected.secrets)


def test_with_another_secret_key_nothing_is_read_and_the_doctor_says_why(connected):
    configure(connected, NEW_KEY)

    told = connected.run("doctor")

    assert "sealed with another secret key" in told
    assert "old key" in told
