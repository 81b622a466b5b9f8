"""The page on which the type, number and rotation day of an instrument are corrected.

Its bureau corrects them, and what a second person must release is only proposed; its owner asks
for the correction, which a caseworker releases.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from law.instruments import catalogue
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.instrument_forms import of_the_form, read_instrument
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/instruments/{instrument_id}/edit"
FIELDS = ("type_code", "serial_no", "rotate_on")
OPEN_TO = (Role.OPERATOR, Role.CASEWORKER, Role.INSPECTOR)
_NEEDED = {
    "type_code": N_("请选择器具类型"),
    "serial_no": N_("请填写出厂编号，例如 20260123"),
    "ground": N_("请写明理由，例如：铭牌上的编号是 20260123"),
}
_UNCHANGED = N_("没有改动：请修改类型、出厂编号或者轮换日期")


async def correct(visit: Visit) -> Response:
    """Asks what is right and why, shows what follows, and corrects it or proposes that."""
    instrument = await read_instrument(visit)
    if visit.request.method == "GET":
        return _page(visit, instrument, {name: getattr(instrument, name) for name in FIELDS})
    form = {name: visit.field(name) for name in (*FIELDS, "ground")}
    if visit.field("step") == "again":
        return _page(visit, instrument, form)
    errors = {name: visit.say(text) for name, text in _NEEDED.items() if not form[name]}
    unchanged = all(form[name] == getattr(instrument, name) for name in FIELDS)
    if errors or unchanged:
        return _page(visit, instrument, form, errors, "" if errors else visit.say(_UNCHANGED))
    seen = visit.whole("version") or instrument.version
    request = _request(visit, instrument, form, seen)
    try:
        answer = await ask(visit.services.registry.PutInstrument(request))
    except Refusal as refusal:
        # Somebody else changed it meanwhile: the form then changes what they wrote.
        present = await read_instrument(visit)
        return _page(visit, present, form, *of_the_form(visit, refusal))
    if request.check_only:
        return await _check(visit, instrument, form, seen, answer)
    if answer.proposal.proposal_id:
        return visit.redirect(f"/proposals/{answer.proposal.proposal_id}")
    return visit.redirect(f"/instruments/{instrument.instrument_id}?changed=yes")


def _request(
    visit: Visit, instrument: registry.Instrument, form: Mapping[str, str], seen: int
) -> registry.PutInstrumentRequest:
    changed = registry.Instrument()
    changed.CopyFrom(instrument)
    for name in FIELDS:
        setattr(changed, name, form[name])
    changed.version = seen
    return registry.PutInstrumentRequest(
        request_id=visit.request_id(),
        instrument=changed,
        ground=form["ground"],
        check_only=visit.field("step") != "send",
    )


async def _check(
    visit: Visit,
    instrument: registry.Instrument,
    form: Mapping[str, str],
    seen: int,
    answer: registry.PutInstrumentResponse,
) -> Response:
    """What would change, the colour before and after, and the application that it concerns."""
    which = instrument.instrument_id
    coloured = alerts.ListColoursRequest(instrument_id=which)
    opened = orders.ListOrdersRequest(instrument_id=which, open=True, page_size=1)
    present = (await ask(visit.services.alerts.ListColours(coloured))).instruments
    return visit.page(
        "instruments/edit_check.html",
        instrument=instrument,
        form=form,
        seen=seen,
        coloured=present[0] if present else None,
        then=answer,
        orders=(await ask(visit.services.orders.ListOrders(opened))).orders,
    )


def _page(
    visit: Visit,
    instrument: registry.Instrument,
    form: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> Response:
    return visit.page(
        "instruments/edit.html",
        status=422 if errors or refusal else 200,
        instrument=instrument,
        form=form,
        types={
            code: visit.words.instrument_type(code)
            for code in dict.fromkeys((*catalogue(), instrument.type_code))
        },
        errors=errors or {},
        refusal=refusal,
    )
