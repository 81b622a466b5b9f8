"""The texts of notices: what, why, by which article, and what to do."""

from __future__ import annotations

from datetime import date

import pytest

from law.colours.basis import Basis
from law.colours.rule import Colour
from services.alerts.notices import texts
from services.alerts.notices.texts import Contact, Fact, Line

ON = date(2026, 9, 15)
BUREAU = Contact("测试市场监管局", "计量科", "0571-00000000", "office@test.example")


def line(colour: Colour, standing: Basis = Basis.DATED, until: date | None = ON) -> Line:
    return Line("fuel_dispenser", f"NO-{colour}", colour, standing, until)


def test_a_digest_names_the_most_severe_first_and_counts_them() -> None:
    green = line(Colour.GREEN, until=date(2026, 11, 15))
    yellow = line(Colour.YELLOW, until=date(2026, 10, 15))
    red = line(Colour.RED, until=date(2026, 9, 14))
    said = texts.digest("测试单位", ON, [green, red, yellow], BUREAU)
    assert said.title == (
        "计量器具检定预警（2026-09-15）：红色警示 1 台、黄色预警 1 台、绿色提示 1 台"
    )
    told = [row[:3] + row[3:9] for row in said.body.splitlines() if "出厂编号" in row]
    assert told == ["1. 【红色警示】", "2. 【黄色预警】", "3. 【绿色提示】"]
    assert said.body.startswith("测试单位：\n")
    assert "测试市场监管局计量科（电话 0571-00000000，电子邮箱 office@test.example）" in said.body


@pytest.mark.parametrize(
    ("standing", "reason", "to_do"),
    [
        (Basis.REJECTED, "经检定不合格仍在使用", "修理后重新申请检定"),
        (Basis.REPAIRED, "维修后尚未检定合格即在使用", "申请检定"),
        (Basis.UNVERIFIED, "从未检定即在使用", "首次检定"),
    ],
)
def test_red_without_a_date_says_why_and_what_to_do(
    standing: Basis, reason: str, to_do: str
) -> None:
    said = texts.digest("测试单位", ON, [line(Colour.RED, standing, None)], BUREAU).body
    assert reason in said
    assert to_do in said
    assert "有效期至" not in said


def test_overdue_is_told_to_stop_and_nearly_due_to_renew() -> None:
    overdue = texts.digest("测试单位", ON, [line(Colour.RED, until=date(2026, 9, 14))], BUREAU)
    due = texts.digest("测试单位", ON, [line(Colour.YELLOW, until=date(2026, 10, 1))], BUREAU)
    assert "立即停止使用" in overdue.body
    assert "立即停止使用" not in due.body
    assert "有效期届满前" in due.body


def test_a_rejection_stands_in_the_title() -> None:
    said = texts.rejected("测试单位", ON, line(Colour.RED, Basis.REJECTED, None), BUREAU)
    assert said.title.startswith("计量器具检定不合格：")
    assert "【红色警示】" in said.body


def test_an_adverse_record_comes_with_its_source_and_the_remedy() -> None:
    fact = Fact("penalty", "使用不合格计量器具", "测监罚〔2026〕1号", date(2026, 9, 10))
    said = texts.adverse_record("测试单位", ON, fact, BUREAU)
    assert said.title == "不良计量信用信息告知：行政处罚"
    for told in ("测监罚〔2026〕1号", "2026-09-10", "提出异议", "5 个工作日", "20 个工作日"):
        assert told in said.body
    assert "参照采用" in said.body  # the term stands in a draft: an adopted norm says so


def test_a_fall_of_grade_names_records_receipt_and_remedy() -> None:
    fact = Fact("penalty", "", "测监罚〔2026〕1号", date(2026, 9, 10))
    said = texts.grade_fell("测试单位", ON, ("B", "D"), "receipt-1", [str(fact)], BUREAU)
    assert said.title == "计量信用等级变动告知：B → D"
    for told in ("行政处罚，2026-09-10 认定", "receipt-1", "quanheng law verify", "提出异议"):
        assert told in said.body
    without = texts.grade_fell("测试单位", ON, ("B", "D"), "receipt-1", [], BUREAU)
    assert "没有新的记录" in without.body


def test_a_bureau_without_telephone_is_named_alone() -> None:
    assert str(Contact("测试市场监管局")) == "测试市场监管局"
    assert texts.type_name("不在目录的类型") == "不在目录的类型"
