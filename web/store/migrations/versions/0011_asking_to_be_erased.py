"""When somebody asked to be erased."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("asked_erasure_at", sa.DateTime(timezone=True), nullable=True))
