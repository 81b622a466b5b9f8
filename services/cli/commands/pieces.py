"""Sends a file piece by piece, and saves one that comes piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from google.protobuf.message import Message

from plumbing.whole_files import written_whole
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.to_file import in_a_folder

PIECE_BYTES = 256 << 10
LONGEST_NAME = 200  # characters of a file's name that the contracts take
M = TypeVar("M", bound=Message)
SentFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
]
SavedFile = Annotated[
    Path,
    typer.Option(
        "--to", dir_okay=False, callback=in_a_folder, help="写入的文件 | file to write to"
    ),
]


def name_of(file: Path) -> str:
    """Returns the name of a file as the header of its upload has it."""
    return file.name[:LONGEST_NAME]


async def parts_of(file: Path, message: type[M], header: Message) -> AsyncIterator[M]:
    """Yields the messages of an upload: the header, then the content of the file."""
    make: Any = message
    yield make(header=header)
    with file.open("rb") as content:
        while piece := content.read(PIECE_BYTES):
            yield make(content=piece)


def save(read: Callable[[Client, int], Awaitable[Any]], to: Path, data: Path | None) -> None:
    """Writes a file from the answers of `read`, which asks for the piece at a place.

    A file that cannot be read to its end leaves nothing, and none that is there is lost for it.
    """

    async def saved(client: Client) -> None:
        with written_whole(to) as part, part.open("wb") as file:
            while piece := (await read(client, file.tell())).content:
                file.write(piece)

    with_client(data, saved)
    show.done(str(to), str(to))
