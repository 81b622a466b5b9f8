"""A file whose sender sees which column has which field, and confirms it before it is applied."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import xlsxwriter

from law.periods import start_of
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.batch.bulk import Expiry
from tests.integration.registry.import_files import (
    faults,
    header,
    processed,
    start,
    subjects_named,
    table,
    undo,
    unique_name,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    refused,
)

KIND, NAME, BUREAU, SECTOR = 1, 2, 3, 5
GOOD = {KIND: "kind", NAME: "name", BUREAU: "bureau", SECTOR: "sector"}


def file_of(name: str, kind: str = "个体工商户") -> bytes:
    """A file with a title above, and headings of which the register knows all but one."""
    return table(
        ["样例市场名册"],
        ["主体类型", f"摊位{uuid4().hex}", "监管机关代码", "备注", "行业领域"],
        [kind, name, DISTRICT, "无", "集贸市场"],
    )


async def sent(client: Client, content: bytes, **values: Any) -> pb.Batch:
    head = header("subjects", mode="check", confirm_columns=True, **values)
    return await processed(client, await start(client, head, content))


async def columns_of(client: Client, batch: pb.Batch) -> pb.GetColumnsResponse:
    return await client.imports.GetColumns(pb.GetColumnsRequest(batch_id=batch.batch_id))


def confirmation(
    batch: pb.Batch, matches: dict[int, str], mode: str = "check", **values: Any
) -> pb.ConfirmColumnsRequest:
    given = {"request_id": new_request_id(), "seen": batch.sha256, "mode": mode} | values
    request = pb.ConfirmColumnsRequest(batch_id=batch.batch_id, **given)
    request.matches.extend(pb.ColumnMatch(column=n, field=one) for n, one in matches.items())
    return request


async def confirm(
    client: Client, batch: pb.Batch, matches: dict[int, str], mode: str = "check"
) -> pb.Batch:
    request = confirmation(batch, matches, mode)
    return await processed(client, (await client.imports.ConfirmColumns(request)).batch)


async def expire(registry: RunningRegistry, on: str) -> None:
    """Expires what was left lying, as it would be done in the morning of a day."""
    morning = FixedClock(start_of(date.fromisoformat(on), 9))
    await Expiry(Changes(registry.database, morning), 7).expire()


def next_day(written: str) -> str:
    return (date.fromisoformat(written) + timedelta(days=1)).isoformat()


async def test_what_was_confirmed_is_checked_then_applied_and_undone(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, name = registry.client(Role.CASEWORKER), unique_name()
    batch = await sent(client, file_of(name))
    assert batch.state == "matching"
    assert batch.open_until
    shown = await columns_of(client, batch)
    assert (shown.header_row, [one.text for one in shown.skipped]) == (2, ["样例市场名册"])
    proposed = {one.number: one.field for one in shown.columns}
    assert proposed == {KIND: "kind", NAME: "", BUREAU: "bureau", 4: "", SECTOR: "sector"}
    assert list(shown.missing) == ["name"]
    assert list(shown.columns[1].samples) == [name]

    checked = await confirm(client, batch, GOOD)
    assert (checked.state, checked.changed, checked.rejected) == ("checked", 1, 0)
    assert await subjects_named(client, name) == []
    kept = await columns_of(client, batch)
    assert {one.number: one.field for one in kept.columns if one.field} == GOOD

    applied = await confirm(client, batch, GOOD, "all_or_nothing")
    assert (applied.state, applied.open_until) == ("applied", "")
    assert [one.name for one in await subjects_named(client, name)] == [name]
    audited = await registry.audited(f"import/{batch.batch_id}")
    assert [entry.action for entry in audited] == [
        "start_import",
        "confirm_columns",
        "check_import",
        "confirm_columns",
        "import",
    ]
    assert (await undo(client, applied)).state == "undone"


async def test_wrong_matches_are_refused_by_column_and_confirmed_again(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, name = registry.client(Role.CASEWORKER), unique_name()
    batch = await sent(client, file_of(name))
    with refused("INVALID_INPUT", "matches.5"):
        await confirm(client, batch, {4: "sector"} | GOOD)
    with refused("INVALID_INPUT", "missing.kind", "missing.bureau", "missing.sector"):
        await confirm(client, batch, {NAME: "name"})
    with refused("INVALID_INPUT", "matches.77"):
        await confirm(client, batch, GOOD | {77: "address"})
    with refused("INVALID_INPUT", "matches", *(f"missing.{one}" for one in GOOD.values())):
        await confirm(client, batch, {})
    wrong = await confirm(client, batch, GOOD | {NAME: "kind", KIND: "name"})
    assert (wrong.state, wrong.rejected) == ("checked", 1)
    assert (await confirm(client, batch, GOOD, "all_or_nothing")).state == "applied"
    with refused("WRONG_STATE"):
        await confirm(client, batch, GOOD)


async def test_a_file_that_was_replaced_meanwhile_is_not_applied(registry: RunningRegistry) -> None:
    await registry.bureau()
    client, name = registry.client(Role.CASEWORKER), unique_name()
    first = await sent(client, file_of(name), file_name=f"{name}.csv")
    second = await sent(client, file_of(unique_name()), file_name=f"{name}.csv")
    with refused("WRONG_STATE"):
        await confirm(client, first, GOOD, "all_or_nothing")
    with refused("WRONG_STATE"):
        request = confirmation(second, GOOD, seen=first.sha256)
        await client.imports.ConfirmColumns(request)
    assert (await confirm(client, second, GOOD)).state == "checked"
    assert await subjects_named(client, name) == []


async def test_only_the_sender_confirms_and_the_same_request_counts_once(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, name = registry.client(Role.CASEWORKER), unique_name()
    batch = await sent(client, file_of(name))
    with refused("NOT_PERMITTED"):
        await confirm(registry.client(Role.CASEWORKER, name="else"), batch, GOOD)
    request = confirmation(batch, GOOD)
    first, again = [await client.imports.ConfirmColumns(request) for _ in range(2)]
    assert first == again
    await processed(client, first.batch)


async def test_a_file_that_cannot_be_read_is_refused_at_once(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    with refused("INVALID_INPUT", "file"):
        await sent(client, b"%PDF-1.7")
    batch = await sent(client, b"")
    assert batch.state == "checked"
    assert [one.reason for one in await faults(client, batch)] == ["EMPTY_FILE"]
    with refused("WRONG_STATE"):
        await columns_of(client, batch)


async def test_what_nobody_confirms_or_imports_is_not_kept_for_ever(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    left = await sent(client, file_of(unique_name()))
    checked = await confirm(client, await sent(client, file_of(unique_name())), GOOD)
    await expire(registry, on=left.open_until)
    assert (await confirm(client, checked, GOOD)).state == "checked"
    await expire(registry, on=next_day(checked.open_until))
    for batch, state in ((left, "expired"), (checked, "checked")):
        asked = pb.GetBatchRequest(batch_id=batch.batch_id)
        found = (await client.imports.GetBatch(asked)).batch
        assert (found.state, found.open_until) == (state, "")
        with refused("WRONG_STATE"):
            await confirm(client, found, GOOD)


async def test_a_heading_that_a_bureau_confirmed_is_proposed_next_time(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, heading = registry.client(Role.CASEWORKER), f"摊位{uuid4().hex}"
    heads = ["主体类型", heading, "监管机关代码", "备注", "行业领域"]

    async def shown_for(sender: Client, bureau: str) -> list[tuple[str, bool]]:
        row = ["个体工商户", unique_name(), bureau, "无", "集贸市场"]
        batch = await sent(sender, table(heads, row))
        columns = (await columns_of(sender, batch)).columns
        await confirm(sender, batch, GOOD)
        return [(one.field, one.learned) for one in columns if one.number == NAME]

    assert await shown_for(client, DISTRICT) == [("", False)]
    colleague = registry.client(Role.CASEWORKER, name="colleague")
    assert await shown_for(colleague, DISTRICT) == [("name", True)]
    await registry.bureau(OTHER_DISTRICT)
    other = registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT)
    assert await shown_for(other, OTHER_DISTRICT) == [("", False)]


async def test_another_sheet_is_shown_and_hidden_rows_are_read_if_confirmed(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, names = registry.client(Role.CASEWORKER), [unique_name() for _ in range(3)]
    rows = [("个体工商户", name, DISTRICT, "", "集贸市场") for name in names]
    heads = ("主体类型", "名称", "监管机关代码", "备注", "行业领域")
    content = workbook({"说明": [("见下表",)], "名册": [heads, *rows]}, hidden=[2])
    batch = await sent(client, content)
    shown = await columns_of(client, batch)
    assert (shown.sheet, list(shown.other_sheets)) == ("说明", ["名册"])
    request = confirmation(batch, {}, sheet="名册")
    batch = await processed(client, (await client.imports.ConfirmColumns(request)).batch)
    assert batch.state == "matching"
    shown = await columns_of(client, batch)
    assert (shown.sheet, shown.hidden_rows, list(shown.missing)) == ("名册", 1, [])
    checked = await confirm(client, batch, GOOD)
    assert (checked.changed, checked.left_out) == (2, 1)
    request = confirmation(batch, GOOD, hidden_rows=True)
    checked = await processed(client, (await client.imports.ConfirmColumns(request)).batch)
    assert (checked.changed, checked.left_out) == (3, 0)
    assert (await columns_of(client, batch)).with_hidden_rows


def workbook(sheets: dict[str, list[tuple[str, ...]]], hidden: list[int]) -> bytes:
    """A workbook in which each of these rows, from 0, is hidden on every sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for y, row in enumerate(rows):
                page.write_row(y, 0, row)
            for number in hidden:
                page.set_row(number, options={"hidden": True})
    return file.getvalue()
