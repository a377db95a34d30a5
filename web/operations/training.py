"""A programme's path of training for its seniors, who is ready for a first session, and whom they can ask."""

from __future__ import annotations

from sqlalchemy import Connection

from web.records import SupportRecord
from web.store import training as kept


def support(connection: Connection, programme_id: int) -> SupportRecord | None:
    """Whom the seniors of a programme can ask; None: nobody is named."""
    return kept.support(connection, programme_id)
