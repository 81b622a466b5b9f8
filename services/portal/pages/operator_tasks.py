"""What waits for an operator: instruments, cases, what the bureau asked for, and messages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from plumbing.client import ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.objection.v1 import objection_pb2 as objection
from services.portal.pages.reading import ALL, today
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_, Words

EACH_UP_TO = 5  # so many instruments of a colour are named one by one
_ONE = {
    "red": N_("停止使用 {instrument}，并立即申请检定"),
    "yellow": N_("一个月内为 {instrument} 申请检定"),
    "green": N_("安排 {instrument} 的检定"),
}
_MANY = {
    "red": N_("停止使用 {n} 件红色警示的器具，并立即申请检定"),
    "yellow": N_("一个月内为 {n} 件黄色预警的器具申请检定"),
    "green": N_("安排 {n} 件绿色提示器具的检定"),
}


async def tasks(visit: Visit) -> list[Task]:
    """Returns the tasks of an operator's firm; none for a visitor in another role."""
    if not visit.has(Role.OPERATOR):
        return []
    words, day = Words(visit.say, visit.language), await today(visit)
    found = await asyncio.gather(
        *(_instruments(visit, words, day, rank, colour) for rank, colour in enumerate(_ONE)),
        _cases(visit),
        _asked_by_the_bureau(visit, words),
    )
    return [task for some in found for task in some]


async def _instruments(visit: Visit, words: Words, day: str, rank: int, colour: str) -> list[Task]:
    request = alerts.ListColoursRequest(
        subject_id=visit.person.subject_id, colour=colour, page_size=EACH_UP_TO
    )
    answer = await ask(visit.services.alerts.ListColours(request))
    if answer.next_page_token:
        many = _MANY[colour]
        first = answer.instruments[0].valid_until
        text = visit.say(many).format(n=answer.total)
        return [Task(text, f"/instruments?colour={colour}", "", (rank, first))]
    one = _ONE[colour]
    return [
        Task(
            visit.say(one).format(
                instrument=f"{words.instrument_type(row.type_code)} {row.serial_no}"
            ),
            f"/instruments/{row.instrument_id}",
            _left(words, row, day),
            (rank, row.valid_until),
        )
        for row in answer.instruments
    ]


def _name(words: Words, row: alerts.InstrumentColour) -> str:
    return f"{words.instrument_type(row.type_code)} {row.serial_no}"


def _left(words: Words, row: alerts.InstrumentColour, day: str) -> str:
    if row.valid_until:
        return words.validity(row.valid_until, day)
    return row.reason_zh if words.lang == "zh" else row.reason_en


async def _cases(visit: Visit) -> list[Task]:
    request = objection.ListCasesRequest(subject_id=visit.person.subject_id, page_size=ALL)
    cases = (await ask(visit.services.objection.ListCases(request))).cases
    text = visit.say(N_("请补正 {number}"))
    return [
        Task(text.format(number=case.number), f"/cases/{case.case_id}/supplement", "", (0, ""))
        for case in cases
        if case.state == "supplement_requested"
    ]


async def _asked_by_the_bureau(visit: Visit, words: Words) -> list[Task]:
    """What the open escalations of the firm ask for: to correct by a day, to come to a meeting."""
    request = escalations.ListEscalationsRequest(subject_id=visit.person.subject_id)
    found = (await ask(visit.services.escalations.ListEscalations(request))).escalations
    read = (
        escalations.GetEscalationRequest(escalation_id=one.escalation_id)
        for one in found
        if not one.HasField("closed_at")
    )
    answers = await asyncio.gather(
        *(ask(visit.services.escalations.GetEscalation(r)) for r in read)
    )
    return [task for answer in answers for task in _of_steps(visit, words, answer)]


def _get(one: escalations.Escalation) -> escalations.GetEscalationRequest:
    return escalations.GetEscalationRequest(escalation_id=one.escalation_id)


def _of_steps(
    visit: Visit, words: Words, answer: escalations.GetEscalationResponse
) -> Iterable[Task]:
    link = f"/interviews/{answer.escalation.escalation_id}"
    for step in answer.steps:
        if step.state == "appointed":
            at = step.interview.at.ToDatetime(SHANGHAI)
            text = visit.say(N_("到 {place} 参加约谈")).format(place=step.interview.place)
            day = words.day(at.date().isoformat())
            yield Task(text, link, f"{day} {at:%H:%M}", (0, at.date().isoformat()))
        elif step.correct_by:
            text = visit.say(N_("按《{letter}》改正")).format(letter=step.number)
            until = visit.say(N_("应于 {day} 前")).format(day=words.day(step.correct_by))
            yield Task(text, "/messages", until, (0, step.correct_by))
        elif step.interview.undertaking_by and not step.interview.undertaking_outcome:
            last = step.interview.undertaking_by
            until = visit.say(N_("应于 {day} 前")).format(day=words.day(last))
            yield Task(visit.say(N_("完成约谈中承诺的改正")), link, until, (0, last))
