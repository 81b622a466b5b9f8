"""Escalation cases that a person opens by stating facts, and ends (S4 四(二), S1 12(二)).

A case opened by hand proposes its first step like any other. Where its course says so, somebody
else decides on its steps (D-16). The same matter of a subject is opened once.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from law.courses import Opening, following, grade_course, require_hand_course, rung_of
from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.evidence import SubjectKind
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.escalation import grade_cases
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.cases import CITE
from services.alerts.escalation.closing import close
from services.alerts.escalation.filing import (
    episodes,
    is_open,
    last_episodes,
    move_to_bureaus,
    new_case,
    save,
    snapshot,
)
from services.alerts.escalation.steps import (
    latest_step,
    of_bureau,
    require_watched,
    stripped,
    wait_for,
)
from services.alerts.ladders.own import own_figures
from services.alerts.tables import Escalation, EscalationState, Joining, StepState, Subject


async def open_case(
    change: Change, request: pb.OpenEscalationRequest, *, grade: Grade | None
) -> pb.OpenEscalationResponse:
    """Opens a case for a subject: of its grade, which `grade` is, or of facts that a person states.

    Raises NotFound for an unknown subject, NotPermitted for one of another bureau, InvalidInput for
    a course that does not exist or without facts, and WrongState where the same matter is open or
    the subject is not supervised any more.
    """
    await exclusively(change.session, "escalations")
    subject = await _subject(change, request.subject_id)
    if request.course == Opening.GRADE:
        case = await _of_grade(change, subject, grade)
    else:
        case = await _of_facts(change, subject, request)
    return pb.OpenEscalationResponse(escalation=wire_escalations.case(case))


async def close_case(
    change: Change, request: pb.CloseEscalationRequest
) -> pb.CloseEscalationResponse:
    """Ends a case that a person opened by stating facts.

    Raises WrongState for any other case, which ends with what opened it.
    """
    case = await of_bureau(change, request.escalation_id)
    reasons = stripped("reasons", request.reasons)
    if not case.facts:
        zh = "红色警示和信用等级引起的督促，随红色警示解除、等级变动自动终结，不能由人终结"
        en = "A case of a red alert or a grade ends with it, and is not ended by a person"
        raise WrongState(zh, en, cite=CITE)
    if case.closed_at is not None:
        raise WrongState("这件督促已经终结", "The case is closed", state=case.state)
    await close(change, case, CITE, reasons)
    return pb.CloseEscalationResponse(escalation=wire_escalations.case(case))


async def _subject(change: Change, subject_id: str) -> Subject:
    subject = await find_by_id(change.session, Subject, subject_id)
    if subject is None:
        raise NotFound("没有这个主体", "There is no such subject", subject=subject_id)
    change.caller.require_bureau(subject.bureau)
    require_watched(subject)
    return subject


async def _of_grade(change: Change, subject: Subject, grade: Grade | None) -> Escalation:
    course = grade_course(grade.ruleset_id, grade.grade, change.today) if grade else None
    if grade is None or course is None:
        zh = "该主体现在的信用等级不属于须约谈、提醒、曝光或者告知监管措施的情形"
        en = "no text attaches a follow-up to the present grade of the subject"
        raise InvalidInput(faults=[Fault("course", zh, en, cite="S3 24(三); S1 12(二)")])
    await _require_closed(change, subject, grade_cases.MATTER)
    standing = await grade_cases.keep(change, grade, silent=False)
    if standing is None:
        zh = "该主体的信用等级刚刚变动，请核对现在的等级后再试"
        raise WrongState(zh, "The grade of the subject has just changed; look at it and try again")
    by = change.on_behalf_of
    return await grade_cases.open_for(change, standing, subject, course, by)


async def _of_facts(
    change: Change, subject: Subject, request: pb.OpenEscalationRequest
) -> Escalation:
    course = require_hand_course(request.course, change.today)
    facts, matter = stripped("facts", request.facts), f"{Opening.HAND}/{course.id}"
    await _require_closed(change, subject, matter)
    last = (await episodes(change.session, [subject.subject_id]))[subject.subject_id]
    case = new_case(
        change,
        subject.subject_id,
        subject.bureau,
        last + 1,
        course.id,
        matter,
        await own_figures(change.session, subject.bureau, change.today),
        facts=facts,
        opened_by=change.on_behalf_of,
    )
    await grade_cases.store(change, case, course.cite)
    return case


async def follow_joining(change: Change, former_id: str, present_id: str, ground: str) -> list[str]:
    """Gives the open cases of a subject that is no more to the one that stays; returns their ids.

    Where that has an open case of the same matter, which goes on, the other ends; its id is
    returned too, and it goes on once the joining is undone.
    """
    return await _give(change, former_id, present_id, ground, is_open())


async def return_cases(change: Change, joining: Joining, ground: str) -> None:
    """Gives the cases that went with a joining back to the subject that is parted again.

    Those that ended since the other had one of the same matter go on, at the step they had reached.
    """
    given = col(Escalation.escalation_id).in_(joining.escalations)
    await _go_on(change, joining.former_id, ground, given)
    await _give(change, joining.present_id, joining.former_id, ground, given)


async def _go_on(
    change: Change, subject_id: str, ground: str, which: sa.ColumnElement[bool]
) -> None:
    """Has those of the closed cases of a subject go on, unless it has one of the same matter."""
    subject = await change.session.get(Subject, subject_id)
    if subject is None or subject.removed or subject.deregistered:
        return
    of_subject = col(Escalation.subject_id) == subject_id, sa.not_(is_open()), which
    rows = select(Escalation).where(*of_subject).order_by(col(Escalation.episode))
    cases = (await change.session.exec(rows.with_for_update())).all()
    for case in cases:
        if await _open_case(change, subject_id, case.matter) is None:
            before = snapshot(case)
            case.closed_at, case.close_reasons = None, ""
            await _to_its_step(change, case, SubjectKind(subject.kind))
            await save(change, case, "follow_subject", before, ground)
            await change.session.flush()
    await move_to_bureaus(change, [case for case in cases if case.closed_at is None])


async def _to_its_step(change: Change, case: Escalation, kind: SubjectKind) -> None:
    """Has a case wait for the step that it had reached, unless that was its last and was taken."""
    taken = await latest_step(change, case, (StepState.CARRIED_OUT,))
    if taken is not None and following(case.course, case.step, kind, change.today) is None:
        case.state = EscalationState.EXHAUSTED
    else:
        await wait_for(change, case, rung_of(case.course, case.step, change.today))


async def _give(
    change: Change, from_id: str, to_id: str, ground: str, which: sa.ColumnElement[bool]
) -> list[str]:
    """Gives those of the cases of stated facts of a subject to another.

    Returns their ids, with those of the cases that ended since the other has one of that matter.
    """
    of_facts = col(Escalation.subject_id) == from_id, col(Escalation.facts) != "", which
    rows = select(Escalation).where(*of_facts).order_by(col(Escalation.episode))
    cases = (await change.session.exec(rows.with_for_update())).all()
    last, given = (await last_episodes(change.session, [to_id]))[to_id], list[Escalation]()
    for case in cases:
        goes_on = await _open_case(change, to_id, case.matter)
        if goes_on is not None and case.closed_at is None:
            await close(change, case, ground, f"同一事由的督促继续按 {goes_on} 办理。")
            continue
        before, last = snapshot(case), last + 1
        case.subject_id, case.episode = to_id, last
        await save(change, case, "follow_subject", before, ground)
        await change.session.flush()
        given.append(case)
    await move_to_bureaus(change, [case for case in given if case.closed_at is None])
    return [case.escalation_id for case in cases]


async def _require_closed(change: Change, subject: Subject, matter: str) -> None:
    """Raises WrongState if the subject has an open case of the same matter."""
    if (number := await _open_case(change, subject.subject_id, matter)) is not None:
        zh = f"同一事由的督促已经开始，尚未终结：{number}"
        en = f"A case of the same matter is open: {number}"
        raise WrongState(zh, en, cite=CITE, escalation=number)


async def _open_case(change: Change, subject_id: str, matter: str) -> str | None:
    """The id of the open case of a matter of a subject, if there is one."""
    rows = select(Escalation.escalation_id).where(
        col(Escalation.subject_id) == subject_id, col(Escalation.matter) == matter, is_open()
    )
    return (await change.session.exec(rows)).first()
