"""What the pages for administrators say is what the program does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from connectors import Settings
from connectors.permissions import BY_CONSENT, required
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings
from web.cli import COMMANDS
from web.config import load_config

ROOT = Path(__file__).parents[1]
KINDS = ("google", "microsoft", "caldav")
FILE = Path("/none")
#: Every right that may be asked for, by all ways in.
ALL_WAYS = (
    Settings(
        google=GoogleSettings(client_id="1", refresh_token_file=FILE, working_locations=True),
        microsoft=MicrosoftSettings(
            authority="https://login.microsoftonline.com/x", client_id="1", refresh_token_file=FILE
        ),
    ),
    Settings(
        google=GoogleSettings(service_account_file=FILE),
        microsoft=MicrosoftSettings(
            authority="https://login.microsoftonline.com/x", client_id="1", client_secret_file=FILE
        ),
    ),
)


def page(kind: str) -> str:
    return (ROOT / "docs" / f"{kind}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", BY_CONSENT)
@pytest.mark.parametrize("settings", ALL_WAYS)
@pytest.mark.parametrize("writes", [True, False])
def test_a_page_names_every_permission_that_is_asked_for(kind, settings, writes):
    for permission in required(kind, settings, writes=writes):
        assert f"`{permission.name}`" in page(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_configurations_of_a_page_are_good(kind, tmp_path, monkeypatch):
    secret = "OFFICEDAY_SIGN_IN__PROVIDERS__COMPANY__CLIENT_SECRET"
    for number, text in enumerate(re.findall(r"```toml\n(.*?)```", page(kind), re.DOTALL)):
        assert tomllib.loads(text)
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        if "[sign_in" in text:
            monkeypatch.setenv(secret, "what stands in the file")
            assert load_config(file).sign_in.providers["company"].kind == kind
        else:
            monkeypatch.delenv(secret, raising=False)
            assert load_config(file).connectors.of_kind(kind) is not None


@pytest.mark.parametrize("kind", [*KINDS, "../README"])
def test_the_commands_of_a_page_exist(kind):
    named = {
        match
        for code in re.findall(r"```\n(.*?)```|`([^`\n]+)`", page(kind), re.DOTALL)
        for match in re.findall(r"(?:^|\n)officeday ([a-z-]+)", "\n".join(code).strip())
    }

    assert named and named <= set(COMMANDS)


@pytest.mark.parametrize("settings", [GoogleSettings, MicrosoftSettings, CaldavSettings])
def test_what_a_page_says_to_configure_is_a_key(settings):
    kind = settings.__name__.removesuffix("Settings").lower()
    for key in re.findall(rf"connectors\.{kind}\.([a-z_]+)", page(kind)):
        assert key in settings.model_fields
