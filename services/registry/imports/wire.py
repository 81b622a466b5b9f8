"""Converts batches, faults and rejected rows to messages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.impact.estimate import Estimate
from services.registry.imports.rows import cells
from services.registry.imports.rows.columns import REASONS
from services.registry.tables import ImportBatch, ImportFault, RejectedRow

_CONVERTED = {"imported_at", "decided_at", "estimate", "open_until"}
_EFFECTS = {"effects", "merged", "left_out"}
_DERIVED = {"would_be_held", "approving_bureau", "approvers", "progress"}


def batch(row: ImportBatch) -> pb.Batch:
    """Converts a batch to a message, without its approvers, which `approvers.describe` adds."""
    names = set(pb.Batch.DESCRIPTOR.fields_by_name) - _CONVERTED - _DERIVED - _EFFECTS
    message = pb.Batch(**row.model_dump(include=names))
    if row.estimate is not None:
        message.estimate.MergeFrom(pb.BatchEstimate(**row.estimate))
        message.would_be_held = row.state == "checked" and Estimate(**row.estimate).is_burst
    if row.effects is not None:
        message.merged, message.left_out = row.effects["merged"], row.effects["left_out"]
        for kind, (made, altered) in row.effects["things"].items():
            message.effects.add(kind=kind, made=made, altered=altered)
    if row.open_until is not None:
        message.open_until = row.open_until.isoformat()
    for name in ("imported_at", "decided_at"):
        if moment := getattr(row, name):
            getattr(message, name).FromDatetime(moment)
    return message


def fault(row: ImportFault, sheet: str) -> pb.RowFault:
    """Converts a fault to a message; `sheet` is the workbook's sheet, empty for a text file."""
    return pb.RowFault(**row.model_dump(exclude={"batch_id", "number"}), sheet=sheet)


def rejected_rows(header: Sequence[str], rows: Iterable[RejectedRow]) -> bytes:
    """Returns the rejected rows as a CSV file that can be corrected and imported again.

    It has the columns of the original file, and the reasons in a last column. Cells that a
    spreadsheet program would run as a formula begin with an apostrophe, which the import removes.
    """
    columns = [name for name in header if name != REASONS]
    places = [place for place, name in enumerate(header) if name != REASONS]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*map(cells.disarmed, columns), REASONS])
    for row in rows:
        values = [row.cells[place] if place < len(row.cells) else "" for place in places]
        writer.writerow([*map(cells.disarmed, values), row.why])
    return text.getvalue().encode("utf-8-sig")
