"""Commands about what is in force nowhere yet: what if, outlook, comparison, and year-ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from plumbing.clock import SHANGHAI
from protos.grading.v1 import assessments_pb2 as pb
from services.cli.client import with_client
from services.cli.commands.grades import grade_app
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Data, Export, Limit, SubjectId

AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="评价日 | day of grading")]


def register(_app: typer.Typer) -> None:
    """The commands stand in the group `grade`, which another module adds."""


@grade_app.command("what-if")
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
        typer.Option(metavar="KIND[@DATE]", help="新增的记录 | a record added"),
    ] = None,
    points: Annotated[
        list[str] | None,
        typer.Option(metavar="RECORD=N", help="更正分值 | the right points of a record"),
    ] = None,
    as_of: AsOf = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """假如记录撤销、修复、新增或更正，等级会怎样；不改变任何数据。

    What the grade would be after some changes; nothing is written.
    """
    changes = [
        *(_ended(one, "withdrawn") for one in withdraw or ()),
        *(_ended(one, "repaired") for one in repair or ()),
        *map(_added, add or ()),
        *map(_corrected, points or ()),
    ]
    wanted = pb.WhatIfRequest(subject_id=subject, changes=changes, as_of=as_of)
    answer = with_client(data, lambda client: client.assessments.WhatIf(wanted))
    if as_json:
        show.json_out(answer)
        return
    rows = [("现状", *_told(answer.before)), ("变更后", *_told(answer.after))]
    show.table(f"假设（{answer.as_of}）", ("", "等级", "规则"), rows)
    say(answer.explanation_zh)


@grade_app.command("outlook")
def grade_outlook(
    subject: SubjectId,
    until: Annotated[
        str, typer.Option(metavar="DATE", help="展望到哪一日 | look ahead up to this day")
    ] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """今后等级何时变化，以及如何提升。

    When the grade will change by itself, and what would raise it.
    """
    wanted = pb.OutlookRequest(subject_id=subject, horizon=until)
    answer = with_client(data, lambda client: client.assessments.Outlook(wanted))
    if as_json:
        show.json_out(answer)
    else:
        say(answer.explanation_zh)


@grade_app.command("compare")
def grade_compare(
    subject: SubjectId,
    ruleset: Annotated[
        list[str] | None, typer.Option(help="规则集，可多次；缺省为全部 | repeatable; all if none")
    ] = None,
    as_of: AsOf = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """同一主体在各文件下的等级对照。

    Grades one subject under every text, side by side.
    """
    wanted = pb.CompareRequest(subject_id=subject, ruleset_ids=ruleset or (), as_of=as_of)
    answer = with_client(data, lambda client: client.assessments.Compare(wanted))
    if as_json:
        show.json_out(answer)
        return
    rows = [(one.title_zh, *_told(one), one.not_graded_zh) for one in answer.outcomes]
    show.table(f"等级对照（{answer.as_of}）", ("文件", "等级", "规则", "不评定的原因"), rows)


@grade_app.command("year-ends")
def grade_year_ends(
    limit: Limit = 10, export: Export = None, data: Data = None, as_json: AsJson = False
) -> None:
    """列出历次年末类别调整（天津），最近的在前。

    Lists the year-end adjustments of classes, the last one first.
    """
    wanted = pb.ListYearEndsRequest(page_size=limit)
    answer = listed(lambda client: client.assessments.ListYearEnds, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (one.year, one.ruleset_id, _moment(one), one.subjects, one.moved, moves(one.moves))
        for one in answer.year_ends
    ]
    heads = ("年度", "规则", "调整时间", "主体数", "变动数", "类别变动")
    show.table("年末类别调整", heads, rows)


def moves(told: Sequence[pb.ClassMove]) -> str:
    """From class to class over all bureaus: `2→3：1，3→3：4`."""
    counts: dict[str, int] = {}
    for one in told:
        move = f"{one.class_before or '新'}→{one.class_after}"
        counts[move] = counts.get(move, 0) + one.subjects
    return "，".join(f"{move}：{count}" for move, count in sorted(counts.items()))


def say(sentences: Sequence[str]) -> None:
    """Prints sentences, a line each."""
    for sentence in sentences:
        show.console.print(f"  {sentence}", soft_wrap=True)


def _ended(said: str, status: str) -> pb.Hypothesis:
    record_id, _, on = said.partition("@")
    return pb.Hypothesis(ended=pb.EndedRecord(record_id=record_id, status=status, on=on))


def _added(said: str) -> pb.Hypothesis:
    kind, _, on = said.partition("@")
    return pb.Hypothesis(added=pb.AddedRecord(kind=kind, determined_on=on))


def _corrected(said: str) -> pb.Hypothesis:
    record_id, _, points = said.rpartition("=")
    if not record_id or not points.isdecimal():
        raise typer.BadParameter("应为 RECORD=N | must be RECORD=N", param_hint="--points")
    return pb.Hypothesis(corrected=pb.CorrectedRecord(record_id=record_id, points=int(points)))


def _told(one: pb.Outcome) -> tuple[str, str]:
    if not one.grade:
        return "不评价", one.ruleset_id
    score = f" {one.score}分" if one.HasField("score") else ""
    coming = f"（下一年度 {one.prospective}）" if one.prospective else ""
    return f"{one.grade}{score}{coming}", one.ruleset_id


def _moment(one: pb.YearEnd) -> str:
    return f"{one.ran_at.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M}"
