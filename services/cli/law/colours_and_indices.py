"""The offline commands `law colour` for instruments and `law index` for areas."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from law.colours.rule import (
    Colour,
    ColourAnswer,
    InstrumentState,
    Mode,
    VerificationResult,
    changes,
    colour,
)
from law.indices.rule import IndexAnswer, assess
from law.reader.texts import spell_out
from services.cli.law.offline import (
    answered,
    at_option,
    read_choice,
    read_day,
    read_day_or_none,
    read_object,
    show,
    together,
)
from services.cli.output.options import AsJson

_FINDINGS = "FINDINGS.json"
COLOUR_ZH = {
    Colour.NONE: "无颜色",
    Colour.GREEN: "绿色提示",
    Colour.YELLOW: "黄色预警",
    Colour.RED: "红色警示",
}


class IndexTable(StrEnum):
    """The scoring tables of Taizhou: one for scenic areas, one for street blocks."""

    SCENIC = "taizhou-scenic"
    BLOCK = "taizhou-block"


class LastResult(StrEnum):
    """The result of an instrument's last verification; `none` if there is no result."""

    PASS = "pass"
    REJECT = "reject"
    NONE = "none"


def index(
    findings: Annotated[
        Path | None, typer.Argument(metavar=_FINDINGS, help="检查结果 | findings")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(metavar="|".join(IndexTable), help="指数表（必填）| table, required"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """计算景区或街区诚信计量指数。

    Scores a scenic area or a street block by the Taizhou tables, from a file of findings.
    """

    def assessed() -> IndexAnswer:
        wanted, found = together(
            lambda: read_choice("--table", table, IndexTable),
            lambda: read_object(_FINDINGS, findings),
        )
        return assess(wanted, found)

    found = answered(assessed)
    show(found.to_json(), lambda: _index_lines(found), as_json)


def colour_(
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="查询之日（必填）| the day asked about, required"),
    ] = None,
    valid_until: Annotated[
        str | None, typer.Option(metavar="DATE", help="检定有效期 | last valid day")
    ] = None,
    state: Annotated[
        str, typer.Option(metavar="|".join(InstrumentState), help="状态 | state")
    ] = InstrumentState.IN_USE.value,
    last_result: Annotated[
        str, typer.Option(metavar="|".join(LastResult), help="最近结果 | result")
    ] = LastResult.NONE.value,
    as_json: AsJson = False,
) -> None:
    """计算器具的三色预警，以及今后变色的日期。

    Computes the alert colour of an instrument, and the days on which the colour will change.
    """

    def coloured() -> tuple[ColourAnswer, list[tuple[date, Colour]]]:
        day, until, used, result = together(
            lambda: read_day("--on", on),
            lambda: read_day_or_none("--valid-until", valid_until),
            lambda: read_choice("--state", state, InstrumentState),
            lambda: read_choice("--last-result", last_result, LastResult),
        )
        facts = _facts(until, used, result)
        now = at_option("--on", lambda: colour(on=day, **facts))
        return now, [(first, then) for first, then in changes(**facts) if first > day]

    now, coming = answered(coloured)
    document = {
        "colour": now.colour.value,
        "cite": now.cite,
        "reason": now.reason,
        "reason_en": now.reason_en,
        "changes": [{"date": first.isoformat(), "colour": then.value} for first, then in coming],
    }
    show(document, lambda: _colour_lines(now, coming), as_json)


class _Facts(TypedDict):
    valid_until: date | None
    state: InstrumentState
    last_result: VerificationResult | None
    mode: Mode


def _facts(until: date | None, state: InstrumentState, last_result: LastResult) -> _Facts:
    known = last_result is not LastResult.NONE
    return {
        "valid_until": until,
        "state": state,
        "last_result": VerificationResult(last_result) if known else None,
        # Only a type verified once may have passed without a date.
        "mode": Mode.PERIODIC if until else Mode.FIRST_THEN_SCRAP,
    }


def _index_lines(found: IndexAnswer) -> list[str]:
    rows = [f"  {r.row:<7}{r.points:>6}  {r.standard}" for r in found.rows]
    parts = f"基本 {found.base}  加分 {found.bonus}  扣分 {found.deduction}"
    return [*rows, f"总分 {found.total}（{parts}）"]


def _colour_lines(now: ColourAnswer, coming: list[tuple[date, Colour]]) -> list[str]:
    later = [f"  {first} 起 {COLOUR_ZH[then]}" for first, then in coming]
    reason = f"{COLOUR_ZH[now.colour]}：{now.reason}"
    return [reason, f"  {spell_out(now.cite, 'zh')}", *later]
