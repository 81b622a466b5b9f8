"""The cases and the evidence that a joining of subjects gave to another one."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "joining",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("former_id", "present_id")),
        *(
            sa.Column(name, JsonColumn, nullable=False)
            for name in ("cases", "evidence", "acted_in")
        ),
        sa.PrimaryKeyConstraint("former_id", name=op.f("pk_joining")),
    )


def downgrade() -> None:
    op.drop_table("joining")
