"""`quanheng demo`: the main job told end to end, on the real parts, through crashes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import grpc
import typer

from law.errors import LawError
from plumbing.client import refusal_of
from services.cli.demo.stage import Stage
from services.cli.demo.story import tell

# Real records for whoever has them beside the checkout; they are no part of the project.
RECORDS_NEARBY = Path("../shared/data/arshin_2024_voltmeters.csv")


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command()(demo)


def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="数据目录（默认用完即删）| data directory")
    ] = None,
    records: Annotated[
        Path | None, typer.Option("--records", help="真实检定记录 CSV | real verifications")
    ] = None,
) -> None:
    """在沙箱里把主要事务从头到尾演示一遍，逐步说明法律依据；有一步不成立则退出码为 1。

    Tells the main job end to end in a sandbox; exit 1 where a step does not hold.
    """
    records = records or (RECORDS_NEARBY if RECORDS_NEARBY.exists() else None)
    stage = Stage()
    with tempfile.TemporaryDirectory(prefix="quanheng-demo-") as scratch:
        try:
            asyncio.run(tell(stage, data or Path(scratch), records))
        except grpc.aio.AioRpcError as error:
            stage.broke(str(refusal_of(error)))
            raise typer.Exit(1) from error
        except LawError as error:
            stage.broke(f"{error.zh} / {error.en}")
            raise typer.Exit(1) from error
    stage.end()
