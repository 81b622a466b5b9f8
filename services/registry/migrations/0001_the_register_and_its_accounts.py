"""the register and its accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column(
            "roles", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "announced_clock",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("offset_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_announced_clock")),
    )
    op.create_table(
        "bureau",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("division_code", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bureau")),
    )
    op.create_table(
        "wrong_password",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_wrong_password")),
    )
    with op.batch_alter_table("wrong_password", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wrong_password_last_at"), ["last_at"], unique=False)

    op.create_table(
        "subject",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "organisation",
                "individual_business",
                "natural_person",
                name="subjectkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column(
            "sector",
            sa.Enum(
                "market",
                "fuel_station",
                "charging_station",
                "catering",
                "retail",
                "medical",
                "optical",
                "transport",
                "utility",
                "postal",
                "telecom",
                "energy",
                "calibration_service",
                "prepackaged_goods",
                "scenic_area",
                "street_block",
                "other",
                name="sector",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("person_in_charge", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=False),
        sa.Column("in_review", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bureau"], ["bureau.code"], name=op.f("fk_subject_bureau")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subject")),
    )
    with op.batch_alter_table("subject", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subject_bureau"), ["bureau"], unique=False)
        batch_op.create_index(batch_op.f("ix_subject_external_ref"), ["external_ref"], unique=False)
        batch_op.create_index("ix_subject_name", ["name", "subject_id"], unique=False)
        batch_op.create_index(
            "uq_subject_credit_code",
            ["credit_code"],
            unique=True,
            sqlite_where=sa.text("credit_code <> '' AND NOT removed"),
            postgresql_where=sa.text("credit_code <> '' AND NOT removed"),
        )

    op.create_table(
        "instrument",
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("serial_no", sa.String(), nullable=False),
        sa.Column("manufacturer", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "in_use",
                "spare",
                "stopped",
                "scrapped",
                name="instrumentstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("rotate_on", sa.Date(), nullable=True),
        sa.Column("spell", sa.Integer(), nullable=False),
        sa.Column("repeated_serial", sa.Boolean(), nullable=False),
        sa.Column("in_review", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.subject_id"], name=op.f("fk_instrument_subject_id")
        ),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_instrument")),
    )
    with op.batch_alter_table("instrument", schema=None) as batch_op:
        batch_op.create_index("ix_instrument_bureau", ["bureau", "instrument_id"], unique=False)
        batch_op.create_index("ix_instrument_serial", ["type_code", "serial_no"], unique=False)
        batch_op.create_index(
            "ix_instrument_subject", ["subject_id", "instrument_id"], unique=False
        )

    op.create_table(
        "record",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "award",
                "certification",
                "commitment_made",
                "commitment_kept",
                "public_service",
                "sound_management",
                "compliance",
                "positive_other",
                "unverified_use",
                "failed_verification_use",
                "overdue_use",
                "tampering",
                "mark_forgery",
                "certificate_forgery",
                "data_forgery",
                "dispute_with_impact",
                "accident_with_impact",
                "short_measure",
                "net_content_nonconformity",
                "complaint_upheld",
                "inspection_failed",
                "commitment_missing",
                "commitment_broken",
                "permit_fraud",
                "promise_broken",
                "penalty",
                "administrative_measure",
                "crime",
                "obstruction",
                "non_performance",
                "adverse_other",
                "serious_other",
                name="recordkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "severity",
            sa.Enum("minor", "general", "serious", name="severity", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("determined_on", sa.Date(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "corrected",
                "withdrawn",
                "repaired",
                "expired",
                name="recordstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_on", sa.Date(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("source_ref", sa.String(), nullable=False),
        sa.Column("provided_by", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.subject_id"], name=op.f("fk_record_subject_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_record_subject", ["subject_id", "determined_on", "record_id"], unique=False
        )
        batch_op.create_index(
            "uq_record_source",
            ["subject_id", "kind", "source_ref", "determined_on"],
            unique=True,
            sqlite_where=sa.text("NOT removed"),
            postgresql_where=sa.text("NOT removed"),
        )

    op.create_table(
        "contest",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.record_id"], name=op.f("fk_contest_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", "case_id", name=op.f("pk_contest")),
    )
    op.create_table(
        "record_version",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.record_id"], name=op.f("fk_record_version_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", "version", name=op.f("pk_record_version")),
    )
    op.create_table(
        "verification",
        sa.Column("verification_id", sa.String(), nullable=False),
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "pass",
                "reject",
                "repaired",
                "pending",
                name="verificationresult",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("verified_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("certificate_no", sa.String(), nullable=False),
        sa.Column("certificate_sha256", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instrument.instrument_id"],
            name=op.f("fk_verification_instrument_id"),
        ),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_verification")),
    )
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.create_index(
            "ix_verification_instrument", ["instrument_id", "verified_on"], unique=False
        )
        batch_op.create_index(
            "uq_verification_certificate",
            ["institution", "certificate_no"],
            unique=True,
            sqlite_where=sa.text("certificate_no <> '' AND NOT removed"),
            postgresql_where=sa.text("certificate_no <> '' AND NOT removed"),
        )

    op.create_table(
        "aggregate_sequence",
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("aggregate", name=op.f("pk_aggregate_sequence")),
    )
    op.create_table(
        "answered_request",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "request_id", name=op.f("pk_answered_request")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column(
            "roles", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("on_behalf_of", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column(
            "before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column("after", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("link", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("sequence", name=op.f("uq_audit_entry_sequence")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_object"), ["object"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "inbox_failure",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("buried_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox_failure")),
    )
    op.create_table(
        "inbox_position",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "aggregate", name=op.f("pk_inbox_position")),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("aggregate_seq", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column(
            "headers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "aggregate", "aggregate_seq", name=op.f("uq_outbox_aggregate_aggregate_seq")
        ),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_pending",
            ["seq"],
            unique=False,
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_pending",
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    op.drop_table("outbox")
    op.drop_table("inbox_position")
    op.drop_table("inbox_failure")
    op.drop_table("inbox")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_object"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor"))

    op.drop_table("audit_entry")
    op.drop_table("answered_request")
    op.drop_table("aggregate_sequence")
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_verification_certificate",
            sqlite_where=sa.text("certificate_no <> '' AND NOT removed"),
            postgresql_where=sa.text("certificate_no <> '' AND NOT removed"),
        )
        batch_op.drop_index("ix_verification_instrument")

    op.drop_table("verification")
    op.drop_table("record_version")
    op.drop_table("contest")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_record_source",
            sqlite_where=sa.text("NOT removed"),
            postgresql_where=sa.text("NOT removed"),
        )
        batch_op.drop_index("ix_record_subject")

    op.drop_table("record")
    with op.batch_alter_table("instrument", schema=None) as batch_op:
        batch_op.drop_index("ix_instrument_subject")
        batch_op.drop_index("ix_instrument_serial")
        batch_op.drop_index("ix_instrument_bureau")

    op.drop_table("instrument")
    with op.batch_alter_table("subject", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_subject_credit_code",
            sqlite_where=sa.text("credit_code <> '' AND NOT removed"),
            postgresql_where=sa.text("credit_code <> '' AND NOT removed"),
        )
        batch_op.drop_index("ix_subject_name")
        batch_op.drop_index(batch_op.f("ix_subject_external_ref"))
        batch_op.drop_index(batch_op.f("ix_subject_bureau"))

    op.drop_table("subject")
    with op.batch_alter_table("wrong_password", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wrong_password_last_at"))

    op.drop_table("wrong_password")
    op.drop_table("bureau")
    op.drop_table("announced_clock")
    op.drop_table("account")
