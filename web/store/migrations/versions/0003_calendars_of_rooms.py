"""Calendars of rooms, days that calendars mark as at the office, and what calendar systems have granted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_reading",
        sa.Column("room_id", sa.String(length=64), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_reading_room_id")),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_room_reading")),
    )
    op.create_table(
        "room_busy_interval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.String(length=64), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "kind IN ('busy', 'tentative', 'away', 'elsewhere', 'unknown')",
            name=op.f("ck_room_busy_interval_kind"),
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_busy_interval_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_busy_interval")),
    )
    with op.batch_alter_table("room_busy_interval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_room_busy_interval_room_id"), ["room_id"], unique=False)
    op.create_table(
        "calendar_access",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_calendar_access")),
    )
    op.add_column("room", sa.Column("calendar", sa.String(length=2000), nullable=True))
    # NOT NULL needs a default for the rows that are there; new rows always name a value.
    op.add_column("reading", sa.Column("in_office", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.drop_column("in_office")
    with op.batch_alter_table("room", schema=None) as batch_op:
        batch_op.drop_column("calendar")
    with op.batch_alter_table("room_busy_interval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_room_busy_interval_room_id"))
    op.drop_table("calendar_access")
    op.drop_table("room_busy_interval")
    op.drop_table("room_reading")
