"""Batches, faults and rejected rows as they are told."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.impact.alarms import Estimate
from services.registry.imports.rows import cells
from services.registry.imports.rows.columns import REASONS
from services.registry.tables import ImportBatch, ImportFault, RejectedRow

_NO_COLUMNS = {"imported_at", "decided_at", "estimate", "would_be_held", "approving_bureau"}
_NO_COLUMNS |= {"approvers"}


def batch(row: ImportBatch) -> pb.Batch:
    """A batch on the wire."""
    names = set(pb.Batch.DESCRIPTOR.fields_by_name)
    message = pb.Batch(**row.model_dump(include=names - _NO_COLUMNS))
    if row.estimate is not None:
        message.estimate.MergeFrom(pb.BatchEstimate(**row.estimate))
        message.would_be_held = row.state == "checked" and Estimate(**row.estimate).is_burst
    for name in ("imported_at", "decided_at"):
        if moment := getattr(row, name):
            getattr(message, name).FromDatetime(moment)
    return message


def fault(row: ImportFault, sheet: str) -> pb.RowFault:
    """A fault on the wire, of a file or of a workbook's sheet."""
    return pb.RowFault(**row.model_dump(exclude={"batch_id", "number"}), sheet=sheet)


def rejected_rows(header: Sequence[str], rows: Iterable[RejectedRow]) -> bytes:
    """The rows not taken as a file that can be put right and imported again.

    Its columns are those of the file it came from, with the reasons in a last one. No cell of it
    is run as a formula by a spreadsheet program; reading it in undoes that.
    """
    columns = [name for name in header if name != REASONS]
    places = [place for place, name in enumerate(header) if name != REASONS]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*map(cells.disarmed, columns), REASONS])
    for row in rows:
        said = [row.cells[place] if place < len(row.cells) else "" for place in places]
        writer.writerow([*map(cells.disarmed, said), row.why])
    return text.getvalue().encode("utf-8-sig")
