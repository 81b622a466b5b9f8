"""The letters of an objection: the facts they name, and what they must not contain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from law.objection import Outcome, municipal_bureau
from protos.registry.v1.registry_pb2 import Bureau
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
    lines = paragraphs()
    assert lines[:2] == ["案号：异议〔2026〕330106-0001号", "测试加油站："]
    assert (
        "1. 行政处罚：使用未经检定的计量器具"
        "（来源文书：杭市监测罚〔2026〕1号；认定日期：2026年9月1日）" in lines
    )
    assert any(line.startswith("2. 克扣消费者（") for line in lines)
    assert lines.count("　　更正为：分值：3；摘要：新") == 1
    assert "三、理由：器具在检定有效期内" in lines
    assert lines[-2:] == ["测试区市场监督管理局", "2026年10月16日"]


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome.DELETE, "删除"),
        (Outcome.CORRECT, "更正"),
        (Outcome.STOP_DISCLOSURE, "终止披露"),
        (Outcome.UPHOLD, "维持"),
    ],
)
def test_the_outcome_stands_with_its_article(outcome: Outcome, word: str) -> None:
    line = next(line for line in paragraphs(outcome) if line.startswith("二、"))
    ground = "《杭州市民生计量信用监督管理暂行办法》第五部分第（三）项"
    assert line == f"二、处理结果：{word}（依据：{ground}）。"


def test_both_receipts_are_explained_point_by_point() -> None:
    lines = paragraphs()
    place = lines.index("决定执行前：C（评级凭证：receipt-before）")
    assert lines[place + 1 : place + 5] == [
        "　　得分80分。",
        "　　记录一：减分 -10（四(三)）。",
        "决定执行后：B（评级凭证：receipt-after）",
        "　　得分90分。",
    ]


def test_a_letter_says_when_there_is_no_grade() -> None:
    none = GradeFacts("", "", [])
    letter = decision_letter(FACTS, Outcome.DELETE, none, none).body
    assert "决定执行前：未评定等级。" in letter


def test_the_remedy_names_the_city_the_days_and_that_they_are_adopted() -> None:
    remedy = next(line for line in paragraphs() if "救济途径" in line)
    assert "向测试市市场监督管理局申请复核（" in remedy
    assert "5个工作日" in remedy
    assert "累计不超过20个工作日" in remedy
    assert (
        "（现行有效的文本未规定日数，本机关参照采用《杭州市计量信用管理办法（试行）》第二十八条"
        "所定的日数）" in remedy
    )
    assert "另一内设机构" not in remedy


def test_where_the_city_decided_another_unit_of_it_reconsiders() -> None:
    remedy = paragraphs(facts=replace(FACTS, office=CITY))
    assert any("由其另一内设机构办理" in line for line in remedy)


def test_contacts_name_what_is_known() -> None:
    lines = paragraphs()
    assert (
        "异议受理：测试区市场监督管理局（部门：信用监管科，电话：0571-00000001，"
        "电子邮箱：credit@district.example）" in lines
    )
    assert "复核受理：测试市市场监督管理局（电话：0571-00000002）" in lines


def test_a_declined_objection_is_answered_with_reason_and_remedy() -> None:
    letter = declined_letter(FACTS)
    assert letter.title == "异议不予受理通知书"
    assert "二、理由：器具在检定有效期内" in letter.body
    assert "　　依据：《杭州市计量信用管理办法（试行）》第二十七条。" in letter.body.splitlines()
    assert "三、救济途径" in letter.body
    assert "评级凭证" not in letter.body


def test_a_letter_contains_none_of_our_own_codes() -> None:
    explained = GradeFacts(
        "B",
        "receipt",
        ["行政处罚减分 -20（附件；R-076）。", "无可计入的记录（C-11）。", "解释口径C-05：从宽。"],
    )
    letter = decision_letter(FACTS, Outcome.DELETE, explained, explained).body
    assert "　　行政处罚减分 -20（附件）。\n　　无可计入的记录。\n　　解释口径：从宽。" in letter


def test_what_people_wrote_is_put_into_the_letter_as_it_is() -> None:
    text = "送检[red]，[/red] {0} %s C-13 \\n <b>"
    record = RecordFacts("行政处罚", text, "杭市监测罚〔2026〕1号", date(2026, 9, 1))
    letter = declined_letter(replace(FACTS, reasons=text, records=[record])).body
    assert f"二、理由：{text}\n　　依据：" in letter
    assert f"1. 行政处罚：{text}（来源文书" in letter


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
    assert municipal_bureau(bureau, known) == above
