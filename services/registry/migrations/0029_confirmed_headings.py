"""Headings of columns that a bureau has confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_heading",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("bureau", "family", "heading", "field", "confirmed_by")
        ),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bureau", "family", "heading", name=op.f("pk_import_heading")),
    )


def downgrade() -> None:
    op.drop_table("import_heading")
