"""The workbook of `quanheng setup`: its sheets, its accounts, and what one sheet brings another."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from protos.registry.v1 import registry_pb2 as pb
from services.cli.setup.people import faults_of, people_of
from services.cli.setup.workbook import ACCOUNTS, SHEETS, BadWorkbook, SetupBook
from services.registry.imports.rows.families import FamilyName
from services.registry.imports.rows.templates import ACCOUNTS as SHEET_OF_ACCOUNTS
from services.registry.imports.rows.templates import NAMES, OF_SETUP, ROLES, template

HEADINGS = ["用户名*", "姓名*", "角色*", "机关代码", "主体", "检定机构", "电子邮箱"]


def book_of(path: Path, accounts: Iterable[Any], **sheets: Any) -> SetupBook:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {**sheets, ACCOUNTS: [HEADINGS, *accounts]}.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
    return SetupBook.read(path)


def test_the_template_has_the_sheets_and_the_roles_that_the_command_reads(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(template(pb.GetTemplateRequest(family="setup", format="xlsx")).content)
    book = SetupBook.read(path)
    assert list(book.sheets) == [*SHEETS.values(), ACCOUNTS]
    assert {family.value: NAMES[family] for family in OF_SETUP} == SHEETS
    assert [FamilyName(family) for family in SHEETS] == OF_SETUP
    assert SHEET_OF_ACCOUNTS == ACCOUNTS
    assert book.sheets[ACCOUNTS][0] == HEADINGS
    assert (book.families, book.accounts) == ([], [])
    roles = book_of(
        tmp_path / "roles.xlsx",
        [[f"a{n}", "某", r, "330106", "某单位"] for n, r in enumerate(ROLES)],
    )
    assert list(faults_of(people_of(roles))) == []


def test_rows_keep_their_numbers_and_codes_their_digits(tmp_path: Path) -> None:
    blank = [""] * 7
    accounts = [
        ["li.ming", "甲", "办案人员、检查人员", 330106.0],
        blank,
        ["zhao.yi", "乙", "经营者"],
    ]
    people = people_of(book_of(tmp_path / "book.xlsx", accounts))
    assert [(one.row, one.bureau, one.roles) for one in people] == [
        (2, "330106", ("caseworker", "inspector")),
        (4, "", ("operator",)),
    ]


def test_the_names_of_roles_in_earlier_templates_are_still_read(tmp_path: Path) -> None:
    accounts = [["li.ming", "甲", "经办人、市局复核人", 330106.0]]
    [person] = people_of(book_of(tmp_path / "book.xlsx", accounts))
    assert person.roles == ("caseworker", "municipal_reviewer")


def test_every_fault_of_an_account_names_its_row_and_column(tmp_path: Path) -> None:
    accounts = (
        ["Li Ming", "", "国王", "330106"],
        ["same", "甲", "办案人员", ""],
        ["same", "乙", "经营者", ""],
        ["none", "丙", "", "330106"],
    )
    book = book_of(tmp_path / "book.xlsx", accounts)
    assert [(one.row, one.column) for one in faults_of(people_of(book))] == [
        (2, "用户名"),
        (2, "姓名"),
        (2, "角色"),
        (3, "机关代码"),
        (4, "用户名"),
        (4, "主体"),
        (5, "角色"),
    ]


def test_a_row_that_refers_to_another_sheet_waits_for_it(tmp_path: Path) -> None:
    subjects = [["主体编号", "名称*"], ["S-1", "测试单位"]]
    book = book_of(tmp_path / "book.xlsx", [], 信用主体=subjects)
    assert book.families == ["subjects"]
    assert book.brings("UNKNOWN_OWNER", "S-1")
    assert book.brings("UNKNOWN_OWNER", "测试单位")
    assert not book.brings("UNKNOWN_OWNER", "S-2")
    assert not book.brings("UNKNOWN_BUREAU", "S-1")
    assert not book.brings("REQUIRED", "S-1")


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "book.xlsx"
    text.write_text("机关代码,机关名称")
    with pytest.raises(BadWorkbook):
        SetupBook.read(text)
    with xlsxwriter.Workbook(tmp_path / "other.xlsx") as book:
        book.add_worksheet("Sheet1")
    with pytest.raises(BadWorkbook):
        SetupBook.read(tmp_path / "other.xlsx")
