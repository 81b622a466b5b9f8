"""Queries of the escalation cases within the caller's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from law.evidence import SubjectKind
from plumbing import paging
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts import wire
from services.alerts.certificates import certificates_of
from services.alerts.escalation import contests
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.closing import UNDECIDED
from services.alerts.escalation.documents import facts_of, last_day, minutes_of, text_of, words_of
from services.alerts.escalation.drafts import ALTERABLE, newest, outdated
from services.alerts.escalation.holding import open_orders
from services.alerts.escalation.issuing import replaced
from services.alerts.escalation.tables import OPEN_UNDERTAKING
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.escalation.wire import Draft
from services.alerts.exposure_lists.follow_ups import standing_for
from services.alerts.lateness import late_with, note_late_alerts
from services.alerts.queries import scope
from services.alerts.tables import (
    Alert,
    Escalation,
    EscalationAlert,
    EscalationDraft,
    EscalationState,
    EscalationStep,
    Notice,
    StepState,
    Subject,
)

_ORDERS = {"opened_at": (Escalation.opened_at, Escalation.escalation_id)}


async def find(view: View, escalation_id: str) -> Escalation:
    """Returns an escalation case.

    Raises NotFound if no such case exists, and NotPermitted if it is outside the caller's scope.
    """
    case = await find_by_id(view.session, Escalation, escalation_id)
    if case is None:
        raise NotFound("没有这个督促案件", "There is no such case", escalation=escalation_id)
    view.caller.require_subject(case.subject_id, case.bureau)
    return case


async def list_escalations(
    view: View, request: pb.ListEscalationsRequest
) -> pb.ListEscalationsResponse:
    """Lists the escalation cases within the caller's scope.

    A subject does not read who stated the facts of a case, nor the facts before it was told of
    them. The cases are in the requested order, newest first without one.
    """
    rows = select(Escalation).where(
        *scope(view.caller, Escalation, request.bureau, request.subject_id)
    )
    if request.state:
        rows = rows.where(col(Escalation.state) == EscalationState(request.state))
    if request.undertaking_over:
        over = select(EscalationStep.escalation_id).where(
            sa.text(OPEN_UNDERTAKING), col(EscalationStep.undertaking_by) < view.today
        )
        open_ = col(Escalation.closed_at).is_(None)
        rows = rows.where(open_, col(Escalation.escalation_id).in_(over))
    order, reverse = paging.order(request, _ORDERS, "opened_at desc")
    page, token = await paging.page(view.session, request, rows, *order, newest_first=reverse)
    count = await paging.count(view.session, request, rows, token)
    shown = await _shown(view, page)
    return pb.ListEscalationsResponse(escalations=shown, next_page_token=token, **count)


async def _shown(view: View, cases: Sequence[Escalation]) -> list[pb.Escalation]:
    """The messages of cases, without what is not for the caller to read."""
    if not view.caller.has(Role.OPERATOR):
        return [wire_escalations.case(row) for row in cases]
    issued = select(EscalationStep.escalation_id).where(
        col(EscalationStep.escalation_id).in_([row.escalation_id for row in cases]),
        col(EscalationStep.notice_id) != "",
    )
    told = set(await view.session.exec(issued))
    return [wire_escalations.case_for_subject(row, told=row.escalation_id in told) for row in cases]


async def get_escalation(view: View, request: pb.GetEscalationRequest) -> pb.GetEscalationResponse:
    """Returns an escalation case with its steps, documents and alerts.

    The subject sees only steps with a notice, and the facts once there is one. People of the bureau
    also see the draft of a step that waits for a decision. Raises NotFound, and NotPermitted
    outside the caller's scope.
    """
    session, case = view.session, await find(view, request.escalation_id)
    of_case = select(EscalationStep).where(col(EscalationStep.escalation_id) == case.escalation_id)
    if view.caller.has(Role.OPERATOR):
        of_case = of_case.where(col(EscalationStep.notice_id) != "")
    steps = (await session.exec(of_case.order_by(col(EscalationStep.step_id)))).all()
    notices = select(Notice).where(col(Notice.notice_id).in_([s.notice_id for s in steps]))
    documents = {notice.notice_id: notice for notice in await session.exec(notices)}
    alerts = await _alerts_of(session, case)
    certificates = await certificates_of(session, [alert.alert_id for alert in alerts])
    subject = await session.get(Subject, case.subject_id)
    name = subject.name if subject else ""
    of_people = not view.caller.has(Role.OPERATOR)
    altered = await newest(session, [step.step_id for step in steps]) if of_people else {}
    drafts = await _drafts(session, case, subject, steps, altered, view.today) if subject else {}
    messages = [
        wire_escalations.step(step, case.course, documents, drafts.get(step.step_id), name)
        for step in steps
    ]
    for step, message in zip(steps, messages, strict=True):
        wire_escalations.note_alteration(message, altered.get(step.step_id))
        message.former_letters.extend(
            wire_escalations.former_letter(step, one) for one in await replaced(session, step)
        )
        if of_people and subject and step.state is StepState.APPOINTED and step.meets_at:
            facts = await facts_of(session, case, subject, view.today, step.number)
            message.interview.minutes_draft = minutes_of(step, facts)
    shown = [wire.stored_alert(row, certificates) for row in alerts]
    await note_late_alerts(view, zip(alerts, shown, strict=True))
    return pb.GetEscalationResponse(
        escalation=(await _shown(view, [case]))[0],
        steps=messages,
        alerts=shown,
        orders=[
            wire_escalations.order(row, late)
            for row, late in await late_with(session, await open_orders(session, case), view.today)
        ],
        contests=[
            pb.RunningContest(case_id=row.case_id, number=row.number)
            for row in await contests.of_case(session, case)
        ],
        exposure_list_id=await standing_for(session, case) if of_people else "",
    )


async def _alerts_of(session: AsyncSession, case: Escalation) -> Sequence[Alert]:
    """The alerts of a case, in the order in which they were raised."""
    query = (
        select(Alert)
        .join(EscalationAlert, col(EscalationAlert.alert_id) == col(Alert.alert_id))
        .where(col(EscalationAlert.escalation_id) == case.escalation_id)
        .order_by(col(Alert.alert_id))
    )
    return (await session.exec(query)).all()


async def _drafts(
    session: AsyncSession,
    case: Escalation,
    subject: Subject,
    steps: Sequence[EscalationStep],
    altered: Mapping[int | None, EscalationDraft],
    today: date,
) -> dict[int | None, Draft]:
    """The documents that would be issued today, by the number of the step."""
    undecided = [step for step in steps if step.state in UNDECIDED]
    if not undecided:
        return {}
    facts, kind = await facts_of(session, case, subject, today, ""), SubjectKind(subject.kind)
    drafts = {step.step_id: _draft(step, facts, kind, altered) for step in undecided}
    return {step_id: draft for step_id, draft in drafts.items() if draft is not None}


def _draft(
    step: EscalationStep,
    facts: DocumentFacts,
    kind: SubjectKind,
    altered: Mapping[int | None, EscalationDraft],
) -> Draft | None:
    draft = altered.get(step.step_id)
    text = text_of(step, facts, kind, draft)
    if text is None:
        return None
    day = last_day(step.step, facts, kind, draft)
    words = (draft.text if draft else "") or words_of(step, facts, day)
    words = words if step.step in ALTERABLE else ""
    return Draft(text, words, day, outdated(draft, facts) if draft else None)
