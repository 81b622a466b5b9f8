"""`quanheng demo`: shows the main tasks from start to end, on the real processes, with a crash."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import grpc
import typer

from law.errors import LawError
from plumbing.client import refusal_of
from plumbing.settings import Settings
from services.cli.commands.imports import ColumnMapping
from services.cli.demo.loading import Records
from services.cli.demo.stage import Stage
from services.cli.demo.story import tell


def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="数据目录（默认演示成功后即删）| data directory")
    ] = None,
    records: Annotated[
        Path | None, typer.Option("--records", help="真实检定记录 CSV | real verifications")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping", help="其列映射的 JSON 文件 | file with the mapping of its columns"
        ),
    ] = None,
) -> None:
    """在沙箱里把主要事务从头到尾演示一遍，逐步说明法律依据；有一步不成立则退出码为 1。

    Shows the main tasks from start to end in a sandbox, with their legal grounds; exits with 1 if a
    step fails.
    """
    columns = ColumnMapping.from_file(mapping) if mapping else ColumnMapping()
    real = Records(records, columns) if records else None
    stage = Stage()
    home = data or Path(tempfile.mkdtemp(prefix="quanheng-demo-"))
    try:
        asyncio.run(tell(stage, home, real))
    except grpc.aio.AioRpcError as error:
        _broke(stage, str(refusal_of(error)), home)
        raise typer.Exit(1) from error
    except LawError as error:
        _broke(stage, f"{error.zh} / {error.en}", home)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        _forget(home, data)
        raise
    _forget(home, data)
    stage.end()
    stage.say(
        f"接着在网页上看：make run，打开 {Settings().portal_url}/sandbox/tour  go on in a browser"
    )


def _forget(home: Path, data: Path | None) -> None:
    """Removes the data directory, unless it was named."""
    if data is None:
        shutil.rmtree(home)


def _broke(stage: Stage, why: str, home: Path) -> None:
    """Says what broke; the data directory with its logs stays for whoever looks into it."""
    stage.broke(why)
    stage.say(f"日志留在 {home / 'logs'}  the logs are kept there")
