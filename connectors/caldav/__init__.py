"""Calendars of a CalDAV server: read as free/busy, and one of them written to.

`account` makes the calls and says what a status means, `multistatus` reads what comes back,
`discovery` finds the calendars behind an address, `reader` reads them. `organizer` writes, and
`event_text` is what it writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.base import Connector, EventWriter
from connectors.caldav.account import Account
from connectors.caldav.organizer import CaldavOrganizer
from connectors.caldav.reader import CaldavConnector
from connectors.calls import Calls
from connectors.sealed import Seal, read_secret
from connectors.settings import CaldavSettings
from connectors.transport import Transport

#: Calls at one moment. Servers are small, and some (Radicale) serve eight clients in all.
AT_ONCE = 4
#: for one call in all; a calendar of some years may take a small server a while
SECONDS = 10.0


def open_reader(
    settings: CaldavSettings, allow_private: Sequence[str] = (), *, seal: Seal | None = None
) -> Connector:
    """
    Raises:
        Refused: the password cannot be read, or a setting makes no sense.
    """
    return CaldavConnector(open_account(settings, allow_private, seal=seal), at_once=AT_ONCE)


def open_writer(
    settings: CaldavSettings, allow_private: Sequence[str], organizer: str, seal: Seal | None = None
) -> EventWriter:
    """
    Args:
        organizer: the calendar that events are written to: its address, or that of a user who has only one.

    Raises:
        Refused: the password cannot be read, or a setting makes no sense.
    """
    return CaldavOrganizer(open_account(settings, allow_private, seal=seal), organizer)


def open_account(
    settings: CaldavSettings,
    allow_private: Sequence[str] = (),
    *,
    seal: Seal | None = None,
    seconds: float = SECONDS,
) -> Account:
    """
    Args:
        seconds: for one call, all its attempts included.

    Raises:
        Refused: as above.
    """
    transport = Transport(allow_private, endpoints=[settings.url], seconds=seconds)
    calls = Calls(transport, at_once=AT_ONCE, seconds=seconds)
    return Account(settings.url, settings.username, read_secret(settings.password_file, seal), calls)
