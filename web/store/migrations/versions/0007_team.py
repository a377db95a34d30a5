"""Which team somebody works in, to see whom a programme reaches."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participation", sa.Column("team", sa.String(length=60), server_default="", nullable=False))
