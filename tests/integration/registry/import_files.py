"""Files for the tests of imports: making them, uploading them, and reading what became of them."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from plumbing.client import new_request_id
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
)
from tests.patience import PATIENCE_SECONDS
from tests.unit.services.registry.workbooks import written

PIECE = 1000  # bytes: small, so that every file comes in several


def table(*rows: Sequence[str]) -> bytes:
    """A CSV file of these rows, the header first."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def rows_of(content: bytes) -> list[dict[str, str]]:
    """A file's rows by header."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def header(family: str, **values: Any) -> pb.ImportHeader:
    """A header, by default of an import that is all or nothing."""
    defaults = {
        "request_id": new_request_id(),
        "file_name": f"{family}.csv",
        "mode": "all_or_nothing",
    }
    return pb.ImportHeader(family=family, **(defaults | values))


async def send(client: Client, head: pb.ImportHeader, content: bytes) -> pb.Batch:
    """Uploads a file."""

    async def parts() -> AsyncIterator[pb.ImportFileRequest]:
        yield pb.ImportFileRequest(header=head)
        for start in range(0, len(content), PIECE):
            yield pb.ImportFileRequest(content=content[start : start + PIECE])

    return (await client.imports.ImportFile(parts(), timeout=PATIENCE_SECONDS)).batch


async def upload(client: Client, family: str, content: bytes, **values: Any) -> pb.Batch:
    """Uploads a file under a header of its own."""
    return await send(client, header(family, **values), content)


async def faults(client: Client, batch: pb.Batch, *, warnings: bool = False) -> list[pb.RowFault]:
    """The faults of a batch, or its warnings."""
    faults_listed: list[pb.RowFault] = []
    token = ""
    while True:
        request = pb.ListFaultsRequest(batch_id=batch.batch_id, page_size=7, page_token=token)
        page = await client.imports.ListFaults(request)
        faults_listed += page.faults
        token = page.next_page_token
        if not token:
            return [fault for fault in faults_listed if fault.warning is warnings]


async def reasons(
    client: Client, batch: pb.Batch, *, warnings: bool = False
) -> list[tuple[int, str, str]]:
    """Row, column and reason of every fault, or of every warning."""
    return [
        (fault.row, fault.column, fault.reason)
        for fault in await faults(client, batch, warnings=warnings)
    ]


async def rejected(client: Client, batch: pb.Batch) -> bytes:
    """The rejected rows as a file."""
    request = pb.GetRejectedRowsRequest(batch_id=batch.batch_id)
    return (await client.imports.GetRejectedRows(request)).content


async def undo(client: Client, batch: pb.Batch) -> pb.Batch:
    """Undoes a batch: its head releases what the client proposes; bureaus need no release."""
    request = pb.UndoBatchRequest(
        request_id=new_request_id(), batch_id=batch.batch_id, ground="导错了文件"
    )
    answer = await client.imports.UndoBatch(request, timeout=PATIENCE_SECONDS)
    if answer.proposal.proposal_id:
        await client.running.release(answer.proposal)
    shown = await client.imports.GetBatch(pb.GetBatchRequest(batch_id=batch.batch_id))
    return shown.batch


async def subjects_named(client: Client, part: str) -> list[pb.Subject]:
    """Subjects whose name contains this."""
    request = pb.ListSubjectsRequest(name_contains=part, page_size=1000)
    return list((await client.registry.ListSubjects(request)).subjects)


async def instruments_of(client: Client, subject: pb.Subject) -> list[pb.Instrument]:
    """The instruments of a subject."""
    request = pb.ListInstrumentsRequest(subject_id=subject.subject_id, page_size=1000)
    return list((await client.registry.ListInstruments(request)).instruments)


async def history(client: Client, instrument: pb.Instrument) -> list[pb.Verification]:
    """The verifications of an instrument, newest first."""
    request = pb.GetInstrumentRequest(instrument_id=instrument.instrument_id)
    return list((await client.registry.GetInstrument(request)).verifications)


def subject_rows(*names: str, bureau: str, **values: str) -> Iterable[Sequence[str]]:
    """Rows of a file of subjects."""
    yield ("名称", "主体类型", "行业领域", "监管机关代码", *values)
    for name in names:
        yield (name, "个体工商户", "集贸市场", bureau, *values.values())


def verification(**values: str) -> Mapping[str, str]:
    """One row of a file of verifications, by default a pass."""
    defaults = {
        "使用单位": "",
        "器具类型": "NAWI-D",
        "出厂编号": "S1",
        "检定结果": "合格",
        "检定日期": "2026-09-01",
        "有效期至": "2027-02-28" if values.get("器具类型") == "FUEL" else "2027-08-31",
        "检定机构": "合成检定院",
        "证书编号": uuid4().hex,
    }
    return defaults | values


def verifications(*rows: Mapping[str, str]) -> bytes:
    """A file of verifications."""
    return table(list(rows[0]), *(list(row.values()) for row in rows))


def unique_name() -> str:
    """A name that no other row has."""
    return f"合成{uuid4().hex[:10]}"


async def owner(registry: RunningRegistry, client: Client) -> str:
    """The name of a stall in the district that has no instrument yet."""
    await registry.bureau()
    name = unique_name()
    batch = await upload(client, "subjects", table(*subject_rows(name, bureau=DISTRICT)))
    assert batch.state == "applied"
    return name


async def firm_on_file(client: Client) -> pb.Subject:
    """A firm that an import has put on file, with a credit code."""
    name = uuid4().hex
    rows = subject_rows(name, bureau=DISTRICT, 统一社会信用代码=credit_code())
    await upload(client, "subjects", table(*rows))
    [found] = await subjects_named(client, name)
    return found


async def start(client: Client, head: pb.ImportHeader, content: bytes) -> pb.Batch:
    """Uploads a file that is processed in the background."""

    async def parts() -> AsyncIterator[pb.StartImportRequest]:
        yield pb.StartImportRequest(header=head)
        for place in range(0, len(content), PIECE):
            yield pb.StartImportRequest(content=content[place : place + PIECE])

    return (await client.imports.StartImport(parts(), timeout=PATIENCE_SECONDS)).batch


async def processed(client: Client, batch: pb.Batch) -> pb.Batch:
    """A batch as it is after it was processed."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while batch.state == "waiting":
            await asyncio.sleep(0.02)
            request = pb.GetBatchRequest(batch_id=batch.batch_id)
            batch = (await client.imports.GetBatch(request)).batch
    return batch


async def everything_stored(registry: RunningRegistry) -> str:
    """All that the register's database holds, as text."""
    async with registry.database.snapshot() as session:
        connection = await session.connection()
        tables = await connection.run_sync(lambda one: sa.inspect(one).get_table_names())
        found = [
            await connection.execute(sa.select(sa.text("*")).select_from(sa.table(name)))
            for name in tables
        ]
    cells = (cell for rows in found for row in rows.all() for cell in row)
    return "\n".join(written(cell) if type(cell) is bytes else str(cell) for cell in cells)
