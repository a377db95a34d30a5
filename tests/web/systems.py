"""Calendar systems on this machine, as sections of a configuration file."""

from __future__ import annotations

from pathlib import Path

from connectors.google import REQUIRED
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings
from tests.connectors.google.server import GoogleServer

SCOPES = [permission.name for permission in REQUIRED]


def section(kind: str, settings: GoogleSettings | MicrosoftSettings | CaldavSettings) -> str:
    """The section with everything in it that was told."""
    told = settings.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    lines = [
        f"{key} = {str(value).lower() if value in (True, False) else repr(value)}"
        for key, value in told.items()
    ]
    return "\n".join([f"[connectors.{kind}]", *lines, ""])


def google_by_consent(server: GoogleServer, url: str, folder: Path, mailbox: str) -> str:
    return section("google", server.consented(url, folder, mailbox, SCOPES))


def google_by_delegation(server: GoogleServer, url: str, folder: Path, **more: str) -> str:
    return section("google", server.delegated(url, folder, SCOPES, **more))
