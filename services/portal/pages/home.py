"""The home page of each person: the tasks that wait for them, as sentences, most urgent first."""

from __future__ import annotations

import asyncio
from datetime import date

from starlette.responses import Response

from law.escalation import Step
from law.objection import CaseKind
from plumbing.client import ask
from plumbing.identity import Role
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import (
    alike,
    bureau_tasks,
    calibration_tasks,
    case_desk,
    circulars,
    city_tasks,
    environment,
    exposure_lists,
    first_grades,
    first_notices,
    institution,
    later_mandates,
    operator,
    operator_tasks,
    proposals,
    publication,
    questions,
    recusals,
    registration,
    replies,
    sharings,
    stuck,
    tellings,
    unheard,
    unreached,
)
from services.portal.pages.absences import stood_in_for
from services.portal.pages.case_powers import is_heard_by
from services.portal.pages.escalations import acts
from services.portal.pages.reading import (
    board_of,
    bureau_names,
    subject,
    subject_names,
    today,
)
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_, Words

SHOWN = 30  # of each kind, the most urgent; the list of the kind has the others
ALL = 200
URGENT_DAYS = 2


# What the page is for; somebody with several roles gets the first that fits.
_TITLES = {
    Role.OPERATOR: N_("本单位待办"),
    Role.UNIT_HEAD: N_("待审批事项"),
    Role.CASEWORKER: N_("办案工作台"),
    Role.MUNICIPAL_REVIEWER: N_("市级复核工作台"),
    Role.INSPECTOR: N_("今日检查"),
    Role.VERIFICATION_INSTITUTION: N_("检定机构待办"),
}


async def home(visit: Visit) -> Response:
    """Shows the tasks of every role that the visitor has, the most urgent first."""
    words = Words(visit.say, visit.language)
    day = await today(visit)
    lists = []
    if visit.has(Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER):
        lists.append(_case_tasks(visit, words))
    if visit.has(Role.CASEWORKER, Role.UNIT_HEAD):
        lists += [
            _step_tasks(visit, words),
            _registration_tasks(visit),
            proposals.tasks(visit),
        ]
    if visit.has(Role.UNIT_HEAD):
        lists.append(_batch_tasks(visit))
    lists += [tasks_of(visit) for tasks_of in _OF_SOME_ROLES]
    tasks = [task for found in await asyncio.gather(*lists) for task in found]
    own = visit.person.subject_id
    board, bureaus = None, dict[str, str]()
    if not visit.has(Role.VERIFICATION_INSTITUTION):
        board, bureaus = await asyncio.gather(board_of(visit), bureau_names(visit))
    return visit.page(
        "home.html",
        title=visit.say(next(title for role, title in _TITLES.items() if visit.has(role))),
        tasks=sorted(tasks, key=lambda task: task.urgency),
        today=day,
        firm=await subject(visit, own) if own else None,
        board=board,
        bureaus=bureaus,
    )


# Each gives no tasks to a visitor in another role.
_OF_SOME_ROLES = (
    alike.tasks,
    bureau_tasks.interview_tasks,
    bureau_tasks.inspection_tasks,
    bureau_tasks.intake_tasks,
    bureau_tasks.undertaking_tasks,
    bureau_tasks.overdue_tasks,
    calibration_tasks.due,
    calibration_tasks.waiting,
    case_desk.tasks,
    city_tasks.impact_tasks,
    city_tasks.index_tasks,
    circulars.tasks,
    environment.tasks,
    exposure_lists.tasks,
    first_grades.tasks,
    first_notices.tasks,
    institution.tasks,
    later_mandates.tasks,
    operator.tasks,
    operator_tasks.tasks,
    publication.tasks,
    questions.tasks,
    recusals.tasks,
    replies.tasks,
    sharings.tasks,
    stuck.tasks,
    tellings.tasks,
    unheard.tasks,
    unreached.tasks,
)


