"""An applicant's file of instruments: its numbers are read, whatever else it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from law.errors import InvalidInput
from plumbing.settings import Settings
from plumbing.spreadsheets import writing
from services.registry.imports.read.limits import FileLimits
from services.registry.orders.numbers import read_numbers


def read(text: str) -> list[tuple[int, str, str]]:
    return _read(text.encode())


def _read(content: bytes) -> list[tuple[int, str, str]]:
    answer = read_numbers(content, FileLimits.of(Settings()))
    return [(one.row, one.serial_no, one.owner_no) for one in answer.rows]


def test_either_number_is_read_and_other_columns_are_passed_over() -> None:
    rows = read(
        "器具类型,出厂编号,单位自编号\n燃油加油机,A-1,自-1\n燃油加油机,,自-2\n燃油加油机,无,\n"
    )
    assert rows == [(2, "A-1", "自-1"), (3, "", "自-2")]


def test_a_column_of_numbers_may_have_either() -> None:
    assert read("编号\n007\n\n自-2\n") == [(2, "007", "007"), (4, "自-2", "自-2")]


def test_a_number_of_a_workbook_is_looked_for_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "numbers.xlsx"
    with writing(file, "numbers", ["出厂编号"]) as rows:
        rows.write([20261])
        rows.write(["0012"])
    assert _read(file.read_bytes()) == [(2, "20261", ""), (3, "0012", "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "文件是空的"),
        ("A-1\nA-2\n", "没有读到编号"),
        ("出厂编号\n无\n", "没有读到编号"),
        ("出厂编号\n1\n1.2E+15\n", "第 3 行“出厂编号”：已被表格软件改成科学计数法"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(text)
    assert any(message in one.message_zh for one in refused.value.faults)
