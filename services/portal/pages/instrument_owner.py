"""The page on which a caseworker gives an instrument to another owner on file.

The owner is looked for by name, chosen, and checked before anything changes.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import Chunk, chunk_of
from services.portal.pages.instrument_forms import of_the_form, read_instrument
from services.portal.pages.moving_orders import moving_orders
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/instruments/{instrument_id}/owner"
MOST = 20  # found owners to choose from; more than these are narrowed by a longer name
_NO_NAME = {"q": N_("请填写新的使用单位的名称或者统一社会信用代码")}
_NOBODY = {"q": N_("没有找到另一个这样的使用单位；登记以后才能变更到它名下")}
_NO_CHOICE = {"owner": N_("请选择新的使用单位")}


async def change_owner(visit: Visit) -> Response:
    """Looks for the new owner, shows what would change, and changes it or proposes it."""
    instrument = await read_instrument(visit)
    if visit.request.method == "GET" or visit.field("step") == "again":
        return await _page(visit, instrument)
    found = await _found(visit, instrument.subject_id)
    if not found.rows:
        return await _page(visit, instrument, _NOBODY if visit.field("q") else _NO_NAME)
    chosen = next((one for one in found.rows if one.subject_id == visit.field("owner")), None)
    if chosen is None:
        looked = visit.field("step") == "find"
        return await _page(visit, instrument, {} if looked else _NO_CHOICE, found=found)
    instrument.subject_id = chosen.subject_id
    instrument.version = visit.whole("version") or instrument.version
    request = registry.PutInstrumentRequest(
        request_id=visit.request_id(),
        instrument=instrument,
        check_only=visit.field("step") != "send",
    )
    try:
        changed = await ask(visit.services.registry.PutInstrument(request))
    except Refusal as refusal:
        told, message = of_the_form(visit, refusal)
        return await _page(visit, await read_instrument(visit), told, message, found)
    if request.check_only:
        former = await _owner(visit, (await read_instrument(visit)).subject_id)
        return visit.page(
            "instruments/owner_check.html",
            instrument=instrument,
            former=former,
            owner=chosen,
            form=visit.form,
            waits=bool(changed.proposal.proposal_id),
            orders=await moving_orders(visit, instrument.instrument_id),
        )
    if changed.proposal.proposal_id:
        return visit.redirect(f"/proposals/{changed.proposal.proposal_id}")
    return visit.redirect(f"/instruments/{instrument.instrument_id}?changed=yes")


async def _found(visit: Visit, present: str) -> Chunk[registry.Subject]:
    """The first subjects on file, but the present owner, by a part of the name or by their code."""
    written = visit.field("q").strip()
    if not written:
        return Chunk([])
    request = registry.ListSubjectsRequest(name_contains=written, page_size=MOST)
    answer = await ask(visit.services.registry.ListSubjects(request))
    named = [*answer.subjects] or [one for one in [await _by_code(visit, written)] if one]
    return chunk_of(answer, [one for one in named if one.subject_id != present])


async def _by_code(visit: Visit, written: str) -> registry.Subject | None:
    try:
        return await _owner(visit, written)
    except Refusal:
        return None


async def _owner(visit: Visit, subject_id: str) -> registry.Subject:
    request = registry.GetSubjectRequest(subject_id=subject_id)
    return (await ask(visit.services.registry.GetSubject(request))).subject


async def _page(
    visit: Visit,
    instrument: registry.Instrument,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
    found: Chunk[registry.Subject] | None = None,
) -> Response:
    return visit.page(
        "instruments/owner.html",
        status=422 if errors or refusal else 200,
        instrument=instrument,
        owner=await _owner(visit, instrument.subject_id),
        found=found or Chunk([]),
        errors={name: visit.say(text) for name, text in (errors or {}).items()},
        refusal=refusal,
        form=visit.form,
    )
