"""What waits for people of a bureau besides cases: interviews to record, instruments to inspect."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from plumbing.client import ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.objection.v1 import objection_pb2 as objection
from services.portal.pages.reading import subject_names, today
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

ALL = 50


async def interview_tasks(visit: Visit) -> list[Task]:
    """Returns the appointed interviews: who asks for another day, and whose outcome is recorded."""
    if not visit.has(Role.CASEWORKER):
        return []
    request = escalations.ListEscalationsRequest(state="appointed", page_size=ALL)
    answer = await ask(visit.services.escalations.ListEscalations(request))
    found = answer.escalations
    firms = await subject_names(visit, (one.subject_id for one in found))
    known = [one for one in found if one.subject_id in firms]
    asked = await asyncio.gather(*(_other_day(visit, one) for one in known))
    tasks = [
        _interview_task(visit, firms[one.subject_id].name, one, day)
        for one, day in zip(known, asked, strict=True)
    ]
    more = N_("另有 {n} 次约谈，见督促列表")
    return [*tasks, *rest(visit, answer, more, "/escalations?state=appointed", 1)]


async def undertaking_tasks(visit: Visit) -> list[Task]:
    """Returns the undertakings of interviews whose day is over: somebody records what became."""
    if not visit.has(Role.CASEWORKER):
        return []
    request = escalations.ListEscalationsRequest(undertaking_over=True, page_size=ALL)
    answer = await ask(visit.services.escalations.ListEscalations(request))
    firms = await subject_names(visit, (one.subject_id for one in answer.escalations))
    sentence = visit.say(N_("核实 {firm} 在约谈中承诺的改正是否完成（承诺的日期已过）"))
    tasks = [
        Task(
            sentence.format(firm=firms[one.subject_id].name),
            f"/escalations/{one.escalation_id}",
            "",
            (1, ""),
        )
        for one in answer.escalations
        if one.subject_id in firms
    ]
    more = N_("另有 {n} 项承诺的日期已过，见督促列表")
    return [*tasks, *rest(visit, answer, more, "/escalations?over=yes", 1)]


def rest(visit: Visit, answer: Any, sentence: str, path: str, urgency: int) -> list[Task]:
    """Returns the task that tells how many more a list has than were read, if there are more."""
    if not answer.next_page_token:
        return []
    others = (answer.total or answer.more_than) - ALL
    number = f"{others:,}{'+' if answer.more_than else ''}"
    return [Task(visit.say(sentence).format(n=number), path, "", (urgency, "~"))]


async def _other_day(visit: Visit, case: escalations.Escalation) -> str:
    """The day to which a subject asks that its interview, still to come, be moved; or empty."""
    request = escalations.GetEscalationRequest(escalation_id=case.escalation_id)
    answer, day = await asyncio.gather(
        ask(visit.services.escalations.GetEscalation(request)), today(visit)
    )
    to_come = (
        step.interview
        for step in answer.steps
        if step.state == "appointed"
        and step.interview.at.ToDatetime(SHANGHAI).date().isoformat() >= day
    )
    return next((one.asked_for for one in to_come), "")


def _interview_task(visit: Visit, firm: str, case: escalations.Escalation, asked: str) -> Task:
    path = f"/escalations/{case.escalation_id}"
    if not asked:
        text = visit.say(N_("约谈 {firm} 以后登记情况")).format(firm=firm)
        return Task(text, path, "", (2, case.due_on))
    text = visit.say(N_("决定 {firm} 的约谈是否改期（请求改在 {day}）"))
    return Task(text.format(firm=firm, day=visit.words.day(asked)), path, "", (1, asked))


async def overdue_tasks(visit: Visit) -> list[Task]:
    """Returns the cases whose term has lapsed, for the head of the unit and the city to see to.

    A lapsed term decides nothing; somebody is to see that it is decided.
    """
    if not visit.has(Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER):
        return []
    yesterday = date.fromisoformat(await today(visit)) - timedelta(days=1)
    request = objection.ListCasesRequest(due_to=yesterday.isoformat(), page_size=ALL)
    answer = await ask(visit.services.objection.ListCases(request))
    sentence, words = visit.say(N_("督促办理已逾期的案件 {number}")), visit.words
    tasks = [
        Task(
            sentence.format(number=case.number),
            f"/cases/{case.case_id}",
            words.term(case),
            (0, case.term.target_on),
        )
        for case in answer.cases
    ]
    if not answer.next_page_token:
        return tasks
    more = visit.say(N_("还有更多已逾期的案件，见案件列表"))
    return [*tasks, Task(more, f"/cases?due_to={yesterday}", "", (0, ""))]


async def intake_tasks(visit: Visit) -> list[Task]:
    """Returns the lodged cases that should have been accepted or declined, for the head to see to.

    The city's reviewers see those of its bureaus too.
    """
    if not visit.has(Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER):
        return []
    yesterday = date.fromisoformat(await today(visit)) - timedelta(days=1)
    request = objection.ListCasesRequest(accept_to=yesterday.isoformat(), page_size=ALL)
    answer = await ask(visit.services.objection.ListCases(request))
    sentence, words = visit.say(N_("督促决定是否受理 {number}")), visit.words
    tasks = [
        Task(
            sentence.format(number=case.number),
            f"/cases/{case.case_id}",
            words.accept_by(case),
            (0, case.accept_by),
        )
        for case in answer.cases
    ]
    if not answer.next_page_token:
        return tasks
    more = visit.say(N_("还有更多逾期未决定受理的案件，见案件列表"))
    return [*tasks, Task(more, f"/cases?accept_to={yesterday}", "", (0, ""))]


async def inspection_tasks(visit: Visit) -> list[Task]:
    """Returns the instruments in use with a red alert, which an inspector goes to see."""
    if not visit.has(Role.INSPECTOR):
        return []
    request = alerts.ListColoursRequest(colour="red", state="in_use", page_size=ALL)
    answer = await ask(visit.services.alerts.ListColours(request))
    found = answer.instruments
    firms = await subject_names(visit, (one.subject_id for one in found))
    sentence = visit.say(N_("检查 {firm} 的 {instrument}"))
    tasks = [
        Task(
            sentence.format(
                firm=firms[one.subject_id].name,
                instrument=f"{visit.words.instrument_type(one.type_code)} {one.serial_no}",
            ),
            f"/instruments/{one.instrument_id}",
            one.reason_zh if visit.words.lang == "zh" else one.reason_en,
            (1, one.valid_until),
        )
        for one in found
        if one.subject_id in firms
    ]
    more = N_("另有 {n} 台红色警示器具，见器具列表")
    return [*tasks, *rest(visit, answer, more, "/instruments?colour=red&state=in_use", 1)]
