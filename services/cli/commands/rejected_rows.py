"""The rows of a batch that were not taken, written to a file to be mended and imported again."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from plumbing.spreadsheets import armed, writing
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import with_client
from services.cli.output import show
from services.cli.output.options import Data
from services.cli.output.to_file import in_a_folder, write


def batch_rejected(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="批次 id | batch")],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            dir_okay=False,
            callback=in_a_folder,
            help="写入的 .csv 或 .xlsx 文件 | file",
        ),
    ],
    data: Data = None,
) -> None:
    """取回未收下的行，末列为原因，改好后可再导入。

    Writes the rejected rows of a batch to a file, with the reasons in the last column.
    """
    request = pb.GetRejectedRowsRequest(batch_id=batch)
    response = with_client(data, lambda client: client.imports.GetRejectedRows(request))
    write_rows(out, response.content)
    show.done(f"已写入 {out}", f"wrote {out}")


def write_rows(path: Path, content: bytes) -> None:
    """Writes CSV content to a file: unchanged, or as a workbook if the file name ends in .xlsx."""
    if path.suffix.lower() != ".xlsx":
        write(path, content)
        return
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    heads, *rows = ([armed(cell) for cell in row] for row in csv.reader(text))
    with writing(path, "未收下的行", heads, exact=True) as writer:
        for row in rows:
            writer.write(row)
