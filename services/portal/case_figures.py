"""The figures of the cases of a unit or a city, as tables with bars.

The pages and the files show the same tables. Each number leads to the list of the cases behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from protos.objection.v1 import objection_pb2 as pb
from services.portal.wording import N_, Words

WHOLE = 100  # of a bar that takes all its room


@dataclass(frozen=True)
class Number:
    """A number with the address of the cases behind it; the address is empty where none is."""

    count: int
    link: str


@dataclass(frozen=True)
class Row:
    """A row of figures; its bar takes `share` of a hundred parts, and `mark` is said beside it."""

    label: str
    numbers: Sequence[Number]
    share: int
    mark: str = ""


@dataclass(frozen=True)
class Figures:
    """A table of figures: its title, what a row is about, the columns of numbers, and what to say.

    `bar` names what the bars show, `empty` what is said instead of a table without rows.
    """

    title: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Row]
    bar: str
    empty: str


def tables(
    summary: pb.SummariseCasesResponse,
    words: Words,
    people: Mapping[str, str],
    bureaus: Mapping[str, str],
) -> list[Figures]:
    """Returns the tables of a summary; `people` and `bureaus` are names by account and by code."""
    found = [
        _forecast(summary, words),
        _loads(summary, words, people),
        _ages(summary, words),
        _states(summary, words),
        _timeliness(summary, words),
    ]
    return [*found, _bureaus(summary, words, bureaus)] if len(summary.bureaus) > 1 else found


def cells(figures: Sequence[Figures]) -> Iterator[tuple[str, str, str, int]]:
    """Yields every number of the tables: table, row, column, number."""
    for table in figures:
        for row in table.rows:
            for column, number in zip(table.columns, row.numbers, strict=True):
                yield table.title, row.label, column, number.count


def _cases(**filters: str) -> str:
    return f"/cases?{urlencode({name: value for name, value in filters.items() if value})}"


def _forecast(summary: pb.SummariseCasesResponse, words: Words) -> Figures:
    highest = max((one.terms + one.intakes for one in summary.forecast), default=0)
    return Figures(
        title=words.say(N_("今后三十天到期")),
        about=words.say(N_("日期")),
        columns=(words.say(N_("办理期限届满")), words.say(N_("应决定是否受理"))),
        rows=[
            Row(
                words.day(one.day),
                (
                    Number(one.terms, _cases(due_from=one.day, due_to=one.day)),
                    Number(one.intakes, _cases(accept_from=one.day, accept_to=one.day)),
                ),
                _share(one.terms + one.intakes, highest),
            )
            for one in summary.forecast
        ],
        bar=words.say(N_("两项合计")),
        empty=words.say(N_("今后三十天没有到期的案件。")),
    )


def _loads(summary: pb.SummariseCasesResponse, words: Words, people: Mapping[str, str]) -> Figures:
    highest = max((one.waiting for one in summary.loads), default=0)
    day = yesterday(summary)
    rows = []
    for one in summary.loads:
        whose = {"caseworker": one.caseworker} if one.caseworker else {"unassigned": "yes"}
        nobody = words.say(N_("还没有人办理"))
        rows.append(
            Row(
                people.get(one.caseworker, one.caseworker[:8]) if one.caseworker else nobody,
                (
                    Number(one.waiting, _cases(**whose)),
                    Number(
                        one.due_soon,
                        _cases(**whose, due_from=summary.on, due_to=summary.due_soon_to),
                    ),
                    Number(one.overdue, _cases(**whose, due_to=day)),
                    Number(one.overdue_intake, _cases(**whose, accept_to=day)),
                ),
                _share(one.waiting, highest),
            )
        )
    return Figures(
        title=words.say(N_("按办理人")),
        about=words.say(N_("办理人")),
        columns=[
            words.say(one)
            for one in (N_("待办"), N_("一周内到期"), N_("已逾期"), N_("逾期未决定受理"))
        ],
        rows=rows,
        bar=words.say(N_("待办")),
        empty=words.say(N_("没有待办的案件。")),
    )


def _ages(summary: pb.SummariseCasesResponse, words: Words) -> Figures:
    highest = max((one.cases for one in summary.ages), default=0)
    return Figures(
        title=words.say(N_("按提交至今的时间")),
        about=words.say(N_("提交日期")),
        columns=(words.say(N_("件数")),),
        rows=[
            Row(
                _span(one, words),
                (Number(one.cases, _cases(lodged_from=one.lodged_from, lodged_to=one.lodged_to)),),
                _share(one.cases, highest),
            )
            for one in summary.ages
        ],
        bar=words.say(N_("件数")),
        empty="",
    )


def _span(one: pb.CaseAge, words: Words) -> str:
    last = words.day(one.lodged_to)
    if not one.lodged_from:
        return words.say(N_("{last}及以前")).format(last=last)
    return words.say(N_("{first}至{last}")).format(first=words.day(one.lodged_from), last=last)


def _states(summary: pb.SummariseCasesResponse, words: Words) -> Figures:
    highest = max((one.cases for one in summary.counts), default=0)
    return Figures(
        title=words.say(N_("按类别和状态")),
        about=words.say(N_("类别和状态")),
        columns=(words.say(N_("件数")),),
        rows=[
            Row(
                f"{words.case_kind_of(one.kind)} · {words.case_state(one.state).word}",
                (Number(one.cases, _cases(kind=one.kind, state=one.state)),),
                _share(one.cases, highest),
            )
            for one in summary.counts
        ],
        bar=words.say(N_("件数")),
        empty=words.say(N_("没有待办的案件。")),
    )


def _timeliness(summary: pb.SummariseCasesResponse, words: Words) -> Figures:
    return Figures(
        title=words.say(N_("各月按期决定")),
        about=words.say(N_("月份")),
        columns=[words.say(one) for one in (N_("作出决定"), N_("期限内"), N_("逾期决定"))],
        rows=[
            Row(
                one.decided_from[:7],
                _decided(one.decided, one.decided_in_time, one.decided_from, one.decided_to),
                _share(one.decided_in_time, one.decided),
                _percent(one.decided_in_time, one.decided),
            )
            for one in summary.timeliness
        ],
        bar=words.say(N_("按期率")),
        empty="",
    )


def _decided(decided: int, in_time: int, first: str, last: str) -> tuple[Number, ...]:
    days = {"decided_from": first, "decided_to": last}
    return (
        Number(decided, _cases(**days)),
        Number(in_time, ""),
        Number(decided - in_time, _cases(**days, late="yes")),
    )


def _bureaus(
    summary: pb.SummariseCasesResponse, words: Words, bureaus: Mapping[str, str]
) -> Figures:
    day = yesterday(summary)
    return Figures(
        title=words.say(N_("按单位")),
        about=words.say(N_("单位")),
        columns=[
            words.say(one)
            for one in (
                N_("待办"),
                N_("已逾期"),
                N_("逾期未决定受理"),
                N_("作出决定"),
                N_("期限内"),
            )
        ],
        rows=[
            Row(
                bureaus.get(one.bureau, one.bureau),
                (
                    Number(one.waiting, _cases(bureau=one.bureau)),
                    Number(one.overdue, _cases(bureau=one.bureau, due_to=day)),
                    Number(one.overdue_intake, _cases(bureau=one.bureau, accept_to=day)),
                    Number(
                        one.decided, _cases(bureau=one.bureau, decided_from=summary.decided_from)
                    ),
                    Number(one.decided_in_time, ""),
                ),
                _share(one.decided_in_time, one.decided),
                _percent(one.decided_in_time, one.decided),
            )
            for one in summary.bureaus
        ],
        bar=words.say(N_("按期率")),
        empty="",
    )


def yesterday(summary: pb.SummariseCasesResponse) -> str:
    """Returns the day before that of the summary: what ended by then is overdue."""
    return (date.fromisoformat(summary.on) - timedelta(days=1)).isoformat()


def _share(part: int, of: int) -> int:
    """How many of a hundred parts; at least one, so that something is to be seen of any number."""
    return max(1, round(WHOLE * part / of)) if part and of else 0


def _percent(part: int, of: int) -> str:
    # Rounded down: all is in time only where everything was.
    return f"{100 * part // of}%" if of else "—"
