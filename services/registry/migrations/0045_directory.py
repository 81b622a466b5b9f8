"""What institutions release of themselves for the service directory."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "institution_listing",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in (
                *("institution_id", "sites", "division_code", "contact", "phone", "website"),
                "consent",
            )
        ),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institution.institution_id"],
            name=op.f("fk_institution_listing_institution_id"),
        ),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_institution_listing")),
    )


def downgrade() -> None:
    op.drop_table("institution_listing")
