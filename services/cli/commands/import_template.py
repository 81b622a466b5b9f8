"""The command that writes an empty file to fill in and import."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import with_client
from services.cli.commands import choices
from services.cli.output import show
from services.cli.output.options import Data
from services.cli.output.to_file import in_a_folder, write

RECOGNISED = "auto"  # has no file of its own
FAMILIES = {c: zh for c, zh in choices.some("family").items() if c != RECOGNISED}


class Form(StrEnum):
    """The file formats of an import template."""

    XLSX = "xlsx"
    CSV = "csv"


def template(
    family: Annotated[
        str,
        typer.Argument(
            metavar="FAMILY",
            help=f"类别：{choices.listed(FAMILIES)} | family",
            parser=choices.parser(FAMILIES),
        ),
    ],
    form: Annotated[Form, typer.Option("--format", help="格式 | format")] = Form.XLSX,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", dir_okay=False, callback=in_a_folder, help="写入的文件 | file to write"
        ),
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="含首次建档时才读取的列 | of a first load")
    ] = False,
    data: Data = None,
) -> None:
    """取一份空白模板：表头、下拉选项、文本格式和字段说明；填好后直接导入。

    Writes an empty import file for one family of data, with its columns explained; fill it in and
    import it.
    """
    request = pb.GetTemplateRequest(family=family, format=form, baseline=baseline)
    response = with_client(data, lambda client: client.imports.GetTemplate(request))
    path = output or Path(f"{family}.{form}")
    write(path, response.content)
    show.done(f"已写入 {path}", f"wrote {path}")
