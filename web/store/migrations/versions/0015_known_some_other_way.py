"""Who, by an admin's word, knew already what is read of their calendar, so that it is read at once."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("told_otherwise_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "ALTER TABLE person ADD COLUMN told_otherwise_by INTEGER "
        "CONSTRAINT fk_person_told_otherwise_by REFERENCES person (id)"
    )
