"""Where in a workbook: the sheet of an import, the cell of a fault."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sheet", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("import_fault", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cell", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("import_fault", schema=None) as batch_op:
        batch_op.drop_column("cell")

    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_column("sheet")
