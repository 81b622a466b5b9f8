"""The page on which a caseworker makes a part of a subject a subject of its own."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from law.evidence import SubjectKind
from plumbing.client import Refusal, ask
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import lives_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.reading import ALL, records_of, subject, today
from services.portal.visit import Visit
from services.portal.wording import N_, SECTORS

FIELDS = ("name", "credit_code", "kind", "sector", "address", "person_in_charge", "email", "phone")


async def split(visit: Visit) -> Response:
    """Shows what may go with a part; the form proposes the split to the unit head."""
    firm = await subject(visit, visit.path("subject_id"))
    if visit.request.method == "GET":
        return await _page(visit, firm)
    errors = _faults(visit)
    if errors:
        return await _page(visit, firm, 422, errors=errors)
    try:
        answer = await ask(visit.services.lives.SplitSubject(_request(visit, firm)))
    except Refusal as refusal:
        return await _page(visit, firm, 422, **_of_the_form(told(visit, refusal)))
    return visit.redirect(f"/proposals/{answer.proposal.proposal_id}")


def _faults(visit: Visit) -> dict[str, str]:
    errors = {}
    if not visit.field("name"):
        errors["name"] = visit.say(N_("请填写主体的名称"))
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    if visit.field("on") and not is_day(visit.field("on")):
        errors["on"] = visit.say(NOT_A_DAY)
    return errors


def _of_the_form(values: dict[str, Any]) -> dict[str, Any]:
    """The faults by the names of the form: the fields of the part have no prefix there."""
    errors = values["errors"].items()
    return {**values, "errors": {name.removeprefix("part."): text for name, text in errors}}


def _request(visit: Visit, firm: registry.Subject) -> pb.SplitSubjectRequest:
    part = registry.Subject(bureau=firm.bureau, kind=firm.kind, sector=firm.sector)
    for name in FIELDS:
        setattr(part, name, visit.field(name) or getattr(part, name))
    return pb.SplitSubjectRequest(
        request_id=visit.request_id(),
        subject_id=firm.subject_id,
        version=visit.whole("version") or firm.version,
        part=part,
        instrument_ids=visit.fields("instrument_ids"),
        record_ids=visit.fields("record_ids"),
        account_ids=visit.fields("account_ids"),
        on=visit.field("on"),
        ground=visit.field("ground"),
    )


async def _page(visit: Visit, firm: registry.Subject, status: int = 200, **values: Any) -> Response:
    request = registry.ListInstrumentsRequest(subject_id=firm.subject_id, page_size=ALL)
    colleagues = identity.ListColleaguesRequest(subject_id=firm.subject_id, page_size=ALL)
    instruments, records, people = await asyncio.gather(
        ask(visit.services.registry.ListInstruments(request)),
        records_of(visit, firm.subject_id),
        ask(visit.services.identity.ListColleagues(colleagues)),
    )
    of_form = ("instrument_ids", "record_ids", "account_ids")
    chosen = [one for name in of_form for one in visit.fields(name)] if visit.form else []
    return visit.page(
        "subjects/split.html",
        status=status,
        firm=firm,
        instruments=instruments.instruments,
        more=bool(instruments.next_page_token),
        records=records,
        accounts=people.accounts,
        today=await today(visit),
        chosen=chosen,
        form=visit.form or {"kind": firm.kind, "sector": firm.sector},
        kinds=list(SubjectKind),
        sectors=list(SECTORS),
        **values,
    )
