"""The command that writes a case file as one ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from law.errors import LawError
from plumbing.whole_files import written_whole
from services.cli.client import Client, with_client
from services.cli.machine.directory import platform_settings
from services.cli.output import show
from services.cli.output.options import Data
from services.cli.output.to_file import in_a_folder


def case_archive(
    case: Annotated[str, typer.Argument(metavar="CASE", help="案件的 id | the case")],
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            dir_okay=False,
            callback=in_a_folder,
            help="写入的 ZIP 文件 | ZIP file to write to",
        ),
    ],
    data: Data = None,
) -> None:
    """把案卷写成一个 ZIP，离线可以打开和核验。

    Writes a case file as one ZIP that opens offline and can be verified there: dossier, letters,
    receipts, evidence and proofs of the audit.
    """
    from plumbing.papers.case_file import archive  # noqa: PLC0415 - slow to load
    from plumbing.papers.case_file.reading import read_case_file  # noqa: PLC0415 - see above

    settings = platform_settings(data)
    printing = archive.Printing(settings.portal_url, settings.font_dir)

    async def write(client: Client) -> None:
        file = await read_case_file(client, case)
        contents = archive.prepare(file, printing)
        with written_whole(to) as part, part.open("wb") as out:
            async for piece in archive.case_archive(client, file, contents):
                out.write(piece)

    try:
        with_client(data, write)
    except LawError as error:
        show.refuse(error.zh, error.en)
        raise typer.Exit(1) from error
    show.done(str(to), str(to))
