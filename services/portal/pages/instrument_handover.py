"""The page on which an owner asks its bureau to give an instrument to another owner on file."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.instrument_forms import of_the_form, read_instrument
from services.portal.pages.moving_orders import moving_orders
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/instruments/{instrument_id}/handover"
_NEEDED = {
    "subject_id": N_("请填写新的使用单位的统一社会信用代码"),
    "ground": N_("请写明理由，例如：2026年10月8日卖给该单位，发票号 12345678"),
}


async def ask_for(visit: Visit) -> Response:
    """Asks who has the instrument now and why, shows what follows, and proposes the change."""
    instrument = await read_instrument(visit)
    form = {name: visit.field(name) for name in _NEEDED}
    if visit.request.method == "GET" or visit.field("step") == "again":
        return _page(visit, instrument, form)
    if errors := {name: visit.say(text) for name, text in _NEEDED.items() if not form[name]}:
        return _page(visit, instrument, form, errors)
    seen = visit.whole("version") or instrument.version
    changed = registry.Instrument()
    changed.CopyFrom(instrument)
    changed.subject_id, changed.version = form["subject_id"].upper(), seen
    # The change has the owner's id, which nobody knows by heart: the ground has its code.
    ground = visit.say(N_("{ground}（新的使用单位 {code}）"))
    request = registry.PutInstrumentRequest(
        request_id=visit.request_id(),
        instrument=changed,
        ground=ground.format(ground=form["ground"], code=changed.subject_id),
        check_only=visit.field("step") != "send",
    )
    try:
        answer = await ask(visit.services.registry.PutInstrument(request))
    except Refusal as refusal:
        present = await read_instrument(visit)
        return _page(visit, present, form, *of_the_form(visit, refusal))
    if request.check_only:
        return visit.page(
            "instruments/handover_check.html",
            instrument=instrument,
            form=form,
            seen=seen,
            then=answer,
            orders=await moving_orders(visit, instrument.instrument_id),
        )
    return visit.redirect(f"/proposals/{answer.proposal.proposal_id}")


def _page(
    visit: Visit,
    instrument: registry.Instrument,
    form: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> Response:
    return visit.page(
        "instruments/handover.html",
        status=422 if errors or refusal else 200,
        instrument=instrument,
        form=form,
        errors=errors or {},
        refusal=refusal,
    )
