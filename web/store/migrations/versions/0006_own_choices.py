"""What people set themselves, and whether an assistant gets a copy of what is proposed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("own_choices", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("assistant", sa.Column("copies", sa.Boolean(), server_default=sa.true(), nullable=False))
