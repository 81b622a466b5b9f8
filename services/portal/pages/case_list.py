"""The work list of the bureau: cases by remaining term, with filters, and several accepted at once.

A filter that only another page sets, such as a day up to which cases end, is shown once it is set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from law.evidence import Sector
from law.objection import CaseKind, CaseState
from plumbing.client import Refusal, ask, derived_request_id
from plumbing.clock import SHANGHAI
from plumbing.identity import Role, scope_prefix
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    list_address,
    show,
)
from services.portal.pages.absences import stood_in_for
from services.portal.pages.case_desk import WAITING
from services.portal.pages.case_powers import is_heard_by
from services.portal.pages.reading import account_names, bureau_names, subject_names
from services.portal.visit import Visit, message_of
from services.portal.wording import N_

PATH = "/cases"
_HEARS = (Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)
_DAYS = {
    "due_from": N_("到期不早于"),
    "due_to": N_("到期不晚于"),
    "accept_from": N_("应决定受理不早于"),
    "accept_to": N_("应决定受理不晚于"),
    "lodged_from": N_("提交不早于"),
    "lodged_to": N_("提交不晚于"),
    "decided_from": N_("决定不早于"),
    "decided_to": N_("决定不晚于"),
}


@dataclass(frozen=True)
class Row:
    """A case with its subject, if the visitor may see it, and the name of its caseworker.

    `until` is the last day on which the visitor stands in for the caseworker; empty if they do not.
    """

    case: pb.Case
    firm: registry.Subject | None
    caseworker: str
    until: str = ""


async def listing(visit: Visit) -> Response:
    """Shows the cases that the visitor may see; the address has the filters and the order."""
    shown: Listing[Row] = Listing(
        path=PATH,
        title=N_("案件"),
        columns=[
            Column(N_("案件"), lambda row: _title(visit, row)),
            Column(N_("主体"), partial(_firm, visit)),
            Column(N_("状态"), lambda row: _state(visit, row)),
            Column(N_("期限"), partial(_term, visit), order_by="due_on"),
            Column(N_("办理人"), partial(_person, visit)),
            Column(
                N_("提交时间"),
                lambda row: row.case.lodged_at.ToDatetime(SHANGHAI),
                order_by="lodged_at",
            ),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的案件。"),
        filters=await _filters(visit),
        key=partial(_key, visit) if visit.has(*_HEARS) else None,
        counted=N_("共 {total} 件，第 {first}–{last} 件"),
    )
    return await show(visit, shown, "cases/work.html")


async def accept_chosen(visit: Visit) -> Response:
    """Accepts the chosen cases and shows, for each, the term that began or why it was refused."""
    back = list_address(visit, PATH)
    if visit.request.method == "GET":
        return visit.redirect(back)
    chosen = list(dict.fromkeys(visit.fields("chosen")))
    if not chosen:
        errors = {"chosen": visit.say(N_("请先在列表中选择要受理的案件"))}
        return visit.page("cases/accepted.html", status=422, errors=errors, results=[], back=back)
    cases = await asyncio.gather(*(_case(visit, case_id) for case_id in chosen))
    results = [(case, *await _accept(visit, case)) for case in cases]
    return visit.page("cases/accepted.html", results=results, back=back)


async def _case(visit: Visit, case_id: str) -> pb.Case:
    request = pb.GetCaseRequest(case_id=case_id)
    return (await ask(visit.services.objection.GetCase(request))).case


async def _accept(visit: Visit, case: pb.Case) -> tuple[pb.Case | None, str]:
    """The accepted case, or the reason why it was refused; the other of the two is empty."""
    # A form that is sent twice asks for the same acts, which are then done once.
    which = {
        "request_id": derived_request_id("accept", visit.request_id(), case.case_id),
        "case_id": case.case_id,
    }
    try:
        if case.kind == CaseKind.REPAIR:
            call = visit.services.repair.AcceptRepair(repair.AcceptRepairRequest(**which))
            return (await ask(call)).case, ""
        request = pb.AcceptObjectionRequest(**which)
        return (await ask(visit.services.objection.AcceptObjection(request))).case, ""
    except Refusal as refusal:
        return None, message_of(refusal, visit.language)


async def _read(visit: Visit, asked: Asked) -> Chunk[Row]:
    away = await _away(visit)
    days: dict[str, Any] = {name: asked[name] for name in _DAYS}
    request = pb.ListCasesRequest(
        subject_id=asked["subject"],
        kind=asked["kind"],
        state=asked["state"],
        sector=asked["sector"],
        caseworker=asked["caseworker"],
        caseworkers=[visit.person.account_id, *away] if asked["mine"] else [],
        include_closed=bool(asked["closed"]),
        late=bool(asked["late"]),
        unassigned=bool(asked["unassigned"]),
        name_contains=asked["q"],
        bureau=asked["bureau"],
        order_by=asked.order_by,
        **days,
        **asked.paging,
    )
    answer = await ask(visit.services.objection.ListCases(request))
    firms, people = await asyncio.gather(
        subject_names(visit, (case.subject_id for case in answer.cases)),
        account_names(visit, (case.caseworker for case in answer.cases)),
    )
    rows = [
        Row(
            case,
            firms.get(case.subject_id),
            people.get(case.caseworker, ""),
            away.get(case.caseworker, ""),
        )
        for case in answer.cases
    ]
    return chunk_of(answer, rows)


async def _away(visit: Visit) -> Mapping[str, str]:
    """For whom a caseworker stands in today: the last day of each absence, by account."""
    if not visit.has(Role.CASEWORKER):
        return {}
    return {account: one.to_on for account, one in (await stood_in_for(visit)).items()}


async def _filters(visit: Visit) -> list[Filter]:
    words, mine = visit.words, Filter("mine", N_("只看我办理和代理的"), box=True)
    usual = [
        Filter("q", N_("主体名称中有"), asks="name_contains"),
        *await _units(visit),
        Filter("sector", N_("行业领域"), [(one.value, words.sector(one)) for one in Sector]),
        Filter("kind", N_("类别"), [(one.value, words.case_kind_of(one)) for one in CaseKind]),
        Filter("state", N_("状态"), [(one.value, words.case_state(one).word) for one in CaseState]),
        *([mine] if visit.has(*_HEARS) else []),
        Filter("unassigned", N_("只看还没有人办理的"), box=True),
        Filter("closed", N_("包括已办结的"), box=True),
    ]
    return [*usual, *await _given(visit)]


async def _units(visit: Visit) -> list[Filter]:
    """The choice among the bureaus of the visitor's scope, its own first; none if it has one."""
    own = visit.person.bureau
    names = await bureau_names(visit)
    prefix = scope_prefix(own)
    below = sorted(code for code in names if code.startswith(prefix) and code != own)
    if not own or not below:
        return []
    mine = visit.say(N_("{name}（本单位）")).format(name=names.get(own, own))
    return [Filter("bureau", N_("单位"), [(own, mine), *((one, names[one]) for one in below)])]


