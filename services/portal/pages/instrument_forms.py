"""What an operator does with its instruments: files one, changes its state, says where it stands.

Each act shows what will be sent before it is sent. Nothing depends on filing (C-20).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import grpc
from starlette.responses import Response

from law.colours.rule import InstrumentState
from law.instruments import catalogue
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as registry
from services.portal import order_words
from services.portal.pages import photographs
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

FILING_CITE = "S4 二(三)"
FIELDS = (
    *("type_code", "serial_no", "model", "measuring_range", "accuracy_class", "manufacturer"),
    *("owner_no", "location", "rotate_on", "maker_code"),
)
DETAILS = ("owner_no", "model", "measuring_range", "accuracy_class", "manufacturer")
OF_THE_BUREAU = ("non_compulsory_ground",)
_NEEDED = {
    "type_code": N_("请选择器具类型"),
    "serial_no": N_("请填写出厂编号，例如 20260123"),
}
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.ALREADY_EXISTS,
)


async def file(visit: Visit) -> Response:
    """Files a new instrument of the visitor's own firm: form, check, receipt."""
    if visit.request.method == "GET" or visit.field("step") == "again":
        return _filing_page(visit)
    errors = {name: visit.say(text) for name, text in _NEEDED.items() if not visit.field(name)}
    if errors:
        return _filing_page(visit, errors)
    instrument = registry.Instrument(subject_id=visit.person.subject_id)
    for name in FIELDS:
        setattr(instrument, name, visit.field(name))
    request = registry.PutInstrumentRequest(
        request_id=visit.request_id(),
        instrument=instrument,
        check_only=visit.field("step") != "send",
    )
    try:
        answer = await ask(visit.services.registry.PutInstrument(request))
    except Refusal as refusal:
        told, message = of_the_form(visit, refusal)
        return _filing_page(visit, told, message)
    if request.check_only:
        longest = visit.portal.settings.evidence_max_bytes
        return visit.page(
            "instruments/new_check.html", form=visit.form, fields=FIELDS, longest=longest
        )
    filed = answer.instrument.instrument_id
    if errors := await photographs.add_all(visit, filed):
        return await photographs.page(visit, filed, errors, filed=True)
    return visit.redirect(f"/instruments/{filed}?filed=yes")


def _filing_page(
    visit: Visit, errors: Mapping[str, str] | None = None, refusal: str = ""
) -> Response:
    return visit.page(
        "instruments/new.html",
        status=422 if errors or refusal else 200,
        errors=errors or {},
        refusal=refusal,
        form=visit.form,
        types={code: visit.words.instrument_type(code) for code in catalogue()},
        cite=FILING_CITE,
    )


async def change_state(visit: Visit) -> Response:
    """Changes the state of an instrument: in use, spare, stopped, or scrapped for good.

    For one with parts, such as nozzles, it may be the state of one of them.
    """
    answer = await _read(visit)
    instrument, names = answer.instrument, [one.name for one in answer.parts]
    new = visit.field("state")
    known = new in set(InstrumentState)
    if visit.request.method == "GET" or visit.field("step") == "again" or not known:
        errors = {} if visit.request.method == "GET" or known else _NO_STATE
        return _state_page(visit, instrument, names, errors)
    request = registry.SetInstrumentStateRequest(
        request_id=visit.request_id(),
        instrument_id=instrument.instrument_id,
        state=new,
        part=visit.field("part"),
        check_only=visit.field("step") != "send",
    )
    try:
        changed = await ask(visit.services.registry.SetInstrumentState(request))
    except Refusal as refusal:
        return _state_page(visit, instrument, names, *of_the_form(visit, refusal))
    if request.check_only:
        return await _state_check(visit, instrument, changed)
    if changed.proposal.proposal_id:
        return visit.redirect(f"/proposals/{changed.proposal.proposal_id}")
    return visit.redirect(f"/instruments/{instrument.instrument_id}?changed=yes")


async def _state_check(
    visit: Visit, instrument: registry.Instrument, then: registry.SetInstrumentStateResponse
) -> Response:
    """What follows from the new state, and what becomes of the open order of what is scrapped."""
    found = []
    if visit.field("state") == InstrumentState.SCRAPPED and not visit.field("part"):
        which = instrument.instrument_id
        opened = orders.ListOrdersRequest(instrument_id=which, open=True, page_size=1)
        found = [*(await ask(visit.services.orders.ListOrders(opened))).orders]
    return visit.page(
        "instruments/state_check.html",
        instrument=instrument,
        form=visit.form,
        then=then,
        orders=[(one, one.state in order_words.BY_APPLICANT) for one in found],
    )


_NO_STATE = {"state": N_("请选择新的使用状态")}


