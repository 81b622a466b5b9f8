"""Public pages: search for a firm, and its credit."""

from __future__ import annotations

from starlette.responses import Response

from law.errors import LawError
from law.identifiers import check_credit_code
from plumbing.client import ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.reading import grade_of
from services.portal.visit import Visit

PAGE_SIZE = 20
SHORTEST_NAME = 2
_CREDIT_CODE_LENGTH = 18


async def search(visit: Visit) -> Response:
    """Finds firms by at least two characters of their name, or one firm by its credit code."""
    asked = visit.query("q")
    if _is_credit_code(asked):
        return visit.redirect(f"/firms/{asked.upper()}")
    errors, found, more = {}, [], ""
    if asked and len(asked) < SHORTEST_NAME:
        errors["q"] = visit.say("请至少输入两个字，或者完整的统一社会信用代码")
    elif asked:
        request = registry.ListSubjectsRequest(
            name_contains=asked, page_size=PAGE_SIZE, page_token=visit.query("page")
        )
        answer = await ask(visit.services.registry.ListSubjects(request))
        found, more = list(answer.subjects), answer.next_page_token
    return visit.page(
        "public/search.html", public=True, asked=asked, found=found, more=more, errors=errors
    )


async def firm(visit: Visit) -> Response:
    """Shows the grade and the records of a firm that the disclosure rules make public."""
    request = registry.GetSubjectRequest(subject_id=visit.path("subject_id"))
    subject = (await ask(visit.services.registry.GetSubject(request))).subject
    records = registry.ListRecordsRequest(subject_id=subject.subject_id, page_size=100)
    disclosed = await ask(visit.services.registry.ListRecords(records))
    return visit.page(
        "public/firm.html",
        public=True,
        subject=subject,
        grade=await grade_of(visit, subject.subject_id),
        disclosed=disclosed.records,
    )


def _is_credit_code(asked: str) -> bool:
    if len(asked) != _CREDIT_CODE_LENGTH:
        return False
    try:
        check_credit_code(asked.upper())
    except LawError:
        return False
    return True
