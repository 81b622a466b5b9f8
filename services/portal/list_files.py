"""A whole list as a CSV file or a workbook, read and sent part by part."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from plumbing.spreadsheets import Cell, CsvRows, Writer, writing

# Reads the part of the list at a page token; returns its rows and the token of the next part.
Read = Callable[[str], Awaitable[tuple[Sequence[Sequence[Cell]], str]]]
PIECE_BYTES = 256 << 10
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {"csv": "text/csv", "xlsx": _XLSX}


async def as_csv(title: str, headings: Sequence[str], read: Read) -> Response:
    """Returns a list as a CSV file in UTF-8 with a byte-order mark, sent while it is read."""
    first = await read("")  # a refusal still gets its page, which it could not once sending began

    async def lines() -> AsyncIterator[bytes]:
        yield b"\xef\xbb\xbf" + _csv([headings])
        rows, token = first
        yield _csv(rows)
        while token:
            rows, token = await read(token)
            yield _csv(rows)

    return StreamingResponse(lines(), media_type="text/csv", headers=_named(title, "csv"))


async def as_workbook(title: str, headings: Sequence[str], read: Read) -> Response:
    """Returns a list as a workbook, which is written to a temporary file and then sent."""
    folder = TemporaryDirectory(prefix="quanheng-list-")
    path = Path(folder.name) / "list.xlsx"
    try:
        await write(path, title, headings, read)
    except BaseException:
        folder.cleanup()
        raise
    size = {"content-length": str(path.stat().st_size)}
    return StreamingResponse(
        _pieces(folder, path), media_type=_XLSX, headers=_named(title, "xlsx") | size
    )


KINDS = {"csv": as_csv, "xlsx": as_workbook}


def _csv(rows: Sequence[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = CsvRows(text)
    for row in rows:
        writer.write(row)
    return text.getvalue().encode()


async def write(path: Path, title: str, headings: Sequence[str], read: Read) -> None:
    """Writes a list to a file, a workbook if the name of the file ends in .xlsx, else CSV.

    Threads write and close it, since both take seconds for a long list.
    """
    closing, token, more = ExitStack(), "", True
    writer = closing.enter_context(writing(path, title, headings))
    try:
        while more:
            rows, token = await read(token)
            await asyncio.to_thread(_write_all, writer, rows)
            more = bool(token)
    finally:
        await asyncio.to_thread(closing.close)


def _write_all(writer: Writer, rows: Sequence[Sequence[Cell]]) -> None:
    for row in rows:
        writer.write(row)


async def _pieces(folder: TemporaryDirectory[str], path: Path) -> AsyncIterator[bytes]:
    with folder, path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def sent(content: AsyncIterator[bytes], title: str, kind: str) -> Response:
    """Returns a file that was written before, named after its list."""
    return StreamingResponse(content, media_type=_TYPES[kind], headers=_named(title, kind))


def _named(title: str, ending: str) -> dict[str, str]:
    name = quote(f"{title}.{ending}")
    return {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
