"""Fair turns and trust: the weekly cycle, attendance, questions about a day, assistants, requests; accounts, audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assistant",
        sa.Column("senior_id", sa.Integer(), nullable=False),
        sa.Column("assistant_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("senior_id <> assistant_id", name=op.f("ck_assistant_another")),
        sa.ForeignKeyConstraint(["assistant_id"], ["person.id"], name=op.f("fk_assistant_assistant_id")),
        sa.ForeignKeyConstraint(["senior_id"], ["person.id"], name=op.f("fk_assistant_senior_id")),
        sa.PrimaryKeyConstraint("senior_id", "assistant_id", name=op.f("pk_assistant")),
    )
    op.create_index(op.f("ix_assistant_assistant_id"), "assistant", ["assistant_id"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("behalf_id", sa.Integer(), nullable=True),
        sa.Column("programme_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object", sa.String(length=100), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_entry_actor_id")),
        sa.ForeignKeyConstraint(["behalf_id"], ["person.id"], name=op.f("fk_audit_entry_behalf_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_audit_entry_programme_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["person.id"], name=op.f("fk_audit_entry_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject_id"), "audit_entry", ["subject_id"], unique=False)

    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_person_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
    )
    op.create_index(op.f("ix_identity_person_id"), "identity", ["person_id"], unique=False)

    op.create_table(
        "private_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("senior_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("about IN ('senior', 'topic')", name=op.f("ck_private_request_about")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_private_request_answered_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_private_request_person_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_private_request_programme_id")
        ),
        sa.ForeignKeyConstraint(["senior_id"], ["person.id"], name=op.f("fk_private_request_senior_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_request")),
    )
    op.create_index(op.f("ix_private_request_person_id"), "private_request", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_private_request_programme_id"), "private_request", ["programme_id"], unique=False
    )

    op.create_table(
        "check_in",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_check_in_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_check_in_person_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_check_in_session_id")),
        sa.PrimaryKeyConstraint("session_id", "person_id", "round", name=op.f("pk_check_in")),
    )
    op.create_index(op.f("ix_check_in_person_id"), "check_in", ["person_id"], unique=False)

    op.create_table(
        "day_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cause IN ('below', 'busy')", name=op.f("ck_day_question_cause")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_day_question_answered_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_day_question_person_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_day_question_proposal_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_day_question_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_question")),
    )
    op.create_index("ix_day_question_open", "day_question", ["closed_at", "expires_at"], unique=False)
    op.create_index(op.f("ix_day_question_person_id"), "day_question", ["person_id"], unique=False)
    op.create_index(op.f("ix_day_question_proposal_id"), "day_question", ["proposal_id"], unique=False)
    op.create_index(op.f("ix_day_question_session_id"), "day_question", ["session_id"], unique=False)

    _columns()
    _link()
    _seat()


def _columns() -> None:
    """Added one by one: to rebuild a table would be to drop one that others point to."""
    instant = sa.DateTime(timezone=True)
    added: list[tuple[str, sa.Column[Any]]] = [
        ("participation", sa.Column("need", sa.Integer(), server_default="1", nullable=False)),
        ("person", sa.Column("stated_hours", sa.JSON(none_as_null=True), nullable=True)),
        ("person", sa.Column("stated_until", sa.Date(), nullable=True)),
        ("person", sa.Column("told_at", instant, nullable=True)),
        ("person", sa.Column("refused_at", instant, nullable=True)),
        ("person", sa.Column("erased_at", instant, nullable=True)),
        ("programme", sa.Column("plan_on", sa.String(length=3), nullable=True)),
        ("programme", sa.Column("plan_at", sa.String(length=5), server_default="06:00", nullable=False)),
        ("programme", sa.Column("timezone", sa.String(length=64), server_default="UTC", nullable=False)),
        ("programme", sa.Column("weeks_ahead", sa.Integer(), server_default="4", nullable=False)),
        ("programme", sa.Column("freeze_hours", sa.Integer(), server_default="48", nullable=False)),
        ("proposal", sa.Column("reminded_at", instant, nullable=True)),
        ("session", sa.Column("by_need_until", instant, nullable=True)),
        ("session", sa.Column("reminded_at", instant, nullable=True)),
        ("session", sa.Column("outcome_at", instant, nullable=True)),
    ]
    for table, column in added:
        op.add_column(table, column)
    op.execute(
        "ALTER TABLE session ADD COLUMN outcome VARCHAR(12) "
        "CONSTRAINT ck_session_outcome CHECK (outcome IN ('held', 'fell_through'))"
    )
    op.execute(
        "ALTER TABLE session ADD COLUMN outcome_by INTEGER "
        "CONSTRAINT fk_session_outcome_by REFERENCES person (id)"
    )
    # What was known of a person in all their programmes holds in each until it is worked out anew.
    op.execute(
        "UPDATE participation SET need = "
        "(SELECT person.need FROM person WHERE person.id = participation.person_id)"
    )


def _one_of(column: str, *values: str) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _link() -> None:
    """Links for more purposes. Nothing points to this table, so SQLite may build it anew."""
    purposes = _one_of("purpose", "decide", "sign_in", "question", "seat", "opt_out")
    with op.batch_alter_table("link") as table:
        table.drop_constraint(op.f("ck_link_purpose"), type_="check")
        table.create_check_constraint(op.f("ck_link_purpose"), sa.text(purposes))
        table.add_column(sa.Column("question_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("session_id", sa.String(length=64), nullable=True))
        table.create_index(op.f("ix_link_question_id"), ["question_id"], unique=False)
        table.create_index(op.f("ix_link_session_id"), ["session_id"], unique=False)
        table.create_foreign_key(op.f("fk_link_question_id"), "day_question", ["question_id"], ["id"])
        table.create_foreign_key(op.f("fk_link_session_id"), "session", ["session_id"], ["id"])


def _seat() -> None:
    """Seats that are offered to who waits, and who came."""
    states = _one_of("state", "invited", "booked", "waiting", "offered", "declined", "cancelled")
    with op.batch_alter_table("seat") as table:
        table.drop_constraint(op.f("ck_seat_state"), type_="check")
        table.create_check_constraint(op.f("ck_seat_state"), sa.text(states))
        table.add_column(sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("attendance", sa.String(length=10), nullable=True))
        table.add_column(sa.Column("attendance_by", sa.Integer(), nullable=True))
        table.add_column(sa.Column("attendance_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_seat_attendance_by"), "person", ["attendance_by"], ["id"])
        table.create_check_constraint(
            op.f("ck_seat_attendance"), sa.text(_one_of("attendance", "came", "missed"))
        )
