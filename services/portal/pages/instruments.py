"""Pages of instruments: the list with alert colours, and one instrument with its verifications."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from starlette.responses import Response

from plumbing.client import ask
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import orders_pb2 as order_pb
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1.proposals_pb2 import Proposal
from services.portal import calibration_words, order_words
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages import calibrations, filters, photographs, proposals, upkeep
from services.portal.pages.forms import is_day
from services.portal.pages.reading import (
    bureau_names,
    last_day_cell,
    subject,
    subject_names,
    today,
)
from services.portal.pages.streets import MOST, street_names
from services.portal.visit import Visit
from services.portal.wording import N_, SECTORS, Words

COLOURS = ("red", "yellow", "green", "none")
_OF_PROPOSALS = (Role.CASEWORKER, Role.UNIT_HEAD, Role.INSPECTOR, Role.OPERATOR)
Owned = tuple[alerts.InstrumentColour, registry.Subject | None]


async def listing(visit: Visit) -> Response:
    """Shows the instruments that the visitor may see, the most severe colour first.

    The filters and the order are part of the page's address.
    """
    words, day = Words(visit.say, visit.language), await today(visit)
    staff = not visit.has(Role.OPERATOR)
    shown: Listing[Owned] = Listing(
        path="/instruments",
        title=N_("计量器具"),
        columns=[
            Column(N_("器具"), partial(_name, words), order_by="serial_no"),
            Column(N_("单位自编号"), lambda row: row[0].owner_no),
            *([Column(N_("使用单位"), _owner)] if staff else []),
            Column(N_("类型"), partial(_type, words), order_by="type_code"),
            Column(N_("使用状态"), lambda row: words.instrument_state(row[0].state)),
            Column(N_("颜色"), partial(_colour, words)),
            Column(N_("有效期至"), partial(_last_day, words, day), order_by="valid_until"),
            Column(N_("逾期的一方"), partial(_late, visit)),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的器具。") if staff else N_("没有这样的器具。可以登记新器具（备案）。"),
        filters=await _filters(visit, words),
        counted=N_("共 {total} 件，第 {first}–{last} 件"),
    )
    return await show(visit, shown, "instruments/list.html")


async def _read(visit: Visit, asked: Asked) -> Chunk[Owned]:
    own = visit.person.subject_id if visit.has(Role.OPERATOR) else asked["subject"]
    request = alerts.ListColoursRequest(
        subject_id=own,
        bureau=asked["bureau"],
        colour=asked["colour"],
        state=asked["state"],
        type_code=asked["type"],
        text=asked["q"],
        non_compulsory=bool(asked["free"]),
        late=asked["late"],
        sector=asked["sector"],
        street=asked["street"],
        without_streets=street_names(asked["without"])[:MOST],
        institution=asked["institution"],
        valid_until_from=_day(asked["valid_from"]),
        valid_until_to=_day(asked["valid_to"]),
        order_by=asked.order_by,
        **asked.paging,
    )
    answer = await ask(visit.services.alerts.ListColours(request))
    owners = await _owners(visit, answer.instruments)
    rows = [(row, owners.get(row.subject_id)) for row in answer.instruments]
    return chunk_of(answer, rows)


async def _owners(
    visit: Visit, rows: Iterable[alerts.InstrumentColour]
) -> Mapping[str, registry.Subject]:
    if visit.has(Role.OPERATOR):
        return {}
    return await subject_names(visit, (row.subject_id for row in rows))


async def _filters(visit: Visit, words: Words) -> list[Filter]:
    shown = [
        Filter("q", N_("编号或类型名称中有"), asks="text"),
        Filter("colour", N_("颜色"), [(one, words.colour(one).word) for one in COLOURS]),
        filters.of_states(visit),
        await filters.types_on_file(visit, "type", N_("类型")),
        Filter("late", N_("逾期的一方"), [*order_words.WHO_IS_LATE.items()]),
        Filter("free", N_("只看非强制检定的"), box=True),
        Filter("valid_from", N_("有效期自（如 2026-10-01）"), asks="valid_until_from"),
        Filter("valid_to", N_("有效期止（如 2026-12-31）"), asks="valid_until_to"),
    ]
    return shown if visit.has(Role.OPERATOR) else [*shown, *await _filters_of_staff(visit)]


async def _filters_of_staff(visit: Visit) -> Sequence[Filter]:
    named = await bureau_names(visit)
    chosen = visit.query("subject")
    firms = await subject_names(visit, [chosen]) if chosen else {}
    own = [(firm.subject_id, firm.name) for firm in firms.values()]
    filters = [
        Filter("sector", N_("行业领域"), [*SECTORS.items(), ("-", N_("没有登记行业"))]),
        Filter("street", N_("地址包含（如街道名）")),
        Filter("without", N_("地址不含（几个之间用顿号）"), asks="without_streets", longest=5100),
        Filter("institution", N_("上次检定的机构（全称）")),
        Filter("bureau", N_("机关"), sorted(named.items())),
    ]
    return [*filters, Filter("subject", N_("使用单位"), own)] if own else filters


def _name(words: Words, row: Owned) -> Cell:
    return Cell(row[0].serial_no, link=f"/instruments/{row[0].instrument_id}")


def _type(words: Words, row: Owned) -> str:
    return words.instrument_type(row[0].type_code)


def _owner(row: Owned) -> Cell:
    owner = row[1]
    return Cell(owner.name, link=f"/subjects/{owner.subject_id}") if owner else Cell("")


def _colour(words: Words, row: Owned) -> Cell:
    coloured = row[0]
    reason = coloured.reason_zh if words.lang == "zh" else coloured.reason_en
    said = coloured.colour != "none" or coloured.non_compulsory
    return Cell(tag=words.colour(coloured.colour), note=reason if said else "")


def _last_day(words: Words, day: str, row: Owned) -> Cell:
    until = row[0].valid_until
    if not until:
        return Cell("")
    link = f"/law/colours?valid_until={until}"
    return last_day_cell(words, row[0], day, link)


def _late(visit: Visit, row: Owned) -> Cell:
    """Who is late with the verification, and what was applied for."""
    coloured = row[0]
    who = visit.say(order_words.WHO_IS_LATE[coloured.late]) if coloured.late else ""
    order = coloured.application.order_id
    link = f"/orders/{order}" if who and order else ""
    return Cell(who, link=link, note=order_words.applied(visit.words, coloured))


def _day(written: str) -> str:
    return written if is_day(written) else ""


async def one(visit: Visit) -> Response:
    """Shows one instrument: its data, its colour with the reason, and every verification."""
    request = registry.GetInstrumentRequest(instrument_id=visit.path("instrument_id"))
    answer = await ask(visit.services.registry.GetInstrument(request))
    wanted = alerts.ListColoursRequest(instrument_id=answer.instrument.instrument_id)
    open_order = order_pb.ListOrdersRequest(
        instrument_id=answer.instrument.instrument_id, open=True, page_size=1
    )
    coloured, orders, entries, calibrated, pictures, proposed = await asyncio.gather(
        ask(visit.services.alerts.ListColours(wanted)),
        ask(visit.services.orders.ListOrders(open_order)),
        upkeep.of_instrument(visit, answer.instrument.instrument_id),
        calibrations.of_instrument(visit, answer.instrument.instrument_id),
        photographs.found(visit, answer.instrument.instrument_id),
        _proposed(visit, answer.instrument.instrument_id),
    )
    order = orders.orders[0] if orders.orders else None
    return visit.page(
        "instruments/one.html",
        instrument=answer.instrument,
        verifications=answer.verifications,
        standings=answer.parts,
        coloured=coloured.instruments[0] if coloured.instruments else None,
        proposed=proposed,
        order=order,
        late=order_words.late_with(visit.say, coloured.instruments[0])
        if coloured.instruments
        else "",
        order_state=order_words.state(visit.say, order.state) if order else None,
        owner=await subject(visit, answer.instrument.subject_id),
        calibrations=calibrated,
        photographs=pictures,
        named=calibration_words,
        today=await today(visit),
        filed=visit.just_done("filed") == "yes",
        changed=visit.just_done("changed") == "yes",
        upkeep=[(row.upkeep, upkeep.kind_name(visit, row.upkeep.kind)) for row in entries],
        may_note=visit.has(*upkeep.WRITERS),
    )


async def _proposed(visit: Visit, instrument_id: str) -> Sequence[Proposal]:
    """The changes of an instrument that wait for a second person, if the visitor may see them."""
    if not visit.has(*_OF_PROPOSALS):
        return []
    return await proposals.about(visit, f"instrument/{instrument_id}")
