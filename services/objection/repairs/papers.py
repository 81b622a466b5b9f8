"""The papers of an application for repair: the signed promise, and proof of duties done (C-37).

They are files of the case. What is on file stands in the repair itself, so that its conditions show
it at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from law.repair.data import Paper
from plumbing.change import Change
from services.objection.repairs.repair_file import RepairFile
from services.objection.tables import Case, CaseEvidence

# How the step of a case begins that names such a file.
PAPERS_ZH: dict[str, str] = {Paper.PROMISE: "信用修复承诺书，", Paper.PROOF: "履行义务的证明材料，"}


async def papers_among(change: Change, evidence_ids: Sequence[str]) -> list[str]:
    """Returns which papers are among files that are held for an application, in order."""
    found = select(CaseEvidence.purpose).where(
        col(CaseEvidence.evidence_id).in_(evidence_ids), col(CaseEvidence.purpose) != ""
    )
    return sorted(set(await change.session.exec(found)))


def hand_in(change: Change, case: Case, paper: str) -> None:
    """Notes in an application for repair that a paper is on file; other files change nothing."""
    if case.repair is None or not paper:
        return
    file = RepairFile.model_validate(case.repair)
    case.repair = file.with_paper(paper).model_dump(mode="json")
    case.version += 1
    change.session.add(case)
