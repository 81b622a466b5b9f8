"""The frame of an act in a case: its form, its letter, the act itself, and what refused it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.case_powers import open_pages, require_page
from services.portal.pages.case_timeline import latest
from services.portal.pages.reading import firm_of
from services.portal.visit import Visit, faults_by_field, last_name, message_of

Send = Callable[[pb.Case], Awaitable[Any]]
Preview = Callable[[pb.Case], Awaitable[desk.PreviewLetterResponse]]
# What the services refuse because of what was written, rather than of who writes.
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.ABORTED,
)


async def act(
    visit: Visit,
    template: str,
    send: Send,
    *,
    needed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    field_of: Callable[[str], str] = last_name,
    letter: Preview | None = None,
    **values: Any,
) -> Response:
    """The form of an act, the letter that it would send, or the act itself and then the case."""
    case = await case_of(visit)
    if visit.request.method == "GET":
        return await form(visit, template, case, **values)
    errors = missing(visit, needed or {}) | (errors or {})
    if errors:
        return await form(visit, template, case, 422, errors=errors, **values)
    try:
        if letter is not None and visit.field("act") == "preview":
            return await form(visit, template, case, letter=await letter(case), **values)
        await send(case)
    except Refusal as refusal:
        return await refused(visit, template, refusal, values, field_of)
    return visit.redirect(f"/cases/{case.case_id}")


async def refused(
    visit: Visit,
    template: str,
    refusal: Refusal,
    values: dict[str, Any],
    field_of: Callable[[str], str],
) -> Response:
    """The form of an act with what refused it; raises a refusal of the person instead."""
    if refusal.code not in _OF_THE_FORM:
        raise refusal
    case = await case_of(visit)  # somebody else may have acted since the page was opened
    is_stale = _is_stale(visit, case)
    told = {
        "refusal": message_of(refusal, visit.language),
        "errors": faults_by_field(refusal, visit.language, field_of),
        "is_stale": is_stale,
        "happened": await latest(visit, case.case_id),
    }
    return await form(visit, template, case, 409 if is_stale else 422, **(values | told))


def _is_stale(visit: Visit, case: pb.Case) -> bool:
    """Whether the act of this page is no longer possible in the case."""
    return _page(visit) not in open_pages(visit, case)


def _page(visit: Visit) -> str:
    """The page of acts that the visitor has opened, as `case_powers` names it."""
    act = visit.request.url.path.split("/")[3]
    return {"conditions": "decide-repair"}.get(act, act)


async def form(
    visit: Visit, template: str, case: pb.Case, status: int = 200, **values: Any
) -> Response:
    """Returns the page of an act in a case, with what was written so far."""
    return visit.page(
        template,
        status=status,
        case=case,
        firm=await firm_of(visit, case),
        form=visit.form,
        **values,
    )


async def case_of(visit: Visit) -> pb.Case:
    """Returns the case of the page; refuses an act that the visitor may not do in it."""
    request = pb.GetCaseRequest(case_id=visit.path("case_id"))
    case = (await ask(visit.services.objection.GetCase(request))).case
    require_page(visit, case, _page(visit))
    return case


def missing(visit: Visit, needed: dict[str, str]) -> dict[str, str]:
    """Returns what is said of each field that has to be filled in and is not."""
    return {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}
