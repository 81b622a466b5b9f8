"""Records the confidentiality review of a record. Nobody reviews what they wrote (S1 18, D-16)."""

from __future__ import annotations

from typing import Any

from law.disclosure.data import Classification
from law.disclosure.publication import PublicationState, is_redaction, state_after
from law.errors import Fault, WrongState
from law.evidence import RecordStatus
from plumbing.change import Change
from protos.registry.v1 import publication_pb2 as pb
from services.registry.announce_changes import announce_publications
from services.registry.commands.targets import find_record, refuse_any, require_version
from services.registry.publication import wire
from services.registry.publication.names import found_in
from services.registry.publication.reviewers import require_reviewer
from services.registry.publication.standing import content_of, decisions
from services.registry.publication.tables import Publication
from services.registry.publication.told import tellings
from services.registry.publication.window import set_window
from services.registry.tables import Record, Subject


async def review_record(change: Change, request: pb.ReviewRecordRequest) -> pb.ReviewRecordResponse:
    """Records a review: what is classified as open is released, everything else withheld.

    Raises InvalidInput for an unknown classification, for a text that is not the summary with parts
    left out, for reasons that lack, and for personal data that would become public unconfirmed;
    NotPermitted outside the caller's scope, without the role that the law names, and for a record
    that the caller wrote; WrongState if the record or its review has changed since it was read, or
    the record is no longer in force. A repaired record may still be withheld, because its repair is
    announced (S3 21), and what was withheld may be released again.
    """
    record = await find_record(change, request.record_id)
    require_reviewer(change, record)
    row = (await decisions(change.session, [record.record_id], lock=True)).get(record.record_id)
    _require_reviewable(record, row, request)
    require_version(record.version, request.version)
    _check(record, request)
    await _hold_back(change, record, request)
    if request.HasField("revision"):
        require_version(row.revision if row else 0, request.revision)
    before = row.model_dump(mode="json") if row else None
    owner = await change.session.get_one(Subject, record.subject_id)
    row = _decide(change, row, record, request)
    if row.state is PublicationState.RELEASED:
        told = (await tellings(change.session, [record.record_id])).get(record.record_id)
        await set_window(change, row, record, owner, told)
    change.session.add(row)
    await announce_publications(change, [(record, row)])
    after = row.model_dump(mode="json")
    object_ = f"record/{record.record_id}"
    change.audit("review_record", object_, before=before, after=after, ground=request.reasons)
    [message] = await wire.publications(change, [(record, owner)])
    return pb.ReviewRecordResponse(publication=message)


def _require_reviewable(
    record: Record, row: Publication | None, request: pb.ReviewRecordRequest
) -> None:
    if record.status is RecordStatus.ACTIVE:
        return
    was_withheld = row is not None and row.state is PublicationState.WITHHELD
    withholds = request.classification != Classification.OPEN
    if not (record.status is RecordStatus.REPAIRED and (withholds or was_withheld)):
        raise WrongState("该记录已不再有效", "The record is no longer active", status=record.status)


def _check(record: Record, request: pb.ReviewRecordRequest) -> None:
    faults = []
    if request.classification not in list(Classification):
        faults.append(Fault("classification", "没有这种密级", "unknown classification"))
    elif request.classification != Classification.OPEN and not request.reasons.strip():
        zh, en = "不予公开须写明理由", "give the reasons for withholding it"
        faults.append(Fault("reasons", zh, en))
    if request.told_on:
        zh = "另行告知请单独登记，写明方式和凭据"
        en = "record a telling by hand by its own call, with its manner and remark"
        faults.append(Fault("told_on", zh, en, cite="S1 19"))
    if not is_redaction(request.summary, record.summary):
        zh = "公开的内容只能是原文，或者以*略去原文的一部分，不得另写"
        en = "must be the summary, with * for whatever is left out, and nothing new"
        faults.append(Fault("summary", zh, en, cite="S1 18"))
    refuse_any(faults)


async def _hold_back(change: Change, record: Record, request: pb.ReviewRecordRequest) -> None:
    """Refuses to release personal data unless the reviewer says that they may be public."""
    if request.classification != Classification.OPEN or request.despite_found:
        return
    found = await found_in(change.session, request.summary, record.source_ref)
    if found:
        zh = f"发现{'、'.join(one.zh for one in found)}：请以*略去；确可公开的，请予确认"
        en = f"has {', '.join(one.en for one in found)}: put * in place, or confirm it"
        refuse_any([Fault("summary", zh, en, cite="S1 18(一)")])


def _decide(
    change: Change, row: Publication | None, record: Record, request: pb.ReviewRecordRequest
) -> Publication:
    classification = Classification(request.classification)
    state = state_after(classification)
    values: dict[str, Any] = {
        "state": state,
        "classification": classification,
        "personal_data": request.personal_data,
        "content": content_of(record),
        "summary": request.summary if state is PublicationState.RELEASED else "",
        "reasons": request.reasons.strip(),
        "reviewed_by": change.on_behalf_of,
        "reviewed_at": change.at,
        "told_on": None,
        "public_from": None,
        "awaits_telling": False,
    }
    if row is None:
        return Publication(record_id=record.record_id, **values)
    row.sqlmodel_update(values)
    return row