async def _given(visit: Visit) -> list[Filter]:
    """The filters that a number or a link of another page has set."""
    person, firm = visit.query("caseworker"), visit.query("subject")
    people = await account_names(visit, [person])
    firms = await subject_names(visit, [firm])
    given = [Filter(name, label) for name, label in _DAYS.items() if visit.query(name)]
    if people:
        given.append(Filter("caseworker", N_("办理人"), list(people.items())))
    if firms:
        given.append(Filter("subject", N_("主体"), [(firm, firms[firm].name)]))
    if visit.query("late"):
        given.append(Filter("late", N_("只看逾期决定的"), box=True))
    return given


def _key(visit: Visit, row: Row) -> str:
    case = row.case
    free = case.state == CaseState.LODGED or (case.state in WAITING and not case.caseworker)
    return case.case_id if free and is_heard_by(visit, case) else ""


def _title(visit: Visit, row: Row) -> Cell:
    return Cell(visit.words.case_title(row.case), link=f"{PATH}/{row.case.case_id}")


def _firm(visit: Visit, row: Row) -> Cell:
    if row.firm is None:
        return Cell("")
    link, sector = f"/subjects/{row.firm.subject_id}", visit.words.sector(row.firm.sector)
    return Cell(row.firm.name, link=link, note=sector)


def _person(visit: Visit, row: Row) -> Cell:
    if not row.until:
        return Cell(row.caseworker)
    note = visit.say(N_("由您代理，至 {day}")).format(day=visit.words.day(row.until))
    return Cell(row.caseworker, note=note)


def _state(visit: Visit, row: Row) -> Cell:
    words, case = visit.words, row.case
    return Cell(tag=words.case_state(case.state), note=words.next_act(case.state, case.kind))


def _term(visit: Visit, row: Row) -> Cell:
    words, case = visit.words, row.case
    return Cell(words.term(case) or words.accept_by(case), link=words.term_link(case))
