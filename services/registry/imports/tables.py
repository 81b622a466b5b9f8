"""The database tables of imports: batches, their pieces, faults, rejected rows and changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn
from plumbing.row_scope import bureau_index, partial_index
from services.registry.base import Base


class ImportBatch(Base, table=True):
    """One import: a file, or a batch that another system sends in bulk.

    `question` is a digest that is equal for two imports with the same content and options. `asked`
    is the header of the import, and `sent_as` its sender with roles, so that it can be planned
    again as it was sent. For a batch that is being sent, `next_sequence` is the number of the next
    chunk. `preview` are the columns of a file whose matches a person confirms, and `open_until` is
    the last day on which the file is kept for that. `effects` tells what the batch makes and
    changes, or would: by kind of thing how many new and how many changed ones, with the numbers of
    `merged` rows and of rows `left_out`.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        sa.Index("ix_import_batch_newest", "imported_at", "batch_id"),
        sa.Index("ix_import_batch_state", "state", "imported_at", "batch_id"),
        sa.Index("ix_import_batch_sender", "imported_by", "imported_at", "batch_id"),
        bureau_index("ix_import_batch_bureau", "imported_at", "batch_id"),
        bureau_index("ix_import_batch_bureau_state", "state", "imported_at", "batch_id"),
        sa.Index("ix_import_batch_question", "question", "state"),
        # The batches that are being sent, and those that wait to be processed: few at any time.
        partial_index("ix_import_batch_open", "last_at", where="state = 'receiving'"),
        partial_index(
            "ix_import_batch_waiting", "imported_at", "batch_id", where="state = 'waiting'"
        ),
        partial_index("ix_import_batch_kept", "open_until", where="open_until IS NOT NULL"),
    )

    batch_id: str = Field(primary_key=True)
    family: str
    file_name: str
    state: str
    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    in_review: int = 0
    repeated_serials: int = 0
    to_review: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    to_decide: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    baseline: bool = False
    bureau: str
    imported_by: str
    imported_at: datetime
    encoding: str
    sha256: str
    question: str
    header: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    sheet: str = ""
    asked: bytes | None = None
    sent_as: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    next_sequence: int = 0
    bytes_held: int = 0
    last_at: datetime | None = None
    estimate: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    decided_by: str = ""
    decided_at: datetime | None = None
    reasons: str = ""
    preview: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    open_until: date | None = None
    effects: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)


class ConfirmedHeading(Base, table=True):
    """A heading of a column that somebody of a bureau has confirmed for a field.

    It is proposed for the next file of the family. `heading` is written as it is compared.
    """

    __tablename__ = "import_heading"

    bureau: str = Field(primary_key=True)
    family: str = Field(primary_key=True)
    heading: str = Field(primary_key=True)
    field: str
    confirmed_by: str
    confirmed_at: datetime


class TypeName(Base, table=True):
    """A name in a bureau's files for a type of instrument, beside those of the catalogue.

    `name` is `written` as names are compared.
    """

    __tablename__ = "type_name"

    bureau: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    written: str
    type_code: str
    ground: str
    named_by: str
    named_at: datetime


class ImportPiece(Base, table=True):
    """A piece of a batch's content, stored until the batch is decided.

    For a batch sent in bulk, piece 0 is the line of column names; every other piece is a chunk with
    its digest and its number of items.
    """

    __tablename__ = "import_piece"

    batch_id: str = Field(primary_key=True, foreign_key="import_batch.batch_id")
    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    digest: str
    items: int
    content: bytes


class ImportFault(Base, table=True):
    """A fault in a cell or a row of an import, or a warning about it."""

    __tablename__ = "import_fault"

    batch_id: str = Field(primary_key=True, foreign_key="import_batch.batch_id")
    number: int = Field(primary_key=True)
    row: int
    column: str
    cell: str = ""
    value: str
    reason: str
    message_zh: str
    message_en: str
    warning: bool
    chunk: int = 0
    item: int = 0


class RejectedRow(Base, table=True):
    """A rejected row of an import, as it was in the file, with the reasons of the rejection."""

    __tablename__ = "import_rejected_row"

    batch_id: str = Field(primary_key=True, foreign_key="import_batch.batch_id")
    row: int = Field(primary_key=True)
    cells: list[str] = Field(sa_type=JsonColumn)
    why: str


class ImportedThing(Base, table=True):
    """A row of the register that an import created or changed, stored so that it can be undone.

    `before` is its former content, None for a new row; `version` and `digest` are those of the row
    after the import. `stated` is true if the file gave the state of an instrument.
    """

    __tablename__ = "import_thing"
    __table_args__ = (sa.Index("ix_import_thing_of", "thing_id", "stated"),)

    batch_id: str = Field(primary_key=True, foreign_key="import_batch.batch_id")
    kind: str = Field(primary_key=True)
    thing_id: str = Field(primary_key=True)
    version: int
    digest: str
    before: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    stated: bool = False
