"""The proposals about an object are found by it."""

from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_proposal_object", "proposal", ["object", "proposed_at", "proposal_id"])


def downgrade() -> None:
    op.drop_index("ix_proposal_object", table_name="proposal")
