"""Names that a bureau's files use for types of instruments."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "type_name",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("bureau", "name", "written", "type_code", "ground", "named_by")
        ),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bureau", "name", name=op.f("pk_type_name")),
    )


def downgrade() -> None:
    op.drop_table("type_name")
