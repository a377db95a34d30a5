"""One installation at work: its configuration, its store, its clock and its queue.

Made once by `open_site` and handed to every operation; nothing here is global.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors import open_writer
from connectors.base import EventWriter
from web.config import Config, connector_settings
from web.queue import Queue
from web.store import Store


def utc_now() -> datetime:
    return datetime.now(UTC)


def configured_writer(config: Config) -> EventWriter:
    """The organizer's calendar, as the configuration names it.

    Raises:
        ConnectorError: it cannot be opened, or none is configured.
    """
    kind, _, address = (config.connectors.organizer or "").partition(":")
    return open_writer(kind, address, connector_settings(config))


@dataclass(frozen=True)
class Site:
    config: Config
    store: Store
    queue: Queue
    clock: Callable[[], datetime] = utc_now  #: tests and the demo hand in their own
    writer: Callable[[Config], EventWriter] = configured_writer  #: opens the organizer's calendar

    def now(self) -> datetime:
        return self.clock()


def open_site(config: Config, clock: Callable[[], datetime] = utc_now) -> Site:
    """Open the database (made and migrated where needed) and the queue, which is a file of its own.

    Whoever was erased and stands in the database again, as after a backup is brought back, goes first.

    Raises:
        WrongKey: that cannot be told, because the site's secret key is another one.
    """
    from web.operations.erasure import forget_again  # it works on a site

    store = Store(config.database.url)
    store.migrate()
    site = Site(config, store, Queue(config.database.queue), clock)
    forget_again(site, site.now())
    return site
