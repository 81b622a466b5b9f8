"""Index tables: each row, exact points, and faults of the data."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.errors import InvalidInput, NotFound
from law.indices.data import TABLES, Part, Row, Scoring, parse, table
from law.indices.rule import assess
from law.reader.packaged import read
from tests.unit.law.broken_files import fresh

NOTHING = {
    Scoring.FIXED: False,
    Scoring.ALL_OR_NOTHING: False,
    Scoring.PROPORTIONAL: 0,
    Scoring.THRESHOLD: 0,
    Scoring.JUDGEMENT: 0,
    Scoring.PER_FINDING: 100,
    Scoring.ONCE: False,
    Scoring.EACH_TIME: 0,
}
ROWS = [(name, row) for name in TABLES for row in table(name).rows]


def _nothing(name: str) -> dict[str, object]:
    return {row.key: NOTHING[row.scoring] for row in table(name).rows}


def _most(row: Row) -> object:
    met = {
        Scoring.PROPORTIONAL: 100,
        Scoring.THRESHOLD: 100,
        Scoring.JUDGEMENT: row.points,
        Scoring.PER_FINDING: 0,
        Scoring.EACH_TIME: 1,
    }
    return met.get(row.scoring, True)


@pytest.mark.parametrize("name", TABLES)
def test_without_a_finding_nothing_is_scored(name: str) -> None:
    assert assess(name, _nothing(name)).total == 0


@pytest.mark.parametrize(("name", "row"), ROWS, ids=lambda v: v.key if isinstance(v, Row) else v)
def test_each_row_alone_gives_its_points(name: str, row: Row) -> None:
    answer = assess(name, _nothing(name) | {row.key: _most(row)})
    assert answer.total == row.points
    assert [(s.row, s.points) for s in answer.rows if s.points] == [(row.key, Decimal(row.points))]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=lambda v: v.key if isinstance(v, Row) else v)
def test_each_row_refuses_what_does_not_fit_it(name: str, row: Row) -> None:
    flag = isinstance(_most(row), bool)
    unfits: list[object] = [None, "1", -1, float("nan"), float("inf"), [], 1 if flag else True]
    for unfit in unfits:
        with pytest.raises(InvalidInput) as caught:
            assess(name, _nothing(name) | {row.key: unfit})
        (fault,) = caught.value.faults
        assert (fault.field, fault.cite) == (row.key, row.cite)
        assert (fault.message_zh, fault.message_en) == _asked(row)


def _asked(row: Row) -> tuple[str, str]:
    if isinstance(_most(row), bool):
        return "应为 true 或 false", "must be true or false"
    if row.scoring in (Scoring.PROPORTIONAL, Scoring.THRESHOLD):
        return "应为0至100的百分比", "must be a percentage from 0 to 100"
    if row.scoring is Scoring.JUDGEMENT:
        return f"应为0至{row.points}的整数分", f"must be whole points from 0 to {row.points}"
    return "应为不小于0的次数", "must be a count from 0"


percentages = st.decimals(0, 100, places=3, allow_nan=False)


@given(percentages, percentages, percentages)
def test_shares_add_up_exactly(one: Decimal, two: Decimal, three: Decimal) -> None:
    findings = _nothing("taizhou-block") | {"B01.1": one, "B05.1": two, "B12.1": three}
    exact = (10 * one + 5 * two + 6 * three) / 100
    assert assess("taizhou-block", findings).total == exact


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.booleans())
def test_total_is_base_and_bonus_less_deduction(a: int, b: int, c: int, once: bool) -> None:
    findings = _nothing("taizhou-block") | {"B14": a, "B17": b, "B18": c, "B19": once}
    answer = assess("taizhou-block", findings)
    assert answer.total == answer.base + answer.bonus - answer.deduction
    assert answer.bonus == 2 * a
    assert answer.deduction == 5 * b + 5 * c + 10 * once


@given(st.integers(0, 50), st.integers(0, 50))
def test_more_findings_never_score_more(few: int, more: int) -> None:
    def scored(count: int) -> Decimal:
        return assess("taizhou-scenic", _nothing("taizhou-scenic") | {"S02.1": count}).total

    assert scored(few + more) <= scored(few)
    assert scored(few) == max(0, 6 - 2 * few)


def test_the_answer_names_table_version_hash_and_ambiguities() -> None:
    answer = assess("taizhou-scenic", _nothing("taizhou-scenic")).to_json()
    assert answer["table"] == "taizhou-scenic"
    assert str(answer["table_hash"]).startswith("sha256:")
    assert answer["status"] == "draft"
    assert answer["ambiguities"] == ["C-24", "C-25", "C-28", "C-29"]
    assert isinstance(answer["total"], int)


def test_an_unknown_table_is_not_found() -> None:
    with pytest.raises(NotFound):
        assess("taizhou-market", {})


def _broken(change: Callable[[dict[str, Any]], object]) -> list[str]:
    data = fresh("taizhou-block")
    change(data)
    with pytest.raises(InvalidInput) as caught:
        parse(data, "sha256:0", "taizhou-block")
    assert (caught.value.zh, caught.value.en) == (
        "规则数据taizhou-block不符合要求",
        "The data file taizhou-block of the law is not valid.",
    )
    assert all(f.message_zh and f.message_en for f in caught.value.faults)
    return [fault.field for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (lambda d: d["base"][0].update(cite=""), ["base[0].cite"]),
        (lambda d: d["base"][0].update(cite="S9 1"), ["base[0].cite"]),
        (lambda d: d["base"][0].pop("cite"), ["base[0].cite"]),
        (lambda d: d["base"][0].update(points=9), ["totals.base"]),
        (lambda d: d["base"][0].update(points=-10), ["base[0].points", "totals.base"]),
        (lambda d: d["base"][0].update(points=10.0), ["base[0].points", "totals.base"]),
        (lambda d: d["base"][0].update(points=True), ["base[0].points", "totals.base"]),
        (
            lambda d: d["deduction"][0].update(points=5),
            ["deduction[0].points", "totals.deduction"],
        ),
        (
            lambda d: d["deduction"][0].update(points=0),
            ["deduction[0].points", "totals.deduction"],
        ),
        (lambda d: d["base"][0].update(scoring="each_time"), ["base[0].scoring"]),
        (lambda d: d["bonus"][0].update(scoring="fixed"), ["bonus[0].scoring"]),
        (lambda d: d["base"][0].update(each=-1), ["base[0].each"]),
        (lambda d: d["base"][3].pop("threshold_percent"), ["base[3].threshold_percent"]),
        (lambda d: d["base"][1].update(key="B01.1"), ["B01.1"]),
        (lambda d: d["totals"].update(bonus=9), ["totals.bonus"]),
    ],
)
def test_a_table_is_refused_whole(
    change: Callable[[dict[str, Any]], object], fields: list[str]
) -> None:
    assert _broken(change) == fields


def test_every_fault_of_a_table_is_listed() -> None:
    def spoil(data: dict[str, Any]) -> None:
        data["base"][0].update(cite="", scoring="none")
        data["totals"].update(deduction=1)

    assert _broken(spoil) == ["base[0].cite", "base[0].scoring", "totals.deduction"]


@pytest.mark.parametrize(
    ("name", "sums"), [("taizhou-scenic", (31, 3, 3)), ("taizhou-block", (20, 3, 3))]
)
def test_the_tables_have_all_their_rows(name: str, sums: tuple[int, int, int]) -> None:
    parts = [row.part for row in table(name).rows]
    assert tuple(parts.count(part) for part in Part) == sums


def test_a_table_read_afresh_has_every_field() -> None:
    found = parse(read("taizhou-scenic"), "sha256:1", "taizhou-scenic")
    assert (found.id, found.version, found.content_hash) == ("taizhou-scenic", "1", "sha256:1")
    assert (found.name_zh, found.status, found.cite) == (
        "重点景区诚信计量指数",
        "draft",
        "S2 附件3",
    )
    assert found.name_en == "Honest-metrology index of key scenic areas"
    assert found.ambiguities == ("C-24", "C-25", "C-28", "C-29")
    assert found.rows[2] == Row(
        key="S02.1",
        part=Part.BASE,
        points=6,
        scoring=Scoring.PER_FINDING,
        cite="S2 附件3-2",
        group="计量器具",
        party="管理方",
        standard="在用器具100%在检定有效期内；每发现1台（件）脱检扣2分",
        each=-2,
        floor=0,
    )
    assert found.rows[30].threshold_percent == 95
    assert [r.key for r in found.rows[-3:]] == ["S19", "S20", "S21"]


def test_the_answer_as_json_has_every_part() -> None:
    findings = _nothing("taizhou-block") | {"B01.1": 97.3, "B02.1": 3, "B14": 2, "B19": True}
    answer = assess("taizhou-block", findings).to_json()
    rows = answer.pop("rows")
    assert isinstance(rows, list)
    assert answer == {
        "table": "taizhou-block",
        "table_version": "1",
        "table_hash": table("taizhou-block").content_hash,
        "status": "draft",
        "total": 6.73,
        "base": 12.73,
        "bonus": 4,
        "deduction": 10,
        "ambiguities": ["C-25", "C-28", "C-29"],
    }
    assert rows[0] == {
        "row": "B01.1",
        "points": 9.73,
        "cite": "S2 附件4-1",
        "found": 97.3,
        "standard": "定期检定后符合法定要求的比例，按比例得分",
    }
