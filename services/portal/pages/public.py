"""Public pages: search for a firm, and its credit."""

from __future__ import annotations

import asyncio
import re

import grpc
from starlette.responses import Response

from law.errors import LawError, NotFound
from law.evidence import RecordKind
from law.identifiers import check_credit_code
from law.texts_in_force.load import load
from plumbing.client import Refusal, ask
from protos.grading.v1 import grading_pb2 as grading
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import announcements
from services.portal.pages.reading import ALL, HIDDEN, colours_of, grade_of
from services.portal.pictures.colour_board import COLOURS
from services.portal.visit import Visit

PAGE_SIZE = 20
SHORTEST_NAME = 2
_CREDIT_CODE_LENGTH = 18
_NUMBER = re.compile("[0-9a-f]{6,36}")  # the beginning of a firm's number, as pages show it
COMMITMENTS = (
    RecordKind.COMMITMENT_MADE,
    RecordKind.COMMITMENT_KEPT,
    RecordKind.COMMITMENT_MISSING,
    RecordKind.COMMITMENT_BROKEN,
)


async def search(visit: Visit) -> Response:
    """Finds firms by two characters of the name, pinyin initials, credit code or number."""
    asked = visit.query("q")
    if _is_credit_code(asked):
        return visit.redirect(f"/firms/{asked.upper()}")
    errors, found, more = {}, [], ""
    if asked and len(asked) < SHORTEST_NAME:
        errors["q"] = visit.say("请至少输入两个字，或者完整的统一社会信用代码")
    elif asked:
        if number := await _numbered(visit, asked):
            return visit.redirect(f"/firms/{number}")
        request = registry.ListSubjectsRequest(
            name_contains=asked, page_size=PAGE_SIZE, page_token=visit.query("page")
        )
        answer = await ask(visit.services.registry.ListSubjects(request))
        found, more = list(answer.subjects), answer.next_page_token
    return visit.page(
        "public/search.html", public=True, asked=asked, found=found, more=more, errors=errors
    )


async def _numbered(visit: Visit, asked: str) -> str:
    """The id of the firm whose number begins with a text; empty if there is none."""
    if not _NUMBER.fullmatch(asked):
        return ""
    try:
        request = registry.GetSubjectRequest(subject_id=asked)
        return (await ask(visit.services.registry.GetSubject(request))).subject.subject_id
    except Refusal as refusal:
        if refusal.code in (*HIDDEN, grpc.StatusCode.INVALID_ARGUMENT):
            return ""
        raise


async def firm(visit: Visit) -> Response:
    """Shows what is public of a firm: grade, disclosed records, colours of its instruments."""
    request = registry.GetSubjectRequest(subject_id=visit.path("subject_id"))
    subject = (await ask(visit.services.registry.GetSubject(request))).subject
    if not _is_at(subject, visit.path("subject_id")):
        return visit.redirect(f"/firms/{subject.subject_id}")  # joined, or has another code now
    wanted = registry.ListDisclosedRecordsRequest(subject_id=subject.subject_id, page_size=ALL)
    grade, disclosed, colours, repaired = await asyncio.gather(
        grade_of(visit, subject.subject_id),
        ask(visit.services.registry.ListDisclosedRecords(wanted)),
        _colours(visit, subject.subject_id),
        announcements.of_firm(visit, subject.subject_id),
    )
    return visit.page(
        "public/firm.html",
        public=True,
        subject=subject,
        grade=grade,
        grade_cite=_cite_of(grade),
        disclosed=[one for one in disclosed.records if one.record.kind not in COMMITMENTS],
        commitments=[one for one in disclosed.records if one.record.kind in COMMITMENTS],
        colours=colours,
        repaired=repaired,
    )


def _is_at(subject: registry.Subject, asked: str) -> bool:
    """Whether a firm still has the id or the credit code by which it was asked for."""
    return subject.credit_code == asked.upper() or subject.subject_id.startswith(asked.lower())


async def _colours(visit: Visit, subject_id: str) -> dict[str, int] | None:
    """The firm's instruments by colour; None if it has none, or is not known to alerts yet."""
    counted = await colours_of(visit, subject_id)
    return {colour: counted.get(colour, 0) for colour in COLOURS} if counted else None


def _cite_of(grade: grading.Grade | None) -> str:
    """The article that defines a grade; empty if the text of the grade is not known here."""
    if grade is None or not grade.grade:
        return ""
    try:
        return load(grade.ruleset_id).grade(grade.grade).cite
    except (NotFound, ValueError):
        return ""


def _is_credit_code(asked: str) -> bool:
    if len(asked) != _CREDIT_CODE_LENGTH:
        return False
    try:
        check_credit_code(asked.upper())
    except LawError:
        return False
    return True
