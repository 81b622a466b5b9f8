"""Pages of objection and repair cases: the list by remaining term, and the page of one case."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.responses import Response

from law.objection import CaseKind, CaseState, Step, permitted
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import list_address
from services.portal.pages import case_list
from services.portal.pages.reading import HIDDEN, grade_of, subject, today
from services.portal.pictures.term_strip import term_strip
from services.portal.visit import Visit

PAGE_SIZE = 50
KINDS = ("objection", "repair")
# What a person may do in a case, by kind and role: the step of the law and the page of the act.
ACTS: Mapping[str, Mapping[Role, tuple[tuple[Step, str], ...]]] = {
    CaseKind.OBJECTION: {
        Role.OPERATOR: ((Step.WITHDRAW, "withdraw"),),
        Role.CASEWORKER: (
            (Step.ACCEPT, "accept"),
            (Step.DECLINE, "decline"),
            (Step.DECIDE, "decide"),
            (Step.REQUEST_EXTENSION, "extend"),
        ),
        Role.UNIT_HEAD: ((Step.APPROVE_EXTENSION, "extension"),),
    },
    CaseKind.REPAIR: {
        Role.OPERATOR: ((Step.SUPPLEMENT, "supplement"), (Step.WITHDRAW, "withdraw")),
        Role.CASEWORKER: (
            (Step.ACCEPT, "accept"),
            (Step.REQUEST_SUPPLEMENT, "ask-supplement"),
            (Step.DECLINE, "decline"),
            (Step.DECIDE, "decide-repair"),
        ),
    },
}


async def listing(visit: Visit) -> Response:
    """Shows the cases that the visitor may see: an operator their own, staff a work list."""
    if not visit.has(Role.OPERATOR):
        return await case_list.listing(visit)
    request = pb.ListCasesRequest(
        subject_id=visit.person.subject_id,
        kind=visit.query("kind") if visit.query("kind") in KINDS else "",
        include_closed=visit.query("closed") == "yes",
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
    """Shows a case: subject, records, state, term, possible acts, past steps and letters."""
    answer = await ask(
        visit.services.objection.GetCase(pb.GetCaseRequest(case_id=visit.path("case_id")))
    )
    case = answer.case
    firm, records, grade, day = await asyncio.gather(
        subject(visit, case.subject_id),
        contested_records(visit, case),
        grade_of(visit, case.subject_id),
        today(visit),
    )
    return visit.page(
        "cases/one.html",
        case=case,
        steps=answer.steps,
        letters=answer.letters,
        firm=firm,
        records=records,
        grade=grade,
        strip=term_strip(case.term, day) if case.HasField("term") else None,
        acts=open_acts(visit, case),
        lodged=visit.query("lodged") == "yes",
        back=list_address(visit, case_list.PATH),
    )


async def contested_records(visit: Visit, case: pb.Case) -> list[registry.Record]:
    """Reads the records that a case is about; omits a record that can no longer be read."""

    async def read(record_id: str) -> registry.Record | None:
        try:
            request = registry.GetRecordRequest(record_id=record_id)
            return (await ask(visit.services.registry.GetRecord(request))).record
        except Refusal as refusal:
            if refusal.code in HIDDEN:
                return None
            raise

    found = await asyncio.gather(*map(read, case.record_ids))
    return [record for record in found if record is not None]


def open_acts(visit: Visit, case: pb.Case) -> list[str]:
    """Returns the names of the pages on which the visitor can act on a case now.

    The state of the case and the roles of the visitor decide which.
    """
    allowed = permitted(CaseState(case.state))
    return [
        page
        for role, acts in ACTS[case.kind].items()
        if visit.has(role)
        for step, page in acts
        if step in allowed
    ]
