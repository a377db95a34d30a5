"""Alembic's entry: runs inside the transaction that `Store.migrate` opened."""

from alembic import context

from web.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=False,  # the caller's transaction is the only one
)
context.run_migrations()
