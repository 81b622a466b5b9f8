"""What a subject undertakes at an interview, and the day by which it does so (S4 四(二)).

The next step waits until the day is over. The subject is reminded before it, and the bureau is told
once it has passed; a person then records whether the undertaking was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, WrongState
from law.escalation import Step, undertaking_reminder
from law.terms.workdays import edition
from plumbing import validation
from plumbing.change import Change
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.filing import save, snapshot
from services.alerts.escalation.interview_texts import (
    undertaking_ends,
    undertaking_ends_in_english,
    undertaking_over,
)
from services.alerts.escalation.steps import ground_of, of_bureau, stripped
from services.alerts.ladders.own import own_figures
from services.alerts.notices.issue import Matter, contact_of, issue
from services.alerts.tables import (
    Bureau,
    Escalation,
    EscalationState,
    EscalationStep,
    Notice,
    NoticeKind,
    Subject,
)

BROKEN = "broken"


def undertake(
    change: Change, step: EscalationStep, request: pb.RecordInterviewRequest, latest: date
) -> None:
    """Stores what the subject undertook at an interview that was held, and by which day.

    Raises InvalidInput for words without a day or a day without words, and for a day that is not to
    come or is after `latest`.
    """
    words = request.undertaking.strip()
    day = validation.day(request.undertaking_by, "undertaking_by")
    if not words and day is None:
        return
    faults = list[Fault]()
    if not words:
        faults.append(Fault("undertaking", "须写明承诺的内容", "must say what is undertaken"))
    if day is None or not change.today < day <= latest:
        zh, en = f"完成日期应在今日之后，最迟 {latest}", f"must be after today, at latest {latest}"
        faults.append(Fault("undertaking_by", zh, en))
    if step.outcome != "held":
        faults.append(Fault("undertaking", "未到场的没有承诺", "nobody came who could undertake"))
    if faults:
        raise InvalidInput(faults=faults)
    step.undertaking, step.undertaking_by = words, day


async def record(
    change: Change, request: pb.RecordUndertakingRequest
) -> pb.RecordUndertakingResponse:
    """Records whether an undertaking was kept; after a broken one the next step is due today.

    Raises WrongState if there is none, its outcome is on file, or the case is closed.
    """
    case = await of_bureau(change, request.escalation_id)
    if case.closed_at is not None:
        raise WrongState("这件督促已经终结", "The case is closed", state=case.state)
    step = await _watched(change, case)
    if step is None:
        zh = "没有待核实的承诺"
        raise WrongState(zh, "There is no undertaking of which the outcome is open")
    findings, before = stripped("findings", request.findings), snapshot(case)
    step.undertaking_outcome, step.undertaking_findings = request.outcome, findings
    change.session.add(step)
    if request.outcome == BROKEN and case.state is EscalationState.WAITING:
        case.waits_from, case.due_on = None, change.today
    ground = ground_of(change, case, Step.INTERVIEW)
    await save(change, case, "record_undertaking", before, ground)
    return pb.RecordUndertakingResponse(escalation=wire_escalations.case(case))


async def _watched(change: Change, case: Escalation) -> EscalationStep | None:
    rows = select(EscalationStep).where(
        col(EscalationStep.escalation_id) == case.escalation_id, *_IS_OPEN
    )
    return (await change.session.exec(rows.order_by(col(EscalationStep.step_id).desc()))).first()


_IS_OPEN = (
    col(EscalationStep.undertaking_by).is_not(None),
    col(EscalationStep.undertaking_outcome) == "",
)


async def issue_of_undertakings(change: Change, bureau: str, on: date) -> list[Notice]:
    """Reminds subjects of undertakings that end soon, and tells the bureau of those that are over.

    Each is told once.
    """
    office = await change.session.get(Bureau, bureau)
    notices = list[Notice]()
    own = await own_figures(change.session, bureau, on)
    for step, case, subject in await _open(change, bureau):
        until = step.undertaking_by
        if until is None or office is None:
            continue
        matter = Matter(f"escalation/{case.escalation_id}")
        key = f"undertaking/{step.step_id}"
        if on > until:
            last = case.state is EscalationState.EXHAUSTED
            text = undertaking_over(subject.name, until, step.undertaking, last=last)
            kind = NoticeKind.APPROVALS
            notice = await issue(change, kind, f"{key}/over", office, bureau, text, matter)
        elif undertaking_reminder(until, edition(), own) <= on:
            contact = await contact_of(change.session, bureau)
            about = (subject.name, until, step.undertaking, contact)
            notice = await issue(
                change,
                NoticeKind.ESCALATION,
                f"{key}/near",
                subject,
                bureau,
                undertaking_ends(*about),
                matter,
                in_english=partial(undertaking_ends_in_english, *about),
            )
        else:
            continue
        notices += [notice] if notice is not None else []
    return notices


async def _open(
    change: Change, bureau: str
) -> Sequence[tuple[EscalationStep, Escalation, Subject]]:
    rows = await change.session.exec(
        select(EscalationStep, Escalation, Subject)
        .join(Escalation, col(Escalation.escalation_id) == col(EscalationStep.escalation_id))
        .join(Subject, col(Subject.subject_id) == col(Escalation.subject_id))
        .where(col(Escalation.bureau) == bureau, col(Escalation.closed_at).is_(None), *_IS_OPEN)
        .order_by(col(EscalationStep.step_id))
    )
    return rows.all()
