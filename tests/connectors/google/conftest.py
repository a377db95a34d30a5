"""A company at Google, and officeday's way to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.calls import Calls
from connectors.google import GoogleReader, GoogleWriter, google_api
from connectors.google.permissions import READ_LOCATIONS, REQUIRED, WRITE_EVENTS, names, required
from connectors.settings import GoogleSettings
from connectors.transport import Transport
from tests.connectors.clock import Clock
from tests.connectors.google.calendars import Calendars
from tests.connectors.google.server import GoogleServer
from tests.connectors.loopback import Loopback

ORGANIZER = "mentoring@corp.example"
SCOPES = names((*REQUIRED, READ_LOCATIONS))


@dataclass
class Company:
    """The server, the loopback that serves it, and what an admin has configured."""

    server: GoogleServer
    loopback: Loopback
    folder: Path
    clock: Clock = field(default_factory=Clock)

    @property
    def calendars(self) -> Calendars:
        return self.server.calendars

    def delegated(self, **more: Any) -> GoogleSettings:
        """Settings of a service account that acts for the organizer."""
        return self.server.delegated(self.loopback.url, self.folder, SCOPES, **{"subject": ORGANIZER, **more})

    def consented(self, **more: Any) -> GoogleSettings:
        """Settings of the organizer's own consent."""
        return self.server.consented(self.loopback.url, self.folder, ORGANIZER, SCOPES, **more)

    def reader(self, settings: GoogleSettings | None = None, *, seconds: float = 5) -> GoogleReader:
        """As `open_reader` makes it, but that pauses take no time."""
        settings = settings or self.delegated()
        scopes = names(required(settings, writes=False))
        api = google_api(
            settings, _transport(settings, seconds), scopes=scopes, subject=settings.subject, calls=self.calls
        )
        return GoogleReader(api, working_locations=settings.working_locations)

    def writer(self, settings: GoogleSettings | None = None, *, seconds: float = 5) -> GoogleWriter:
        """As `open_writer` makes it, but that pauses take no time."""
        settings = settings or self.delegated()
        scopes = names((WRITE_EVENTS,))
        api = google_api(
            settings, _transport(settings, seconds), scopes=scopes, subject=ORGANIZER, calls=self.calls
        )
        return GoogleWriter(api, ORGANIZER)

    @property
    def calls(self) -> partial[Calls]:
        return partial(Calls, clock=self.clock, sleep=self.clock.sleep, jitter=lambda: 0.5)


def _transport(settings: GoogleSettings, seconds: float) -> Transport:
    return Transport(endpoints=(settings.endpoint, settings.token_endpoint), seconds=seconds)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """Whatever a test does, no request and no answer may break Google's discovery document."""
    server = GoogleServer()
    server.calendars.add(ORGANIZER)
    with server.running() as loopback:
        yield Company(server, loopback, tmp_path)
    assert server.breaches == []
    assert server.calendars.presets == []
