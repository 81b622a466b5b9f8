"""Erases the text of an audit entry without breaking the chain (C-03)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound
from plumbing.audit import AuditEntry
from plumbing.audit_walk import ERASE, remains_of
from plumbing.change import Change
from plumbing.row_checks import cover_again
from plumbing.row_digests import Proven
from protos.operations.v1 import operations_pb2 as pb


async def erase_audit(
    change: Change, request: pb.EraseAuditRequest, *, tables: Sequence[Proven]
) -> pb.EraseAuditResponse:
    """Erases values, ground and salt of a linked audit entry, and audits that it was erased.

    Who did what, when and to which object stays. The rows whose last digest the entry covers are
    covered again by the new entry; `tables` are the watched tables of the service. Raises NotFound
    if no linked entry has the number, and InvalidInput for an entry that is erased already or that
    records an erasure.
    """
    sequence = col(AuditEntry.sequence) == request.sequence
    found = await change.session.exec(select(AuditEntry).where(sequence).with_for_update())
    entry = found.first()
    if entry is None:
        raise NotFound("没有这条审计记录", "There is no such audit entry")
    if not entry.salt or entry.action == ERASE:
        zh = "该审计记录已抹去，或本身记录了一次抹去"
        en = "This entry is erased already, or records an erasure"
        raise InvalidInput(faults=[Fault("sequence", zh, en)])
    await cover_again(change, entry, tables)
    entry.before = entry.after = None
    entry.ground = entry.salt = ""
    after = {"sequence": request.sequence, "digest": entry.digest, "remains": remains_of(entry)}
    change.audit("erase_audit", f"audit/{request.sequence}", after=after, ground=request.ground)
    return pb.EraseAuditResponse()
