"""The commands of people on a repair: one function for each step of the law (S4 四(四))."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from law.errors import Fault, InvalidInput, WrongState
from law.objection import REPAIR_CITE, STATE_ZH, CaseKind, CaseState, Outcome, Step
from law.periods import local_day
from law.separation import Part
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import repair_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection import supplements
from services.objection.conflicts import state_after
from services.objection.handling import case_for_staff, require_answered
from services.objection.letters import LetterFacts
from services.objection.repairs.conditions import checked, require_all_met, require_any_unmet
from services.objection.repairs.facts import Archive
from services.objection.repairs.repair_file import Confirmation, RepairFile
from services.objection.steps import (
    own_case,
    record_step,
    require_impartial,
    required_text,
    take_step,
)
from services.objection.tables import Case

KIND = CaseKind.REPAIR


async def request_supplement(
    change: Change, request: pb.RequestSupplementRequest, *, facts: LetterFacts
) -> pb.RequestSupplementResponse:
    """Requests by letter, before acceptance, the materials that an application lacks.

    The term continues to run (D-07).
    """
    case = await case_for_staff(change, request.case_id, KIND)
    message = await supplements.ask_for(
        change,
        case,
        request.missing,
        lambda message: events.RepairSupplementRequested(case=message),
        cite=REPAIR_CITE,
        facts=facts,
        repair=_changed(case, supplement_requested=request.missing.strip()),
    )
    return pb.RequestSupplementResponse(case=message)


async def supplement(
    change: Change, request: pb.SupplementRepairRequest
) -> pb.SupplementRepairResponse:
    """Adds a note and evidence to an application at the request of its own subject."""
    case = await own_case(change, request.case_id, KIND)
    message = await take_step(
        change,
        case,
        Step.SUPPLEMENT,
        lambda message: events.RepairSupplemented(case=message),
        cite=REPAIR_CITE,
        note=required_text("note", request.note, REPAIR_CITE),
        evidence=[*case.evidence, *request.evidence],
        repair=_changed(case, supplement_requested=""),
        supplement=supplements.supplied(case, change.today),
    )
    return pb.SupplementRepairResponse(case=message)


async def accept(
    change: Change, request: pb.AcceptRepairRequest, *, archive: Archive
) -> pb.AcceptRepairResponse:
    """Accepts an application for repair; its term has run since submission (C-13)."""
    case = await case_for_staff(change, request.case_id, KIND)
    message = await take_step(
        change,
        case,
        Step.ACCEPT,
        lambda message: events.RepairAccepted(case=message),
        cite=REPAIR_CITE,
        caseworker=case.caseworker or change.on_behalf_of,
        accepted_at=change.at,
        repair=_plain(_checked(case, _file_of(case), archive)),
    )
    return pb.AcceptRepairResponse(case=message)


async def decline(
    change: Change, request: pb.DeclineRepairRequest, *, records: Sequence[Record]
) -> pb.DeclineRepairResponse:
    """Declines to accept an application for repair, with the reasons.

    Raises WrongState while the subject still has time to supplement it, and NotPermitted if the
    caller entered one of `records` or lodged the case.
    """
    case = await case_for_staff(change, request.case_id, KIND)
    require_impartial(change, case, records)
    await require_answered(change, case, Part.DECLINE)
    supplements.require_lapsed(case, change.today)
    message = await take_step(
        change,
        case,
        Step.DECLINE,
        lambda message: events.RepairDeclined(case=message),
        cite=REPAIR_CITE,
        note=request.reasons,
        reasons=required_text("reasons", request.reasons, REPAIR_CITE),
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DeclineRepairResponse(case=message)


async def confirm(
    change: Change,
    request: pb.ConfirmConditionRequest,
    *,
    records: Sequence[Record],
    archive: Archive,
) -> pb.ConfirmConditionResponse:
    """Records whether a condition of fact is met; a later answer replaces an earlier one.

    Raises WrongState unless the case is accepted and undecided, InvalidInput for a condition that
    is not one of fact, and NotPermitted if the caller entered one of `records` or lodged the case.
    """
    case = await case_for_staff(change, request.case_id, KIND)
    _require_accepted(case)
    require_impartial(change, case, records)
    file = _checked(case, _file_of(case), archive)
    cite, before = _cite_of(file, request.condition_id), {"repair": case.repair}
    ground = required_text("ground", request.ground, cite)
    answer = Confirmation(met=request.met, ground=ground, by=change.on_behalf_of)
    answers = {**file.confirmations, request.condition_id: answer}
    file = file.model_copy(update={"confirmations": answers})
    case.repair = _plain(_checked(case, file, archive))
    case.version += 1
    change.session.add(case)
    verdict = "已满足" if request.met else "未满足"
    message = await record_step(
        change,
        case,
        "confirm_condition",
        lambda message: events.RepairConditionConfirmed(case=message),
        cite=cite,
        note=f"{request.condition_id}：{verdict}。{ground}",
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
    """Confirms or refuses a repair (S4 四(四)); the case's workflow carries out the decision.

    Raises WrongState if the repair is confirmed with a condition unmet or refused with every
    condition met. Raises NotPermitted if the caller entered one of `records` or lodged the case.
    """
    case = await case_for_staff(change, request.case_id, KIND)
    state_after(case, Step.DECIDE)
    require_impartial(change, case, records)
    await require_answered(change, case, Part.DECIDE)
    file = _checked(case, _file_of(case), archive)
    (require_all_met if request.confirm else require_any_unmet)(file)
    message = await take_step(
        change,
        case,
        Step.DECIDE,
        lambda message: events.RepairDecided(case=message),
        cite=REPAIR_CITE,
        note=request.reasons,
        outcome=Outcome.CONFIRM_REPAIR if request.confirm else Outcome.DECLINE_REPAIR,
        reasons=required_text("reasons", request.reasons, REPAIR_CITE),
        repair=_plain(file),
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DecideRepairResponse(case=message)


async def withdraw(change: Change, request: pb.WithdrawRepairRequest) -> pb.WithdrawRepairResponse:
    """Withdraws an undecided application for repair at the request of its own subject."""
    case = await own_case(change, request.case_id, KIND)
    message = await take_step(
        change,
        case,
        Step.WITHDRAW,
        lambda message: events.RepairWithdrawn(case=message),
        cite=REPAIR_CITE,
    )
    return pb.WithdrawRepairResponse(case=message)


def _require_accepted(case: Case) -> None:
    if case.state is not CaseState.ACCEPTED:
        raise WrongState(
            f"案件“{STATE_ZH[case.state]}”，受理后、决定前方可核对条件",
            "Conditions are established between acceptance and decision",
            cite=REPAIR_CITE,
        )


def _checked(case: Case, file: RepairFile, archive: Archive) -> RepairFile:
    """The file with its conditions checked on the present archive, for the day of submission."""
    return checked(file, case.record_ids, archive, local_day(case.lodged_at))


def _cite_of(file: RepairFile, condition_id: str) -> str:
    of_fact = {known.id: known.cite for known in file.conditions if known.to_confirm}
    if condition_id not in of_fact:
        ids = "、".join(of_fact)
        zh, en = f"须办案人员核对的条件只有：{ids}", f"The conditions of fact are: {ids}"
        raise InvalidInput(faults=[Fault("condition_id", zh, en, cite=REPAIR_CITE)])
    return of_fact[condition_id]


def _file_of(case: Case) -> RepairFile:
    return RepairFile.model_validate(case.repair)


def _changed(case: Case, **fields: Any) -> dict[str, Any]:
    return _plain(_file_of(case).model_copy(update=fields))


def _plain(file: RepairFile) -> dict[str, Any]:
    return file.model_dump(mode="json")
