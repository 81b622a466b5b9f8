"""Sets the templates of a bureau: one administrator proposes, another puts them in force.

Every function is one transaction.
"""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import templates_pb2 as pb
from services.alerts.escalation.steps import stripped
from services.alerts.notices.proposed_words import tell_of_proposal
from services.alerts.tables import Bureau
from services.alerts.templates import wire, words
from services.alerts.templates.tables import NoticeTemplate, TemplateState


async def propose(change: Change, request: pb.ProposeTemplateRequest) -> pb.ProposeTemplateResponse:
    """Proposes a template of a bureau; the bureau is mailed that it waits.

    Raises NotPermitted outside the caller's scope, NotFound for an unknown bureau, WrongState while
    another of the kind waits, and InvalidInput with every fault.
    """
    change.caller.require_bureau(request.bureau)
    await exclusively(change.session, "templates")
    office = await change.session.get(Bureau, request.bureau)
    if office is None:
        raise NotFound("没有这个机关", "There is no such bureau", bureau=request.bureau)
    await _require_none_waiting(change, request)
    require_whole(request)
    row = NoticeTemplate(
        template_id=uuid4().hex,
        bureau=request.bureau,
        kind=request.kind,
        version=await _next_version(change, request),
        words=request.words.strip(),
        words_en=request.words_en.strip(),
        ground=stripped("ground", request.ground),
        state=TemplateState.PROPOSED,
        proposed_by=change.on_behalf_of,
        proposed_at=change.at,
    )
    change.session.add(row)
    _audit(change, row, "propose_template")
    await tell_of_proposal(change, office, f"template/{row.template_id}", "通知文字")
    return pb.ProposeTemplateResponse(template=wire.template(row))


async def approve(change: Change, request: pb.ApproveTemplateRequest) -> pb.ApproveTemplateResponse:
    """Puts a template in force; raises NotPermitted for whoever proposed it."""
    row = await _waiting(change, request.template_id)
    if row.proposed_by == change.on_behalf_of:
        zh = "提出的人不能自己批准，请另一位平台管理员批准"
        raise NotPermitted(zh, "Another administrator approves what you proposed", cite="D-16")
    _decide(change, row, TemplateState.APPROVED)
    _audit(change, row, "approve_template")
    return pb.ApproveTemplateResponse(template=wire.template(row, in_force=True))


async def discard(change: Change, request: pb.DiscardTemplateRequest) -> pb.DiscardTemplateResponse:
    """Discards a template that waits, with reasons; raises WrongState if it does not wait."""
    row = await _waiting(change, request.template_id)
    row.reasons = stripped("reasons", request.reasons)
    _decide(change, row, TemplateState.DISCARDED)
    _audit(change, row, "discard_template")
    return pb.DiscardTemplateResponse(template=wire.template(row))


def require_whole(request: pb.ProposeTemplateRequest | pb.PreviewTemplateRequest) -> None:
    """Raises InvalidInput with what is wrong with the words of a template."""
    faults = [
        *words.faults_of("words", request.words),
        *words.faults_of("words_en", request.words_en, english=True),
    ]
    if request.words_en.strip() and request.kind in wire.DOCUMENTS:
        zh, en = "督促的文书只有中文", "documents of follow-ups are Chinese"
        faults.append(Fault("words_en", zh, en))
    if faults:
        raise InvalidInput(faults=faults)


def _decide(change: Change, row: NoticeTemplate, state: TemplateState) -> None:
    row.state, row.decided_by, row.decided_at = state, change.on_behalf_of, change.at
    change.session.add(row)


async def _waiting(change: Change, template_id: str) -> NoticeTemplate:
    row = await find_by_id(change.session, NoticeTemplate, template_id, lock=True)
    if row is None:
        raise NotFound("没有这一版文字", "There is no such template", template=template_id)
    change.caller.require_bureau(row.bureau)
    if row.state is not TemplateState.PROPOSED:
        zh, en = "这一版文字已经批准或者作废", "This template was approved or discarded"
        raise WrongState(zh, en, template=row.template_id, state=row.state)
    return row


async def _require_none_waiting(change: Change, request: pb.ProposeTemplateRequest) -> None:
    waiting = select(NoticeTemplate).where(
        col(NoticeTemplate.bureau) == request.bureau,
        col(NoticeTemplate.kind) == request.kind,
        col(NoticeTemplate.state) == TemplateState.PROPOSED,
    )
    if (row := (await change.session.exec(waiting)).first()) is not None:
        zh = f"该机关已有一版这种文字待批准（{row.template_id}），请先批准或者作废"
        en = f"Another template of this kind waits: {row.template_id}"
        raise WrongState(zh, en, template=row.template_id)


async def _next_version(change: Change, request: pb.ProposeTemplateRequest) -> int:
    last = sa.select(sa.func.max(col(NoticeTemplate.version))).where(
        col(NoticeTemplate.bureau) == request.bureau, col(NoticeTemplate.kind) == request.kind
    )
    connection = await change.session.connection()
    return ((await connection.execute(last)).scalar_one() or 0) + 1


def _audit(change: Change, row: NoticeTemplate, action: str) -> None:
    after = row.model_dump(mode="json")
    change.audit(action, f"template/{row.template_id}", after=after, bureau=row.bureau)
