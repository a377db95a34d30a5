"""What a programme promises, who takes part since when, and sessions that follow from it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "format_rule",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("turn", sa.String(length=10), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("seats_min", sa.Integer(), nullable=False),
        sa.Column("seats_max", sa.Integer(), nullable=False),
        sa.Column("open_seats", sa.Integer(), nullable=False),
        sa.Column("between_from", sa.String(length=5), nullable=False),
        sa.Column("between_to", sa.String(length=5), nullable=False),
        sa.Column("in_person", sa.Boolean(), nullable=False),
        sa.Column("room_use", sa.String(length=10), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("weeks_between_pairs", sa.Integer(), nullable=False),
        sa.CheckConstraint("weeks >= 1", name=op.f("ck_format_rule_weeks")),
        sa.CheckConstraint("turn IN ('junior', 'senior', 'cohort')", name=op.f("ck_format_rule_turn")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_format_rule_programme_id")),
        sa.PrimaryKeyConstraint("programme_id", "kind", name=op.f("pk_format_rule")),
    )
    op.create_table(
        "never_pair",
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_never_pair_order")),
        sa.ForeignKeyConstraint(["one_id"], ["person.id"], name=op.f("fk_never_pair_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_never_pair_other_id")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_never_pair")),
    )
    op.create_table(
        "participation",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("joined", sa.Date(), nullable=False),
        sa.Column("left", sa.Date(), nullable=True),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("cohort", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_participation_person_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_participation_programme_id")
        ),
        sa.PrimaryKeyConstraint("programme_id", "person_id", name=op.f("pk_participation")),
    )
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participation_person_id"), ["person_id"], unique=False)

    # Added one by one: to rebuild the table would be to drop one that others point to.
    op.execute(
        "ALTER TABLE person ADD COLUMN manager_id INTEGER "
        "CONSTRAINT fk_person_manager_id REFERENCES person (id)"
    )
    for name in ("languages", "topics", "formats_not"):
        op.add_column("person", sa.Column(name, sa.JSON(), server_default="[]", nullable=False))
    op.add_column("person", sa.Column("online_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("planning_run", sa.Column("seed", sa.Integer(), nullable=True))
    op.add_column("programme", sa.Column("starts", sa.Date(), nullable=True))
    op.add_column("programme", sa.Column("owed", sa.JSON(), nullable=True))
    op.add_column("session", sa.Column("by_rule", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Nobody has written down when those who are there already joined; they wait from today on.
    op.execute(
        "INSERT INTO participation (programme_id, person_id, joined, cohort) "
        "SELECT DISTINCT programme_id, person_id, CURRENT_DATE, '' FROM membership"
    )
