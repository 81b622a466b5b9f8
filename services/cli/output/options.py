"""Command-line options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli.output.to_file import in_a_folder

Data = Annotated[
    Path | None,
    typer.Option("--data", help="数据目录（默认取 QUANHENG_DATA_DIR）| data directory"),
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON | print JSON")]
Yes = Annotated[bool, typer.Option("--yes", help="不再询问 | do not ask")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多条数 | at most so many")]
Export = Annotated[
    Path | None,
    typer.Option(
        "--export",
        help="全部写入 .xlsx 或 .csv 文件 | all of it to a file",
        dir_okay=False,
        callback=in_a_folder,
    ),
]
Bureau = Annotated[str, typer.Option("--bureau", help="机关代码 | bureau code")]
SubjectId = Annotated[str, typer.Argument(metavar="SUBJECT", help="主体 id 或统一社会信用代码")]
