"""The access log, and the bureaus that audit entries concern."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_entry",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sign_in",
                "sign_in_begun",
                "sign_in_failed",
                "refused",
                "export",
                "read",
                name="kind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "roles", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_access_entry")),
    )
    with op.batch_alter_table("access_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_entry_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_access_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_entry_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_entry_object"), ["object"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_access_entry_subject_id"), ["subject_id"], unique=False
        )

    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bureau", sa.String(), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_audit_entry_bureau"), ["bureau"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_bureau"))
        batch_op.drop_column("bureau")

    with op.batch_alter_table("access_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_entry_subject_id"))
        batch_op.drop_index(batch_op.f("ix_access_entry_object"))
        batch_op.drop_index(batch_op.f("ix_access_entry_name"))
        batch_op.drop_index(batch_op.f("ix_access_entry_at"))
        batch_op.drop_index(batch_op.f("ix_access_entry_account_id"))

    op.drop_table("access_entry")
