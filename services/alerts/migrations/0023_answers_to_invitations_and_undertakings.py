"""What a subject answers to the invitation to an interview, and what it undertakes there."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TEXTS = ("answer", "answer_reasons", "undertaking", "undertaking_outcome", "undertaking_findings")
_DAYS = ("asked_for", "undertaking_by")


def upgrade() -> None:
    moved: sa.Column[bool] = sa.Column(
        "moved", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("escalation_step", moved)
    for name in _TEXTS:
        text: sa.Column[str] = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("escalation_step", text)
    for name in _DAYS:
        op.add_column("escalation_step", sa.Column(name, sa.Date(), nullable=True))
    op.add_column(
        "escalation_step", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    for name in ("answered_at", *_DAYS, *_TEXTS, "moved"):
        op.drop_column("escalation_step", name)
