"""The offline command `law workdays`: computes working days."""

from __future__ import annotations

from typing import Annotated

import typer

from law.terms.workdays import DueDate, edition, nth_working_day
from services.cli.law.offline import answered, at_option, read_day, read_whole, show, together
from services.cli.output.options import AsJson


def workdays(
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="事件之日（必填）| the event, required"),
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(metavar="N", help="工作日数（必填），次日为第1日 | the day after is day 1"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """计算第N个工作日；跨入未公布安排的年份时注明为暂定。

    Computes the n-th working day after an event; it is provisional if the holidays of its year are
    not yet published.
    """

    def reckoned() -> DueDate:
        day, number = together(
            lambda: read_day("--from", start), lambda: read_whole("--days", days, least=1)
        )
        return at_option("--days", lambda: nth_working_day(day, number, edition()))

    due = answered(reckoned)
    document = {
        "due": due.date.isoformat(),
        "provisional": due.provisional,
        "edition": str(due.edition),
    }
    show(document, lambda: [_workdays_line(due)], as_json)


def _workdays_line(due: DueDate) -> str:
    sure = "暂定：相应年份的放假安排尚未公布" if due.provisional else "确定"
    return f"{due.date}（{sure}；工作日历第{due.edition}版）"
