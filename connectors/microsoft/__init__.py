"""Microsoft 365, over Graph v1.0: calendars read as free/busy, and one organizer's events.

`graph` makes the calls, with tokens of `identity`; `reader` asks about many mailboxes at once and
`schedule` reads the answers, with `zones`; `writer` keeps events in line with drafts, which `events`
puts in Graph's words; `permissions` says what we need and what was granted, and walks through consent.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.microsoft.graph import open_graph
from connectors.microsoft.permissions import consent_url, granted, redeem
from connectors.microsoft.reader import MicrosoftConnector
from connectors.microsoft.writer import MicrosoftWriter
from connectors.sealed import Seal
from connectors.settings import MicrosoftSettings

__all__ = ["consent_url", "granted", "open_reader", "open_writer", "redeem"]


def open_reader(
    settings: MicrosoftSettings, allow_private: Sequence[str] = (), *, seal: Seal | None = None
) -> MicrosoftConnector:
    """Reads mailboxes by their addresses.

    Raises:
        Refused: the settings make no sense.
    """
    return MicrosoftConnector(open_graph(settings, allow_private, seal))


def open_writer(
    settings: MicrosoftSettings, allow_private: Sequence[str], organizer: str, *, seal: Seal | None = None
) -> MicrosoftWriter:
    """The organizer's calendar.

    Raises:
        Refused: the settings make no sense.
    """
    return MicrosoftWriter(open_graph(settings, allow_private, seal), organizer)
