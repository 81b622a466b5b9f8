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
STATES = ("in_use", "spare", "stopped", "scrapped")
ORDERS = ("", "valid_until", "valid_until desc", "type_code", "serial_no")


async def listing(visit: Visit) -> Response:
    """Shows the instruments that the visitor may see, the most severe colour first.

    The filters and the order are part of the page's address.
    """
    asked = _asked(visit)
    answer = await ask(visit.services.alerts.ListColours(asked))
    rows = list(answer.instruments)
    return visit.page(
        "instruments/list.html",
        rows=rows,
        asked=asked,
        colours=COLOURS,
        states=STATES,
        orders=ORDERS,
        owners=await subject_names(visit, (row.subject_id for row in rows)),
        today=await today(visit),
        more=answer.next_page_token,
        total=answer.total if answer.HasField("total") else None,
    )


def _asked(visit: Visit) -> alerts.ListColoursRequest:
    """The question that the address asks; a value that no filter knows is left out."""
    own = visit.person.subject_id if visit.has(Role.OPERATOR) else visit.query("subject")
    return alerts.ListColoursRequest(
        subject_id=own,
        bureau=visit.query("bureau"),
        colour=_one_of(COLOURS, visit.query("colour")),
        state=_one_of(STATES, visit.query("state")),
        type_code=visit.query("type"),
        text=visit.query("q"),
        valid_until_from=visit.query("from"),
        valid_until_to=visit.query("to"),
        order_by=_one_of(ORDERS, visit.query("order")),
        page_size=PAGE_SIZE,
        page_token=visit.query("page"),
    )


def _one_of(known: tuple[str, ...], written: str) -> str:
    return written if written in known else ""


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
