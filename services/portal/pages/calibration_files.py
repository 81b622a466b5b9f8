"""The calibrations that were confirmed as a list, with the files of their certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.file_kinds import FileKind
from plumbing.identity import Role
from protos.registry.v1 import calibrations_pb2 as pb
from protos.registry.v1.registry_pb2 import Subject
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages import filters
from services.portal.pages.packed_files import Held
from services.portal.pages.reading import subject_names
from services.portal.pages.transfers import pieces_of
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/calibration-files"
Owned = tuple[pb.Calibration, str]


async def listing(visit: Visit) -> Response:
    """Shows the confirmed calibrations of an operator, or of all that staff may see."""
    shown: Listing[Owned] = Listing(
        path=PATH,
        title=N_("校准证书文件"),
        counted=N_("共 {total} 份，第 {first}–{last} 份"),
        columns=[
            Column(N_("证书编号"), partial(_number, visit)),
            Column(N_("器具"), partial(_instrument, visit)),
            *([] if visit.has(Role.OPERATOR) else [Column(N_("使用单位"), lambda row: row[1])]),
            Column(N_("校准实验室"), lambda row: row[0].laboratory),
            Column(N_("校准日期"), lambda row: day_of(row[0].calibrated_on)),
            Column(N_("下次校准"), lambda row: day_of(row[0].due_on)),
            Column(N_("文件"), lambda row: Cell("DCC", f"/calibrations/{row[0].dcc_id}/file")),
        ],
        read=partial(_read, visit),
        empty=N_("还没有确认的校准证书。"),
        filters=await _filters(visit),
    )
    return await show(visit, shown, "certificates/calibrations.html")


async def held(visit: Visit, asked: Mapping[str, str], page_size: int) -> AsyncIterator[Held]:
    """Yields the certificates of the calibrations that filters select, for an archive."""
    token = ""
    while True:
        chunk = await _read(visit, Asked(asked, "", page_size, token))
        for calibration, firm in chunk.rows:
            yield await _held(visit, calibration, firm)
        if not (token := chunk.next_token):
            return


async def _held(visit: Visit, one: pb.Calibration, firm: str) -> Held:
    start = await _start(visit, one.dcc_id)
    dcc = start.dcc if start else pb.Dcc()
    further = partial(_piece, visit, one.dcc_id)
    return Held(
        file_id=one.dcc_id,
        wanted_name=one.certificate_no or one.dcc_id[:8],
        extension=FileKind.DCC.extension,
        sent=dcc.uploaded_at.ToDatetime(SHANGHAI),
        pieces=pieces_of(start.content, dcc.size, further) if start else None,
        row=(
            *(one.certificate_no, firm, visit.words.instrument_type(one.type_code), one.serial_no),
            *(one.laboratory, visit.say(N_("校准")), one.calibrated_on, "", ""),
            *(str(dcc.size or ""), dcc.sha256),
        ),
    )


async def _start(visit: Visit, dcc_id: str) -> pb.ReadDccResponse | None:
    try:
        return await _piece(visit, dcc_id, 0)
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.NOT_FOUND:
            raise
        return None


async def _piece(visit: Visit, dcc_id: str, offset: int) -> pb.ReadDccResponse:
    request = pb.ReadDccRequest(dcc_id=dcc_id, offset=offset)
    answer: pb.ReadDccResponse = await ask(visit.services.calibrations.ReadDcc(request))
    return answer


async def _read(visit: Visit, asked: Asked) -> Chunk[Owned]:
    own = visit.person.subject_id if visit.has(Role.OPERATOR) else asked["subject"]
    request = pb.ListCalibrationsRequest(
        subject_id=own,
        state=asked["state"],
        type_code=asked["type"],
        laboratory=asked["institution"],
        **asked.paging,
    )
    answer = await ask(visit.services.calibrations.ListCalibrations(request))
    firms = await subject_names(visit, (one.subject_id for one in answer.calibrations))
    return chunk_of(answer, [(one, _firm(firms, one)) for one in answer.calibrations])


def _firm(firms: Mapping[str, Subject], one: pb.Calibration) -> str:
    firm = firms.get(one.subject_id)
    return firm.name if firm else ""


async def _filters(visit: Visit) -> list[Filter]:
    return [
        filters.of_states(visit),
        await filters.types_on_file(visit, "type", N_("类型")),
        Filter("institution", N_("校准实验室名称中有"), asks="laboratory"),
        *([] if visit.has(Role.OPERATOR) else [Filter("subject", N_("使用单位的信用代码"))]),
    ]


def _number(visit: Visit, row: Owned) -> Cell:
    number = row[0].certificate_no or visit.say(N_("没有编号"))
    return Cell(number, link=f"/instruments/{row[0].instrument_id}")


def _instrument(visit: Visit, row: Owned) -> str:
    return f"{visit.words.instrument_type(row[0].type_code)} {row[0].serial_no}"
