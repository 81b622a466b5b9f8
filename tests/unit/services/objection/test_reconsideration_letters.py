"""The letters of a reconsideration: what becomes of the first decision, and who stood back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from law.objection import CaseKind, Outcome, outcome_zh
from services.objection.letters import GradeFacts, LetterFacts, Office, RecordFacts
from services.objection.reconsiderations.letters import (
    Reconsidered,
    decision_letter,
    declined_letter,
)

DISTRICT, CITY = Office("测试区市场监督管理局"), Office("测试市市场监督管理局")
FACTS = LetterFacts(
    subject="测试加油站",
    number="复核〔2026〕330100-0001号",
    lodged_on=date(2026, 9, 21),
    records=[RecordFacts("行政处罚", "", "杭市监测罚〔2026〕1号", date(2026, 9, 1))],
    reasons="原决定未采信检定证书",
    office=CITY,
    municipal=CITY,
    on=date(2026, 9, 25),
)
OBJECTION = Reconsidered("异议〔2026〕330106-0001号", "维持", DISTRICT, of_own=False)
NONE = GradeFacts("", "", [])


@pytest.mark.parametrize(
    ("outcome", "sentence", "name"),
    [
        (Outcome.UPHOLD, "维持原处理结果（维持），所涉记录不变", "维持"),
        (Outcome.CORRECT, "变更原处理结果（维持），所涉记录按上列内容更正", "变更（更正）"),
        (
            Outcome.STOP_DISCLOSURE,
            "变更原处理结果（维持），所涉记录终止披露",
            "变更（终止披露）",
        ),
        (Outcome.DELETE, "撤销原处理结果（维持），所涉记录予以删除", "撤销（删除）"),
        (Outcome.SEND_BACK, "退回测试区市场监督管理局由未参加原处理的人员重新办理", "退回重办"),
    ],
)
def test_each_outcome_says_what_becomes_of_the_decision_and_of_the_record(
    outcome: Outcome, sentence: str, name: str
) -> None:
    letter = decision_letter(FACTS, OBJECTION, outcome, NONE, NONE)
    assert letter.title == "复核决定书"
    assert sentence in letter.body
    assert outcome_zh(CaseKind.RECONSIDERATION, outcome) == name


def test_a_letter_names_the_objection_and_that_nobody_took_part_in_it() -> None:
    body = declined_letter(FACTS, OBJECTION).body
    assert "对测试区市场监督管理局就异议〔2026〕330106-0001号作出的处理结果（维持）申请复核" in body
    assert "本复核的办理人未参加异议〔2026〕330106-0001号的任何环节" in body
    assert "现行文本未规定此时由谁复核" not in body


def test_a_city_that_reconsiders_its_own_decision_says_so() -> None:
    body = declined_letter(FACTS, replace(OBJECTION, of_own=True)).body
    assert "所涉记录由本局作出，现行文本未规定此时由谁复核" in body
