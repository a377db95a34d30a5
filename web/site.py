"""One installation at work: its configuration, its store, its clock and its queue.

Made once by `open_site` and handed to every operation; nothing here is global.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from web.config import Config
from web.queue import Queue
from web.store import Store


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Site:
    config: Config
    store: Store
    queue: Queue
    clock: Callable[[], datetime] = utc_now  #: tests and the demo hand in their own

    def now(self) -> datetime:
        return self.clock()


def open_site(config: Config, clock: Callable[[], datetime] = utc_now) -> Site:
    """Open the database (made and migrated where needed) and the queue, which is a file of its own."""
    store = Store(config.database.url)
    store.migrate()
    return Site(config, store, Queue(config.database.queue), clock)
