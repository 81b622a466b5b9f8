"""The command that writes the labels of instruments as sheets to print."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from law.errors import InvalidInput, LawError, NotFound
from law.instruments import catalogue
from services.cli.client import Client, with_client
from services.cli.machine.directory import platform_settings
from services.cli.output import show
from services.cli.output.options import Data
from services.cli.output.to_file import in_a_folder, write

if TYPE_CHECKING:
    from plumbing.papers.label_sheet import Layout
    from plumbing.settings import Settings
    from protos.registry.v1 import registry_pb2

AT_ONCE = 500
_LAYOUT = "版式：a4-24、a4-40、roll-60x40 等 | layout, such as a4-24, a4-40 or roll-60x40"


def label_sheet(
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            dir_okay=False,
            callback=in_a_folder,
            help="写入的 PDF 文件 | PDF file to write to",
        ),
    ],
    instruments: Annotated[
        list[str] | None, typer.Option("--instrument", help="器具，可多次 | instrument, repeatable")
    ] = None,
    subject: Annotated[str, typer.Option("--subject", help="主体 | of this subject alone")] = "",
    bureau: Annotated[str, typer.Option("--bureau", help="机关代码 | bureau code")] = "",
    institution: Annotated[
        str,
        typer.Option("--institution", help="这家机构检定过或有申请的 | verified or ordered there"),
    ] = "",
    type_code: Annotated[str, typer.Option("--type", help="器具类型 | type of instrument")] = "",
    state: Annotated[str, typer.Option("--state", help="使用状态 | state of the instrument")] = "",
    layout: Annotated[str, typer.Option("--layout", help=_LAYOUT)] = "",
    data: Data = None,
) -> None:
    """把器具标签写成可打印的 PDF，没有条件即本人能看到的全部。

    Writes labels of instruments as PDF to print; without a filter, all that the caller sees.
    """
    from protos.registry.v1 import registry_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ListLabelsRequest(
        subject_id=subject,
        bureau=bureau,
        institution=institution,
        type_code=type_code,
        state=state,
        instrument_ids=instruments or [],
        page_size=AT_ONCE,
    )
    try:
        chosen = _layout(layout)
        labels, day = with_client(data, lambda client: _read(client, request))
        write(to, _typeset(labels, chosen, day, platform_settings(data)))
    except LawError as error:
        show.refuse(error.zh, error.en)
        raise typer.Exit(1) from error
    show.done(f"已写入 {to}（{len(labels)} 枚标签）", f"wrote {to} ({len(labels)} labels)")


def _layout(name: str) -> Layout:
    from plumbing.papers.label_sheet import layouts  # noqa: PLC0415 - slow to load

    known = layouts()
    if name and name not in known:
        raise InvalidInput(
            f"没有版式“{name}”，有：{'、'.join(known)}",
            f"There is no layout {name}, only {', '.join(known)}",
        )
    return known[name] if name else next(iter(known.values()))


def _typeset(
    labels: Sequence[registry_pb2.Label], layout: Layout, day: date, settings: Settings
) -> bytes:
    from plumbing.papers import label_sheet as sheets  # noqa: PLC0415 - slow to load

    if not labels:
        raise NotFound("没有可以打印的标签", "There is no label to print")
    faces = [
        sheets.LabelFace(
            one.code, sheets.path_of(one.code, one.giai), _type_name(one.type_code), one.serial_no
        )
        for one in labels
    ]
    return sheets.label_sheet(faces, layout, day, settings.portal_url, settings.font_dir)


async def _read(
    client: Client, request: registry_pb2.ListLabelsRequest
) -> tuple[list[registry_pb2.Label], date]:
    from protos.registry.v1 import registry_pb2 as pb  # noqa: PLC0415 - see above

    clock = await client.clock.GetClock(pb.GetClockRequest())
    return [one async for one in _labels(client, request)], date.fromisoformat(clock.today)


async def _labels(
    client: Client, request: registry_pb2.ListLabelsRequest
) -> AsyncIterator[registry_pb2.Label]:
    while True:
        answer = await client.registry.ListLabels(request)
        for label in answer.labels:
            yield label
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _type_name(type_code: str) -> str:
    known = catalogue().get(type_code)
    return known.name_zh if known else type_code
