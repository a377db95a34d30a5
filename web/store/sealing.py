"""Addresses that open a calendar, sealed in the database: a copy of it alone opens none.

Sealed is what comes after the calendar system's name, and only of addresses to be fetched: whoever has a
private one (`ics:https://…/private-…/basic.ics`) reads the calendar with its titles. A file's path, or a
mailbox, opens nothing by itself.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sqlalchemy import Engine, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from connectors.sealed import Seal, WrongKey, is_sealed

#: Room for a sealed address of 2,000 characters.
LENGTH = 4000

_SEALS: WeakKeyDictionary[Dialect, Seal] = WeakKeyDictionary()


def seal_with(engine: Engine, seal: Seal) -> None:
    """From now on what this engine writes is sealed, and what it reads opened."""
    _SEALS[engine.dialect] = seal


class CalendarAddress(TypeDecorator[str]):
    """ "kind:address". One that no known key opens is read as it is kept: see `is_locked`."""

    impl = String(LENGTH)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        seal = _SEALS.get(dialect)
        if value is None or seal is None or not opens_a_calendar(value):
            return value
        kind, _, address = value.partition(":")
        return f"{kind}:{seal.seal(address)}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        seal = _SEALS.get(dialect)
        if value is None or seal is None or not is_locked(value):
            return value
        kind, _, address = value.partition(":")
        try:
            return f"{kind}:{seal.open(address)}"
        except WrongKey:
            return value


def opens_a_calendar(calendar: str) -> bool:
    """Whoever has this address may read the calendar."""
    kind, _, address = calendar.partition(":")
    return kind == "ics" and "://" in address


def is_locked(calendar: str) -> bool:
    """Is this, with its kind, an address that is sealed?"""
    return is_sealed(calendar.partition(":")[2])
