"""Every table as rows for a file: which columns leave, and which do not, and why.

The labels of `web.store.privacy` decide, so that a new column is treated like others of its kind from its
first day:

- what is SECRET, PRIVATE or of the machinery (OPERATIONAL) stays here; a table's own key goes along with it;
- who somebody is, and where they belong, goes out (`personal`: "Who you are");
- every other table that is about people goes without them, without texts that may name them, and without
  what would tell a small group apart. So the files say what was offered, answered and held, never by or to
  whom: nobody can be ranked by them, however they are joined;
- of such tables ids are codes, made anew for each export, and rows are in no order: either would bring people
  back, since ids of sessions may name them and other ids follow them;
- a table of which only keys would be left has no file.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select

from web.store import tables as t
from web.store.personal import CATEGORIES, may_name
from web.store.privacy import Pointer, Privacy, pointer_of, privacy_of

#: Tables that say who somebody is and where they belong.
ROSTER = frozenset(next(each for each in CATEGORIES if t.person in each.tables).tables)

#: What people belong to, by which their sessions could be told apart.
PLACES = frozenset({t.office, t.room, t.programme, t.objective})

#: Tables with an export of their own, which says less than their rows would.
ELSEWHERE = {t.audit_entry: "the audit log has an export of its own, which hides whose an answer was"}

#: Rows fetched at once.
A_CHUNK = 1000

_BY_LABEL = {
    Privacy.SECRET: "it opens something",
    Privacy.PRIVATE: "it is for the person alone, and as few others as can be",
    Privacy.OPERATIONAL: "it is of the machinery",
}


@dataclass(frozen=True, slots=True)
class ColumnExport:
    """A column, and why it is left out; None: it is in the file."""

    column: Column[Any]
    left_out: str | None


def columns(table: Table) -> list[ColumnExport]:
    """Every column of a table, in or out."""
    if table in ELSEWHERE:
        return [ColumnExport(column, ELSEWHERE[table]) for column in table.columns]
    found = [ColumnExport(column, _why_not(column)) for column in table.columns]
    if table in ROSTER or any(each.left_out is None and not _is_key(each.column) for each in found):
        return found
    return [
        ColumnExport(each.column, each.left_out or "only keys would be left of this table") for each in found
    ]


def _why_not(column: Column[Any]) -> str | None:
    label = privacy_of(column)
    if column.table in ROSTER:
        return _BY_LABEL.get(label)
    if pointer_of(column) is not None:
        return "it says who: nobody can be ranked by a file"
    if _is_about_people(column.table) and any(key.column.table in PLACES for key in column.foreign_keys):
        return "it would tell a small group apart"
    if label in _BY_LABEL and not (label is Privacy.OPERATIONAL and column.primary_key):
        return _BY_LABEL[label]
    return "it may name people" if label is Privacy.PERSONAL and may_name(column) else None


def _is_about_people(table: Table) -> bool:
    """Are its rows somebody's, or of a session?"""
    return table not in ROSTER and any(
        pointer_of(column) is Pointer.SUBJECT or _names_session(column) for column in table.columns
    )


def _is_key(column: Column[Any]) -> bool:
    return column.primary_key or bool(column.foreign_keys)


def rows(connection: Connection, table: Table, kept: list[Column[Any]], key: bytes) -> Iterator[list[Any]]:
    """The rows of a table, a chunk in memory at a time; `key` makes the codes."""
    code = [code_of(column, key) for column in kept]
    query = select(*kept).order_by(*_order(table)).execution_options(yield_per=A_CHUNK)
    for row in connection.execute(query):
        yield [
            value if one is None or value is None else one(value)
            for one, value in zip(code, row, strict=True)
        ]


def _names_session(column: Column[Any]) -> bool:
    return column is t.session.c.id or any(key.column is t.session.c.id for key in column.foreign_keys)


def code_of(column: Column[Any], key: bytes) -> Callable[[Any], str] | None:
    """What stands for ids of tables about people: the same for the same one in all files of an export.

    An id is the whole key of its table; what only makes up a key together with one is a word or a number.
    """
    for of in (column, *(foreign.column for foreign in column.foreign_keys)):
        if [*of.table.primary_key] == [of] and not of.foreign_keys and _is_about_people(of.table):
            return lambda value: hmac.digest(key, f"{of}:{value}".encode(), "sha256").hex()[:16]
    return None


def _order(table: Table) -> list[Any]:
    return [func.random()] if _is_about_people(table) else list(table.primary_key)


def tables() -> Mapping[str, Table]:
    """Every table of the database, by name."""
    return dict(sorted(t.metadata.tables.items()))
