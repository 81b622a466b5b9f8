"""Proves the audit entries of a case against the newest signed checkpoint of the service.

The subject of the case, and a bureau that only reads it, are shown the texts of the entries about
what the subject may read itself, and for all others the digests, which prove that nothing was left
out or added.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from law.errors import WrongState
from law.objection import CaseKind, Step
from plumbing import audit
from plumbing.audit import AuditEntry, ChainCut
from plumbing.checkpoints.tree import Tree
from plumbing.identity import Role
from plumbing.view import View
from protos.objection.v1 import archive_pb2 as pb
from services.objection.evidence.access import visible_case
from services.objection.steps import aggregate_of
from services.objection.tables import Case

# What the subject reads on the page of its case, or in its letters.
_OF_SUBJECT = frozenset(
    f"{kind}.{step}" for kind in CaseKind for step in (*Step, "lodge", "letter", "settle")
)


async def prove_case(view: View, request: pb.ProveCaseRequest, *, key: str) -> pb.ProveCaseResponse:
    """Returns the audit entries of a case with their proofs; `key` verifies the checkpoint.

    Raises NotFound for a case that the caller may not see, and WrongState if the chain has lost
    entries.
    """
    case = await visible_case(view, request.case_id)
    entries = select(AuditEntry).where(col(AuditEntry.object) == aggregate_of(case))
    rows = (await view.session.exec(entries.order_by(col(AuditEntry.entry_id)))).all()
    checkpoint = await audit.newest_checkpoint(view.session)
    size = checkpoint.size if checkpoint else 0
    covered = [row for row in rows if row.sequence and row.sequence <= size]
    return pb.ProveCaseResponse(
        entries=await _proven(view, covered, size, whole=_hears(view, case)),
        uncovered=len(rows) - len(covered),
        size=size,
        note=checkpoint.note if checkpoint else "",
        key=key,
    )


def _hears(view: View, case: Case) -> bool:
    """Whether the caller is of a bureau that hears the case or is above it.

    The bureau whose decision is reconsidered reads the reconsideration as the subject does.
    """
    return not view.caller.has(Role.OPERATOR) and view.caller.covers(case.bureau)


async def _proven(
    view: View, rows: Sequence[AuditEntry], size: int, *, whole: bool
) -> list[pb.ProvenEntry]:
    tree = Tree(view.session, size)
    try:
        return [await _entry(tree, row, shown=whole or row.action in _OF_SUBJECT) for row in rows]
    except ChainCut as error:
        zh, en = "审计链有缺失，请先核对", "The audit chain has lost entries; run the check"
        raise WrongState(zh, en) from error


async def _entry(tree: Tree, row: AuditEntry, *, shown: bool) -> pb.ProvenEntry:
    sequence = row.sequence or 0
    message = pb.ProvenEntry(
        sequence=sequence,
        content=audit.content_of(row) if shown and row.salt else "",
        digest=row.digest,
        previous=row.previous or "",
        inclusion=await tree.inclusion(sequence - 1),
    )
    message.at.FromDatetime(row.at)
    return message
