"""A correction by a certificate waits beside other proposals about its instrument."""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE proposal SET object = object || '/details' WHERE act = 'correct_instrument'")


def downgrade() -> None:
    # One proposal about an object waits: the correction is the one that nobody needs.
    op.execute(
        "UPDATE proposal SET state = 'withdrawn' WHERE state = 'waiting'"
        " AND act = 'correct_instrument' AND EXISTS (SELECT 1 FROM proposal AS other"
        " WHERE other.state = 'waiting' AND proposal.object = other.object || '/details')"
    )
    op.execute(
        "UPDATE proposal SET object = replace(object, '/details', '')"
        " WHERE act = 'correct_instrument'"
    )
