"""Need is somebody's in a programme (`participation.need`), no longer somebody's everywhere."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("person", "need")
