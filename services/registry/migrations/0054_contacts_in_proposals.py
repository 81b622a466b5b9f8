"""No proposal has whole how an expert is reached: those filed before did, decided ones too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from plumbing.masking import masked
from protos.registry.v1.people_pb2 import PutQualificationRequest

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

PROPOSAL = sa.table(
    "proposal",
    sa.column("proposal_id", sa.String()),
    sa.column("act", sa.String()),
    sa.column("request", sa.LargeBinary()),
    sa.column("changes", sa.JSON().with_variant(JSONB(), "postgresql")),
)


def upgrade() -> None:
    filed = sa.select(PROPOSAL).where(PROPOSAL.c.act == "show_expert")
    for row in op.get_bind().execute(filed).all():
        request = PutQualificationRequest.FromString(row.request)
        request.qualification.ClearField("contact")
        cleared = {"request": request.SerializeToString(), "changes": [*map(_masked, row.changes)]}
        same = PROPOSAL.c.proposal_id == row.proposal_id
        op.execute(sa.update(PROPOSAL).where(same).values(cleared))


def downgrade() -> None:
    pass


def _masked(change: dict[str, str]) -> dict[str, str]:
    if change["field"] != "contact":
        return change
    return change | {side: _shown(change[side]) for side in ("before", "after")}


def _shown(contact: str) -> str:
    return masked(contact) if contact.strip("*") else contact
