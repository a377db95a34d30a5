"""Alembic's entry: runs inside the transaction that `Store.migrate` opened."""

from typing import Any, Literal

from alembic import context

from web.store.tables import Instant, metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration outlives today's code, so it names plain column types only."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render,
    transactional_ddl=False,  # the caller's transaction is the only one
)
context.run_migrations()
