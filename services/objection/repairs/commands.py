"""What people do to a repair: one function per change, each a step the law permits (S4 四(四))."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, InvalidInput, WrongState
from law.objection import REPAIR_CITE, STATE_ZH, CaseKind, CaseState, Outcome, Step, after
from law.periods import local_day
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import repair_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection import progress
from services.objection.letters import LetterFacts
from services.objection.repairs.conditions import (
    checked,
    require_all_met,
    require_some_unmet,
)
from services.objection.repairs.facts import Archive
from services.objection.repairs.file import Confirmation, RepairFile
from services.objection.repairs.letters import SUPPLEMENT_TITLE, supplement_letter
from services.objection.steps import (
    case_in_scope,
    own_case,
    put_on_file,
    require_impartial,
    required_text,
    take,
)
from services.objection.tables import Case, CaseLetter

KIND = CaseKind.REPAIR


def file_of(case: Case) -> RepairFile:
    """What is particular to the repair."""
    return RepairFile.model_validate(case.repair)


async def request_supplement(
    change: Change, request: pb.RequestSupplementRequest, *, facts: LetterFacts
) -> pb.RequestSupplementResponse:
    """Asks for what is missing, by letter, before acceptance; the term runs on (D-07)."""
    case = await case_in_scope(change, request.case_id, KIND)
    missing = required_text("missing", request.missing, REPAIR_CITE)
    said = await take(
        change,
        case,
        Step.REQUEST_SUPPLEMENT,
        lambda c: events.RepairSupplementRequested(case=c),
        cite=REPAIR_CITE,
        note=missing,
        caseworker=change.on_behalf_of,
        repair=_with(case, supplement_requested=missing),
    )
    letter = supplement_letter(facts, missing, await _times(change, case) + 1)
    await progress.issue_letter(change, case.case_id, letter)
    return pb.RequestSupplementResponse(case=said)


async def supplement(
    change: Change, request: pb.SupplementRepairRequest
) -> pb.SupplementRepairResponse:
    """Supplements an application, as its own subject."""
    case = await own_case(change, request.case_id, KIND)
    said = await take(
        change,
        case,
        Step.SUPPLEMENT,
        lambda c: events.RepairSupplemented(case=c),
        cite=REPAIR_CITE,
        note=required_text("note", request.note, REPAIR_CITE),
        evidence=[*case.evidence, *request.evidence],
        repair=_with(case, supplement_requested=""),
    )
    return pb.SupplementRepairResponse(case=said)


async def accept(
    change: Change, request: pb.AcceptRepairRequest, *, archive: Archive
) -> pb.AcceptRepairResponse:
    """Accepts an application; its term has run since submission (C-13)."""
    case = await case_in_scope(change, request.case_id, KIND)
    said = await take(
        change,
        case,
        Step.ACCEPT,
        lambda c: events.RepairAccepted(case=c),
        cite=REPAIR_CITE,
        caseworker=change.on_behalf_of,
        accepted_at=change.at,
        repair=_plain(_checked(case, file_of(case), archive)),
    )
    return pb.AcceptRepairResponse(case=said)


async def decline(
    change: Change, request: pb.DeclineRepairRequest, *, records: Sequence[Record]
) -> pb.DeclineRepairResponse:
    """Declines to accept an application, with the reason; not on records of one's own."""
    case = await case_in_scope(change, request.case_id, KIND)
    require_impartial(change, case, records)
    said = await take(
        change,
        case,
        Step.DECLINE,
        lambda c: events.RepairDeclined(case=c),
        cite=REPAIR_CITE,
        note=request.reasons,
        reasons=required_text("reasons", request.reasons, REPAIR_CITE),
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DeclineRepairResponse(case=said)


async def confirm(
    change: Change,
    request: pb.ConfirmConditionRequest,
    *,
    records: Sequence[Record],
    archive: Archive,
) -> pb.ConfirmConditionResponse:
    """Establishes whether a condition of fact is met; said again, the later word stands.

    Raises WrongState unless the case is accepted and undecided, InvalidInput for a condition
    that is none of fact, NotPermitted to whoever entered one of the records.
    """
    case = await case_in_scope(change, request.case_id, KIND)
    if case.state is not CaseState.ACCEPTED:
        raise WrongState(
            f"案件“{STATE_ZH[case.state]}”，受理后、决定前方可核对条件",
            "Conditions are established between acceptance and decision",
            cite=REPAIR_CITE,
        )
    require_impartial(change, case, records)
    file = _checked(case, file_of(case), archive)
    cite, before = _cite_of(file, request.condition_id), {"repair": case.repair}
    ground = required_text("ground", request.ground, cite)
    said = Confirmation(met=request.met, ground=ground, by=change.on_behalf_of)
    told = {**file.confirmations, request.condition_id: said}
    case.repair = _plain(_checked(case, file.model_copy(update={"confirmations": told}), archive))
    case.version += 1
    change.session.add(case)
    verdict = "已满足" if request.met else "未满足"
    message = await put_on_file(
        change,
        case,
        "confirm_condition",
        lambda c: events.RepairConditionConfirmed(case=c),
        cite=cite,
        note=f"{request.condition_id}：{verdict}。{said.ground}",
        before=before,
    )
    return pb.ConfirmConditionResponse(case=message)


async def decide(
    change: Change,
    request: pb.DecideRepairRequest,
    *,
    records: Sequence[Record],
    archive: Archive,
) -> pb.DecideRepairResponse:
    """Confirms the repair or refuses it (S4 四(四)); what follows is done by the platform.

    Raises WrongState for a confirmation with a condition unmet and for a refusal with none,
    NotPermitted to whoever entered one of the records or lodged the case.
    """
    case = await case_in_scope(change, request.case_id, KIND)
    after(case.state, Step.DECIDE)
    require_impartial(change, case, records)
    file = _checked(case, file_of(case), archive)
    (require_all_met if request.confirm else require_some_unmet)(file)
    said = await take(
        change,
        case,
        Step.DECIDE,
        lambda c: events.RepairDecided(case=c),
        cite=REPAIR_CITE,
        note=request.reasons,
        outcome=Outcome.CONFIRM_REPAIR if request.confirm else Outcome.DECLINE_REPAIR,
        reasons=required_text("reasons", request.reasons, REPAIR_CITE),
        repair=_plain(file),
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DecideRepairResponse(case=said)


async def withdraw(change: Change, request: pb.WithdrawRepairRequest) -> pb.WithdrawRepairResponse:
    """Takes an application back; only its own subject may, and only before it is decided."""
    case = await own_case(change, request.case_id, KIND)
    said = await take(
        change, case, Step.WITHDRAW, lambda c: events.RepairWithdrawn(case=c), cite=REPAIR_CITE
    )
    return pb.WithdrawRepairResponse(case=said)


async def _times(change: Change, case: Case) -> int:
    """How often a supplement was asked for before."""
    asked = select(sa.func.count()).where(
        col(CaseLetter.case_id) == case.case_id,
        col(CaseLetter.title).startswith(SUPPLEMENT_TITLE),
    )
    return (await change.session.exec(asked.select_from(CaseLetter))).one()


def _checked(case: Case, file: RepairFile, archive: Archive) -> RepairFile:
    """The conditions for the day of submission, on the archive as it now is."""
    return checked(file, case.record_ids, archive, local_day(case.lodged_at))


def _cite_of(file: RepairFile, condition_id: str) -> str:
    for condition in file.conditions:
        if condition.id == condition_id and condition.to_confirm:
            return condition.cite
    known = "、".join(one.id for one in file.conditions if one.to_confirm)
    zh, en = f"须经办人核对的条件只有：{known}", f"what a caseworker establishes: {known}"
    raise InvalidInput(faults=[Fault("condition_id", zh, en, cite=REPAIR_CITE)])


def _with(case: Case, **altered: Any) -> dict[str, Any]:
    return _plain(file_of(case).model_copy(update=altered))


def _plain(file: RepairFile) -> dict[str, Any]:
    return file.model_dump(mode="json")
