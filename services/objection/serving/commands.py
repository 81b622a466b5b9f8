"""The command that records the service of a letter on paper, and the list of services."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import uuid4

from sqlmodel import col, select

from law.errors import NotFound, NotPermitted
from law.objection import OUTCOME_CITE
from plumbing.change import Change
from plumbing.view import View
from protos.objection.v1 import delivery_pb2 as pb
from services.objection.evidence.access import visible_case
from services.objection.handling import require_apart
from services.objection.serving.policy import RECORDERS
from services.objection.serving.proof import day_of_service
from services.objection.steps import aggregate_of
from services.objection.tables import Case, CaseLetter, CaseStep, LetterDelivery

SERVED = "serve_letter"  # the step of a case


class Means(StrEnum):
    """How a letter was served on paper."""

    SERVED = "served"
    LEFT = "left"
    POSTED = "posted"
    ANNOUNCED = "announced"
    OTHER = "other"


MEANS_ZH = {
    Means.SERVED: "直接送达",
    Means.LEFT: "留置送达",
    Means.POSTED: "邮寄送达",
    Means.ANNOUNCED: "公告送达",
    Means.OTHER: "其他方式",
}


async def record_delivery(
    change: Change, request: pb.RecordDeliveryRequest
) -> pb.RecordDeliveryResponse:
    """Records that a letter of a case was served on paper.

    Raises NotFound for a case or letter that the caller may not see, NotPermitted for a bureau that
    does not hear the case or a person who stands back from it, and InvalidInput for a day before
    the letter or after today and for a missing proof.
    """
    case = await visible_case(change, request.case_id, lock=True)
    if not _hears(change, case):
        zh, en = "由办理案件的机关记录送达", "The bureau that hears the case records the service"
        raise NotPermitted(zh, en, case=case.case_id)
    await require_apart(change, case)
    letter = await _letter(change, case, request.letter_id)
    given = ("served_on", request.served_on, request.remark)
    row = _row(change, request, case, day_of_service(change, *given, letter.issued_at))
    change.session.add(row)
    note = f"{letter.title}：{MEANS_ZH[Means(row.means)]}，{row.served_on}，{row.remark}"
    change.session.add(_step(change, case, note))
    after = row.model_dump(mode="json", exclude={"remark"})
    change.audit(SERVED, aggregate_of(case), after=after, ground=OUTCOME_CITE, bureau=case.bureau)
    return pb.RecordDeliveryResponse(delivery=_message(row))


def _hears(by: Change | View, case: Case) -> bool:
    return by.caller.has(*RECORDERS) and by.caller.bureau[:6] == case.bureau[:6]


async def _letter(change: Change, case: Case, letter_id: str) -> CaseLetter:
    letters = select(CaseLetter).where(
        col(CaseLetter.case_id) == case.case_id, col(CaseLetter.letter_id) == letter_id
    )
    letter = (await change.session.exec(letters)).first()
    if letter is None:
        raise NotFound("没有这份文书", "There is no such letter", letter_id=letter_id)
    return letter


def _row(
    change: Change, request: pb.RecordDeliveryRequest, case: Case, served_on: date
) -> LetterDelivery:
    return LetterDelivery(
        delivery_id=uuid4().hex,
        case_id=case.case_id,
        letter_id=request.letter_id,
        means=request.means,
        served_on=served_on,
        remark=request.remark.strip(),
        recorded_by=change.on_behalf_of,
        recorded_at=change.at,
    )


def _step(change: Change, case: Case, note: str) -> CaseStep:
    return CaseStep(
        case_id=case.case_id,
        step=SERVED,
        at=change.at,
        actor=change.on_behalf_of,
        cite=OUTCOME_CITE,
        note=note,
    )


async def list_deliveries(
    view: View, request: pb.ListDeliveriesRequest
) -> pb.ListDeliveriesResponse:
    """Lists how the letters of a case were served on paper.

    Raises NotFound for a case that the caller may not see.
    """
    case = await visible_case(view, request.case_id)
    rows = select(LetterDelivery).where(col(LetterDelivery.case_id) == case.case_id)
    in_order = rows.order_by(col(LetterDelivery.recorded_at), col(LetterDelivery.delivery_id))
    return pb.ListDeliveriesResponse(
        deliveries=map(_message, await view.session.exec(in_order)), may_record=_hears(view, case)
    )


def _message(row: LetterDelivery) -> pb.Delivery:
    values = row.model_dump(exclude={"served_on", "recorded_at"})
    message = pb.Delivery(**values, served_on=row.served_on.isoformat())
    message.recorded_at.FromDatetime(row.recorded_at)
    return message
