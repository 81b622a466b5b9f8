"""The steps by which an operator applies for verification: instruments, institution, check."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal import expectation_words, order_words
from services.portal.pages.forms import told
from services.portal.pages.reading import ALL
from services.portal.visit import Visit
from services.portal.wording import N_

AT_ONCE = 100
# The most severe colour first: what has to be verified soonest.
_COLOURS = ("red", "yellow", "green", "none")


async def apply(visit: Visit) -> Response:
    """Applies for the verification of one instrument or several with one institution."""
    chosen = _chosen(visit)
    if not chosen or visit.query("choose") or visit.field("step") == "choose":
        return await _choose(visit, chosen)
    if len(chosen) > AT_ONCE:
        many = {"instrument": visit.say(N_("一次最多申请 100 台，请分几次申请"))}
        return await _choose(visit, chosen, many)
    if visit.request.method == "GET" or visit.field("step") == "again":
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
        check_only=visit.field("step") != "send",
    )
    try:
        answer = await ask(visit.services.orders.ApplyForVerification(request))
    except Refusal as refusal:
        return await _form(visit, chosen, 422, **told(visit, refusal))
    if request.check_only:
        reasons = [order_words.reason(visit.say, one.reason) for one in answer.orders]
        return await _form(visit, chosen, checking=True, reasons=reasons)
    return visit.redirect(f"/orders?applied={len(chosen)}")


def _chosen(visit: Visit) -> list[str]:
    given = visit.fields("instrument") or visit.request.query_params.getlist("instrument")
    return [one for one in dict.fromkeys(given) if one]


async def _choose(
    visit: Visit, chosen: list[str], errors: dict[str, str] | None = None
) -> Response:
    found = await asyncio.gather(*(_of_colour(visit, colour) for colour in _COLOURS))
    rows = [row for some in found for row in some if row.state != "scrapped"]
    return visit.page(
        "orders/choose.html",
        status=422 if errors else 200,
        rows=rows,
        chosen=chosen,
        errors=errors or {},
    )


async def _of_colour(visit: Visit, colour: str) -> list[alerts.InstrumentColour]:
    request = alerts.ListColoursRequest(
        subject_id=visit.person.subject_id, colour=colour, page_size=ALL
    )
    return list((await ask(visit.services.alerts.ListColours(request))).instruments)


async def _form(visit: Visit, chosen: list[str], status: int = 200, **values: Any) -> Response:
    instruments = await asyncio.gather(*(_instrument(visit, one) for one in chosen))
    types = [one.type_code for one in instruments]
    by_expected_day = "expected" in (visit.query("sort"), visit.field("sort"))
    request = pb.ListVerifiersRequest(type_codes=types, sort="expected" if by_expected_day else "")
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
        by_expected_day=by_expected_day,
        form=visit.form,
        **values,
    )


def _sites(visit: Visit, verifier: pb.Verifier) -> list[str]:
    sites = [expectation_words.site(visit.words, one) for one in verifier.sites]
    if lacking := verifier.types_without_site:
        sites.append(expectation_words.without_site(visit.words, lacking))
    return sites


async def _instrument(visit: Visit, instrument_id: str) -> registry.Instrument:
    request = registry.GetInstrumentRequest(instrument_id=instrument_id)
    return (await ask(visit.services.registry.GetInstrument(request))).instrument
