"""With whom records were shared, the notices to them, and what the public is told of cases."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TO_SEND = "email = '' AND sent_on IS NULL"


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    _sharings()
    _notices()
    _public_changes()
    for name, empty in (("sharings", "'[]'"), ("shared", "'{}'")):
        op.add_column(
            "joining",
            sa.Column(name, JsonColumn, server_default=sa.text(empty), nullable=False),
        )


def _sharings() -> None:
    op.create_table(
        "sharing",
        *_texts("sharing_id", "bureau", "subject_id"),
        sa.Column("record_ids", JsonColumn, nullable=False),
        sa.Column("with_grade", sa.Boolean(), nullable=False),
        *_texts("receiver", "email", "contact", "way"),
        sa.Column("shared_on", sa.Date(), nullable=False),
        *_texts("document", "purpose", "entered_by"),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *_texts("ended_by", "ended_reasons"),
        sa.PrimaryKeyConstraint("sharing_id", name=op.f("pk_sharing")),
    )
    district = sa.text("substr(bureau, 1, 6)")
    op.create_index("ix_sharing_bureau", "sharing", [district, "entered_at", "sharing_id"])
    op.create_index("ix_sharing_newest", "sharing", ["entered_at", "sharing_id"])
    op.create_index("ix_sharing_subject", "sharing", ["subject_id"])
    op.create_table(
        "shared_record",
        *_texts("record_id", "sharing_id"),
        sa.PrimaryKeyConstraint("record_id", "sharing_id", name=op.f("pk_shared_record")),
    )


def _notices() -> None:
    op.create_table(
        "receiver_notice",
        *_texts("notice_id", "case_id", "sharing_id", "bureau", "receiver", "email", "contact"),
        sa.Column("record_ids", JsonColumn, nullable=False),
        *_texts("title", "body"),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        *_texts("means", "remark", "recorded_by"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_receiver_notice")),
        sa.UniqueConstraint(
            "case_id", "sharing_id", name=op.f("uq_receiver_notice_case_id_sharing_id")
        ),
    )
    op.create_index(
        "ix_receiver_notice_to_send",
        "receiver_notice",
        ["issued_at", "notice_id"],
        sqlite_where=sa.text(TO_SEND),
        postgresql_where=sa.text(TO_SEND),
    )


def _public_changes() -> None:
    op.create_table(
        "public_change",
        *_texts("change_id", "case_id", "record_id", "subject_id", "subject_name", "bureau"),
        *_texts("kind", "source_ref", "change"),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("announced_until", sa.Date(), nullable=False),
        *_texts("cite"),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_public_change")),
        sa.UniqueConstraint(
            "case_id", "record_id", name=op.f("uq_public_change_case_id_record_id")
        ),
    )
    op.create_index("ix_public_change_day", "public_change", ["changed_on", "change_id"])
    op.create_index("ix_public_change_announced", "public_change", ["announced_until"])
    op.create_index("ix_public_change_subject", "public_change", ["subject_id"])
    op.create_index("ix_public_change_record", "public_change", ["record_id"])


def downgrade() -> None:
    op.drop_column("joining", "shared")
    op.drop_column("joining", "sharings")
    for table in ("public_change", "receiver_notice", "shared_record", "sharing"):
        op.drop_table(table)
