"""Calendars of other systems, read as free/busy. Imports the planner's nouns and nothing of `web`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from connectors.base import Connector, Refused
from connectors.ics import IcsConnector, IcsSettings


class Settings(Protocol):
    """What connectors want to know of the configuration (`[connectors]`)."""

    @property
    def allow_private(self) -> Sequence[str]:
        """Hosts and networks inside the house that may be read."""


_CONNECTORS: dict[str, Callable[[Settings], Connector]] = {
    "ics": lambda settings: IcsConnector(IcsSettings(allow_private=tuple(settings.allow_private))),
}

#: The calendar systems that can be read: what stands before the colon of a calendar's address.
KINDS = tuple(_CONNECTORS)


def open_connector(kind: str, settings: Settings) -> Connector:
    """The connector of a calendar system.

    Raises:
        Refused: there is none of that kind, or its settings make no sense.
    """
    if kind not in _CONNECTORS:
        raise Refused(f"There is no calendar system called {kind!r}; there is {', '.join(KINDS)}.")
    return _CONNECTORS[kind](settings)
