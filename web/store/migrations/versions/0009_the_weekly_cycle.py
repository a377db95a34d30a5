"""The weekly cycle: since when a programme is planned by itself, and for which moment a run was made."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("programme", sa.Column("cycle_since", moment))
    op.add_column("programme", sa.Column("looked_at", moment))
    op.add_column("planning_run", sa.Column("cycle_at", moment))
    op.create_index(
        "uq_planning_run_cycle",
        "planning_run",
        ["programme_id", "cycle_at"],
        unique=True,
        sqlite_where=sa.text("cycle_at IS NOT NULL"),
        postgresql_where=sa.text("cycle_at IS NOT NULL"),
    )
