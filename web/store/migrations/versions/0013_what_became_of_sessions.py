"""Find what became of a programme's sessions and proposals by when they were."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_session_start", "session", ["programme_id", "state", "start"], unique=False)
    op.create_index("ix_proposal_day", "proposal", ["programme_id", "state", "day"], unique=False)
