"""A proposal says for which institution it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name: sa.Column[str] = sa.Column("institution", sa.String(), nullable=False, server_default="")
    op.add_column("proposal", name)
    op.execute(
        "UPDATE proposal SET institution = (SELECT account.institution FROM account"
        " WHERE account.account_id = proposal.proposed_by)"
        " WHERE act IN ('correct_instrument', 'exceed_cycle') AND EXISTS (SELECT 1 FROM account"
        " WHERE account.account_id = proposal.proposed_by)"
    )
    columns = ["institution", "proposed_at", "proposal_id"]
    op.create_index("ix_proposal_institution", "proposal", columns)


def downgrade() -> None:
    op.drop_index("ix_proposal_institution", table_name="proposal")
    op.drop_column("proposal", "institution")
