"""What follows when a reconsideration sends a matter back: the first bureau decides anew.

The texts know the outcome and do not say how it is carried out. Here the bureau of the objection
gets a new objection with its own number and letter. The municipal bureau has found that the matter
must be heard, so the new case is accepted already, and its term runs from the day on which it was
sent back. Who took part in one of the earlier cases does not hear it.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlmodel import col, select

from law.objection import OBJECTION_CITE, TERM_OF, CaseKind, CaseState
from law.terms.ledger import start
from law.terms.workdays import edition
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from services.objection.contested.items import anew, items_of, stored
from services.objection.mandates import agent_to_follow
from services.objection.numbers import next_number
from services.objection.schedule import due_on
from services.objection.steps import locked_case, record_step
from services.objection.tables import Case, OpenRecord

KIND = CaseKind.OBJECTION


async def send_back(change: Change, case_id: str) -> str:
    """Opens the new objection for a reconsideration that sends its matter back; returns its id.

    The records pass from the reconsideration to the new case, so that they are in an open case at
    every moment. A repeated call changes nothing.
    """
    case = await locked_case(change, case_id, CaseKind.RECONSIDERATION)
    opened = select(Case.case_id).where(Case.follows == case_id)
    if again := (await change.session.exec(opened)).first():
        return again
    first = await change.session.get_one(Case, case.follows)
    anew = await _anew(change, case, first)
    change.session.add(anew)
    await _pass_on(change, case, anew)
    await record_step(
        change,
        anew,
        "reopen",
        lambda message: events.ObjectionSentBack(case=message),
        cite=OBJECTION_CITE,
        note=f"{case.number}：{case.reasons}",
    )
    return anew.case_id


async def _anew(change: Change, case: Case, first: Case) -> Case:
    term = start(TERM_OF[KIND], change.today, edition())
    return Case(
        case_id=str(uuid.uuid4()),
        kind=KIND,
        number=await next_number(change, KIND, first.bureau),
        follows=case.case_id,
        subject_id=first.subject_id,
        sector=first.sector,
        bureau=first.bureau,
        record_ids=case.record_ids,
        records_as_lodged=case.records_as_lodged,
        items=stored(anew(items_of(case))),
        contested_grade=case.contested_grade,
        agent=agent_to_follow(case),
        agent_subject_id=case.agent_subject_id,
        agent_until=case.agent_until,
        state=CaseState.ACCEPTED,
        version=1,
        grounds="\n".join((first.grounds, case.grounds)),
        evidence=[*first.evidence, *case.evidence],
        lodged_by=case.lodged_by,
        lodged_at=change.at,
        accepted_at=change.at,
        term=term.to_json(),
        due_on=due_on(term),
    )


async def _pass_on(change: Change, case: Case, anew: Case) -> None:
    passed = sa.update(OpenRecord).where(col(OpenRecord.case_id) == case.case_id)
    connection = await change.session.connection()
    await connection.execute(passed.values(case_id=anew.case_id))