def _state_page(
    visit: Visit,
    instrument: registry.Instrument,
    names: Sequence[str],
    errors: Mapping[str, str],
    refusal: str = "",
) -> Response:
    return visit.page(
        "instruments/state.html",
        status=422 if errors or refusal else 200,
        instrument=instrument,
        states=[state.value for state in InstrumentState if names or state != instrument.state],
        names=names,
        errors={name: visit.say(text) for name, text in errors.items()},
        refusal=refusal,
        form=visit.form,
        cite=FILING_CITE,
    )


async def move(visit: Visit) -> Response:
    """Says where an instrument stands now."""
    instrument = await read_instrument(visit)
    if visit.request.method == "GET":
        return _move_page(visit, instrument)
    if not visit.field("location"):
        error = visit.say(N_("请填写使用地点，例如：一号加油岛"))
        return _move_page(visit, instrument, {"location": error})
    instrument.location = visit.field("location")
    instrument.version = visit.whole("version") or instrument.version
    request = registry.PutInstrumentRequest(request_id=visit.request_id(), instrument=instrument)
    try:
        await ask(visit.services.registry.PutInstrument(request))
    except Refusal as refusal:
        return _move_page(visit, await read_instrument(visit), *of_the_form(visit, refusal))
    return visit.redirect(f"/instruments/{instrument.instrument_id}?changed=yes")


def _move_page(
    visit: Visit,
    instrument: registry.Instrument,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> Response:
    return visit.page(
        "instruments/move.html",
        status=422 if errors or refusal else 200,
        instrument=instrument,
        errors=errors or {},
        refusal=refusal,
        form=visit.form,
    )


async def details(visit: Visit) -> Response:
    """Changes what the owner and its bureau both may: own number, model, range, class and maker.

    The bureau also states that an instrument is under no compulsory verification.
    """
    instrument = await read_instrument(visit)
    names = (*DETAILS, *(OF_THE_BUREAU if visit.has(Role.CASEWORKER) else ()))
    if visit.request.method == "GET":
        form = {name: getattr(instrument, name) for name in names}
        return _details_page(visit, instrument, form)
    form = {name: visit.field(name) for name in names}
    for name, value in form.items():
        setattr(instrument, name, value)
    instrument.version = visit.whole("version") or instrument.version
    request = registry.PutInstrumentRequest(request_id=visit.request_id(), instrument=instrument)
    try:
        changed = await ask(visit.services.registry.PutInstrument(request))
    except Refusal as refusal:
        return _details_page(
            visit, await read_instrument(visit), form, *of_the_form(visit, refusal)
        )
    if changed.proposal.proposal_id:
        return visit.redirect(f"/proposals/{changed.proposal.proposal_id}")
    return visit.redirect(f"/instruments/{instrument.instrument_id}?changed=yes")


def _details_page(
    visit: Visit,
    instrument: registry.Instrument,
    form: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> Response:
    return visit.page(
        "instruments/details.html",
        status=422 if errors or refusal else 200,
        instrument=instrument,
        form=form,
        errors=errors or {},
        refusal=refusal,
    )


async def maker_code(visit: Visit) -> Response:
    """Enters, changes or clears the maker's GS1 code of an instrument."""
    instrument = await read_instrument(visit)
    if visit.request.method == "GET":
        return _code_page(visit, instrument, instrument.maker_code)
    instrument.maker_code = visit.field("maker_code")
    instrument.version = visit.whole("version") or instrument.version
    request = registry.PutInstrumentRequest(request_id=visit.request_id(), instrument=instrument)
    try:
        await ask(visit.services.registry.PutInstrument(request))
    except Refusal as refusal:
        own, typed = await read_instrument(visit), visit.field("maker_code")
        return _code_page(visit, own, typed, *of_the_form(visit, refusal))
    return visit.redirect(f"/instruments/{instrument.instrument_id}?changed=yes")


def _code_page(
    visit: Visit,
    instrument: registry.Instrument,
    typed: str,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> Response:
    return visit.page(
        "instruments/maker_code.html",
        status=422 if errors or refusal else 200,
        instrument=instrument,
        typed=typed,
        errors=errors or {},
        refusal=refusal,
    )


async def read_instrument(visit: Visit) -> registry.Instrument:
    """Reads the instrument that the address names."""
    return (await _read(visit)).instrument


async def _read(visit: Visit) -> registry.GetInstrumentResponse:
    request = registry.GetInstrumentRequest(instrument_id=visit.path("instrument_id"))
    return await ask(visit.services.registry.GetInstrument(request))


def of_the_form(visit: Visit, refusal: Refusal) -> tuple[dict[str, str], str]:
    """Returns the faults and the message of a refusal of what was written; raises any other."""
    if refusal.code not in _OF_THE_FORM:
        raise refusal
    return faults_by_field(refusal, visit.language), message_of(refusal, visit.language)
