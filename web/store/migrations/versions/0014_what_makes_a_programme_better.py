"""What sessions are for, how they were and what follows; training, holidays, simulations."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preference_effect",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("worked_out_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_preference_effect_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_preference_effect")),
    )
    op.create_table(
        "goal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("statement", sa.String(length=300), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("target", sa.Date(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_goal_person_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_goal_programme_id")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_goal_progress")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
    )
    op.create_index(op.f("ix_goal_person_id"), "goal", ["person_id"], unique=False)
    op.create_index(op.f("ix_goal_programme_id"), "goal", ["programme_id"], unique=False)
    op.create_table(
        "objective",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("statement", sa.String(length=300), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("target", sa.Date(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_objective_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objective")),
    )
    op.create_index(op.f("ix_objective_programme_id"), "objective", ["programme_id"], unique=False)
    op.create_table(
        "simulation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_simulation_state")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_simulation_created_by")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_simulation_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation")),
    )
    op.create_index(op.f("ix_simulation_programme_id"), "simulation", ["programme_id"], unique=False)
    op.create_table(
        "training_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("guide", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_training_item_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_item")),
    )
    op.create_index(op.f("ix_training_item_programme_id"), "training_item", ["programme_id"], unique=False)
    op.create_table(
        "training_completion",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["training_item.id"], name=op.f("fk_training_completion_item_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_training_completion_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_training_completion")),
    )
    op.create_index(
        op.f("ix_training_completion_person_id"), "training_completion", ["person_id"], unique=False
    )
    op.create_table(
        "action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_action_created_by")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_action_owner_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_action_programme_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_action_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    op.create_index(op.f("ix_action_owner_id"), "action", ["owner_id"], unique=False)
    op.create_index(op.f("ix_action_programme_id"), "action", ["programme_id"], unique=False)
    op.create_index(op.f("ix_action_session_id"), "action", ["session_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("happened", sa.Boolean(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_feedback_person_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_feedback_session_id")),
        sa.CheckConstraint("useful BETWEEN 1 AND 5", name=op.f("ck_feedback_useful")),
        sa.PrimaryKeyConstraint("session_id", "person_id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_person_id"), "feedback", ["person_id"], unique=False)
    op.create_table(
        "preparation",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("goal_id", sa.Integer(), nullable=True),
        sa.Column("objective_id", sa.Integer(), nullable=True),
        sa.Column("agenda", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_preparation_changed_by")),
        sa.ForeignKeyConstraint(
            ["goal_id"], ["goal.id"], name=op.f("fk_preparation_goal_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["objective_id"], ["objective.id"], name=op.f("fk_preparation_objective_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_preparation_session_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_preparation")),
    )
    op.create_index(op.f("ix_preparation_goal_id"), "preparation", ["goal_id"], unique=False)
    op.create_table(
        "simpler_day",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("way IN ('first_free', 'greedy')", name=op.f("ck_simpler_day_way")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_simpler_day_session_id")),
        sa.PrimaryKeyConstraint("session_id", "way", name=op.f("pk_simpler_day")),
    )
    _link()
    op.add_column("office", sa.Column("holidays", sa.String(length=10), nullable=True))
    for name in ("holiday", "open_anyway"):
        no: sa.Column[bool] = sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
        op.add_column("office_closure", no)
    op.add_column("person", sa.Column("eats", sa.String(length=200), server_default="", nullable=False))
    note = sa.Column("support_note", sa.String(length=500), server_default="", nullable=False)
    op.add_column("programme", note)
    op.execute(
        "ALTER TABLE programme ADD COLUMN support_id INTEGER "
        "CONSTRAINT fk_programme_support_id REFERENCES person (id)"
    )
    asked = sa.Column("evaluation_asked_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("session", asked)


def _link() -> None:
    """Links for more purposes. Nothing points to this table, so SQLite may build it anew."""
    purposes = ("decide", "sign_in", "question", "seat", "opt_out", "feedback", "action")
    listed = ", ".join(f"'{purpose}'" for purpose in purposes)
    with op.batch_alter_table("link") as table:
        table.drop_constraint(op.f("ck_link_purpose"), type_="check")
        table.create_check_constraint(op.f("ck_link_purpose"), sa.text(f"purpose IN ({listed})"))
        table.add_column(sa.Column("action_id", sa.Integer(), nullable=True))
        table.create_index(op.f("ix_link_action_id"), ["action_id"], unique=False)
        table.create_foreign_key(
            op.f("fk_link_action_id"), "action", ["action_id"], ["id"], ondelete="SET NULL"
        )
