"""A programme's path of training for its seniors, who went through what of it, and whom they can ask."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select

from web.records import SupportRecord
from web.store import people
from web.store import tables as t

# --- the support contact -------------------------------------------------------------------------


def support(connection: Connection, programme_id: int) -> SupportRecord | None:
    """None: nobody is named, or they have been erased."""
    p, prog = t.person, t.programme
    row = connection.execute(
        select(p.c.id, p.c.name, p.c.email, p.c.timezone, prog.c.support_note)
        .join(prog, and_(prog.c.support_id == p.c.id, p.c.erased_at.is_(None)))
        .where(prog.c.id == programme_id)
    ).one_or_none()
    return row and SupportRecord(people.ref(row), row.support_note)
