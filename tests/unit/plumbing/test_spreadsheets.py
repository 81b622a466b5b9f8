"""Workbooks are written whatever the title of a list is."""

from __future__ import annotations

from pathlib import Path

from python_calamine import CalamineWorkbook

from plumbing.spreadsheets import writing


def test_a_long_title_and_odd_signs_make_a_name_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with writing(path, "Calibration/institutions: people [all]", ["a"]) as rows:
        rows.write(["1"])
    assert CalamineWorkbook.from_path(str(path)).sheet_names == ["Calibration institutions  peopl"]
