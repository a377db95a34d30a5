"""Whether a day was one in anyway is kept with it, and what a simpler way found no place for."""

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PROPOSAL = sa.table(
    "proposal",
    sa.column("id", sa.Integer),
    sa.column("senior_id", sa.Integer),
    sa.column("day", sa.Date),
    sa.column("facts", sa.JSON),
    sa.column("in_anyway", sa.Boolean),
)
PERSON = sa.table("person", sa.column("id", sa.Integer), sa.column("days_in_anyway", sa.JSON))
SESSION = sa.table("session", sa.column("id", sa.String), sa.column("senior_id", sa.Integer))
SIMPLER = sa.table(
    "simpler_day",
    sa.column("session_id", sa.String),
    sa.column("way", sa.String),
    sa.column("placed", sa.Boolean),
    sa.column("day", sa.Date),
)


def upgrade() -> None:
    no: sa.Column[bool] = sa.Column("in_anyway", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("proposal", no)
    yes: sa.Column[bool] = sa.Column("placed", sa.Boolean(), server_default=sa.true(), nullable=False)
    with op.batch_alter_table("simpler_day") as table:  # nothing points to it
        table.add_column(yes)
        table.alter_column("day", existing_type=sa.Date(), nullable=True)
        whole = sa.text("placed OR day IS NULL")
        table.create_check_constraint(op.f("ck_simpler_day_no_place_no_day"), whole)
    _note_what_had_no_place()
    people = op.get_bind().execute(sa.select(PERSON.c.id, PERSON.c.days_in_anyway))
    weekdays = {row.id: row.days_in_anyway for row in people}
    _forget_days_in_anyway(weekdays, dict(_proposed(weekdays)))


def _note_what_had_no_place() -> None:
    """What one way found a place for was tried in the other as well."""
    op.execute(
        "INSERT INTO simpler_day (session_id, way, placed) "
        "SELECT session_id, CASE MIN(way) WHEN 'greedy' THEN 'first_free' ELSE 'greedy' END, false "
        "FROM simpler_day GROUP BY session_id HAVING COUNT(*) = 1"
    )


def _proposed(weekdays: dict[int, list[str]]) -> Iterator[tuple[tuple[int, date], bool]]:
    """Note of each proposed day whether its senior was in anyway: as it was told, or else by their weekdays."""
    p = PROPOSAL.c
    rows = op.get_bind().execute(sa.select(p.id, p.senior_id, p.day, p.facts).order_by(p.id)).all()
    for row in rows:
        told = row.facts.get("why")  # of what is long over that has gone
        yes = row.facts["already_in"] if told else _is_one(row.day, weekdays[row.senior_id])
        if yes:
            op.execute(sa.update(PROPOSAL).where(p.id == row.id).values(in_anyway=True))
        yield (row.senior_id, row.day), yes


def _forget_days_in_anyway(weekdays: dict[int, list[str]], known: dict[tuple[int, date], bool]) -> None:
    d = SIMPLER.c
    rows = op.get_bind().execute(
        sa.select(d.session_id, d.way, d.day, SESSION.c.senior_id)
        .join(SESSION, SESSION.c.id == d.session_id)
        .where(d.day.is_not(None))
    )
    for row in rows.all():
        if known.get((row.senior_id, row.day), _is_one(row.day, weekdays[row.senior_id])):
            its_own = (d.session_id == row.session_id) & (d.way == row.way)
            op.execute(sa.update(SIMPLER).where(its_own).values(day=None))


def _is_one(day: date, weekdays: list[str]) -> bool:
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()] in weekdays
