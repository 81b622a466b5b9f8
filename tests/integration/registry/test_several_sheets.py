"""A workbook with several sheets: each becomes a batch, recognised by its headings."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
import xlsxwriter

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    faults,
    instruments_of,
    subject_rows,
    subjects_named,
    table,
    upload,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    refused,
)
from tests.patience import PATIENCE_SECONDS

FLEET = ("使用单位", "器具类型", "出厂编号")
VERIFIED = (*FLEET, "检定结果", "检定日期", "有效期至", "检定机构", "证书编号")


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district, who sends the workbook."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


def workbook(**sheets: Sequence[Sequence[str]]) -> bytes:
    """A workbook of these sheets."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
    return file.getvalue()


def ledger(mark: str) -> bytes:
    """Subjects, their instruments, verifications of these, and a sheet of notes."""
    return workbook(
        说明=[("本台账由样例单位填报",)],
        单位=[*subject_rows(mark, bureau=DISTRICT)],
        器具台账=[("样例台账",), FLEET, (mark, "NAWI-D", f"A{mark}")],
        检定=[
            VERIFIED,
            (mark, "NAWI-D", f"A{mark}", "合格", "2026-09-01", "2027-08-31", "合成检定院", mark),
            (mark, "NAWI-D", f"A{mark}", "合格", "2027-09-01", "2028-08-31", "合成检定院", ""),
        ],
    )


async def start(client: Client, content: bytes, **values: Any) -> pb.StartImportResponse:
    """Sends a file to be processed in the background."""
    given: dict[str, Any] = {
        "family": "auto",
        "file_name": "台账.xlsx",
        "mode": "check",
        "confirm_columns": True,
    }
    header = pb.ImportHeader(request_id=new_request_id(), **(given | values))

    async def parts() -> AsyncIterator[pb.StartImportRequest]:
        yield pb.StartImportRequest(header=header)
        yield pb.StartImportRequest(content=content)

    return await client.imports.StartImport(parts(), timeout=PATIENCE_SECONDS)


async def settled(client: Client, batch: pb.Batch) -> pb.Batch:
    """A batch that was processed."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while batch.state == "waiting":
            request = pb.GetBatchRequest(batch_id=batch.batch_id)
            batch = (await client.imports.GetBatch(request)).batch
            await asyncio.sleep(0.1)
    return batch


async def test_every_sheet_becomes_a_batch_whose_columns_wait(caseworker: Client) -> None:
    started = await start(caseworker, ledger(uuid4().hex), all_sheets=True)
    found = [(one.family, one.sheet) for one in started.batches]
    assert found == [("subjects", "单位"), ("instruments", "器具台账"), ("verifications", "检定")]
    assert [*started.skipped_sheets] == ["说明"]
    for one in started.batches:
        batch = await settled(caseworker, one)
        assert batch.state == "matching"
        request = pb.GetColumnsRequest(batch_id=batch.batch_id)
        columns = await caseworker.imports.GetColumns(request)
        assert (columns.sheet, [*columns.missing]) == (one.sheet, [])


async def test_chosen_sheets_alone_are_taken(caseworker: Client) -> None:
    content = ledger(uuid4().hex)
    started = await start(caseworker, content, sheets=["检定", "单位"])
    assert [one.sheet for one in started.batches] == ["检定", "单位"]
    with refused("INVALID_INPUT", "file"):
        await start(caseworker, content, sheets=["单位", "没有这页"])
    with refused("INVALID_INPUT", "file") as refusals:
        await start(caseworker, content, sheets=["说明"])
    assert "表头" in refusals[0].message_zh


async def test_several_sheets_are_not_imported_as_one(caseworker: Client) -> None:
    content = ledger(uuid4().hex)
    for several in ({"all_sheets": True}, {"sheets": ["单位", "检定"]}):
        with refused("INVALID_INPUT", f"header.{next(iter(several))}"):
            await upload(caseworker, "auto", content, **several)


async def test_sheets_are_imported_one_after_the_other_and_faults_name_theirs(
    caseworker: Client,
) -> None:
    mark = uuid4().hex
    content = ledger(mark)
    batches = [
        await upload(caseworker, "auto", content, sheet=sheet, mode="good_rows")
        for sheet in ("单位", "器具台账", "检定")
    ]
    assert {(batch.state, batch.changed) for batch in batches} == {("applied", 1)}
    [fault] = await faults(caseworker, batches[-1])
    assert (fault.sheet, fault.cell) == ("检定", "E3")
    [subject] = await subjects_named(caseworker, mark)
    [instrument] = await instruments_of(caseworker, subject)
    assert (instrument.serial_no, instrument.state) == (f"A{mark}", "in_use")


async def test_what_lacks_is_filed_with_the_verifications_of_a_workbook_alone(
    caseworker: Client,
) -> None:
    mark = uuid4().hex
    filing: dict[str, Any] = {"bureau": DISTRICT, "file_missing": True, "mode": "good_rows"}
    batches = [
        await upload(caseworker, "auto", ledger(mark), sheet=sheet, **filing)
        for sheet in ("单位", "检定")
    ]
    assert [(one.family, one.state) for one in batches] == [
        ("subjects", "applied"),
        ("verifications", "applied"),
    ]
    [subject] = await subjects_named(caseworker, mark)
    assert len(await instruments_of(caseworker, subject)) == 1


async def test_a_text_file_is_recognised_too(caseworker: Client) -> None:
    name = uuid4().hex
    batch = await upload(caseworker, "auto", table(*subject_rows(name, bureau=DISTRICT)))
    assert (batch.family, batch.changed) == ("subjects", 1)
