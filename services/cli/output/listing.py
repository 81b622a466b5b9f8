"""Lists: a page on the screen, or every page of it in a file. One mechanism for every list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import typer
from google.protobuf.descriptor import Descriptor

from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.columns import columns_of
from services.cli.output.exporting import check_ending, export
from services.cli.output.headings import TITLES

PAGE = 1000
Answer = TypeVar("Answer")
Method = Callable[[Any], Awaitable[Answer]]


def listed(
    method: Callable[[Client], Method[Answer]], wanted: Any, data: Path | None, to: Path | None
) -> Answer:
    """The page of a list that was asked for; with `to`, all of it in that file, and no more.

    Raises typer.Exit when the file is written.
    """
    if to is not None:
        save(lambda client: _export(method(client), wanted, to), data, to)
    return with_client(data, lambda client: method(client)(wanted))


def save(work: Callable[[Client], Awaitable[int]], data: Path | None, to: Path) -> None:
    """Has a file written, says how many rows it has, and ends the command by typer.Exit."""
    check_ending(to)
    written = with_client(data, work)
    show.console.print(f"已写入 {to}（{written} 行）", soft_wrap=True, markup=False)
    raise typer.Exit


async def _export(method: Method[Any], wanted: Any, to: Path) -> int:
    request: Any = type(wanted)()
    request.CopyFrom(wanted)
    if "page_size" in request.DESCRIPTOR.fields_by_name:
        request.page_size = PAGE
    first = await method(request)
    name, message = things_of(first.DESCRIPTOR)
    title = TITLES.get(message.name, message.name)
    return await export(to, title, columns_of(message), _each(method, request, first, name))


def things_of(answer: Descriptor) -> tuple[str, Descriptor]:
    """The field of an answer that holds what was listed, and what is listed."""
    return next(
        (field.name, field.message_type)
        for field in answer.fields
        if field.is_repeated and field.message_type
    )


async def _each(method: Method[Any], request: Any, answer: Any, name: str) -> AsyncIterator[Any]:
    while True:
        for thing in getattr(answer, name):
            yield thing
        token = getattr(answer, "next_page_token", "")
        if not token:
            return
        request.page_token = token
        answer = await method(request)
