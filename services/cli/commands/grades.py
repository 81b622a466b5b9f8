"""Commands about grades: in force and known on any date, with their receipts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from plumbing.clock import SHANGHAI
from protos.grading.v1 import grading_pb2 as pb
from services.cli.client import with_client
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit, SubjectId

grade_app = typer.Typer(no_args_is_help=True, help="信用等级 | grades")
ReceiptId = Annotated[str, typer.Argument(metavar="RECEIPT", help="评价凭据 id")]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(grade_app, name="grade")


@grade_app.command("show")
def grade_show(
    subject: SubjectId,
    on: Annotated[str, typer.Option("--on", help="哪一天有效 | in force on")] = "",
    known_at: Annotated[
        datetime | None, typer.Option("--known-at", help="当时所知（北京时间）| as known at")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """显示等级：某日有效、某时所知。 Shows a grade: in force on a day, as known at a moment."""
    wanted = pb.GetGradeRequest(subject_id=subject, on=on)
    if known_at:
        wanted.known_at.FromDatetime(known_at.replace(tzinfo=SHANGHAI))
    answer = with_client(data, lambda client: client.grading.GetGrade(wanted))
    if as_json:
        show.json_out(answer.grade)
    else:
        show.card("等级", _lines(answer.grade))


@grade_app.command("history")
def grade_history(
    subject: SubjectId,
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出历次等级，两种时间。 Lists every grade in both times."""
    wanted = pb.ListGradesRequest(subject_id=subject, page_size=limit)
    answer = listed(lambda client: client.grading.ListGrades, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (told(g), g.in_force_from, g.in_force_to or "—", _moment(g), g.receipt_id)
        for g in answer.grades
    ]
    show.table("历次等级", ("等级", "有效自", "有效至（不含）", "得知于", "凭据"), rows)


@grade_app.command("receipt")
def grade_receipt(
    receipt: ReceiptId,
    out: Annotated[Path | None, typer.Option("--out", help="写入文件 | write to a file")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """显示评价凭据：逐条列出分值与条款。 Shows a receipt: every point with its article."""
    wanted = pb.GetReceiptRequest(receipt_id=receipt)
    answer = with_client(data, lambda client: client.grading.GetReceipt(wanted))
    if out:
        out.write_text(answer.receipt_json, encoding="utf-8")
    if as_json:
        print(answer.receipt_json)  # noqa: T201 - the output itself
    else:
        for sentence in answer.explanation_zh:
            show.console.print(f"  {sentence}", soft_wrap=True)


@grade_app.command("verify")
def grade_verify(receipt: ReceiptId, data: Data = None, as_json: AsJson = False) -> None:
    """重新计算凭据；不一致时退出码为 1。 Recomputes a receipt; exit 1 when it differs."""
    wanted = pb.VerifyReceiptRequest(receipt_id=receipt)
    answer = with_client(data, lambda client: client.grading.VerifyReceipt(wanted))
    if as_json:
        show.json_out(answer)
    else:
        show.console.print("\n".join(answer.differences) or "✓ 重新计算一致  recomputes to itself")
    if answer.differences:
        raise typer.Exit(1)


@grade_app.command("summary")
def grade_summary(bureau: Bureau = "", data: Data = None, as_json: AsJson = False) -> None:
    """按等级统计主体。 Counts subjects by grade."""
    wanted = pb.SummariseGradesRequest(bureau=bureau)
    answer = with_client(data, lambda client: client.grading.SummariseGrades(wanted))
    if as_json:
        show.json_out(answer)
    else:
        summary_table(answer)


def summary_table(answer: pb.SummariseGradesResponse) -> None:
    """Subjects by ruleset and grade, as a table."""
    rows = [(c.ruleset_id or "不评价", c.grade or "—", c.subjects) for c in answer.counts]
    show.table("等级分布", ("规则", "等级", "主体数"), rows)


def told(grade: pb.Grade) -> str:
    """A grade in a few characters: letter, score, and whether it is contested."""
    if not grade.grade:
        return "不评价"
    score = f" {grade.score}分" if grade.HasField("score") else ""
    return f"{grade.grade}{score}{'（异议中）' if grade.contested else ''}"


def _lines(grade: pb.Grade) -> dict[str, object]:
    return {
        "等级": told(grade),
        "不评价的原因": grade.not_graded_zh,
        "规则": grade.ruleset_id,
        "有效自": grade.in_force_from,
        "得知于": _moment(grade),
        "无信用信息": "是" if grade.no_record else "",
        "含示例分值": "是（缺附件，R-076）" if grade.example_values else "",
        "凭据": grade.receipt_id,
    }


def _moment(grade: pb.Grade) -> str:
    return f"{grade.known_from.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M:%S}"
