"""Which programmes a demonstration made: demo mode lets anybody in, and so into no other."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("made_up", sa.Boolean(), server_default=sa.false(), nullable=False))
