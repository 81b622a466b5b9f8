"""The subject's own reply beside an adverse record: written, withdrawn, reviewed (S1 19, 22)."""

from __future__ import annotations

from typing import Any

from law.disclosure.publication import leaves_out_personal_data_only, reply_rule
from law.errors import Fault, WrongState
from law.evidence import RecordStatus
from plumbing.change import Change
from protos.registry.v1 import publication_pb2 as pb
from services.registry.commands.targets import find_record, refuse_any, require_version
from services.registry.publication import wire
from services.registry.publication.names import found_in
from services.registry.publication.replied import is_present, replies
from services.registry.publication.reviewers import require_reviewer
from services.registry.publication.standing import content_of
from services.registry.publication.tables import Reply, ReplyState
from services.registry.tables import Record, Subject


async def write_reply(change: Change, request: pb.WriteReplyRequest) -> pb.WriteReplyResponse:
    """Writes the subject's reply to a record as it stands, or replaces it until it is released.

    Raises InvalidInput for an empty text and one longer than the law's data allow, NotPermitted for
    a record of another, and WrongState for a record of good conduct, one no longer in force or
    changed since it was read, and a reply that is released: it is withdrawn first.
    """
    record = await find_record(change, request.record_id)
    require_version(record.version, request.version)
    if record.kind.positive or record.status is not RecordStatus.ACTIVE:
        zh, en = "只能对有效的失信信息作出说明", "Only an adverse record in force has a reply"
        raise WrongState(zh, en, record_id=record.record_id)
    text = _text(change, request.reply)
    row = await _locked(change, record)
    if row and is_present(record, row) and row.state is ReplyState.RELEASED:
        zh, en = "说明已公开，须先撤回", "The reply is released; withdraw it first"
        raise WrongState(zh, en, state=row.state)
    values: dict[str, Any] = {
        "content": content_of(record), "text": text, "state": ReplyState.WAITING,
        "revision": (row.revision if row else 0) + 1, "written_by": change.on_behalf_of,
        "written_at": change.at, "released": "", "reasons": "", "reviewed_by": "",
        "reviewed_at": None,
    }  # fmt: skip
    if row is None:
        row = Reply(record_id=record.record_id, **values)
    else:
        row.sqlmodel_update(values)
    return pb.WriteReplyResponse(publication=await _done(change, record, row, "write_reply"))


async def withdraw_reply(
    change: Change, request: pb.WithdrawReplyRequest
) -> pb.WithdrawReplyResponse:
    """Withdraws the subject's reply; it is public no longer.

    Raises NotPermitted for a record of another, and WrongState if there is no reply.
    """
    record = await find_record(change, request.record_id)
    row = await _existing(change, record)
    row.state, row.released = ReplyState.WITHDRAWN, ""
    return pb.WithdrawReplyResponse(publication=await _done(change, record, row, "withdraw_reply"))


async def review_reply(change: Change, request: pb.ReviewReplyRequest) -> pb.ReviewReplyResponse:
    """Releases a reply, with personal data left out, or withholds it with the reasons.

    Raises InvalidInput for a text that is not the reply with personal data left out, for reasons
    that lack where it is not released whole, and for personal data that would become public
    unconfirmed; NotPermitted for whoever may not review the record; WrongState if the reply does
    not wait or was replaced since it was read.
    """
    record = await find_record(change, request.record_id)
    require_reviewer(change, record)
    row = await _existing(change, record)
    require_version(row.revision, request.revision)
    if row.state is not ReplyState.WAITING:
        raise WrongState("该说明不在待审查状态", "The reply does not wait", state=row.state)
    await _check(change, row, request)
    row.state = ReplyState.RELEASED if request.release else ReplyState.WITHHELD
    row.released = request.released_text if request.release else ""
    row.reasons, row.reviewed_by = request.reasons.strip(), change.on_behalf_of
    row.reviewed_at = change.at
    return pb.ReviewReplyResponse(publication=await _done(change, record, row, "review_reply"))


async def _check(change: Change, row: Reply, request: pb.ReviewReplyRequest) -> None:
    faults, whole = [], request.release and request.released_text == row.text
    if not whole and not request.reasons.strip():
        zh = "不予公开或者略去一部分的，须写明理由"
        faults.append(Fault("reasons", zh, "give the reasons for withholding or masking it"))
    if request.release and not await _is_masked_reply(change, row, request.released_text):
        zh = (
            "公开的内容只能是主体的原文，或者以*略去其中的证件号码、电话、在册人员的姓名；"
            "有其他不宜公开的内容的，请不予公开并写明理由，由主体改写"
        )
        en = (
            "must be the reply, with * only for numbers and names that were found; if anything else"
            " must not be public, withhold it with the reasons, and the subject rewrites it"
        )
        faults.append(Fault("released_text", zh, en, cite="S1 18(一); S1 19"))
    looked = request.release and not request.despite_found
    if looked and (found := await found_in(change.session, request.released_text)):
        zh = f"发现{'、'.join(one.zh for one in found)}：请以*略去；确可公开的，请予确认"
        en = f"has {', '.join(one.en for one in found)}: put * in place, or confirm it"
        faults.append(Fault("released_text", zh, en, cite="S1 18(一)"))
    refuse_any(faults)


async def _is_masked_reply(change: Change, row: Reply, text: str) -> bool:
    found = await found_in(change.session, row.text)
    return bool(text) and leaves_out_personal_data_only(text, row.text, found)


def _text(change: Change, given: str) -> str:
    rule, text = reply_rule(change.today), given.strip()
    if not text or len(text) > rule.characters:
        zh, en = f"应为1至{rule.characters}字", f"must have 1 to {rule.characters} characters"
        refuse_any([Fault("reply", zh, en, cite=rule.cite)])
    return text


async def _locked(change: Change, record: Record) -> Reply | None:
    return (await replies(change.session, [record.record_id], lock=True)).get(record.record_id)


async def _existing(change: Change, record: Record) -> Reply:
    row = await _locked(change, record)
    if row is None or not is_present(record, row):
        raise WrongState("没有说明", "There is no reply", record_id=record.record_id)
    return row


async def _done(change: Change, record: Record, row: Reply, action: str) -> pb.Publication:
    change.session.add(row)
    await change.session.flush()
    owner = await change.session.get_one(Subject, record.subject_id)
    after = row.model_dump(mode="json")
    change.audit(action, f"record/{record.record_id}", after=after, bureau=owner.bureau)
    [message] = await wire.publications(change, [(record, owner)])
    return message
