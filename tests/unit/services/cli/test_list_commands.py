"""Every list of the command line can be exported; a file is imported without naming the command."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from plumbing.spreadsheets import armed, disarmed
from services.cli.__main__ import app
from services.cli.commands.rejected_rows import write_rows
from tests.unit.services.cli.tree import commands

LISTS = {"list", "notices", "colours", "faults", "history", "year-ends", "exposures"}
A_FEW = {"quanheng webhook list", "quanheng channel list"}  # settings of one, a handful of them
OFFLINE = {"law"}  # what the program itself knows, not the register


def test_every_list_can_be_exported() -> None:
    lists = {
        words: {option for param in command.params for option in param.opts}
        for words, command in commands()
        if words.rpartition(" ")[2] in LISTS
        and words.split()[1] not in OFFLINE
        and words not in A_FEW
    }
    assert len(lists) >= 18
    assert [name for name, options in lists.items() if "--export" not in options] == []


@pytest.mark.parametrize(
    "words", [["nowhere.csv", "--family", "subjects"], ["--family", "subjects", "nowhere.csv"]]
)
def test_a_file_is_imported_without_the_word_for_it(words: list[str]) -> None:
    told = CliRunner().invoke(app, ["import", *words])
    assert told.exit_code == 2
    assert "nowhere.csv" in told.output
    assert "--format" in CliRunner().invoke(app, ["import", "template", "-h"]).output
    assert "template" in CliRunner().invoke(app, ["import", "-h"]).output


def test_rows_not_taken_go_into_a_workbook_as_they_were(tmp_path: Path) -> None:
    rows = [["名称", "出厂编号", "原因"], [disarmed("=甲"), "007", "名称：不能为空"]]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    content = text.getvalue().encode("utf-8-sig")
    write_rows(tmp_path / "a.csv", content)
    assert (tmp_path / "a.csv").read_bytes() == content
    write_rows(tmp_path / "a.xlsx", content)
    found = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert found == [rows[0], ["=甲", "007", "名称：不能为空"]]


@pytest.mark.parametrize("cell", ["=1", "'=1", "x", "'x", "", "'", "-"])
def test_disarming_can_be_undone(cell: str) -> None:
    assert armed(disarmed(cell)) == cell
