"""Uploads of files, one header first and then the content in pieces, and pieces of stored ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, Protocol, TypeVar

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound
from plumbing.files import Files

H_co = TypeVar("H_co", covariant=True)


class Part(Protocol[H_co]):
    """A message of an upload, such as UploadCertificateRequest."""

    @property
    def header(self) -> H_co: ...

    @property
    def content(self) -> bytes: ...

    def WhichOneof(self, oneof_group: Literal["part"], /) -> str | None: ...  # noqa: N802


async def header_of(parts: AsyncIterator[Part[H_co]]) -> H_co:
    """Reads the header of an upload; raises InvalidInput if something else comes first."""
    part = await anext(parts, None)
    if part is None or part.WhichOneof("part") != "header":
        zh, en = "先发一个文件头，再发内容", "one header comes first, then content"
        raise InvalidInput(faults=[Fault("header", zh, en)])
    return part.header


async def content_of(parts: AsyncIterator[Part[object]]) -> AsyncIterator[bytes]:
    """Yields the pieces after the header; raises InvalidInput for a second header."""
    async for part in parts:
        if part.WhichOneof("part") == "header":
            raise InvalidInput(faults=[Fault("header", "文件头只发一次", "the header comes once")])
        yield part.content


def require_same(answered: str | Sequence[str], sent: str | Sequence[str]) -> None:
    """Checks by SHA-256 that the answer to an upload is about the file or files that were sent.

    The answer to a repeated request is the first one. Raises AlreadyExists if that was about
    another file.
    """
    if answered != sent:
        zh, en = "该请求编号已用于另一个文件", "This request id was used for another file"
        raise AlreadyExists(zh, en)


async def piece_of(files: Files, sha256: str, size: int, offset: int, **facts: Any) -> bytes:
    """Reads a stored file of `size` bytes from a place on; `facts` name what it belongs to.

    Raises NotFound if the store has no such file.
    """
    try:
        return await files.read(sha256, size, offset)
    except FileNotFoundError as error:
        zh, en = "文件不在存储中，请联系平台管理员", "The file is missing from the store"
        raise NotFound(zh, en, **facts) from error
