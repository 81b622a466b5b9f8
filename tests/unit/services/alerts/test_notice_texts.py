"""The texts of notices: the fact, its article, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from law.colours.basis import RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour
from protos.registry.v1 import registry_pb2
from services.alerts.certificates import Certificate
from services.alerts.notices import colour_mails, english, filing, texts
from services.alerts.notices.texts import Contact, Line, RecordFact, Text
from services.alerts.tables import AwaitedOrder

ON = date(2026, 9, 15)
Writer = Callable[[str, date, Line, Contact], Text]
BUREAU = Contact("测试市场监管局", "计量科", "0571-00000000", "office@test.example")


def line(colour: Colour, basis: Basis = Basis.DATED, until: date | None = ON) -> Line:
    return Line("fuel_dispenser", f"NO-{colour}", colour, basis, until)


def test_a_digest_names_the_most_severe_first_and_counts_them() -> None:
    green = line(Colour.GREEN, until=date(2026, 11, 15))
    yellow = line(Colour.YELLOW, until=date(2026, 10, 15))
    red = line(Colour.RED, until=date(2026, 9, 14))
    mail = colour_mails.digest("测试单位", ON, [green, red, yellow], BUREAU)
    assert mail.title == (
        "计量器具检定预警（2026-09-15）：红色警示 1 台、黄色预警 1 台、绿色提示 1 台"
    )
    numbered = [row[:9] for row in mail.body.splitlines() if "出厂编号" in row]
    assert numbered == ["1. 【红色警示】", "2. 【黄色预警】", "3. 【绿色提示】"]
    assert mail.body.startswith("测试单位：\n")
    assert "测试市场监管局计量科（电话 0571-00000000，电子邮箱 office@test.example）" in mail.body


@pytest.mark.parametrize(
    ("basis", "reason", "to_do"),
    [
        (Basis.REJECTED, "经检定不合格仍在使用", "修理后重新申请检定"),
        (Basis.REPAIRED, "维修或签封损坏后尚未检定合格即在使用", "申请检定"),
        (Basis.UNVERIFIED, "从未检定即在使用", "首次检定"),
    ],
)
def test_red_without_a_date_names_the_reason_and_what_to_do(
    basis: Basis, reason: str, to_do: str
) -> None:
    mail = colour_mails.digest("测试单位", ON, [line(Colour.RED, basis, None)], BUREAU).body
    assert reason in mail
    assert to_do in mail
    assert "有效期至" not in mail


def test_an_overdue_instrument_must_stop_and_one_nearly_due_be_verified() -> None:
    overdue = colour_mails.digest(
        "测试单位", ON, [line(Colour.RED, until=date(2026, 9, 14))], BUREAU
    )
    due = colour_mails.digest(
        "测试单位", ON, [line(Colour.YELLOW, until=date(2026, 10, 1))], BUREAU
    )
    assert "立即停止使用" in overdue.body
    assert "立即停止使用" not in due.body
    assert "有效期届满前" in due.body


def test_a_digest_tells_whether_a_verification_was_applied_for() -> None:
    due = line(Colour.YELLOW, until=date(2026, 10, 1))
    open_order = AwaitedOrder(
        order_id="o1",
        instrument_id="i1",
        type_code="fuel_dispenser",
        serial_no="NO-1",
        institution="合成检定院",
        applied_on=date(2026, 9, 10),
        in_time=True,
        due_on=date(2026, 9, 14),
        version=1,
    )
    applied = replace(due, order=open_order)
    red = replace(line(Colour.RED, until=date(2026, 9, 14)), order=open_order)

    def bodies(one: Line) -> tuple[str, str]:
        writers = (colour_mails.digest, english.digest)
        chinese, in_english = (write("测试单位", ON, [one], BUREAU).body for write in writers)
        return chinese, in_english

    zh, en = bodies(applied)
    assert "2026-09-10 已向合成检定院申请检定，该机构应于 2026-09-14 前办理，期限已过。" in zh
    assert "applied for at 合成检定院 on 2026-09-10, and the institution has until" in en
    assert "请在有效期届满前" not in zh  # it has applied
    assert "Apply for its verification" not in en
    zh, en = bodies(due)
    assert zh.count("尚未申请检定。") == 1
    assert en.count("No application was made yet.") == 1
    zh, en = bodies(red)
    assert "请立即停止使用，检定合格前不得使用。2026-09-10 已向" in zh
    zh, en = bodies(line(Colour.RED, until=date(2026, 9, 14)))
    assert "没有尚未办结的检定申请。" in zh
    assert "No application for its verification is open." in en
    zh, en = bodies(line(Colour.GREEN, until=date(2026, 11, 1)))
    assert "检定申请" not in zh.replace("申请检定", "")
    assert "application" not in en


def test_a_rejection_is_named_in_the_title() -> None:
    mail = colour_mails.rejected("测试单位", ON, line(Colour.RED, Basis.REJECTED, None), BUREAU)
    assert mail.title.startswith("计量器具检定不合格：")
    assert "【红色警示】" in mail.body


def test_two_rejections_of_one_instrument_differ_in_title_and_text() -> None:
    first, second = (
        colour_mails.rejected("测试单位", ON, replace(rejected, since=day), BUREAU)
        for rejected in [line(Colour.RED, Basis.REJECTED, None)]
        for day in (date(2026, 9, 10), date(2026, 9, 12))
    )
    assert first.title != second.title
    assert "检定日期：2026-09-12" in second.body


@pytest.mark.parametrize("write", [colour_mails.rejected, english.rejected])
def test_rejections_of_one_day_differ_by_notice_or_institution(write: Writer) -> None:
    failed = replace(line(Colour.RED, Basis.REJECTED, None), since=date(2026, 9, 10))
    papers = [Certificate("测结字001", "甲所"), Certificate("测结字002", "甲所")]
    papers += [Certificate("", "甲所"), Certificate("", "乙所"), Certificate("测结字001", "乙所")]
    mails = [write("测试单位", ON, replace(failed, certificate=one), BUREAU) for one in papers]
    assert len({mail.body for mail in mails}) == len(papers)
    assert len({mail.title for mail in mails[:4]}) == 4
    assert "测结字002" in mails[1].title
    assert "乙所" in mails[3].title


def test_an_adverse_record_comes_with_its_source_and_the_remedy() -> None:
    fact = RecordFact("penalty", "使用不合格计量器具", "测监罚〔2026〕1号", date(2026, 9, 10))
    mail = texts.adverse_record("测试单位", ON, fact, BUREAU)
    assert mail.title == "不良计量信用信息告知：行政处罚"
    for part in ("测监罚〔2026〕1号", "2026-09-10", "提出异议", "5 个工作日", "20 个工作日"):
        assert part in mail.body
    assert "参照采用" in mail.body  # the term is from a draft: the mail calls it an adopted norm


def test_a_fall_of_grade_names_records_receipt_and_remedy() -> None:
    fact = RecordFact("penalty", "", "测监罚〔2026〕1号", date(2026, 9, 10))
    mail = texts.grade_fell("测试单位", ON, ("B", "D"), "receipt-1", [fact], BUREAU)
    assert mail.title == "计量信用等级变动告知：B → D"
    for part in ("行政处罚，2026-09-10 认定", "receipt-1", "quanheng law verify", "提出异议"):
        assert part in mail.body
    without = texts.grade_fell("测试单位", ON, ("B", "D"), "receipt-1", [], BUREAU)
    assert "没有新的记录" in without.body


def test_a_bureau_without_telephone_is_named_alone() -> None:
    assert str(Contact("测试市场监管局")) == "测试市场监管局"
    assert texts.type_name("不在目录的类型") == "不在目录的类型"


def test_a_grade_has_the_name_that_its_text_gives_it() -> None:
    assert texts.grade_name("national-2017-566", "basically_trusted") == "基本守信"
    assert texts.grade_name("hangzhou-2021-120", "D") == "D级（警示）"
    assert texts.grade_name("", "D") == "D"


def test_a_digest_names_texts_by_title_and_holds_no_number_of_our_own() -> None:
    lines = [line(Colour.RED, basis, None) for basis in RED_WITHOUT_DATE]
    body = colour_mails.digest("测试单位", ON, lines, BUREAU).body
    assert "《杭州市民生计量信用监督管理暂行办法》" in body
    assert not re.search(r"\b[CRD]-\d|\bS\d \S", body)


def test_a_receipt_says_what_was_filed_when_and_that_nothing_depends_on_it() -> None:
    instrument = registry_pb2.Instrument(
        instrument_id="0123456789ab", type_code="FUEL", serial_no="NO-7", location="一号岛",
        owner_no="JL-012", measuring_range="(5~70) L/min", accuracy_class="0.3级",
    )  # fmt: skip
    filed = filing.Filed("测试单位", [instrument], ON)
    chinese, english_text = filing.receipt(filed, BUREAU), filing.receipt_in_english(filed, BUREAU)
    for text in (chinese, english_text):
        for part in ("测试单位", "2026-09-15", "NO-7", "01234567", "一号岛", "JL-012", "0.3级"):
            assert part in text.title + text.body
        assert "(5~70) L/min" in text.body
        assert "测试市场监管局" in text.body
    assert "备案无须批准" in chinese.body
    assert "Filing needs no approval (" in english_text.body
    assert "上面这些内容有误的，可以在平台上改正" in chinese.body
    assert "You can correct all this on the platform" in english_text.body
    assert "未填" in chinese.body
    assert "not given" in english_text.body


def test_what_was_filed_from_one_file_is_one_receipt_and_one_notice_that_list_it() -> None:
    instruments = [
        registry_pb2.Instrument(
            instrument_id=f"{n}123456789ab", type_code="FUEL", serial_no=f"NO-{n}", location=where
        )
        for n, where in ((1, "一号岛"), (2, ""))
    ]
    filed = filing.Filed("测试单位", instruments, ON)
    chinese, english_text = filing.receipt(filed, BUREAU), filing.receipt_in_english(filed, BUREAU)
    notice = filing.to_bureau(filed)
    assert (chinese.title, notice.title) == ("器具备案回执：2 台", "新器具备案：测试单位，2 台")
    assert english_text.title == "Receipt of filed instruments: 2"
    assert "1. 燃油加油机 NO-1（平台编号 11234567），使用地点：一号岛\n" in chinese.body
    assert "2. 燃油加油机 NO-2（平台编号 21234567）\n" in notice.body
    assert "NO-2 (number 21234567)\n" in english_text.body
    assert "备案无须批准" in chinese.body + notice.body
    assert "Filing needs no approval (" in english_text.body
