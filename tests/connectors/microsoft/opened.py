"""Connectors opened upon a server of these tests, by a clock that moves only when somebody sleeps."""

from __future__ import annotations

from typing import Any

from connectors.calls import Calls
from connectors.microsoft.graph import AT_ONCE, Graph
from connectors.microsoft.identity import token_source
from connectors.sealed import Seal
from connectors.settings import MicrosoftSettings
from connectors.transport import Transport
from tests.connectors.clock import Clock


def a_graph(
    settings: MicrosoftSettings, *, clock: Clock | None = None, seconds: float = 5, seal: Seal | None = None
) -> Graph:
    """As `connectors.microsoft.graph.open_graph` makes it, but for the clock and the deadline.

    Args:
        seconds: for one call; below 1, they pass by the real clock.
    """
    clock = clock or Clock()
    transport = Transport(endpoints=(settings.graph_endpoint, settings.authority), seconds=seconds)
    timing: dict[str, Any] = {"seconds": seconds}
    if seconds >= 1:
        timing = {"clock": clock, "sleep": clock.sleep, "jitter": lambda: 0.5}
    return Graph(
        settings.graph_endpoint,
        Calls(transport, at_once=AT_ONCE, **timing),
        token_source(settings, Calls(transport, at_once=1, **timing), seal),
        is_delegated=settings.refresh_token_file is not None,
    )
