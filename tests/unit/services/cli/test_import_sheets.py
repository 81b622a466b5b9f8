"""An import of several sheets: a refused sheet costs no other one its result."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from typer.testing import CliRunner

from protos.registry.v1 import registry_pb2 as pb
from services.cli.__main__ import app
from services.cli.commands import imports

SHEETS = ("一季度", "第二、三季度，合计", "四季度")


def refusal() -> grpc.aio.AioRpcError:
    empty = grpc.aio.Metadata()
    return grpc.aio.AioRpcError(grpc.StatusCode.INVALID_ARGUMENT, empty, empty, details="no")


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file; of its sheets the one with a comma in its name is refused."""

    async def taken(_client: Any, header: pb.ImportHeader, *_: Any, **__: Any) -> Any:
        if header.sheet == SHEETS[1]:
            raise refusal()
        batch = pb.Batch(batch_id=header.sheet, sheet=header.sheet, state="imported")
        return imports.ImportResult(batch, pb.ListFaultsResponse(), pb.CountFaultsResponse())

    def with_client(_data: Any, work: Any) -> Any:
        return asyncio.run(work(cast("Any", None)))

    monkeypatch.setattr(imports, "_import", taken)
    monkeypatch.setattr(imports, "with_client", with_client)
    path = tmp_path / "ledger.csv"
    path.write_text("a\n")
    return path


def test_the_sheets_before_and_after_a_refused_one_are_told(workbook: Path) -> None:
    options = [part for name in SHEETS for part in ("--sheet", name)]
    command = ["import", str(workbook), "--family", "records", *options]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == imports.REFUSED
    assert SHEETS[0] in result.output
    assert SHEETS[2] in result.output
    assert f"工作表“{SHEETS[1]}”没有导入" in result.output


def test_some_sheets_and_all_of_them_are_not_asked_for_at_once(workbook: Path) -> None:
    command = ["import", str(workbook), "--family", "records", "--all-sheets", "--sheet", "x"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "--all-sheets" in result.output
