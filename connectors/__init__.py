"""Calendars of other systems: read as free/busy, and written to by one organizer's mailbox.

Imports the planner's nouns and nothing of `web`. A calendar system is loaded when it is first opened,
so that a command that reads one file does not wait for the libraries of three vendors.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from connectors.base import (
    CalendarRequest,
    Connector,
    ConnectorError,
    EventWriter,
    Reading,
    Refused,
    unreadable,
)
from connectors.sealed import Seal
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings
from planner.domain import Interval

_log = logging.getLogger(__name__)

#: The calendar systems that can be read: what stands before the colon of a calendar's address.
KINDS = ("ics", "google", "microsoft", "caldav")

_Section = TypeVar("_Section")


@dataclass(frozen=True, slots=True)
class Settings:
    """What connectors want to know of the configuration (`[connectors]`); None: there is no such section."""

    allow_private: tuple[str, ...] = ()  #: hosts and networks inside the house that may be read
    google: GoogleSettings | None = None
    microsoft: MicrosoftSettings | None = None
    caldav: CaldavSettings | None = None
    seal: Seal | None = None  #: opens the secrets that were sealed with the site's own


def open_connector(kind: str, settings: Settings) -> Connector:
    """The connector of a calendar system.

    Raises:
        Refused: there is none of that kind, its section is missing, or its settings make no sense.
    """
    match kind:
        case "ics":
            from connectors.ics import IcsConnector, IcsSettings

            return IcsConnector(IcsSettings(allow_private=settings.allow_private))
        case "google":
            from connectors import google

            return google.open_reader(
                configured(kind, settings.google), settings.allow_private, seal=settings.seal
            )
        case "microsoft":
            from connectors import microsoft

            return microsoft.open_reader(
                configured(kind, settings.microsoft), settings.allow_private, seal=settings.seal
            )
        case "caldav":
            from connectors import caldav

            section = configured(kind, settings.caldav)
            return caldav.open_reader(section, settings.allow_private, seal=settings.seal)
    raise Refused(f"There is no calendar system called {kind!r}; there is {', '.join(KINDS)}.")


def readings(
    connector: Connector,
    requests: Sequence[CalendarRequest],
    window: Interval,
    now: datetime,
    states: Mapping[str, str | None],
) -> Iterator[Reading]:
    """One reading for every request, as they come in, whatever happens to the connector meanwhile.

    A fault of ours makes what was not read before it unknown, never free.
    """
    left = {request.address for request in requests}
    reason = "The calendar system said nothing of this calendar."
    try:
        for said in connector.read(requests, window, now, states):
            if said.address in left:
                left.remove(said.address)
                yield said
    except ConnectorError as why:
        reason = str(why)
    except Exception as error:  # noqa: BLE001 – whatever it is, the time that was not read is unknown
        place = traceback.extract_tb(error.__traceback__)[-1]
        # not what the error says: that may be something out of a calendar
        _log.error("reading broke off: %s in %s, line %s", type(error).__name__, place.filename, place.lineno)
        reason = f"The calendar could not be read ({type(error).__name__})."
    for address in sorted(left):
        yield unreadable(address, window, reason, now)


def open_writer(kind: str, address: str, settings: Settings) -> EventWriter:
    """The calendar of one mailbox, for the events that officeday makes.

    Args:
        address: the organizer's mailbox or calendar, as the system names it.

    Raises:
        Refused: there is no such system, it is only read, or its section is missing or makes no sense.
    """
    match kind:
        case "google":
            from connectors import google

            return google.open_writer(
                configured(kind, settings.google), settings.allow_private, address, seal=settings.seal
            )
        case "microsoft":
            from connectors import microsoft

            return microsoft.open_writer(
                configured(kind, settings.microsoft), settings.allow_private, address, seal=settings.seal
            )
        case "caldav":
            from connectors import caldav

            section = configured(kind, settings.caldav)
            return caldav.open_writer(section, settings.allow_private, address, seal=settings.seal)
    if kind in KINDS:
        raise Refused(f"No events can be written to calendars of the kind {kind!r}.")
    raise Refused(f"There is no calendar system called {kind!r}; there is {', '.join(KINDS)}.")


def configured(kind: str, section: _Section | None) -> _Section:
    """
    Raises:
        Refused: there is no such section.
    """
    if section is None:
        raise Refused(
            f"[connectors.{kind}] is not configured. An admin can fill that section of the configuration "
            f"file; docs/{kind}.md says how."
        )
    return section
