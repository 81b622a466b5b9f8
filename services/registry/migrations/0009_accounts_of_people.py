"""First passwords, second factors, logins, mailed links, registrations and tries by source."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def text(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False, **options)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id_account")
    return sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=name)


def of_accounts() -> list[sa.Column[Any]]:
    return [
        text("email", server_default=""),
        text("phone", server_default=""),
        flag("first_password"),
        flag("second_factor"),
        flag("external"),
        text("invited_by", server_default=""),
    ]


def upgrade() -> None:
    with op.batch_alter_table("account") as batch:
        for column in of_accounts():
            batch.add_column(column)
        batch.create_index(op.f("ix_account_email"), ["email"])
    _create_logins()
    _create_second_factors()
    op.create_table(
        "mailed_link",
        text("link_id"),
        text("account_id"),
        text("token_hash"),
        moment("created_at"),
        moment("expires_at"),
        moment("used_at", nullable=True),
        of_account("mailed_link"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_mailed_link")),
    )
    op.create_index(op.f("ix_mailed_link_account_id"), "mailed_link", ["account_id"])
    _create_registrations()
    _create_tries()


def _create_logins() -> None:
    op.create_table(
        "external_identity",
        text("issuer"),
        text("subject"),
        text("account_id"),
        moment("bound_at"),
        of_account("external_identity"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("account_id", name=op.f("uq_external_identity_account_id")),
    )
    op.create_table(
        "session",
        text("session_id"),
        text("account_id"),
        moment("opened_at"),
        moment("renewed_at"),
        text("source"),
        text("client"),
        of_account("session"),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_account_id"), "session", ["account_id"])
    op.create_index(op.f("ix_session_renewed_at"), "session", ["renewed_at"])


def _create_second_factors() -> None:
    op.create_table(
        "second_factor",
        text("account_id"),
        text("sealed_secret"),
        moment("confirmed_at", nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        of_account("second_factor"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        text("account_id"),
        text("code_hash"),
        of_account("recovery_code"),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name=op.f("pk_recovery_code")),
    )


def _create_registrations() -> None:
    op.create_table(
        "registration",
        text("registration_id"),
        text("number"),
        text("credit_code"),
        text("firm_name"),
        text("bureau"),
        text("person_name"),
        text("email"),
        text("phone"),
        text("reason"),
        text("state"),
        moment("created_at"),
        text("decided_by"),
        moment("decided_at", nullable=True),
        text("decision_reason"),
        text("account_id"),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_credit_code"), "registration", ["credit_code"])
    op.create_index("ix_registration_oldest", "registration", ["created_at", "registration_id"])


def _create_tries() -> None:
    op.create_table(
        "tries",
        text("name"),
        text("source"),
        sa.Column("times", sa.Integer(), nullable=False),
        moment("last_at"),
        sa.PrimaryKeyConstraint("name", "source", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_last_at"), "tries", ["last_at"])
    op.create_table(
        "known_source",
        text("account_id"),
        text("source"),
        moment("last_at"),
        of_account("known_source"),
        sa.PrimaryKeyConstraint("account_id", "source", name=op.f("pk_known_source")),
    )


def downgrade() -> None:
    for table in (
        "known_source",
        "tries",
        "registration",
        "mailed_link",
        "recovery_code",
        "second_factor",
        "session",
        "external_identity",
    ):
        op.drop_table(table)
    with op.batch_alter_table("account") as batch:
        batch.drop_index(op.f("ix_account_email"))
        for column in reversed(of_accounts()):
            batch.drop_column(column.name)
