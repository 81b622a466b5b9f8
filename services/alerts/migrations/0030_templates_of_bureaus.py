"""The words of bureaus around what the platform writes."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_template",
        *_texts("template_id", "bureau", "kind"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_texts("words", "words_en", "ground"),
        sa.Column("state", sa.String(length=32), nullable=False),
        *_texts("proposed_by"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        *_texts("decided_by"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *_texts("reasons"),
        sa.PrimaryKeyConstraint("template_id", name=op.f("pk_notice_template")),
        sa.UniqueConstraint(
            "bureau", "kind", "version", name=op.f("uq_notice_template_bureau_kind_version")
        ),
    )
    order = ["proposed_at", "template_id"]
    op.create_index("ix_notice_template_newest", "notice_template", order)
    op.create_index(
        "ix_notice_template_bureau", "notice_template", [sa.text("substr(bureau, 1, 6)"), *order]
    )


def downgrade() -> None:
    op.drop_table("notice_template")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]
