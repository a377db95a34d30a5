"""One installation at work: its configuration, its store, its clock and its queue.

Made once by `open_site` and handed to every operation; nothing here is global.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors import open_writer
from connectors.base import EventWriter
from web.config import Config, InvalidConfig, connector_settings, seal_of
from web.queue import Queue
from web.store import Store, calendar_addresses
from web.store.roster import has_made_up, real_programmes, take_for_real


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


def _refuse_real_people(store: Store) -> None:
    with store.reading() as connection:
        real = real_programmes(connection)
    if real:
        store.close()
        raise InvalidConfig(
            {
                "site.demo": f"demo mode lets anybody sign in, and {', '.join(real)} was not made by a demo; "
                "set it to false, or begin with a new database (officeday demo --fresh)"
            }
        )


def _never_a_demo_again(store: Store) -> None:
    """From now on real people may be brought into what a demo made."""
    with store.reading() as connection:
        is_made_up = has_made_up(connection)
    if is_made_up:
        with store.writing() as connection:
            take_for_real(connection)


def _seal_addresses(store: Store) -> None:
    """Those that were kept before addresses were sealed, or by a program that sealed none."""
    with store.reading() as connection:
        plain = calendar_addresses.any_plain(connection)
    if plain:
        with store.writing() as connection:
            calendar_addresses.seal_plain(connection)
        store.compact()  # what was written before lies about in the file


def open_site(config: Config, clock: Callable[[], datetime] = utc_now) -> Site:
    """Open the database (made and migrated where needed) and the queue, which is a file of its own.

    Whoever was erased and stands in the database again, as after a backup is brought back, goes first.

    Raises:
        WrongKey: that cannot be told, because the site's secret key is another one.
        InvalidConfig: demo mode, and somebody is in the database whom no demo made up.
    """
    from web.operations.erasure import forget_again  # it works on a site

    store = Store(config.database.url, seal_of(config))
    store.migrate()
    _seal_addresses(store)
    if config.site.demo:
        _refuse_real_people(store)
    else:
        _never_a_demo_again(store)
    site = Site(config, store, Queue(config.database.queue), clock)
    forget_again(site, site.now())
    return site
