"""The messages and the article of each refusal, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from law.colours.rule import Colour, latest_valid_until
from law.errors import LawError
from law.identifiers import credit_code_check_digit
from law.indices.data import table
from law.indices.rule import assess
from law.measures.rule import sample_size
from law.terms.ledger import Term, start
from law.terms.workdays import edition, nth_working_day
from tests.unit.law.test_indices import NOTHING

CALENDAR, EVENT = edition(), date(2026, 3, 2)
BLOCK = table("taizhou-block")
FOUND: dict[str, object] = {row.key: NOTHING[row.scoring] for row in BLOCK.rows}
FIRST = BLOCK.rows[0]

Told = tuple[str, str, str | None]  # Chinese, English, article
Faults = list[tuple[str, str, str, str | None]]


def _term() -> Term:
    return start("objection_first", EVENT, CALENDAR)


def _extended() -> object:
    return _term().extend(0, " ", "", EVENT, edition=CALENDAR)


def _paused() -> Term:
    return _term().pause(EVENT, "CIVIL-CODE 203", edition=CALENDAR)


REFUSALS: list[tuple[Callable[[], object], Told, Faults]] = [
    (
        lambda: assess("taizhou-block", {k: v for k, v in FOUND.items() if k != FIRST.key}),
        ("检查结果不符合要求", "The findings are not valid.", BLOCK.cite),
        [(FIRST.key, "缺少检查结果", "the finding is missing", FIRST.cite)],
    ),
    (
        lambda: assess("taizhou-block", {**FOUND, "B99": True}),
        ("检查结果不符合要求", "The findings are not valid.", BLOCK.cite),
        [("B99", "表中没有此行", "the table has no such row", BLOCK.cite)],
    ),
    (
        _extended,
        (
            "延长天数至少为1；延长须经批准；延长须说明理由",
            "an extension is at least a day; needs an approver; needs a ground",
            _term().cite,
        ),
        [
            ("days", "延长天数至少为1", "an extension is at least a day", None),
            ("approved_by", "延长须经批准", "needs an approver", None),
            ("ground", "延长须说明理由", "needs a ground", None),
        ],
    ),
    (
        lambda: _term().pause(EVENT, "", edition=CALENDAR),
        ("中止须注明所依据的条文", "a pause needs its article", _term().cite),
        [("ground_cite", "中止须注明所依据的条文", "a pause needs its article", None)],
    ),
    (
        lambda: _paused().target(CALENDAR),
        ("期限中止期间没有到期日", "a suspended term has no last day", _term().cite),
        [],
    ),
    (
        lambda: sample_size(-1, 5),
        ("抽查总数或比例不符合要求", "the population or the share is not valid", None),
        [],
    ),
    (
        lambda: latest_valid_until(Colour.NONE, EVENT),
        ("“无颜色”没有对应日期", "no colour has no latest date", None),
        [],
    ),
    (
        lambda: nth_working_day(date.max, 1, CALENDAR),
        ("期限超出可计算的日期范围", "the term ends beyond the last date", None),
        [],
    ),
    (
        lambda: credit_code_check_digit("1"),
        (
            "需要统一社会信用代码的前17位：'1'",
            "the first 17 characters of a credit code are needed: '1'",
            "GB 32100-2015",
        ),
        [
            (
                "first17",
                "需要统一社会信用代码的前17位：'1'",
                "the first 17 characters of a credit code are needed: '1'",
                "GB 32100-2015",
            )
        ],
    ),
]


@pytest.mark.parametrize(("refused_for", "told", "faults"), REFUSALS)
def test_the_words_and_the_article_of_a_refusal(
    refused_for: Callable[[], object], told: Told, faults: Faults
) -> None:
    with pytest.raises(LawError) as refused:
        refused_for()
    error = refused.value
    assert (error.zh, error.en, error.cite) == told
    assert [(one.field, one.message_zh, one.message_en, one.cite) for one in error.faults] == faults