async def _case_tasks(visit: Visit, words: Words) -> list[Task]:
    away, answers = await asyncio.gather(
        stood_in_for(visit), asyncio.gather(*(_cases(visit, state) for state in _states(visit)))
    )
    cases = [case for answer in answers for case in answer.cases]
    firms = await subject_names(visit, (case.subject_id for case in cases))
    tasks = []
    for case in cases:
        sentence = _sentence_of(visit, case)
        if sentence:
            firm = firms[case.subject_id].name if case.subject_id in firms else ""
            text = visit.say(sentence).format(number=case.number, firm=firm)
            if case.caseworker in away:
                person = away[case.caseworker].display_name
                text += visit.say(N_("（代{person}）")).format(person=person)
            tasks.append(
                Task(text, f"/cases/{case.case_id}", _by_when(words, case), _case_urgency(case))
            )
    others = sum(map(_others, answers))
    more = visit.say(N_("另有 {n} 件案件，见案件列表")).format(n=others)
    return [*tasks, Task(more, "/cases", "", (3, ""))] if others else tasks


def _by_when(words: Words, case: objection.Case) -> str:
    return words.term(case) or words.accept_by(case)


def _states(visit: Visit) -> tuple[str, ...]:
    """The states of cases in which the visitor may have to act."""
    hears = visit.has(Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)
    return tuple(_HEARING) if hears else ("extension_requested",)


async def _cases(visit: Visit, state: str) -> objection.ListCasesResponse:
    """The cases in a state that end first, and the number of all."""
    bureau = visit.has(Role.CASEWORKER, Role.UNIT_HEAD)
    request = objection.ListCasesRequest(
        state=state, kind="" if bureau else CaseKind.RECONSIDERATION, page_size=SHOWN
    )
    return await ask(visit.services.objection.ListCases(request))


def _others(
    answer: objection.ListCasesResponse | escalations.ListEscalationsResponse,
) -> int:
    """How many more there are than a list's first page has, as far as they are counted."""
    return max(0, (answer.total or answer.more_than) - SHOWN) if answer.next_page_token else 0


def _case_urgency(case: objection.Case) -> tuple[int, str]:
    if not case.HasField("term"):
        return (1, case.accept_by)
    return (0 if case.term.remaining_days <= URGENT_DAYS else 1, case.term.target_on)


def _sentence_of(visit: Visit, case: objection.Case) -> str:
    """What the visitor is to do in a case; empty where somebody else acts."""
    if visit.has(Role.UNIT_HEAD) and case.state == "extension_requested":
        return N_("审批 {firm} 一案（{number}）的延期申请")
    return _HEARING.get(case.state, "") if is_heard_by(visit, case) else ""


_HEARING = {
    "lodged": N_("决定是否受理 {firm} 的申请（{number}）"),
    "accepted": N_("办理 {firm} 一案（{number}）"),
    "extension_requested": N_("办理 {firm} 一案（{number}）"),
}


async def _step_tasks(visit: Visit, words: Words) -> list[Task]:
    request = escalations.ListEscalationsRequest(state="proposed", page_size=SHOWN)
    answer = await ask(visit.services.escalations.ListEscalations(request))
    on, others = date.fromisoformat(await today(visit)), _others(answer)
    found = [case for case in answer.escalations if acts(visit, case, on)]
    firms = await subject_names(visit, (case.subject_id for case in found))
    sentence = visit.say(N_("审批对 {firm} 的{step}"))
    to_list = visit.say(N_("对 {firm} 的曝光待曝光名单公开"))
    more = visit.say(N_("另有 {n} 项督促待审批，见督促列表")).format(n=others)
    rest = [Task(more, "/escalations", "", (3, ""))] if others else []
    return rest + [
        Task(
            (to_list if case.step == Step.EXPOSURE else sentence).format(
                firm=firms[case.subject_id].name if case.subject_id in firms else "",
                step=words.escalation_step(case.step),
            ),
            f"/escalations/{case.escalation_id}",
            "",
            (2, case.due_on),
        )
        for case in found
    ]


async def _registration_tasks(visit: Visit) -> list[Task]:
    sentence = visit.say(N_("核实 {person} 为 {firm} 提出的注册申请"))
    return [
        Task(
            sentence.format(person=one.person_name, firm=one.firm_name),
            f"/registrations/{one.registration_id}",
            "",
            (1, ""),
        )
        for one in await registration.waiting(visit)
    ]


async def _batch_tasks(visit: Visit) -> list[Task]:
    request = registry.ListBatchesRequest(page_size=ALL)
    batches = (await ask(visit.services.imports.ListBatches(request))).batches
    sentence = visit.say(N_("审批导入批次 {file}"))
    return [
        Task(sentence.format(file=batch.file_name), f"/imports/{batch.batch_id}", "", (1, ""))
        for batch in batches
        if batch.state == "awaiting_approval"
    ]
