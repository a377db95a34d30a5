"""Room for addresses of calendars as they are sealed. Those that stand in clear are sealed at the start."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":  # which knows no lengths
        return
    for table in ("person", "room"):
        op.alter_column(table, "calendar", type_=sa.String(4000), existing_nullable=True)
