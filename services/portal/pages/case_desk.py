"""Who has a case, and what the people of a bureau note on it: taken, given, noted, read.

The subject of a case sees none of these pages, and no note on its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from starlette.responses import Response

from law.objection import CaseState
from plumbing.client import Refusal, ask, derived_request_id
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from services.portal.listing import list_address
from services.portal.pages.absences import stood_in_for
from services.portal.pages.case_powers import is_heard_by
from services.portal.pages.forms import told
from services.portal.pages.reading import ALL, account_names, subject
from services.portal.pages.tasks import Task
from services.portal.visit import Visit, message_of
from services.portal.wording import N_

DESK = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
WAITING = (
    *(CaseState.LODGED, CaseState.SUPPLEMENT_REQUESTED),
    *(CaseState.ACCEPTED, CaseState.EXTENSION_REQUESTED),
)
_SHOWN = 5  # newest notes on the page of a case
_LIST = "/cases"


@dataclass(frozen=True)
class CaseDesk:
    """What the page of a case shows to the people of its bureau alone."""

    may_take: bool
    may_give: bool
    notes: list[desk.CaseNote]
    more: bool
    names: Mapping[str, str] = field(default_factory=dict)
    unread: bool = False


async def on_page(visit: Visit, case: pb.Case) -> CaseDesk | None:
    """Reads the notes on a case and who may take or give it; None for a visitor without a desk.

    None as well if the case is of a bureau outside the visitor's scope, such as a reconsideration
    that the first bureau may read.
    """
    if not visit.has(*DESK):
        return None
    request = desk.ListCaseNotesRequest(case_id=case.case_id, page_size=_SHOWN)
    try:
        answer = await ask(visit.services.desk.ListCaseNotes(request))
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return None  # the page of the case is shown all the same
    waits, me = case.state in WAITING, visit.person.account_id
    notes = list(answer.notes)
    named = {one for note in notes for one in (note.author, *note.mentions)}
    away = await stood_in_for(visit)
    return CaseDesk(
        may_take=waits and not case.caseworker and is_heard_by(visit, case),
        may_give=waits and (visit.has(Role.UNIT_HEAD) or case.caseworker in {me, *away}),
        notes=notes,
        more=bool(answer.next_page_token),
        names=await account_names(visit, named),
        unread=any(me in note.mentions for note in notes),
    )


async def assign(visit: Visit) -> Response:
    """Takes a case, or gives it to a colleague; says who has it if somebody was quicker."""
    if visit.request.method == "GET":
        return await _assign_form(visit)
    if not visit.field("account_id"):
        errors = {"account_id": visit.say(N_("请选择由谁办理"))}
        return await _assign_form(visit, 422, errors=errors)
    request = desk.AssignCaseRequest(
        request_id=visit.request_id(),
        case_id=visit.path("case_id"),
        account_id=visit.field("account_id"),
        from_account=visit.field("from_account"),
        reasons=visit.field("reasons"),
    )
    try:
        await ask(visit.services.desk.AssignCase(request))
    except Refusal as refusal:
        return await _assign_form(visit, 409, **told(visit, refusal))
    return visit.redirect(f"{_LIST}/{visit.path('case_id')}")


async def _assign_form(visit: Visit, status: int = 200, **values: Any) -> Response:
    case_id = visit.path("case_id")
    answer, found = await asyncio.gather(
        ask(visit.services.objection.GetCase(pb.GetCaseRequest(case_id=case_id))),
        ask(visit.services.desk.ListAssignees(desk.ListAssigneesRequest(case_id=case_id))),
    )
    case = answer.case
    people = found.people
    return visit.page(
        "cases/assign.html",
        status=status,
        case=case,
        firm=await subject(visit, case.subject_id),
        options=[
            (one.account_id, _with_absence(visit, one))
            for one in people
            if not one.cite and one.account_id != case.caseworker
        ],
        standbacks=[one for one in people if one.cite],
        has=(await account_names(visit, [case.caseworker])).get(case.caseworker, ""),
        form=visit.form,
        **values,
    )


def _with_absence(visit: Visit, person: desk.Assignee) -> str:
    """The name of a person, and until when they are away."""
    if not person.away_until:
        return person.name
    sentence = visit.say(N_("{name}（外出至 {day}，由{substitute}代理）"))
    return sentence.format(
        name=person.name, day=visit.words.day(person.away_until), substitute=person.substitute
    )


async def take_chosen(visit: Visit) -> Response:
    """Takes the chosen cases and shows, for each, that the visitor has it or why not."""
    back = list_address(visit, _LIST)
    if visit.request.method == "GET":
        return visit.redirect(back)
    chosen = list(dict.fromkeys(visit.fields("chosen")))
    if not chosen:
        errors = {"chosen": visit.say(N_("请先在列表中选择要办理的案件"))}
        return visit.page("cases/taken.html", status=422, errors=errors, results=[], back=back)
    results = [(await _case(visit, one), await _taken(visit, one)) for one in chosen]
    return visit.page("cases/taken.html", results=results, back=back)


async def _case(visit: Visit, case_id: str) -> pb.Case:
    return (await ask(visit.services.objection.GetCase(pb.GetCaseRequest(case_id=case_id)))).case


async def _taken(visit: Visit, case_id: str) -> str:
    """Takes a case; returns why that was refused, or an empty text."""
    request = desk.AssignCaseRequest(
        request_id=derived_request_id("take", visit.request_id(), case_id), case_id=case_id
    )
    try:
        await ask(visit.services.desk.AssignCase(request))
    except Refusal as refusal:
        return message_of(refusal, visit.language)
    return ""


async def notes(visit: Visit) -> Response:
    """Shows the notes on a case; adds one, or confirms that the visitor has read those for them."""
    if visit.request.method == "GET":
        return await _notes_page(visit)
    case_id = visit.path("case_id")
    if visit.field("act") == "seen":
        request = desk.SeeMentionsRequest(request_id=visit.request_id(), case_id=case_id)
        await ask(visit.services.desk.SeeMentions(request))
        return visit.redirect(f"{_LIST}/{case_id}")
    if not visit.field("note"):
        errors = {"note": visit.say(N_("请写明备注的内容"))}
        return await _notes_page(visit, 422, errors=errors)
    note = desk.AddCaseNoteRequest(
        request_id=visit.request_id(),
        case_id=case_id,
        note=visit.field("note"),
        mentions=dict.fromkeys(visit.fields("mentions")),
    )
    try:
        await ask(visit.services.desk.AddCaseNote(note))
    except Refusal as refusal:
        return await _notes_page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{_LIST}/{case_id}/notes")


async def _notes_page(visit: Visit, status: int = 200, **values: Any) -> Response:
    case_id = visit.path("case_id")
    request = desk.ListCaseNotesRequest(case_id=case_id, page_token=visit.query("page"))
    case, answer, people = await asyncio.gather(
        _case(visit, case_id),
        ask(visit.services.desk.ListCaseNotes(request)),
        ask(visit.services.identity.ListUnitPeople(identity.ListUnitPeopleRequest(page_size=ALL))),
    )
    me = visit.person.account_id
    named = {one for note in answer.notes for one in (note.author, *note.mentions)}
    return visit.page(
        "cases/notes.html",
        status=status,
        case=case,
        notes=answer.notes,
        more=answer.next_page_token,
        names=await account_names(visit, named),
        colleagues=[
            (one.account_id, one.display_name) for one in people.people if one.account_id != me
        ],
        chosen=visit.fields("mentions") if values else [],
        form=visit.form,
        **values,
    )


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each case with a note that names the visitor and is not confirmed."""
    if not visit.has(*DESK):
        return []
    found = (await ask(visit.services.desk.ListMentions(desk.ListMentionsRequest()))).notes
    names = await account_names(visit, (note.author for note in found))
    sentence = visit.say(N_("查看{person}请您留意的备注（{number}）"))
    by_case = {note.case_id: note for note in found}
    return [
        Task(
            sentence.format(person=names.get(note.author, ""), number=note.case_number),
            f"{_LIST}/{note.case_id}/notes",
            "",
            (1, ""),
        )
        for note in by_case.values()
    ]
