"""Verification institutions with their authorisations; those that accounts name become the first.

An institution from an account has no authorisation yet: the unit head enters them.
"""

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAMED = sa.text(
    "SELECT institution, MIN(bureau) FROM account WHERE institution <> ''"
    " GROUP BY institution ORDER BY institution"
)
TEXTS = ("institution_id", "name", "credit_code", "bureau", "contact", "phone", "email")


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    institutions = op.create_table(
        "institution",
        *map(text, TEXTS),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_institution")),
    )
    op.create_index("uq_institution_name", "institution", ["name"], unique=True)
    op.create_table(
        "authorisation",
        *map(text, ("authorisation_id", "institution_id", "type_code")),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        text("document_no"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("authorisation_id", name=op.f("pk_authorisation")),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institution.institution_id"],
            name=op.f("fk_authorisation_institution_id_institution"),
        ),
    )
    op.create_index("ix_authorisation_type", "authorisation", ["institution_id", "type_code"])
    op.create_index("ix_verification_certificate_no", "verification", ["certificate_no"])
    blank = dict.fromkeys(TEXTS, "")
    for name, bureau in op.get_bind().execute(NAMED).all():
        row = {"institution_id": uuid4().hex, "name": name, "bureau": bureau, "version": 1}
        op.get_bind().execute(institutions.insert().values(blank | row))


def downgrade() -> None:
    op.drop_index("ix_verification_certificate_no", table_name="verification")
    op.drop_table("authorisation")
    op.drop_table("institution")
