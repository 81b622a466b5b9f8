"""The page on which somebody in the field finds what was inspected, to record the result.

A result is a credit record of the firm that uses the instrument; the page leads to its form.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import Chunk, chunk_of
from services.portal.pages.reading import HIDDEN, subject_names
from services.portal.pages.scanning import code_in
from services.portal.visit import Visit

MOST = 20  # of each kind; whoever finds more writes more of the name
SHORTEST = 2
_NOT_FOUND = (*HIDDEN, grpc.StatusCode.INVALID_ARGUMENT)
# The code on a label: the beginning of the instrument's id, and a signature.
_LABEL = re.compile(r"([0-9a-z]{10})[0-9a-z]{8}")


async def find(visit: Visit) -> Response:
    """Finds by label, serial number or name what was inspected, and leads to the record of it."""
    asked = visit.query("q")[:100]
    errors = {}
    if asked and len(asked) < SHORTEST:
        errors["q"] = visit.say("请至少输入两个字，例如：加油站")
    elif labelled := await _labelled(visit, asked):
        return visit.redirect(record_form(labelled.subject_id, labelled.instrument_id))
    found: Chunk[alerts.InstrumentColour] = Chunk([])
    firms: Chunk[registry.Subject] = Chunk([])
    if asked and not errors:
        found, firms = await asyncio.gather(_instruments(visit, asked), _firms(visit, asked))
    owners = await subject_names(visit, (one.subject_id for one in found.rows))
    return visit.page(
        "inspections/find.html",
        status=422 if errors else 200,
        asked=asked,
        errors=errors,
        instruments=replace(found, rows=[one for one in found.rows if one.subject_id in owners]),
        owners=owners,
        firms=firms,
        form_of=record_form,
    )


def record_form(subject_id: str, instrument_id: str = "") -> str:
    """Returns the path of the form for a record, about an instrument if one is given."""
    path = f"/subjects/{subject_id}/records/new"
    return f"{path}?instrument={instrument_id}" if instrument_id else path


async def _labelled(visit: Visit, asked: str) -> registry.Instrument | None:
    """The instrument with a label whose code was typed; None if there is none in one's scope."""
    code = _LABEL.fullmatch(re.sub(r"[\s\-－—]", "", code_in(asked)).lower())
    if code is None:
        return None
    try:
        request = registry.GetInstrumentRequest(instrument_id=code[1])
        return (await ask(visit.services.registry.GetInstrument(request))).instrument
    except Refusal as refusal:
        if refusal.code not in _NOT_FOUND:
            raise
        return None


async def _instruments(visit: Visit, asked: str) -> Chunk[alerts.InstrumentColour]:
    request = alerts.ListColoursRequest(text=asked, page_size=MOST)
    answer = await ask(visit.services.alerts.ListColours(request))
    return chunk_of(answer, answer.instruments)


async def _firms(visit: Visit, asked: str) -> Chunk[registry.Subject]:
    request = registry.ListSubjectsRequest(name_contains=asked, page_size=MOST)
    answer = await ask(visit.services.registry.ListSubjects(request))
    return chunk_of(answer, answer.subjects)
