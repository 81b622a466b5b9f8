"""Recusal (回避): a person is asked to stand back from a case, and the unit head decides (C-35).

The applicant may ask it of whoever has the case and of the unit heads, and any person of the bureau
of their own accord. The term goes on meanwhile; only the final steps of that person wait.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from law.objection import STATE_ZH
from law.recusal import Concerned, may_answer
from law.separation import RecusalGround, recusal
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from services.objection.mandates import require_party
from services.objection.steps import UNDECIDED, locked_case, record_step, required_text
from services.objection.tables import Case, Recusal
from services.objection.wire import stamp

CITE = recusal().cite


async def ask(
    change: Change,
    request: pb.AskRecusalRequest,
    *,
    may_be_asked: Sequence[pb.Hearer],
    above: Sequence[str],
) -> pb.AskRecusalResponse:
    """Asks that a person stands back from a case.

    `may_be_asked` are those of whom the caller may ask it, `above` the bureaus above that have a
    unit head. Raises NotPermitted outside the caller's scope, InvalidInput for anybody else, and
    WrongState if the case has its result or the same was asked before.
    """
    case = await locked_case(change, request.case_id)
    require_party(change.caller, case, change.today)
    _require_undecided(case)
    asking, is_applicant = change.on_behalf_of, change.caller.has(Role.OPERATOR)
    hearer = _chosen(request.person or asking, may_be_asked, asking, is_applicant=is_applicant)
    await _require_new(change, case, hearer.account_id, request.ground)
    row = Recusal(
        recusal_id=str(uuid.uuid4()),
        case_id=case.case_id,
        number=case.number,
        bureau=case.bureau,
        person=hearer.account_id,
        name=hearer.name,
        is_head=hearer.is_head,
        above=list(above) if hearer.is_head else [],
        ground=request.ground,
        reasons=required_text("reasons", request.reasons, CITE),
        asked_by=change.on_behalf_of,
        asked_at=change.at,
    )
    change.session.add(row)
    await _announce_asked(change, case, row)
    return pb.AskRecusalResponse(recusal=recusal_message(row))


async def _announce_asked(change: Change, case: Case, row: Recusal) -> None:
    answering = row.above[0] if row.above else row.bureau

    def event(message: pb.Case) -> events.RecusalAsked:
        told = recusal_message(row)
        return events.RecusalAsked(case=message, recusal=told, decided_by_bureau=answering)

    case.version += 1
    change.session.add(case)
    note = f"{row.name}：{_ground_zh(row.ground)}"
    await record_step(change, case, "ask_recusal", event, cite=CITE, note=note)


async def decide(
    change: Change, request: pb.DecideRecusalRequest, *, successors: Collection[str]
) -> pb.DecideRecusalResponse:
    """Decides, as unit head, whether a person stands back from a case.

    A person who stands back no longer has the case: `successor`, one of `successors`, has it then,
    or nobody until somebody takes it up. Raises NotPermitted for whoever may not decide on this
    person, WrongState if it was decided or the case has its result, and InvalidInput for a
    successor who may not hear the case.
    """
    row = await find_by_id(change.session, Recusal, request.recusal_id, lock=True)
    if row is None:
        raise NotFound("没有这项回避申请", "There is no such request for recusal")
    case = await locked_case(change, row.case_id)
    change.caller.require_bureau(case.bureau)
    concerned = Concerned(row.person, row.is_head, row.bureau, row.above)
    caller = change.caller
    may_answer(concerned, change.on_behalf_of, caller.roles, caller.bureau).require()
    _require_unanswered(row)
    _require_undecided(case)
    _require_successor(request, row, successors)
    row.approved, row.answer = request.approve, required_text("reasons", request.reasons, CITE)
    row.decided_by, row.decided_at, row.successor = (
        change.on_behalf_of,
        change.at,
        request.successor,
    )
    change.session.add(row)
    await _announce_decided(change, case, row)
    return pb.DecideRecusalResponse(recusal=recusal_message(row))


async def _announce_decided(change: Change, case: Case, row: Recusal) -> None:
    before = {"caseworker": case.caseworker}
    if row.approved and (case.caseworker == row.person or row.successor):
        case.caseworker = row.successor
    case.version += 1
    change.session.add(case)
    await record_step(
        change,
        case,
        "approve_recusal" if row.approved else "refuse_recusal",
        lambda message: events.RecusalDecided(case=message, recusal=recusal_message(row)),
        cite=CITE,
        note=f"{row.name}：{row.answer}",
        before=before,
    )


def recusal_message(row: Recusal) -> pb.Recusal:
    """Returns the protobuf message of a request for recusal."""
    answers = {None: "", True: "approved", False: "refused"}
    return pb.Recusal(
        recusal_id=row.recusal_id,
        case_id=row.case_id,
        number=row.number,
        person=row.person,
        name=row.name,
        ground=row.ground,
        reasons=row.reasons,
        asked_by=row.asked_by,
        own_accord=row.asked_by == row.person,
        asked_at=stamp(row.asked_at),
        decided_above=bool(row.above),
        answer=answers[row.approved],
        answer_reasons=row.answer,
        decided_by=row.decided_by,
        decided_at=stamp(row.decided_at),
        successor=row.successor,
    )


def _ground_zh(ground: str) -> str:
    return next(one.zh for one in recusal().grounds if one.ground == RecusalGround(ground))


def _chosen(
    person: str, may_be_asked: Sequence[pb.Hearer], asking: str, *, is_applicant: bool
) -> pb.Hearer:
    for hearer in may_be_asked:
        if hearer.account_id == person:
            return hearer
    if person == asking and not is_applicant:
        zh = "只有办理机关的人员可以自行申请回避"
        en = "Only people of the bureau that hears the case stand back from it"
        raise NotPermitted(zh, en, cite=CITE)
    zh = "只能对正在办理本案的人员和单位负责人申请回避，或者由本人提出"
    en = "must be somebody who has the case, a unit head, or yourself"
    raise InvalidInput(faults=[Fault("person", zh, en, cite=CITE)])


async def _require_new(change: Change, case: Case, person: str, ground: str) -> None:
    asked = select(Recusal).where(Recusal.case_id == case.case_id, Recusal.person == person)
    for row in await change.session.exec(asked.order_by(col(Recusal.asked_at))):
        if row.approved is not False:
            zh, en = f"{row.name}的回避已经申请", f"{row.name} was already asked to stand back"
            raise WrongState(zh, en, cite=CITE, recusal=row.recusal_id)
        if row.ground == ground:
            zh = f"以同一理由申请{row.name}回避，已决定不予回避"
            en = f"It was decided on this ground that {row.name} does not stand back"
            raise WrongState(zh, en, cite=CITE, recusal=row.recusal_id)


def _require_unanswered(row: Recusal) -> None:
    if row.approved is not None:
        zh, en = "这项回避申请已经决定", "This request for recusal was decided"
        raise WrongState(zh, en, cite=CITE, recusal=row.recusal_id)


def _require_undecided(case: Case) -> None:
    if case.state not in UNDECIDED:
        zh = f"{case.number}“{STATE_ZH[case.state]}”，不再需要回避"
        en = f"{case.number} is {case.state}; nobody has to stand back any more"
        raise WrongState(zh, en, cite=CITE, case=case.case_id, state=case.state)


def _require_successor(
    request: pb.DecideRecusalRequest, row: Recusal, successors: Collection[str]
) -> None:
    if not request.successor:
        return
    if not request.approve or request.successor == row.person:
        zh, en = (
            "不予回避的，案件仍由原办理人办理",
            "only where the person stands back",
        )
    elif request.successor not in successors:
        zh, en = "该人员不能办理本案", "must be somebody who may hear the case"
    else:
        return
    raise InvalidInput(faults=[Fault("successor", zh, en, cite=CITE)])
