"""What waits for people of a bureau besides cases: interviews to record, instruments to inspect."""

from __future__ import annotations

from plumbing.client import ask
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as escalations
from services.portal.pages.reading import subject_names
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

ALL = 50


async def interview_tasks(visit: Visit) -> list[Task]:
    """Returns the appointed interviews, whose outcome a caseworker records."""
    if not visit.has(Role.CASEWORKER):
        return []
    request = escalations.ListEscalationsRequest(state="appointed", page_size=ALL)
    found = (await ask(visit.services.escalations.ListEscalations(request))).escalations
    firms = await subject_names(visit, (one.subject_id for one in found))
    sentence = visit.say(N_("约谈 {firm} 以后登记情况"))
    return [
        Task(
            sentence.format(firm=firms[one.subject_id].name),
            f"/escalations/{one.escalation_id}",
            "",
            (2, one.due_on),
        )
        for one in found
        if one.subject_id in firms
    ]


async def inspection_tasks(visit: Visit) -> list[Task]:
    """Returns the instruments in use with a red alert, which an inspector goes to see."""
    if not visit.has(Role.INSPECTOR):
        return []
    request = alerts.ListColoursRequest(colour="red", state="in_use", page_size=ALL)
    found = (await ask(visit.services.alerts.ListColours(request))).instruments
    firms = await subject_names(visit, (one.subject_id for one in found))
    sentence = visit.say(N_("检查 {firm} 的 {instrument}"))
    return [
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
