"""Every command that writes a file says first where the folder is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.__main__ import app
from services.cli.output.to_file import in_a_folder
from tests.unit.services.cli.tree import commands

# Files that are read though the option does not check them: their command says what is wrong.
READ = {
    *("quanheng demo --records", "quanheng demo --mapping", "quanheng setup file"),
    *("quanheng import file --mapping", "quanheng law grade dossier"),
    *("quanheng law compare dossier", "quanheng law outlook dossier"),
    *("quanheng law verify receipt", "quanheng law index findings"),
    *("quanheng channel add --address-file", "quanheng channel add --secret-file"),
}


def files() -> dict[str, Any]:
    """Every parameter of a command that is a file which need not exist, by its words."""
    found = {}
    for words, command in commands():
        for parameter in command.params:
            described = getattr(parameter, "type_descriptor", None)
            if described is None or described.annotation is not Path:
                continue
            info = described.parameter_info
            if info.file_okay and not info.exists and parameter.name not in ("data", "home"):
                found[f"{words} {parameter.opts[0]}"] = info
    return found


def test_every_file_that_a_command_writes_is_checked_for_its_folder() -> None:
    found = files()
    checked = {words for words, info in found.items() if info.callback is in_a_folder}
    assert set(found) - checked == READ
    assert "quanheng instrument label-sheet --to" in checked
    assert "quanheng subject list --export" in checked


@pytest.mark.parametrize(
    "words",
    [
        ["instrument", "label-sheet", "--to"],
        ["upkeep", "save", "a", "--to"],
        ["case", "archive", "a", "--to"],
        ["import", "template", "subjects", "--output"],
        ["subject", "list", "--export"],
        ["batch", "rejected", "a"],
    ],
    ids=" ".join,
)
def test_a_folder_that_is_not_there_is_named_before_any_work(
    words: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    ended = CliRunner().invoke(app, [*words, str(folder / "a.csv")], env={"COLUMNS": "400"})
    assert ended.exit_code == 2
    assert f"没有文件夹 {folder}" in ended.output
    assert f"there is no folder {folder}" in ended.output
