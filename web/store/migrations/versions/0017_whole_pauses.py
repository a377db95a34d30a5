"""A pause has both its days or none; since when a programme works towards something."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Half a pause, as it was understood: since ever, or until further notice (`departures.FURTHER_NOTICE`).
    op.execute(
        "UPDATE participation SET paused_from = CASE WHEN joined < paused_until THEN joined "
        "ELSE paused_until END WHERE paused_from IS NULL"
    )
    op.execute(
        "UPDATE participation SET paused_until = '2999-12-31' "
        "WHERE paused_until IS NULL AND paused_from IS NOT NULL"
    )
    with op.batch_alter_table("participation") as table:  # nothing points to it
        whole = sa.text("(paused_from IS NULL) = (paused_until IS NULL)")
        table.create_check_constraint(op.f("ck_participation_pause"), whole)
    op.add_column("objective", sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE objective SET created_at = (SELECT MIN(at) FROM audit_entry "
        "WHERE action = 'objective.add' AND object = 'objective:' || objective.id)"
    )
