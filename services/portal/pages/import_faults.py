"""What was wrong with a file: the kinds of faults on its page, and all of them as a list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starlette.responses import Response

from plumbing.client import ask
from protos.registry.v1 import registry_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.visit import Visit
from services.portal.wording import N_

_WORD_OF_KIND = {False: N_("错误"), True: N_("提示")}


async def kinds(visit: Visit, batch_id: str) -> Sequence[pb.FaultKind]:
    """Returns the kinds of faults of a batch, errors before hints, with the first of each."""
    request = pb.CountFaultsRequest(batch_id=batch_id)
    return (await ask(visit.services.imports.CountFaults(request))).kinds


async def faults(visit: Visit) -> Response:
    """Shows every fault and hint of a batch, or those of one kind; also as a file."""
    batch_id = visit.path("batch_id")
    found = await kinds(visit, batch_id)
    shown: Listing[pb.RowFault] = Listing(
        path=f"/imports/{batch_id}/faults",
        title=N_("错误和提示"),
        columns=[
            Column(N_("位置"), partial(_place, visit)),
            Column(N_("列"), lambda one: one.column),
            Column(N_("内容"), lambda one: one.value),
            Column(N_("性质"), lambda one: visit.say(_WORD_OF_KIND[one.warning])),
            Column(N_("说明"), partial(message, visit)),
        ],
        read=partial(_read, visit, batch_id, found),
        empty=N_("没有错误，也没有提示。"),
        filters=[Filter("kind", N_("种类"), _options(visit, found))],
    )
    return await show(visit, shown, "imports/faults.html", batch_id=batch_id)


def _options(visit: Visit, found: Sequence[pb.FaultKind]) -> list[tuple[str, str]]:
    return [
        (str(number), f"{kind.column}：{message(visit, kind.first[0])}".removeprefix("：")[:60])
        for number, kind in enumerate(found, 1)
    ]


async def _read(
    visit: Visit, batch_id: str, found: Sequence[pb.FaultKind], asked: Asked
) -> Chunk[pb.RowFault]:
    request = pb.ListFaultsRequest(batch_id=batch_id, **asked.paging)
    if asked["kind"]:
        kind = found[int(asked["kind"]) - 1]
        request.reason, request.column = kind.reason, kind.column
    answer = await ask(visit.services.imports.ListFaults(request))
    return chunk_of(answer, answer.faults)


def _place(visit: Visit, fault: pb.RowFault) -> Cell:
    row = visit.say(N_("第 {row} 行")).format(row=fault.row)
    return Cell(fault.cell or row)


def message(visit: Visit, fault: pb.RowFault) -> str:
    """Returns what is wrong, in the visitor's language."""
    return str(fault.message_zh if visit.language == "zh-CN" else fault.message_en)
