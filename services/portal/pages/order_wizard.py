"""The steps by which an operator applies for verification: instruments, institution, check."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal import expectation_words, order_words
from services.portal.pages import order_split
from services.portal.pages.forms import told
from services.portal.pages.order_choice import AT_ONCE, choose
from services.portal.pages.reading import bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_

_LOOKING = ("choose", "all", "numbers", "file")


async def apply(visit: Visit) -> Response:
    """Applies for the verification of one instrument or several with one institution."""
    chosen = _chosen(visit)
    step = visit.field("step")
    looking = step in _LOOKING or visit.field("page") or visit.query("choose")
    if looking or not chosen:
        none = {"instrument": visit.say(N_("请选择要检定的器具"))} if step == "continue" else {}
        return await choose(visit, chosen, none)
    if len(chosen) > AT_ONCE:
        many = {"instrument": visit.say(N_("一次最多申请 100 台，请分几次申请"))}
        return await choose(visit, chosen, many)
    if visit.request.method == "GET" or step in ("again", "continue"):
        return await _form(visit, chosen)
    if not visit.field("institution_id"):
        errors = {"institution_id": visit.say(N_("请选择检定机构"))}
        return await _form(visit, chosen, 422, errors=errors)
    request = pb.ApplyForVerificationRequest(
        request_id=visit.request_id(),
        instrument_ids=chosen,
        institution_id=visit.field("institution_id"),
        repaired=visit.field("repaired") == "yes",
        note=visit.field("note"),
        check_only=step != "send",
    )
    try:
        answer = await ask(visit.services.orders.ApplyForVerification(request))
    except Refusal as refusal:
        return await _form(visit, chosen, 422, **told(visit, refusal))
    to_note = list(answer.repairs_to_note)
    if request.check_only:
        reasons = [order_words.reason(visit.say, one.reason) for one in answer.orders]
        return await _form(visit, chosen, checking=True, reasons=reasons, to_note=to_note)
    return visit.redirect(order_split.after(visit, len(chosen), to_note))


def _chosen(visit: Visit) -> list[str]:
    given = visit.fields("instrument") or visit.request.query_params.getlist("instrument")
    return [one for one in dict.fromkeys(given) if one]


async def _form(
    visit: Visit,
    chosen: list[str],
    status: int = 200,
    *,
    to_note: Collection[str] = (),
    **values: Any,
) -> Response:
    instruments = await asyncio.gather(*(_instrument(visit, one) for one in chosen))
    types = [one.type_code for one in instruments]
    by_expected_day = "expected" in (visit.query("sort"), visit.field("sort"))
    request = pb.ListVerifiersRequest(
        type_codes=types,
        sort="expected" if by_expected_day else "",
        bureau=instruments[0].bureau if instruments else "",
    )
    verifiers = (await ask(visit.services.orders.ListVerifiers(request))).verifiers
    named = {one.institution_id: one for one in verifiers}
    expected = {
        key: expectation_words.sentences(visit.words, one.expectation) for key, one in named.items()
    }
    institution = named.get(visit.field("institution_id"))
    return visit.page(
        "orders/new.html",
        status=status,
        instruments=instruments,
        verifiers=verifiers,
        institution=institution,
        expected=expected,
        sites={key: _sites(visit, one) for key, one in named.items()},
        authorised={key: _authorised(visit, one) for key, one in named.items()},
        by_expected_day=by_expected_day,
        terms=await _terms(visit, verifiers),
        by_type=() if verifiers else await order_split.by_type(visit, instruments),
        later=order_split.later(visit),
        unnoted=order_split.unnoted(visit),
        applied=visit.query("applied") == "yes",
        form=visit.form,
        to_note=[one.serial_no for one in instruments if one.instrument_id in to_note],
        **values,
    )


async def _terms(visit: Visit, verifiers: Sequence[pb.Verifier]) -> list[str]:
    """The terms of the application and who says them; they are the same for every institution."""
    if not verifiers:
        return []
    bureaus, figures = await bureau_names(visit), verifiers[0].expectation.terms
    return [order_words.named_term(visit.words, one, bureaus) for one in figures]


def _sites(visit: Visit, verifier: pb.Verifier) -> list[str]:
    sites = [expectation_words.site(visit.words, one) for one in verifier.sites]
    if lacking := verifier.types_without_site:
        sites.append(expectation_words.without_site(visit.words, lacking))
    return sites


def _authorised(visit: Visit, verifier: pb.Verifier) -> list[str]:
    """Until when it may verify the types; a registry of an earlier release does not say."""
    until = verifier.authorised_until
    text = visit.say(N_("这些类型的检定授权至 {day}"))
    return [text.format(day=visit.words.day(until))] if until else []


async def _instrument(visit: Visit, instrument_id: str) -> registry.Instrument:
    request = registry.GetInstrumentRequest(instrument_id=instrument_id)
    return (await ask(visit.services.registry.GetInstrument(request))).instrument
