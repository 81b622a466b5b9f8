"""Commands for the receipt of a grade, and for the grade that assumed changes would give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import grading_pb2 as grading
from services.cli.client import Client, with_client
from services.cli.commands import choices, ids
from services.cli.commands.parameters import read_day
from services.cli.output import answer
from services.cli.output.options import AsJson, Data, SubjectId
from services.cli.output.to_file import in_a_folder, write


def grade_receipt(
    receipt: Annotated[str, typer.Argument(metavar="RECEIPT", help="评价凭据 id | receipt")],
    out: Annotated[
        Path | None,
        typer.Option("--out", callback=in_a_folder, help="写入文件 | write to a file"),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """显示评价凭据：逐条列出分值与条款。

    Shows the receipt of a grade: the points of each record, with the article they rest on.
    """
    request = grading.GetReceiptRequest(receipt_id=receipt)
    response = with_client(data, lambda client: client.grading.GetReceipt(request))
    if out:
        write(out, response.receipt_json)
    if as_json:
        print(response.receipt_json)  # noqa: T201 - the output itself
    else:
        answer.print_response(response, as_json=False)


def grade_what_if(
    subject: SubjectId,
    withdraw: Annotated[
        list[str] | None, typer.Option(metavar="RECORD", help="撤销的记录 | a record withdrawn")
    ] = None,
    repair: Annotated[
        list[str] | None,
        typer.Option(metavar="RECORD[@DATE]", help="修复的记录 | a record repaired"),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[@DATE]",
            help=f"新增的记录：{choices.listed(choices.some('record_kind'))} | a record added",
        ),
    ] = None,
    points: Annotated[
        list[str] | None,
        typer.Option(metavar="RECORD=N", help="更正分值 | the right points of a record"),
    ] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="评价日 | day of grading")
    ] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """假如记录撤销、修复、新增或更正，等级会怎样；不改变任何数据。

    Computes the grade that a subject would have if records were withdrawn, repaired, added or
    corrected; changes no data.
    """
    changes = [
        *(_ended(text, "withdrawn") for text in withdraw or ()),
        *(_ended(text, "repaired") for text in repair or ()),
        *map(_added, add or ()),
        *map(_corrected, points or ()),
    ]
    request = assessments.WhatIfRequest(subject_id=subject, changes=changes, as_of=read_day(as_of))

    def what_if(client: Client) -> Callable[[Any], Awaitable[assessments.WhatIfResponse]]:
        async def call(request: Any) -> assessments.WhatIfResponse:
            await ids.make_whole(client, "assessments", request)
            return await client.assessments.WhatIf(request)

        return call

    answer.call(what_if, request, data, as_json=as_json)


def _ended(text: str, status: str) -> assessments.Hypothesis:
    record_id, _, day = text.partition("@")
    ended = assessments.EndedRecord(record_id=record_id, status=status, on=read_day(day))
    return assessments.Hypothesis(ended=ended)


def _added(text: str) -> assessments.Hypothesis:
    kind, _, day = text.partition("@")
    code = choices.read(choices.some("record_kind"), kind)
    added = assessments.AddedRecord(kind=code, determined_on=read_day(day))
    return assessments.Hypothesis(added=added)


def _corrected(text: str) -> assessments.Hypothesis:
    record_id, _, points = text.rpartition("=")
    if not record_id or not (points.isascii() and points.isdigit()):
        raise typer.BadParameter("应为 RECORD=N | must be RECORD=N", param_hint="--points")
    corrected = assessments.CorrectedRecord(record_id=record_id, points=int(points))
    return assessments.Hypothesis(corrected=corrected)
