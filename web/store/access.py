"""What calendar systems have granted us, as they last told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from connectors.base import Permission
from web.store.tables import calendar_access as a


@dataclass(frozen=True, slots=True)
class Access:
    """`permissions` are those that were told last, also where asking failed later (`problem`)."""

    asked_at: datetime
    permissions: tuple[Permission, ...]
    problem: str | None


def of(connection: Connection, kind: str) -> Access | None:
    row = connection.execute(select(a).where(a.c.kind == kind)).one_or_none()
    if row is None:
        return None
    return Access(row.asked_at, tuple(Permission(**one) for one in row.permissions), row.problem)


def note(
    connection: Connection,
    kind: str,
    permissions: Sequence[Permission] | None,
    problem: str | None,
    now: datetime,
) -> None:
    """`permissions` of None: they could not be told, so those that are known stay."""
    before = of(connection, kind)
    if permissions is None:
        permissions = before.permissions if before is not None else ()
    connection.execute(delete(a).where(a.c.kind == kind))
    connection.execute(
        insert(a).values(
            kind=kind, asked_at=now, permissions=[asdict(one) for one in permissions], problem=problem
        )
    )
