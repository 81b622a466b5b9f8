"""Pages of instruments: the list with alert colours, and one instrument with its verifications."""

from __future__ import annotations

from starlette.responses import Response

from plumbing.client import ask
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.reading import subject, subject_names, today
from services.portal.visit import Visit

PAGE_SIZE = 50
COLOURS = ("red", "yellow", "green", "none")


async def listing(visit: Visit) -> Response:
    """Shows the instruments that the visitor may see, the most severe colour first.

    The filter by colour and subject is part of the page's address.
    """
    colour = visit.query("colour") if visit.query("colour") in COLOURS else ""
    own = visit.person.subject_id if visit.has(Role.OPERATOR) else visit.query("subject")
    request = alerts.ListColoursRequest(
        subject_id=own, colour=colour, page_size=PAGE_SIZE, page_token=visit.query("page")
    )
    answer = await ask(visit.services.alerts.ListColours(request))
    rows = list(answer.instruments)
    return visit.page(
        "instruments/list.html",
        rows=rows,
        colour=colour,
        colours=COLOURS,
        subject_id=visit.query("subject"),
        owners=await subject_names(visit, (row.subject_id for row in rows)),
        today=await today(visit),
        more=answer.next_page_token,
        counts=await _counts(visit) if not own else {},
    )


async def one(visit: Visit) -> Response:
    """Shows one instrument: its data, its colour with the reason, and every verification."""
    request = registry.GetInstrumentRequest(instrument_id=visit.path("instrument_id"))
    answer = await ask(visit.services.registry.GetInstrument(request))
    wanted = alerts.ListColoursRequest(instrument_id=answer.instrument.instrument_id)
    coloured = (await ask(visit.services.alerts.ListColours(wanted))).instruments
    return visit.page(
        "instruments/one.html",
        instrument=answer.instrument,
        verifications=answer.verifications,
        coloured=coloured[0] if coloured else None,
        owner=await subject(visit, answer.instrument.subject_id),
        today=await today(visit),
    )


async def _counts(visit: Visit) -> dict[str, int]:
    answer = await ask(visit.services.alerts.SummariseColours(alerts.SummariseColoursRequest()))
    counts = dict.fromkeys(COLOURS, 0)
    for count in answer.counts:
        counts[count.colour] += count.instruments
    return counts
