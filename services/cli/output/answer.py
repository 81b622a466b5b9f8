"""Calls one gRPC method and prints its response: on the screen, as JSON, or to a file.

    answer.call(lambda client: client.objection.ListCases, request, data, export=path)

Only the type of the response determines its layout (see `views`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import typer
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from plumbing.client import EXPORTING, PURPOSE
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.columns import columns_of
from services.cli.output.console import console
from services.cli.output.exporting import check_ending
from services.cli.output.exporting import export as write
from services.cli.output.language import choose
from services.cli.output.names import Names
from services.cli.output.progress import Progress
from services.cli.output.titles import title
from services.cli.output.views import view

PAGE = 1000
Response = TypeVar("Response", bound=Message)
Method = Callable[..., Awaitable[Response]]
_EXPORTED = ((PURPOSE, EXPORTING),)  # what the access log notes
# Responses with a single field that are printed as JSON whole, not as their field.
WHOLE = frozenset(
    {"GetBatchResponse", "RejectBatchResponse", "DiscardBatchResponse", "UndoBatchResponse"}
)
# Responses of several fields whose JSON is one of them: the others say the same again, or came
# after scripts had learned to read the one (`alike list` tells what waits; the certificate and the
# instrument tell what differs).
HELD = {
    "GetIndexResponse": "index",
    "EnterRecordResponse": "record",
    "ConfirmCalibrationResponse": "calibration",
    "PutAuthorisationResponse": "authorisation",
}


def call(
    method: Callable[[Client], Method[Response]],
    request: Message,
    data: Path | None,
    *,
    as_json: bool = False,
    export: Path | None = None,
    anyone: bool = False,
) -> Response:
    """Calls a gRPC method, prints the response and returns it; `anyone` calls without a login.

    With `export`, every page of the list is written to that file instead, and the command ends by
    typer.Exit. Raises typer.Exit after a refusal.
    """
    if export is not None:
        save(lambda client: export_list(method(client), request, export, client), data, export)

    async def work(client: Client) -> tuple[Response, Names]:
        response = await method(client)(request)
        names = Names()
        if not (as_json or anyone):
            await names.learn(client, [response])
        return response, names

    response, names = with_client(data, work, anyone=anyone)
    print_response(response, names, as_json=as_json)
    return response


def print_response(response: Message, names: Names | None = None, *, as_json: bool) -> None:
    """Prints a response in its screen layout, or as JSON."""
    if as_json:
        show.json_out(json_value(response))
        return
    console.print(view(response, names or Names()))
    if line := count_line(response):
        console.print(line, style="dim")


def json_value(response: Message) -> Message:
    """Returns the message to print as JSON: the only message inside a response, or the response."""
    if response.DESCRIPTOR.name in HELD:
        return getattr(response, HELD[response.DESCRIPTOR.name])  # type: ignore[no-any-return]
    fields = response.DESCRIPTOR.fields
    is_single = len(fields) == 1 and fields[0].message_type and not fields[0].is_repeated
    if not is_single or response.DESCRIPTOR.name in WHOLE:
        return response
    return getattr(response, fields[0].name)  # type: ignore[no-any-return]


def count_line(response: Any) -> str:
    """Returns a line with the number of rows, shown and in total; empty if not a list."""
    if "next_page_token" not in response.DESCRIPTOR.fields_by_name:
        return ""
    name, _ = items_of(response.DESCRIPTOR)
    shown = len(getattr(response, name))
    if not response.next_page_token:
        return choose(f"共 {shown:,} 条", f"{shown:,} in all")
    of_zh, of_en = _how_many(response)
    return choose(
        f"已列 {shown:,} 条{of_zh}；--limit 多列，--export 文件.xlsx 取全部",
        f"{shown:,}{of_en}; --limit lists more, --export file.xlsx takes all",
    )


def _how_many(response: Any) -> tuple[str, str]:
    """How many rows there are besides those shown, in Chinese and English."""
    if more_than := getattr(response, "more_than", 0):
        return f"，共 {more_than:,} 条以上", f" of more than {more_than:,}"
    if total := getattr(response, "total", 0):
        return f"，共 {total:,} 条", f" of {total:,}"
    return "，还有更多", ", and more"


def save(work: Callable[[Client], Awaitable[int]], data: Path | None, to: Path) -> None:
    """Calls `work` to write the file `to`, prints its number of rows, and raises typer.Exit."""
    check_ending(to)
    written = with_client(data, work)
    show.done(f"已写入 {to}（{written} 行）", f"wrote {to} ({written} rows)")
    raise typer.Exit


def items_of(response: Descriptor) -> tuple[str, Descriptor]:
    """Returns the name of the list field of a response, and the message type of its items."""
    return next(
        (field.name, field.message_type)
        for field in response.fields
        if field.is_repeated and field.message_type
    )


async def export_list(method: Method[Any], wanted: Any, to: Path, client: Any) -> int:
    """Reads every page of a list and writes it to a file; returns the number of rows."""
    request: Any = type(wanted)()
    request.CopyFrom(wanted)
    if "page_size" in request.DESCRIPTOR.fields_by_name:
        request.page_size = PAGE
    first = await method(request, metadata=_EXPORTED)
    field, message = items_of(first.DESCRIPTOR)
    names = Names()
    with Progress() as progress:
        items = _each(method, request, first, field, names, client, progress)
        return await write(to, title(message.name), columns_of(message), items, names)


async def _each(
    method: Method[Any],
    request: Any,
    response: Any,
    field: str,
    names: Names,
    client: Any,
    progress: Progress,
) -> AsyncIterator[Any]:
    """Every item of a list, page by page, after looking up the names of its page.

    The next page is asked for before the items of a page are written.
    """
    written, total = 0, getattr(response, "total", 0)
    while True:
        items = getattr(response, field)
        await names.learn(client, items)
        following = _next_page(method, request, response)
        for item in items:
            yield item
        written += len(items)
        progress.rows(written, total)
        if following is None:
            return
        response = await following


def _next_page(method: Method[Any], request: Any, response: Any) -> asyncio.Future[Any] | None:
    """Asks for the page that follows a response; None after the last page."""
    if not getattr(response, "next_page_token", ""):
        return None
    request.page_token = response.next_page_token
    return asyncio.ensure_future(method(request, metadata=_EXPORTED))
