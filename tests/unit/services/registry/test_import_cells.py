"""One cell at a time: dates, labels, flags, codes, and cells that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.colours.rule import InstrumentState, VerificationResult
from law.evidence import RecordKind, Sector, Severity, SubjectKind
from services.registry.imports.plan.owners import plain
from services.registry.imports.rows import cells, labels
from services.registry.imports.rows.families import FAMILIES, Family


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
    ],
)
def test_a_date_is_read_as_people_and_programs_write_it(cell: str) -> None:
    assert cells.day(cell) == date(2026, 9, 14)


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
        ("2026-09-14 13:00", "NOT_A_DATE"),
        ("明天", "NOT_A_DATE"),
    ],
)
def test_what_is_no_date_says_why(cell: str, reason: str) -> None:
    assert refused(cells.day, cell) == reason


@given(st.dates(date(1000, 1, 1)))
def test_every_day_comes_back_in_every_notation(day: date) -> None:
    for notation in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"):
        assert cells.day(day.strftime(notation)) == day


@pytest.mark.parametrize(
    ("cell", "value"), [("是", True), ("否", False), ("TRUE", True), ("0", False), ("No", False)]
)
def test_a_flag_is_yes_or_no(cell: str, value: bool) -> None:
    assert cells.flag(cell) is value


def test_what_is_neither_yes_nor_no_is_no_flag() -> None:
    assert refused(cells.flag, "也许") == "NOT_A_FLAG"


@pytest.mark.parametrize(("cell", "value"), [("5", 5), ("+5", 5), ("１２", 12), ("-3", -3)])
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
def test_every_code_has_a_label_and_both_are_read(codes: type, names: dict[str, object]) -> None:
    assert set(names.values()) == set(codes)  # type: ignore[call-overload]
    read = cells.Choice(labels.labelled(codes, names))  # type: ignore[arg-type]
    for label, code in names.items():
        assert read(label) is code
        assert read(str(code)) is code


def test_a_choice_that_is_none_lists_what_may_be_said() -> None:
    with pytest.raises(cells.BadCell) as caught:
        cells.Choice(labels.labelled(VerificationResult, labels.RESULTS))("良好")
    assert caught.value.reason == "NOT_A_CHOICE"
    assert "不合格" in caught.value.zh
    assert "reject" in caught.value.en


def test_a_credit_code_is_checked_and_put_in_its_normal_form() -> None:
    assert cells.credit_code("９133 0106-ma0abcde14") == "91330106MA0ABCDE14"
    assert refused(cells.credit_code, "91330106MA0ABCDE15") == "BAD_CREDIT_CODE"


@pytest.mark.parametrize("cell", ["坏\ufffd字", "a\x00b", "a\x07"])
def test_what_is_not_text_is_refused(cell: str) -> None:
    assert refused(cells.text, cell) == "BAD_CHARACTER"


@given(st.text(max_size=30))
def test_disarming_a_cell_changes_nothing_that_it_says(cell: str) -> None:
    assert cells.said(cells.disarmed(cells.said(cell))) == cells.said(cells.said(cell))


@pytest.mark.parametrize("cell", ["=1+1", "+86 571", "-1", "@x", "'=1"])
def test_no_cell_is_handed_out_that_runs_as_a_formula(cell: str) -> None:
    assert cells.disarmed(cell) == f"'{cell}"
    assert cells.said(cells.disarmed(cell)) == cell


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
        ("email", "nobody", "BAD_FORMAT"),
    ):
        with pytest.raises(cells.BadCell) as caught:
            bureau[field].limits.check(value)
        assert caught.value.reason == reason


@pytest.mark.parametrize("name", ['ОАО "Завод"', "ОАО «ЗАВОД»", "оао завод", "ОАО  “Завод”."])
def test_near_identical_spellings_are_plainly_alike(name: str) -> None:
    assert plain(name) == "оаозавод"


def refused(read: Callable[[str], object], cell: str) -> str:
    with pytest.raises(cells.BadCell) as caught:
        read(cell)
    assert caught.value.zh
    assert caught.value.en
    return caught.value.reason
