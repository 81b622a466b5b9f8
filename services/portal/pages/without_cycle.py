"""The instruments under no compulsory verification of which nobody set when they are calibrated."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from plumbing.client import ask
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.reading import bureau_names, subject_names
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/calibrations/without-cycle"
Owned = tuple[pb.Instrument, pb.Subject | None]


async def listing(visit: Visit) -> Response:
    """Shows them to their bureau, which may remind the owners, and to an owner its own."""
    words, staff = visit.words, not visit.has(Role.OPERATOR)
    shown: Listing[Owned] = Listing(
        path=PATH,
        title=N_("没有校准周期的器具"),
        columns=[
            Column(N_("器具"), _name),
            *([Column(N_("使用单位"), _owner)] if staff else []),
            Column(N_("类型"), lambda row: words.instrument_type(row[0].type_code)),
            Column(N_("单位自编号"), lambda row: row[0].owner_no),
            Column(N_("使用状态"), lambda row: words.instrument_state(row[0].state)),
            Column(N_("非强制检定的理由"), lambda row: row[0].non_compulsory_ground),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的器具。"),
        filters=await _filters(visit) if staff else [],
        counted=N_("共 {total} 件，第 {first}–{last} 件"),
    )
    return await show(visit, shown, "calibrations/without_cycle.html")


async def _filters(visit: Visit) -> list[Filter]:
    return [Filter("bureau", N_("机关"), sorted((await bureau_names(visit)).items()))]


async def _read(visit: Visit, asked: Asked) -> Chunk[Owned]:
    request = pb.ListInstrumentsRequest(without_cycle=True, bureau=asked["bureau"], **asked.paging)
    answer = await ask(visit.services.registry.ListInstruments(request))
    owners = await subject_names(visit, (row.subject_id for row in answer.instruments))
    return chunk_of(answer, [(row, owners.get(row.subject_id)) for row in answer.instruments])


def _name(row: Owned) -> Cell:
    return Cell(row[0].serial_no, link=f"/instruments/{row[0].instrument_id}")


def _owner(row: Owned) -> Cell:
    owner = row[1]
    return Cell(owner.name, link=f"/subjects/{owner.subject_id}") if owner else Cell("")
