"""The offline commands on dates and areas: `index`, `workdays`, `colour`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from law.colours import Colour, InstrumentState, Mode, VerificationResult, changes, colour
from law.errors import Fault, InvalidInput, LawError
from law.indices import assess
from law.texts import spell_out
from law.workdays import edition, nth_working_day

_BAD_INPUT = 2

AsJson = Annotated[bool, typer.Option("--json", help="以JSON输出；输出到文件或管道时总是JSON。")]


class IndexTable(StrEnum):
    """The tables of Taizhou."""

    SCENIC = "taizhou-scenic"
    BLOCK = "taizhou-block"


class LastResult(StrEnum):
    """The last result on file, `none` if there is none."""

    PASS = "pass"
    REJECT = "reject"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Adds the commands to the group `law`."""
    app.command("index")(index)
    app.command("workdays")(workdays)
    app.command("colour")(colour_)


def index(
    findings: Annotated[Path, typer.Argument(metavar="FINDINGS.json", help="各行的检查结果。")],
    table: Annotated[IndexTable, typer.Option(help="指数表。")],
    as_json: AsJson = False,
) -> None:
    """计算景区或街区诚信计量指数。

    Scores a scenic area or street block by the Taizhou tables.
    """
    _answer(lambda: assess(table, _read_findings(findings)).to_json(), as_json, _index_lines)


def workdays(
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="事件发生之日。")],
    days: Annotated[int, typer.Option(help="工作日数；事件次日为第1日。")],
    as_json: AsJson = False,
) -> None:
    """计算第N个工作日。

    The n-th working day after an event, by the latest edition of the calendar.
    """

    def answer() -> dict[str, Any]:
        event = _day("--from", start)
        due = nth_working_day(event, days, edition())
        return {
            "from": event.isoformat(),
            "days": days,
            "due": due.date.isoformat(),
            "provisional": due.provisional,
            "edition": str(due.edition),
        }

    _answer(answer, as_json, _workdays_lines)


def colour_(
    on: Annotated[str, typer.Option(metavar="DATE", help="查询之日。")],
    valid_until: Annotated[
        str | None, typer.Option(metavar="DATE", help="检定有效期；从未检定的不填。")
    ] = None,
    state: Annotated[InstrumentState, typer.Option(help="器具状态。")] = InstrumentState.IN_USE,
    last_result: Annotated[LastResult, typer.Option(help="最近一次检定结果。")] = LastResult.NONE,
    as_json: AsJson = False,
) -> None:
    """计算器具的三色预警，以及今后变色的日期。

    The alert colour of an instrument, and the days on which it will change.
    """

    def answer() -> dict[str, Any]:
        day = _day("--on", on)
        facts = {
            "valid_until": _day("--valid-until", valid_until) if valid_until else None,
            "state": state,
            "last_result": None if last_result == "none" else VerificationResult(last_result),
            # Only a type verified once may have passed without a date; the command has no other.
            "mode": Mode.PERIODIC if valid_until else Mode.FIRST_THEN_SCRAP,
        }
        return _colour_json(facts, day)

    _answer(answer, as_json, _colour_lines)


def _colour_json(facts: Mapping[str, Any], day: date) -> dict[str, Any]:
    now = colour(on=day, **facts)
    coming = [(first, then) for first, then in changes(**facts) if first > day]
    return {
        "colour": now.colour.value,
        "cite": now.cite,
        "reason": now.reason,
        "changes": [{"date": first.isoformat(), "colour": then.value} for first, then in coming],
    }


def _day(path: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fault = Fault(path, f"不是日期：{text}", f"not a date: {text}")
        raise InvalidInput(fault.message_zh, fault.message_en, faults=(fault,)) from None


def _read_findings(path: Path) -> Mapping[str, object]:
    try:
        found = json.loads(path.read_text("utf-8"), parse_float=Decimal, object_pairs_hook=_once)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        fault = Fault(str(path), "不能读取为JSON", f"cannot be read as JSON: {error}")
        raise InvalidInput(fault.message_zh, fault.message_en, faults=(fault,)) from None
    if not isinstance(found, dict):
        fault = Fault(str(path), "应为对象", "must be an object")
        raise InvalidInput(fault.message_zh, fault.message_en, faults=(fault,))
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    twice = sorted({key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1})
    if twice:
        faults = [Fault(key, "重复出现", "is given twice") for key in twice]
        raise InvalidInput("检查结果不符合要求", "The findings are not valid.", faults=faults)
    return dict(pairs)


def _answer(
    find: Callable[[], dict[str, Any]],
    as_json: bool,
    lines: Callable[[Mapping[str, Any]], list[str]],
) -> None:
    """Print the answer; bad input lists every fault with its path and exits 2."""
    try:
        found = find()
    except LawError as error:
        _refuse(error)
        raise typer.Exit(_BAD_INPUT) from None
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(lines(found)))


def _refuse(error: LawError) -> None:
    console = Console(stderr=True, highlight=False, markup=False)
    console.print(f"✗ {error.zh}\n  {error.en}", soft_wrap=True)
    for fault in error.faults:
        said = f"  · {fault.field}: {fault.message_zh}  {fault.message_en}"
        console.print(said if fault.cite is None else f"{said}  [{fault.cite}]", soft_wrap=True)


def _index_lines(found: Mapping[str, Any]) -> list[str]:
    rows = [f"  {r['row']:<7}{r['points']:>6}  {r['standard']}" for r in found["rows"]]
    parts = f"基本 {found['base']}  加分 {found['bonus']}  扣分 {found['deduction']}"
    return [*rows, f"总分 {found['total']}（{parts}）"]


def _workdays_lines(found: Mapping[str, Any]) -> list[str]:
    sure = "暂定：相应年份的放假安排尚未公布" if found["provisional"] else "确定"
    return [f"{found['due']}（{sure}；工作日历第{found['edition']}版）"]


_COLOUR_ZH = {
    Colour.NONE: "无颜色",
    Colour.GREEN: "绿色提示",
    Colour.YELLOW: "黄色预警",
    Colour.RED: "红色警示",
}


def _colour_lines(found: Mapping[str, Any]) -> list[str]:
    name = _COLOUR_ZH[Colour(found["colour"])]
    coming = [f"  {c['date']} 起 {_COLOUR_ZH[Colour(c['colour'])]}" for c in found["changes"]]
    return [f"{name}：{found['reason']}", f"  {spell_out(found['cite'], 'zh')}", *coming]
