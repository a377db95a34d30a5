"""Which addresses of calendars are kept sealed, and sealing those that are not, or are with an older key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, Table, bindparam, select, type_coerce, update

from connectors.sealed import PREFIX, Seal
from web.store import tables as t
from web.store.sealing import is_locked

_TABLES = (t.person, t.room)

#: How a sealed address begins, and what every plain one is like that is sealed.
_SEALED, _PLAIN = f"ics:{PREFIX}", "ics:%://%"


def seal_plain(connection: Connection) -> int:
    """Seal addresses that were kept before they were sealed; how many."""
    return sum(_write(connection, table, dict(_plain(connection, table))) for table in _TABLES)


def seal_anew(connection: Connection, seal: Seal) -> int:
    """Seal with the newest key what is plain, or was sealed with an older one; how many."""
    return sum(_write(connection, table, dict(_not_newest(connection, table, seal))) for table in _TABLES)


def any_not_newest(connection: Connection, seal: Seal) -> bool:
    """Is any address plain, or sealed with an older key? One that no known key opens is neither."""
    return any(True for table in _TABLES for _ in _not_newest(connection, table, seal))


def any_plain(connection: Connection) -> bool:
    """Is any address kept as it is?"""
    return any(True for table in _TABLES for _ in _plain(connection, table))


def _raw(table: Table) -> ColumnElement[str]:
    """The column as it is kept."""
    return type_coerce(table.c.calendar, String)


def _plain(connection: Connection, table: Table) -> Iterator[tuple[Any, str]]:
    rows = connection.execute(select(table.c.id, _raw(table).label("raw")).where(_raw(table).like(_PLAIN)))
    yield from [(row.id, row.raw) for row in rows]


def _not_newest(connection: Connection, table: Table, seal: Seal) -> Iterator[tuple[Any, str]]:
    yield from _plain(connection, table)
    rows = connection.execute(
        select(table.c.id, _raw(table).label("raw"), table.c.calendar.label("opened")).where(
            _raw(table).startswith(_SEALED)
        )
    ).all()
    for row in rows:
        if not is_locked(row.opened) and not seal.is_newest(row.raw.partition(":")[2]):
            yield row.id, row.opened


def _write(connection: Connection, table: Table, addresses: Mapping[Any, str]) -> int:
    if addresses:
        sealed = bindparam("address", type_=table.c.calendar.type)
        connection.execute(
            update(table).where(table.c.id == bindparam("key")).values(calendar=sealed),
            [{"key": key, "address": address} for key, address in addresses.items()],
        )
    return len(addresses)
