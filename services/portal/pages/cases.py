"""Pages of cases of every kind: the list by remaining term, and the page of one case."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from law.grading.receipt_parts import Line
from law.objection import CaseKind, Step
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1.delivery_pb2 import ListDeliveriesResponse
from protos.objection.v1.evidence_pb2 import ListEvidenceResponse
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import list_address
from services.portal.pages import case_desk, case_list, recusals, sharings, stuck
from services.portal.pages.case_effects import Foreseen, foresee
from services.portal.pages.case_powers import OpenAct, is_heard_by, powers
from services.portal.pages.case_reviews import review_of, took_part_before
from services.portal.pages.case_timeline import timeline
from services.portal.pages.contested_items import has_own_outcomes, things_of
from services.portal.pages.evidence import found_files
from services.portal.pages.letter_deliveries import deliveries_of, mails_of, means_of
from services.portal.pages.reading import (
    HIDDEN,
    account_names,
    acts_for_another,
    bureau_names,
    firm_of,
    grade_of,
    kept_record,
    path_of,
    today,
)
from services.portal.pages.unheard import unheard
from services.portal.pictures.term_strip import term_strip
from services.portal.visit import Visit

PAGE_SIZE = 50


async def listing(visit: Visit) -> Response:
    """Shows the cases that the visitor may see: an operator their own, staff a work list."""
    if not visit.has(Role.OPERATOR):
        return await case_list.listing(visit)
    request = pb.ListCasesRequest(
        subject_id="" if visit.query("agent") == "yes" else visit.person.subject_id,
        kind=visit.query("kind") if visit.query("kind") in set(CaseKind) else "",
        include_closed=visit.query("closed") == "yes",
        as_agent=visit.query("agent") == "yes",
        page_size=PAGE_SIZE,
        page_token=visit.query("page"),
    )
    answer = await ask(visit.services.objection.ListCases(request))
    return visit.page(
        "cases/list.html",
        cases=answer.cases,
        asked=request,
        subjects={},
        more=answer.next_page_token,
    )


async def one(visit: Visit) -> Response:
    """Shows a case: who, about what, where it stands, what the visitor can do, what was done."""
    wanted = pb.GetCaseRequest(case_id=visit.path("case_id"))
    answer = await ask(visit.services.objection.GetCase(wanted))
    case = answer.case
    if acts_for_another(visit, case) and not case.state:  # its mandate is over
        return visit.redirect(f"/cases/{case.case_id}/mandate")
    firm, kept, grade, day, bureaus, took_part = await asyncio.gather(
        firm_of(visit, case),
        contested(visit, case),
        _grade(visit, case),
        today(visit),
        bureau_names(visit),
        took_part_before(visit, answer),
    )
    asked = await recusals.of_case(visit, case)
    files = await found_files(visit, case.case_id)
    records = [one.record for one in kept]
    acts = powers(visit, case, records, answer.steps, took_part, recusals.standing_back(asked))
    people, lines, foreseen, nobody, desk, refused = await asyncio.gather(
        account_names(visit, _people(answer, records, files)),
        _lines(visit, grade),
        _foreseen(visit, case, records, acts),
        unheard(visit, case),
        case_desk.on_page(visit, case),
        stuck.on_page(visit, case),
    )
    return visit.page(
        "cases/one.html",
        case=case,
        timeline=timeline(visit.words, case, answer.steps, people),
        evidence=files,
        **_of_agent(visit, case),
        **await _delivered(visit, answer),
        firm=firm,
        kept=kept,
        things=things_of(visit, case, records) if has_own_outcomes(case) else [],
        grade=grade,
        bureau=bureaus.get(case.bureau, case.bureau),
        bureaus=bureaus,
        related=answer.related,
        review=review_of(visit, answer, records, bureaus, day),
        people=people,
        nobody=nobody,
        desk=desk,
        **refused,
        asked=asked,
        lines=lines,
        foreseen=foreseen,
        **_standing(visit, case, day, acts),
    )


async def _grade(visit: Visit, case: pb.Case) -> grading.Grade | None:
    """The grade in force of the subject of a case; None for its agent, who may not see it."""
    if acts_for_another(visit, case):
        return None
    return await grade_of(visit, case.subject_id)


def _of_agent(visit: Visit, case: pb.Case) -> dict[str, bool]:
    acts = acts_for_another(visit, case)
    return {
        "acts_here": acts,
        "unchecked": acts and not case.agent.checked_by,
        "checks_mandate": case.agent.HasField("renewal") and is_heard_by(visit, case),
    }


async def _delivered(visit: Visit, answer: pb.GetCaseResponse) -> dict[str, Any]:
    """The letters of a case, how they reached the subject, and who was told of its result."""
    case, letters = answer.case, answer.letters
    return {
        "letters": letters,
        "served": await deliveries_of(visit, case.case_id) if letters else ListDeliveriesResponse(),
        "mailed": await mails_of(visit, case) if letters else {},
        "means": means_of(visit),
        "receivers": await sharings.of_case(visit, case),
        "receiver_states": sharings.STATES,
    }


def _standing(visit: Visit, case: pb.Case, day: str, acts: Sequence[OpenAct]) -> dict[str, Any]:
    """The picture of the term of a case, where the visitor comes from and what they can do."""
    return {
        "strip": term_strip(case.term, day) if case.HasField("term") else None,
        "acts": acts,
        "pages": [one.act.page for one in acts if not one.obstacle],
        "lodged": visit.just_done("lodged") == "yes",
        "back": list_address(visit, case_list.PATH),
    }


async def contested(visit: Visit, case: pb.Case) -> list[registry.GetRecordResponse]:
    """Reads the records of a case with their earlier versions; omits those that are gone."""

    async def read(record_id: str) -> registry.GetRecordResponse | None:
        try:
            return await kept_record(visit, record_id)
        except Refusal as refusal:
            if refusal.code in HIDDEN:
                return None
            raise

    found = await asyncio.gather(*map(read, case.record_ids))
    return [one for one in found if one is not None]


def _people(
    answer: pb.GetCaseResponse,
    records: Sequence[registry.Record],
    files: ListEvidenceResponse,
) -> set[str]:
    """The accounts of everybody whom the page of a case names."""
    case = answer.case
    people = {case.lodged_by, case.caseworker, *(step.actor for step in answer.steps)}
    people |= {one.uploaded_by for one in files.evidence}
    return people | {record.entered_by for record in records}


async def _lines(visit: Visit, grade: grading.Grade | None) -> Mapping[str, Line]:
    """How each record counts in the present grade, by record id."""
    if grade is None or not grade.receipt_id:
        return {}
    path, _ = await path_of(visit, grade.receipt_id)
    return {line.record: line for line in path.receipt.lines}


async def _foreseen(
    visit: Visit, case: pb.Case, records: Sequence[registry.Record], acts: Sequence[OpenAct]
) -> list[Foreseen]:
    """What each outcome would do to the grade, for a visitor who can decide."""
    decides = any(one.act.step is Step.DECIDE and not one.obstacle for one in acts)
    return await foresee(visit, case, records) if decides else []
