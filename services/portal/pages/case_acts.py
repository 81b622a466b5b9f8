"""The actions in a case, one page each: shows the form, checks the input, calls the service."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from law.objection import CaseKind
from plumbing.client import ask
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import repair_pb2 as repair
from services.portal.pages.acting import act
from services.portal.pages.case_letters import letter_of
from services.portal.visit import Visit
from services.portal.wording import N_


async def accept(visit: Visit) -> Response:
    """Accepts a case: its term starts now, but for a repair, whose term already runs."""

    async def send(case: pb.Case) -> None:
        which = {"request_id": visit.request_id(), "case_id": case.case_id}
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.AcceptRepair(repair.AcceptRepairRequest(**which)))
        else:
            request = pb.AcceptObjectionRequest(**which)
            await ask(visit.services.objection.AcceptObjection(request))

    return await act(visit, "cases/accept.html", send)


async def decline(visit: Visit) -> Response:
    """Declines to accept a case and sends the reasons."""

    async def send(case: pb.Case) -> None:
        what = {
            "request_id": visit.request_id(),
            "case_id": case.case_id,
            "reasons": visit.field("reasons"),
        }
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.DeclineRepair(repair.DeclineRepairRequest(**what)))
        else:
            request = pb.DeclineObjectionRequest(**what)
            await ask(visit.services.objection.DeclineObjection(request))

    needed = {"reasons": N_("请写明不予受理的理由")}
    letter = partial(letter_of, visit, act="decline", reasons=visit.field("reasons"))
    return await act(visit, "cases/decline.html", send, needed=needed, letter=letter)


async def ask_extension(visit: Visit) -> Response:
    """Requests the unit head to extend the term of a case by some working days."""

    async def send(case: pb.Case) -> None:
        request = pb.RequestExtensionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            days=visit.whole("days") or 0,
            ground=visit.field("ground"),
        )
        await ask(visit.services.objection.RequestExtension(request))

    needed = {"days": N_("请写明延长几个工作日，例如 5"), "ground": N_("请写明案件复杂的理由")}
    errors = {}
    if visit.field("days") and visit.whole("days") is None:
        errors["days"] = visit.say("工作日数应为整数，例如 5")
    return await act(visit, "cases/extend.html", send, needed=needed, errors=errors)


async def extension(visit: Visit) -> Response:
    """Approves or refuses, as unit head, the requested extension of a case's term."""

    async def send(case: pb.Case) -> None:
        request = pb.DecideExtensionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            approve=visit.field("answer") == "approve",
            note=visit.field("note"),
        )
        await ask(visit.services.objection.DecideExtension(request))

    return await act(
        visit, "cases/extension.html", send, needed={"answer": N_("请选择批准或者不批准")}
    )


async def withdraw(visit: Visit) -> Response:
    """Withdraws a case, as the subject that lodged it."""

    async def send(case: pb.Case) -> None:
        which = {"request_id": visit.request_id(), "case_id": case.case_id}
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.WithdrawRepair(repair.WithdrawRepairRequest(**which)))
        else:
            request = pb.WithdrawObjectionRequest(**which)
            await ask(visit.services.objection.WithdrawObjection(request))

    return await act(visit, "cases/withdraw.html", send)


async def ask_supplement(visit: Visit) -> Response:
    """Requests the applicant to supplement a case before it is accepted."""

    async def send(case: pb.Case) -> None:
        what = {
            "request_id": visit.request_id(),
            "case_id": case.case_id,
            "missing": visit.field("missing"),
        }
        if case.kind == CaseKind.REPAIR:
            request = repair.RequestSupplementRequest(**what)
            await ask(visit.services.repair.RequestSupplement(request))
        else:
            await ask(visit.services.objection.AskSupplement(pb.AskSupplementRequest(**what)))

    needed = {"missing": N_("请一次写明需要补正的全部内容")}
    letter = partial(letter_of, visit, act="supplement", reasons=visit.field("missing"))
    return await act(visit, "cases/ask_supplement.html", send, needed=needed, letter=letter)


async def supplement(visit: Visit) -> Response:
    """Sends the applicant's supplement to a case."""

    async def send(case: pb.Case) -> None:
        what: dict[str, Any] = {
            "request_id": visit.request_id(),
            "case_id": case.case_id,
            "note": visit.field("note"),
            "evidence": visit.lines("evidence"),
        }
        if case.kind == CaseKind.REPAIR:
            request = repair.SupplementRepairRequest(**what)
            await ask(visit.services.repair.SupplementRepair(request))
        else:
            supplied = pb.SupplementObjectionRequest(**what)
            await ask(visit.services.objection.SupplementObjection(supplied))

    needed = {"note": N_("请写明补正的内容")}
    return await act(visit, "cases/supplement.html", send, needed=needed)


async def confirm_condition(visit: Visit) -> Response:
    """Records, as caseworker, whether a condition of a repair is met, and on what ground."""
    condition_id = visit.path("condition_id")

    async def send(case: pb.Case) -> None:
        request = repair.ConfirmConditionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            condition_id=condition_id,
            met=visit.field("answer") == "met",
            ground=visit.field("ground"),
        )
        await ask(visit.services.repair.ConfirmCondition(request))

    needed = {
        "answer": N_("请选择已满足或者未满足"),
        "ground": N_("请写明查看了什么、说明了什么"),
    }
    return await act(visit, "cases/condition.html", send, needed=needed, condition_id=condition_id)
