"""The commands that add files to cases, and hold files for cases that are still to be lodged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, InvalidInput, NotPermitted, WrongState
from law.objection import OBJECTION_CITE
from plumbing.archives import plain_name
from plumbing.change import Change
from plumbing.files import StoredFile
from plumbing.identity import Role
from protos.objection.v1 import evidence_pb2 as pb
from services.objection.evidence import wire
from services.objection.evidence.access import Classification, case_of_files, choices
from services.objection.repairs.papers import PAPERS_ZH, hand_in
from services.objection.steps import UNDECIDED, aggregate_of
from services.objection.tables import Case, CaseEvidence, CaseStep

ADDED, GATHERED = "add_evidence", "gather_evidence"  # by the subject, by the bureau
_SENDERS = (Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)  # of a bureau: those who hear cases


async def require_may_send(change: Change, header: pb.EvidenceHeader, most: int) -> Case | None:
    """Checks that the caller may send a file, and that its side has fewer than `most`.

    Returns the case, locked; None for a file that is held for a case still to be lodged. Raises
    NotFound for a case that the caller may not see, NotPermitted for a bureau that does not hear
    it, WrongState once it is decided or has `most` files, and InvalidInput for a classification
    that the caller may not give.
    """
    _require_choice(change, header)
    if not header.case_id:
        _require_own(change, header)
        await _require_room(change, "", header.subject_id, most)
        return None
    case = await case_of_files(change, header.case_id, lock=True)
    if not change.caller.has(Role.OPERATOR, *_SENDERS) or not _hears(change, case):
        zh, en = (
            "由申请人和办理案件的机关提交证据",
            "The subject and the hearing bureau send evidence",
        )
        raise NotPermitted(zh, en, case=case.case_id)
    _require_undecided(case)
    await _require_room(change, case.case_id, case.subject_id, most)
    return case


def _hears(change: Change, case: Case) -> bool:
    caller = change.caller
    return caller.has(Role.OPERATOR) or caller.bureau[:6] == case.bureau[:6]


def _require_choice(change: Change, header: pb.EvidenceHeader) -> None:
    if header.classification and header.classification not in choices(change.caller):
        zh, en = "申请人提交的文件不能是内部材料", "A subject's file cannot be internal"
        raise InvalidInput(faults=[Fault("header.classification", zh, en)])


def _require_own(change: Change, header: pb.EvidenceHeader) -> None:
    if not header.subject_id:
        zh, en = (
            "须写明案件，或者拟提出案件的主体",
            "name a case, or the subject that is to lodge one",
        )
        raise InvalidInput(faults=[Fault("header.case_id", zh, en)])
    if not change.caller.has(Role.OPERATOR) or not change.caller.sees(header.subject_id, ""):
        raise NotPermitted(
            "只能为本单位提交证据", "You may only send evidence for your own subject"
        )


def _require_undecided(case: Case) -> None:
    if case.state not in UNDECIDED:
        zh = "案件已有结果，不再收取证据；不服结果的，可以在申请复核时提交"
        en = "The case has its result and takes no more evidence; send it with a reconsideration"
        raise WrongState(zh, en, cite=OBJECTION_CITE, case=case.case_id, state=case.state)


async def _require_room(change: Change, case_id: str, subject_id: str, most: int) -> None:
    by_subject = change.caller.has(Role.OPERATOR)
    held = select(sa.func.count()).where(
        col(CaseEvidence.case_id) == case_id,
        col(CaseEvidence.subject_id) == subject_id,
        col(CaseEvidence.by_subject) == by_subject,
    )
    if (await change.session.exec(held)).one() >= most:
        zh, en = f"证据文件最多 {most} 份", f"There are {most} files already, the most allowed"
        raise WrongState(zh, en)


async def add_evidence(
    change: Change,
    header: pb.EvidenceHeader,
    *,
    stored: StoredFile,
    preview: StoredFile | None,
    most: int,
) -> pb.UploadEvidenceResponse:
    """Adds a stored file to a case, or holds it for a case still to be lodged.

    A paper that an application for repair asks for meets its condition at once. The same file sent
    again to the same case is there once. Raises AlreadyExists if it was sent with another
    classification or purpose, and the errors of `require_may_send`.
    """
    case = await require_may_send(change, header, most + 1)
    subject_id = case.subject_id if case else header.subject_id
    row = await _present(change, case, subject_id, stored.sha256)
    if row is not None:
        _require_same(row, header)
    else:
        await _require_room(change, case.case_id if case else "", subject_id, most)
        row = _row(change, header, case, stored, preview)
        change.session.add(row)
        _note(change, row, case)
        if case is not None:
            hand_in(change, case, row.purpose)
    return pb.UploadEvidenceResponse(evidence=wire.evidence(row))


def _require_same(row: CaseEvidence, header: pb.EvidenceHeader) -> None:
    """Who may see a file is never changed silently, nor believed to be changed; nor what it is."""
    if row.purpose != header.purpose:
        zh = "同一文件已经提交，用途不同，且不能更改；请另行扫描后上传"
        en = "This file was sent already for another purpose, which cannot be changed"
        raise AlreadyExists(zh, en, evidence_id=row.evidence_id)
    if row.classification != (header.classification or Classification.CASE_FILE):
        zh = "同一文件已经提交，可以查看的人员范围不同，且不能更改"
        en = "This file was sent already, to be seen by others, which cannot be changed"
        raise AlreadyExists(zh, en, evidence_id=row.evidence_id)


async def _present(
    change: Change, case: Case | None, subject_id: str, sha256: str
) -> CaseEvidence | None:
    rows = select(CaseEvidence).where(
        col(CaseEvidence.case_id) == (case.case_id if case else ""),
        col(CaseEvidence.subject_id) == subject_id,
        col(CaseEvidence.sha256) == sha256,
        col(CaseEvidence.by_subject) == change.caller.has(Role.OPERATOR),
    )
    return (await change.session.exec(rows)).first()


def _row(
    change: Change,
    header: pb.EvidenceHeader,
    case: Case | None,
    stored: StoredFile,
    preview: StoredFile | None,
) -> CaseEvidence:
    name = re.split(r"[/\\]", header.file_name)[-1]
    stem = plain_name(name.rpartition(".")[0] or name)
    return CaseEvidence(
        evidence_id=uuid4().hex,
        case_id=case.case_id if case else "",
        subject_id=case.subject_id if case else header.subject_id,
        sha256=stored.sha256,
        size=stored.size,
        kind=stored.kind.value,
        file_name=f"{stem}.{stored.kind.extension}",
        description=header.description.strip(),
        classification=header.classification or Classification.CASE_FILE,
        purpose=header.purpose,
        uploaded_by=change.on_behalf_of,
        uploaded_at=change.at,
        by_subject=change.caller.has(Role.OPERATOR),
        preview_sha256=preview.sha256 if preview else "",
        preview_size=preview.size if preview else 0,
    )


async def attach(
    change: Change, case: Case, evidence_ids: Sequence[str], *, held_for: str = ""
) -> None:
    """Makes files that were held for a case part of it, as it is lodged.

    An agent has sent them for its own subject, `held_for`. Raises InvalidInput for a file that is
    not held for a case of that subject, or of the case's own.
    """
    for evidence_id in dict.fromkeys(evidence_ids):
        row = await change.session.get(CaseEvidence, evidence_id, with_for_update=True)
        if row is None or row.case_id or row.subject_id != (held_for or case.subject_id):
            zh = f"没有可以附上的证据文件{evidence_id}，请重新上传"
            en = f"There is no file {evidence_id} to attach; upload it again"
            raise InvalidInput(faults=[Fault("evidence_ids", zh, en)])
        row.case_id, row.subject_id = case.case_id, case.subject_id
        change.session.add(row)
        _note(change, row, case)


def _note(change: Change, row: CaseEvidence, case: Case | None) -> None:
    """The audit of a file that is sent or attached, and its step in the case.

    An internal file is no step, since the subject reads the steps. The digest names the file: its
    name may tell of persons and is erased with it.
    """
    told = {"sha256": row.sha256, "size": row.size, "classification": row.classification}
    told |= {"purpose": row.purpose} if row.purpose else {}
    change.audit(
        ADDED,
        aggregate_of(case) if case else f"evidence/{row.evidence_id}",
        after={"evidence": row.evidence_id, **told},
        ground=OBJECTION_CITE,
        bureau=case.bureau if case else "",
    )
    if case is not None and row.classification != Classification.INTERNAL:
        change.session.add(_step(change, row, case))


def _step(change: Change, row: CaseEvidence, case: Case) -> CaseStep:
    return CaseStep(
        case_id=case.case_id,
        step=ADDED if row.by_subject else GATHERED,
        at=change.at,
        actor=change.on_behalf_of,
        cite=OBJECTION_CITE,
        note=f"{PAPERS_ZH.get(row.purpose, '')}{row.kind.upper()}，SHA-256 {row.sha256[:16]}…",
    )
