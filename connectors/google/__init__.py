"""Google Calendar: reading free/busy, and events in the organizer's calendar.

The way of a reading: `reader` asks `freebusy.query` by groups through `api`, which sends what Google's
library has built and says what a person should do about an error; `access` gets tokens; `office_days`
adds what people have marked, where that is switched on. `writer` keeps events. `permissions` says what
has to be granted, and why; `consent` is the walk that grants it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.calls import Calls
from connectors.google.access import token_source
from connectors.google.api import CalendarApi
from connectors.google.consent import consent_url, granted, redeem
from connectors.google.permissions import REQUIRED, WRITE_EVENTS, names, required
from connectors.google.reader import AT_ONCE, GoogleReader
from connectors.google.writer import GoogleWriter
from connectors.sealed import Seal
from connectors.settings import GoogleSettings
from connectors.transport import Transport

__all__ = [
    "REQUIRED",
    "consent_url",
    "google_api",
    "granted",
    "open_reader",
    "open_writer",
    "redeem",
    "required",
    "transport_to",
]


def open_reader(
    settings: GoogleSettings, allow_private: Sequence[str] = (), *, seal: Seal | None = None
) -> GoogleReader:
    """Reads free/busy, as the service account's subject or the person who has consented.

    Raises:
        Refused: the settings make no sense.
    """
    api = google_api(
        settings,
        transport_to(settings, allow_private),
        scopes=names(required(settings, writes=False)),
        subject=settings.subject,
        seal=seal,
    )
    return GoogleReader(api, working_locations=settings.working_locations)


def open_writer(
    settings: GoogleSettings, allow_private: Sequence[str], organizer: str, seal: Seal | None = None
) -> GoogleWriter:
    """Keeps events in the organizer's own calendar. A service account acts for the organizer there.

    Raises:
        Refused: the settings make no sense.
    """
    api = google_api(
        settings,
        transport_to(settings, allow_private),
        scopes=names((WRITE_EVENTS,)),
        subject=organizer,
        seal=seal,
    )
    return GoogleWriter(api, organizer)


def transport_to(settings: GoogleSettings, allow_private: Sequence[str] = ()) -> Transport:
    """A way to Google's addresses and to nowhere else inside the house."""
    return Transport(allow_private, endpoints=(settings.endpoint, settings.token_endpoint))


def google_api(
    settings: GoogleSettings,
    transport: Transport,
    *,
    scopes: tuple[str, ...],
    subject: str | None,
    seal: Seal | None = None,
    calls: Callable[..., Calls] = Calls,
) -> CalendarApi:
    """
    Args:
        calls: makes `Calls` of a transport and `at_once`; tests give them a clock.
    """
    tokens = token_source(settings, calls(transport, at_once=1), scopes, subject=subject, seal=seal)
    return CalendarApi(settings.endpoint, calls(transport, at_once=AT_ONCE), tokens, scopes)
