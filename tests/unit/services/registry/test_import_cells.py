"""Reading single cells: dates, labels, flags, codes, and cells that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.colours.rule import InstrumentState, VerificationResult
from law.evidence import RecordKind, Sector, Severity, SubjectKind
from law.identity import letters
from services.registry.imports.rows import cells, days, labels
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.families import FAMILIES, Family, FamilyName


@pytest.mark.parametrize(
    "cell",
    [
        "2026-09-14",
        "2026-9-14",
        "2026/9/14",
        "2026/09/14",
        "2026.09.14",
        "2026年9月14日",
        "2026年09月14",
        "20260914",
        "2026-09-14 00:00:00",
        "２０２６年９月１４日",
        "2026 年 9 月 14 日",
        "2026年9月14号",
        "2026年9月14日（星期一）",
        "2026-09-14T08:30:00",
        "2026-09-14 13:00",
        "2026年9月14日 8:30",
        "2026.09.14.",
        "2026、9、14",
        "2026—09—14",
    ],
)
def test_a_date_is_read_as_people_and_programs_write_it(cell: str) -> None:
    assert days.day(cell) == date(2026, 9, 14)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("2026-02-29", "NO_SUCH_DATE"),
        ("2026年13月1日", "NO_SUCH_DATE"),
        ("20260931", "NO_SUCH_DATE"),
        ("14/9/2026", "NOT_A_DATE"),
        ("2026-09/14", "NOT_A_DATE"),
        ("46279", "NOT_A_DATE"),
        ("26-09-14", "NOT_A_DATE"),
        ("2026.9", "NOT_A_DATE"),
        ("2026年9月", "NOT_A_DATE"),
        ("2026-09-141:00", "NOT_A_DATE"),
        ("明天", "NOT_A_DATE"),
    ],
)
def test_what_is_no_date_says_why(cell: str, reason: str) -> None:
    assert refused(days.day, cell) == reason


@pytest.mark.parametrize("cell", ["长期", "长期有效", "一次性", "无", "—", "/"])
def test_a_validity_without_an_end_has_no_last_day(cell: str) -> None:
    assert days.last_day(cell) is None


def test_a_last_day_is_read_as_any_day() -> None:
    assert days.last_day("2027年4月30日止") == date(2027, 4, 30)
    assert refused(days.last_day, "见证书") == "NOT_A_DATE"


@pytest.mark.parametrize("cell", ["46279", "46279.354", "20260914"])
def test_a_day_that_a_workbook_counts_loses_its_time(cell: str) -> None:
    assert days.counted_day(cell, from_1904=False) == date(2026, 9, 14)


@given(st.dates(date(1000, 1, 1)))
def test_every_day_comes_back_in_every_notation(day: date) -> None:
    for notation in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"):
        assert days.day(day.strftime(notation)) == day


@pytest.mark.parametrize(
    ("cell", "value"), [("是", True), ("否", False), ("TRUE", True), ("0", False), ("No", False)]
)
def test_a_flag_is_yes_or_no(cell: str, value: bool) -> None:
    assert cells.flag(cell) is value


def test_what_is_neither_yes_nor_no_is_no_flag() -> None:
    assert refused(cells.flag, "也许") == "NOT_A_FLAG"


@pytest.mark.parametrize(
    ("cell", "value"), [("5", 5), ("+5", 5), ("１２", 12), ("-3", -3), ("3 分", 3)]
)
def test_a_figure_is_whole(cell: str, value: int) -> None:
    assert cells.whole(cell) == value


@pytest.mark.parametrize("cell", ["5.0", "1e3", "五", "9" * 10])
def test_no_other_figure_is_taken(cell: str) -> None:
    assert refused(cells.whole, cell) == "NOT_A_NUMBER"


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        (SubjectKind, labels.SUBJECT_KINDS),
        (Sector, labels.SECTORS),
        (InstrumentState, labels.STATES),
        (VerificationResult, labels.RESULTS),
        (RecordKind, labels.RECORD_KINDS),
        (Severity, labels.SEVERITIES),
    ],
)
def test_every_code_has_a_label_and_both_are_read(
    codes: type[StrEnum], names: Mapping[StrEnum, Sequence[str]]
) -> None:
    assert set(names) == set(codes)
    assert len({word for words in names.values() for word in words}) == sum(
        map(len, names.values())
    )
    read = cells.Choice(labels.Labels(names))
    for code, words in names.items():
        assert {read(word) for word in (*words, code.value)} == {code}


@pytest.mark.parametrize(
    ("names", "word", "value"),
    [
        # 行政相对人类别 of the national publication of permits and penalties
        (labels.SUBJECT_KINDS, "法人及非法人组织", SubjectKind.ORGANISATION),
        (labels.SUBJECT_KINDS, "法人和非法人组织", SubjectKind.ORGANISATION),
        (labels.SUBJECT_KINDS, "自然人", SubjectKind.NATURAL_PERSON),
        (labels.SUBJECT_KINDS, "个体工商户", SubjectKind.INDIVIDUAL_BUSINESS),
        # 抽查对象范围 of the random inspections
        (labels.SUBJECT_KINDS, "企业", SubjectKind.ORGANISATION),
        (labels.SUBJECT_KINDS, "农专社", SubjectKind.ORGANISATION),
        (labels.SUBJECT_KINDS, "个体户", SubjectKind.INDIVIDUAL_BUSINESS),
        (labels.SUBJECT_KINDS, "外企代表机构", SubjectKind.ORGANISATION),
        # 处罚类别, free text in which several are joined
        (labels.RECORD_KINDS, "警告", RecordKind.PENALTY),
        (labels.RECORD_KINDS, "罚款", RecordKind.PENALTY),
        (labels.RECORD_KINDS, "没收违法所得、没收非法财物", RecordKind.PENALTY),
        (labels.RECORD_KINDS, "责令停产停业", RecordKind.PENALTY),
        (labels.RECORD_KINDS, "暂扣或者吊销许可证、暂扣或者吊销执照", RecordKind.PENALTY),
        (labels.RECORD_KINDS, "行政拘留", RecordKind.PENALTY),
        (labels.RECORD_KINDS, "罚款；没收违法所得、没收非法财物；", RecordKind.PENALTY),
        (labels.RECORD_KINDS, "使用未经检定的计量器具", RecordKind.UNVERIFIED_USE),
        (labels.RECORD_KINDS, "不配合检查情节严重", RecordKind.OBSTRUCTION),
        (labels.SEVERITIES, "一般", Severity.GENERAL),
        (labels.SEVERITIES, "严重", Severity.SERIOUS),
        (labels.RESULTS, "检定合格", VerificationResult.PASS),
        (labels.RESULTS, "不符合要求", VerificationResult.REJECT),
        (labels.STATES, "封存", InstrumentState.STOPPED),
        (labels.STATES, "使用中", InstrumentState.IN_USE),
        (labels.SECTORS, "加油（气）站", Sector.FUEL_STATION),
        (labels.SECTORS, "餐饮业", Sector.CATERING),
        (labels.SECTORS, "其它", Sector.OTHER),
        (labels.SECTORS, " 眼镜 制配 ", Sector.OPTICAL),
        (labels.SECTORS, "Market", Sector.MARKET),
    ],
)
def test_the_words_of_other_systems_are_read(
    names: Mapping[StrEnum, Sequence[str]], word: str, value: StrEnum
) -> None:
    assert cells.Choice(labels.Labels(names))(word) is value


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (labels.SEVERITIES, "较重"),  # between two of ours: a person decides
        (labels.SEVERITIES, "未定"),
        (labels.RESULTS, "准用"),
        (labels.RESULTS, "限用"),
        (labels.RESULTS, "合格、不合格"),
        (labels.RECORD_KINDS, "其他-责令召回"),
        (labels.RECORD_KINDS, "罚款、认证"),
        (labels.SECTORS, "、"),
    ],
)
def test_a_word_that_fits_no_value_is_refused(
    names: Mapping[StrEnum, Sequence[str]], word: str
) -> None:
    assert refused(cells.Choice(labels.Labels(names)), word) == "NOT_A_CHOICE"


def test_the_refusal_of_a_choice_lists_every_value_by_word_and_code() -> None:
    with pytest.raises(BadCell) as caught:
        cells.Choice(labels.Labels(labels.RESULTS))("良好")
    assert caught.value.reason == "NOT_A_CHOICE"
    listed = "合格(pass)、不合格(reject)、修理(repaired)、待定(pending)"
    assert caught.value.zh == f"应为以下之一：{listed}"
    assert caught.value.en == f"must be one of: {listed}"


def test_a_credit_code_is_checked_and_put_in_its_normal_form() -> None:
    assert cells.credit_code("９133 0106-ma0abcde14") == "91330106MA0ABCDE14"
    assert refused(cells.credit_code, "91330106MA0ABCDE15") == "BAD_CREDIT_CODE"
    assert cells.issued_code("91330106MA0ABCDE15") == "91330106MA0ABCDE15"
    assert refused(cells.credit_code, "无") == refused(cells.credit_code, "／") == "NO_CREDIT_CODE"
    assert refused(cells.credit_code, "11010519491231002X") == "ID_NUMBER"


@pytest.mark.parametrize("cell", ["坏\ufffd字", "a\x00b", "a\x07"])
def test_what_is_not_text_is_refused(cell: str) -> None:
    assert refused(cells.text, cell) == "BAD_CHARACTER"


@given(st.text(max_size=30))
def test_disarming_a_cell_changes_nothing_that_it_says(cell: str) -> None:
    assert cells.clean(cells.disarmed(cells.clean(cell))) == cells.clean(cells.clean(cell))


@pytest.mark.parametrize("cell", ["=1+1", "+86 571", "-1", "@x", "'=1"])
def test_no_cell_is_handed_out_that_runs_as_a_formula(cell: str) -> None:
    assert cells.disarmed(cell) == f"'{cell}"
    assert cells.clean(cells.disarmed(cell)) == cell


def test_a_dash_alone_is_left_alone() -> None:
    assert cells.disarmed("-") == "-"


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_no_two_fields_of_a_family_share_a_header(family: Family) -> None:
    headers = [field.header for field in family.fields.values()]
    assert len(set(headers)) == len(headers)


def test_lengths_and_patterns_are_those_of_the_contract() -> None:
    bureau = FAMILIES[next(iter(FAMILIES))].fields
    bureau["code"].limits.check("330100-JQ")
    for field, value, reason in (
        ("code", "3301", "BAD_FORMAT"),
        ("name", "长" * 101, "TOO_LONG"),
        ("name", "样例\u200b局", "BAD_CHARACTER"),
        ("name", "样例\n局", "BAD_CHARACTER"),
    ):
        with pytest.raises(BadCell) as caught:
            bureau[field].limits.check(value)
        assert caught.value.reason == reason


def test_a_broken_line_is_mended_in_a_name_and_refused_in_a_number() -> None:
    name = FAMILIES[FamilyName.SUBJECTS].fields["name"]
    assert name.stored("样例能源\n\t有限公司") == "样例能源 有限公司"
    instrument = FAMILIES[FamilyName.INSTRUMENTS].fields
    with pytest.raises(BadCell) as caught:
        instrument["serial_no"].stored("SN1\nSN2")
    assert caught.value.reason == "BAD_CHARACTER"


@pytest.mark.parametrize("cell", ["nobody", "<x>@y", "甲<a@x.example>", "mailto:a@x.example", "无"])
def test_a_cell_with_no_mail_address_says_what_is_wanted(cell: str) -> None:
    email = FAMILIES[FamilyName.SUBJECTS].fields["email"]
    assert refused(email.read, cell) == "BAD_ADDRESS"
    assert email.read("ａ@x.example") == "a@x.example"


@pytest.mark.parametrize(
    ("cell", "said"),
    [("无", "留空"), ("/", "留空"), ("a@x.example；b@y.example", "一个"), ("a@x", "例如")],
)
def test_a_mail_address_that_is_refused_says_what_to_write(cell: str, said: str) -> None:
    with pytest.raises(BadCell) as caught:
        cells.mail_address(cell)
    assert said in caught.value.zh


@pytest.mark.parametrize("cell", ["合格。", "Pass", "PASSED", "检定通过", "符合要求", "ＯＫ"])
def test_a_pass_is_read_in_the_words_of_the_trade(cell: str) -> None:
    result = FAMILIES[FamilyName.VERIFICATIONS].fields["result"]
    assert result.read(cell) == "pass"


@pytest.mark.parametrize("cell", ["降级使用", "准用", "√", "未检", "／"])
def test_a_result_that_a_person_has_to_decide_is_refused_with_the_choices(cell: str) -> None:
    result = FAMILIES[FamilyName.VERIFICATIONS].fields["result"]
    with pytest.raises(BadCell) as caught:
        result.read(cell)
    assert caught.value.reason == "DOUBTFUL"
    assert caught.value.zh.endswith("请按证书填写：合格、不合格、修理、待定")


@pytest.mark.parametrize("name", ['ОАО "Завод"', "ОАО «ЗАВОД»", "оао завод", "ОАО  “Завод”."])
def test_near_identical_spellings_are_plainly_alike(name: str) -> None:
    assert letters(name) == "оаозавод"


def refused(read: Callable[[str], object], cell: str) -> str:
    with pytest.raises(BadCell) as caught:
        read(cell)
    assert caught.value.zh
    assert caught.value.en
    return caught.value.reason


def test_characters_of_no_width_are_left_out_and_marks_of_direction_stay() -> None:
    assert cells.clean("XL-001\u200b") == cells.clean("\ufeffXL\u00ad-\u2060001 ") == "XL-001"
    with pytest.raises(BadCell):
        FAMILIES[FamilyName.INSTRUMENTS].fields["serial_no"].stored(cells.clean("XL\u202e-001"))


def test_a_cell_that_says_none_leaves_what_is_on_file() -> None:
    for read in (cells.number_if_any, cells.text_if_any):
        assert [read(cell) for cell in ("无", "/", "-", "JL-012")] == [None, None, None, "JL-012"]
    with pytest.raises(BadCell):
        cells.number_if_any("1.2E+11")
    assert cells.text_if_any("1.2E+11") == "1.2E+11"
    with pytest.raises(BadCell):
        cells.text_if_any("(0~30)\x00kg")
    assert FAMILIES[FamilyName.INSTRUMENTS].fields["owner_no"].identifier
