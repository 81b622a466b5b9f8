"""The letters: every fact they must name, and what they must not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from law.objection import Outcome
from protos.registry.v1.registry_pb2 import Bureau
from services.objection.correspondence import municipal_of
from services.objection.letters import (
    GradeFacts,
    LetterFacts,
    Office,
    RecordFacts,
    decision_letter,
    declined_letter,
)

DISTRICT = Office("测试区市场监督管理局", "信用监管科", "0571-00000001", "credit@district.example")
CITY = Office("测试市市场监督管理局", phone="0571-00000002")
FACTS = LetterFacts(
    subject="测试加油站",
    number="异议〔2026〕330106-0001号",
    lodged_on=date(2026, 9, 14),
    records=[
        RecordFacts(
            "行政处罚", "使用未经检定的计量器具", "杭市监测罚〔2026〕1号", date(2026, 9, 1)
        ),
        RecordFacts(
            "克扣消费者", "", "杭市监测罚〔2026〕2号", date(2026, 9, 2), ("分值：3", "摘要：新")
        ),
    ],
    reasons="器具在检定有效期内",
    office=DISTRICT,
    municipal=CITY,
    on=date(2026, 10, 16),
)
BEFORE = GradeFacts("C", "receipt-before", ["得分80分。", "记录一：减分 -10（四(三)）。"])
AFTER = GradeFacts("B", "receipt-after", ["得分90分。"])


def paragraphs(outcome: Outcome = Outcome.DELETE, facts: LetterFacts = FACTS) -> list[str]:
    return decision_letter(facts, outcome, BEFORE, AFTER).body.split("\n")


def test_a_decision_names_case_subject_records_and_reasons() -> None:
    told = paragraphs()
    assert told[:2] == ["案号：异议〔2026〕330106-0001号", "测试加油站："]
    assert (
        "1. 行政处罚：使用未经检定的计量器具"
        "（来源文书：杭市监测罚〔2026〕1号；认定日期：2026年9月1日）" in told
    )
    assert any(line.startswith("2. 克扣消费者（") for line in told)
    assert told.count("　　更正为：分值：3；摘要：新") == 1
    assert "三、理由：器具在检定有效期内" in told
    assert told[-2:] == ["测试区市场监督管理局", "2026年10月16日"]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.DELETE, "删除"),
        (Outcome.CORRECT, "更正"),
        (Outcome.STOP_DISCLOSURE, "终止披露"),
        (Outcome.UPHOLD, "维持"),
    ],
)
def test_the_outcome_stands_with_its_article(outcome: Outcome, said: str) -> None:
    line = next(line for line in paragraphs(outcome) if line.startswith("二、"))
    assert line == f"二、处理结果：{said}（依据：《杭州市民生计量信用监督管理暂行办法》五(三)）。"


def test_both_receipts_are_explained_point_by_point() -> None:
    told = paragraphs()
    place = told.index("决定执行前：C（评级凭证：receipt-before）")
    assert told[place + 1 : place + 5] == [
        "　　得分80分。",
        "　　记录一：减分 -10（四(三)）。",
        "决定执行后：B（评级凭证：receipt-after）",
        "　　得分90分。",
    ]


def test_a_subject_without_a_grade_is_told_so() -> None:
    none = GradeFacts("", "", [])
    told = decision_letter(FACTS, Outcome.DELETE, none, none).body
    assert "决定执行前：未评定等级。" in told


def test_the_remedy_names_the_city_the_days_and_that_they_are_adopted() -> None:
    remedy = next(line for line in paragraphs() if "救济途径" in line)
    assert "向测试市市场监督管理局申请复核（" in remedy
    assert "5个工作日" in remedy
    assert "累计不超过20个工作日" in remedy
    assert "采用的规范" in remedy
    assert "另一内设机构" not in remedy


def test_where_the_city_decided_another_unit_of_it_reconsiders() -> None:
    remedy = paragraphs(facts=replace(FACTS, office=CITY))
    assert any("由其另一内设机构办理" in line for line in remedy)


def test_contacts_name_what_is_known() -> None:
    told = paragraphs()
    assert (
        "异议受理：测试区市场监督管理局（部门：信用监管科，电话：0571-00000001，"
        "电子邮箱：credit@district.example）" in told
    )
    assert "复核受理：测试市市场监督管理局（电话：0571-00000002）" in told


def test_a_declined_objection_is_answered_with_reason_and_remedy() -> None:
    letter = declined_letter(FACTS)
    assert letter.title == "异议不予受理通知书"
    assert "二、理由：器具在检定有效期内" in letter.body
    assert "三、救济途径" in letter.body
    assert "评级凭证" not in letter.body


@pytest.mark.parametrize(
    ("bureau", "above"),
    [
        ("330106", "330100"),
        ("330100-JQ", "330100"),
        ("330100", "330100"),
        ("120101", "120000"),
        ("331002", "331002"),  # nobody above it is on the register
    ],
)
def test_the_city_above_a_bureau(bureau: str, above: str) -> None:
    known = {code: Bureau(code=code) for code in ("330100", "330106", "120000", "120101")}
    assert municipal_of(bureau, known) == above
