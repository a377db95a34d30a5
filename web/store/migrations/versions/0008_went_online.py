"""Where a session was to be before it went online."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE session ADD COLUMN office_before VARCHAR(64) "
        "CONSTRAINT fk_session_office_before REFERENCES office (id)"
    )
    op.add_column("session", sa.Column("room_use_before", sa.String(length=10), nullable=True))
