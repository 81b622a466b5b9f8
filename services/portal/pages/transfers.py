"""Files that pages pass on: from a form to a service piece by piece, and back to a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote

from google.protobuf.message import Message
from starlette.datastructures import UploadFile
from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from services.portal.pages.forms import told
from services.portal.visit import Visit
from services.portal.wording import N_

UPLOAD_SECONDS = 600.0
PIECE_BYTES = 256 << 10
MOST_BYTES = 900_000  # that a call may carry of a file of rows
M = TypeVar("M", bound=Message)


async def parts_of(message: type[M], header: Message, file: UploadFile) -> AsyncIterator[M]:
    """Yields the messages of an upload: the header, then the content of a file."""
    make: Any = message
    yield make(header=header)
    while piece := await file.read(PIECE_BYTES):
        yield make(content=piece)


async def pieces_of(
    first: bytes, size: int, read: Callable[[int], Awaitable[Any]]
) -> AsyncIterator[bytes]:
    """Yields a file of `size` bytes from its first piece on; `read` asks for that at a place."""
    sent, content = 0, first
    while content:
        yield content
        sent += len(content)
        content = (await read(sent)).content if sent < size else b""


def attachment(name: str) -> dict[str, str]:
    """Returns the headers with which a browser stores a file and does not open it."""
    # It is compressed already; `identity` keeps the middleware from doing so again.
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return {"content-disposition": disposition, "content-encoding": "identity"}


async def file_of_rows(
    visit: Visit, template: str, send: Callable[[bytes], Awaitable[Any]], **shown: Any
) -> Response:
    """Shows the form for a file of rows, or sends its content and shows what became of it.

    `shown` are other values of the template.
    """
    if visit.request.method == "GET":
        return visit.page(template, **shown)
    content, error = await chosen_file(visit)
    if error:
        return visit.page(template, status=422, errors={"file": error}, **shown)
    try:
        answer = await ask(send(content))
    except Refusal as refusal:
        return visit.page(template, status=422, **of_rows(visit, refusal), **shown)
    # Another file is another request.
    return visit.page(template, answer=answer, request_id=new_request_id(), **shown)


async def chosen_file(visit: Visit) -> tuple[bytes, str]:
    """Returns the content of the file of rows in a form, or else what is wrong with it."""
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return b"", visit.say(N_("请选择文件"))
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return b"", visit.say(N_("文件太大，请分成几个文件"))
    return content, ""


def of_rows(visit: Visit, refusal: Refusal) -> dict[str, Any]:
    """Returns what a page shows of the refusal of a file of rows; raises any other refusal."""
    values = told(visit, refusal)
    return {
        **values,
        "faults": values["errors"].values(),
        "errors": {"file": visit.say(N_("文件有误"))},
    }
