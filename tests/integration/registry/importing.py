"""What the tests of imports share: files, uploading them, and looking at what became of them."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from plumbing.client import new_request_id
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.offices import DISTRICT, Desk, Office
from tests.patience import PATIENCE_SECONDS

PIECE = 1000  # bytes: small, so that every file comes in several


def table(*rows: Sequence[str]) -> bytes:
    """A file of these rows, the header first."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def rows_of(content: bytes) -> list[dict[str, str]]:
    """A file's rows by header."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def header(family: str, **said: Any) -> pb.ImportHeader:
    """A header, by default of an import that is all or nothing."""
    given = {
        "request_id": new_request_id(),
        "file_name": f"{family}.csv",
        "mode": "all_or_nothing",
    }
    return pb.ImportHeader(family=family, **(given | said))


async def send(desk: Desk, head: pb.ImportHeader, content: bytes) -> pb.Batch:
    """Uploads a file."""

    async def parts() -> AsyncIterator[pb.ImportFileRequest]:
        yield pb.ImportFileRequest(header=head)
        for start in range(0, len(content), PIECE):
            yield pb.ImportFileRequest(content=content[start : start + PIECE])

    return (await desk.imports.ImportFile(parts(), timeout=PATIENCE_SECONDS)).batch


async def take(desk: Desk, family: str, content: bytes, **said: Any) -> pb.Batch:
    """Uploads a file under a header of its own."""
    return await send(desk, header(family, **said), content)


async def faults(desk: Desk, batch: pb.Batch, *, warnings: bool = False) -> list[pb.RowFault]:
    """What was wrong with a batch; or what is worth a notice."""
    found: list[pb.RowFault] = []
    token = ""
    while True:
        wanted = pb.ListFaultsRequest(batch_id=batch.batch_id, page_size=7, page_token=token)
        page = await desk.imports.ListFaults(wanted)
        found += page.faults
        token = page.next_page_token
        if not token:
            return [fault for fault in found if fault.warning is warnings]


async def told(
    desk: Desk, batch: pb.Batch, *, warnings: bool = False
) -> list[tuple[int, str, str]]:
    """Row, column and reason of every fault."""
    return [
        (fault.row, fault.column, fault.reason)
        for fault in await faults(desk, batch, warnings=warnings)
    ]


async def rejected(desk: Desk, batch: pb.Batch) -> bytes:
    """The rows not taken, as a file."""
    wanted = pb.GetRejectedRowsRequest(batch_id=batch.batch_id)
    return (await desk.imports.GetRejectedRows(wanted)).content


async def undo(desk: Desk, batch: pb.Batch) -> pb.Batch:
    """Undoes a batch."""
    request = pb.UndoBatchRequest(
        request_id=new_request_id(), batch_id=batch.batch_id, ground="导错了文件"
    )
    return (await desk.imports.UndoBatch(request, timeout=PATIENCE_SECONDS)).batch


async def subjects_named(desk: Desk, part: str) -> list[pb.Subject]:
    """Subjects whose name contains this."""
    wanted = pb.ListSubjectsRequest(name_contains=part, page_size=1000)
    return list((await desk.registry.ListSubjects(wanted)).subjects)


async def instruments_of(desk: Desk, subject: pb.Subject) -> list[pb.Instrument]:
    """The instruments of a subject."""
    wanted = pb.ListInstrumentsRequest(subject_id=subject.subject_id, page_size=1000)
    return list((await desk.registry.ListInstruments(wanted)).instruments)


async def history(desk: Desk, instrument: pb.Instrument) -> list[pb.Verification]:
    """The verifications of an instrument, newest first."""
    wanted = pb.GetInstrumentRequest(instrument_id=instrument.instrument_id)
    return list((await desk.registry.GetInstrument(wanted)).verifications)


def subject_rows(*names: str, bureau: str, **said: str) -> Iterable[Sequence[str]]:
    """Rows of a file of subjects."""
    yield ("名称", "主体类型", "行业领域", "监管机关代码", *said)
    for name in names:
        yield (name, "个体工商户", "集贸市场", bureau, *said.values())


def verification(**said: str) -> Mapping[str, str]:
    """One row of a file of verifications, by default a pass."""
    given = {
        "使用单位": "",
        "器具类型": "NAWI-D",
        "出厂编号": "S1",
        "检定结果": "合格",
        "检定日期": "2026-09-01",
        "有效期至": "2027-08-31",
        "检定机构": "合成检定院",
        "证书编号": uuid4().hex,
    }
    return given | said


def verifications(*rows: Mapping[str, str]) -> bytes:
    """A file of verifications."""
    return table(list(rows[0]), *(list(row.values()) for row in rows))


def word() -> str:
    """A name that nobody else has."""
    return f"合成{uuid4().hex[:10]}"


async def owner(office: Office, desk: Desk) -> str:
    """The name of a stall in the district that has no instrument yet."""
    await office.bureau()
    name = word()
    batch = await take(desk, "subjects", table(*subject_rows(name, bureau=DISTRICT)))
    assert batch.state == "applied"
    return name
