"""The archive for networks without internet: its bytes follow from its content."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tools.bundle import __main__ as bundle
from tools.bundle.__main__ import INSTALL, SUMS, packed, sums


def filled(folder: Path) -> Path:
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels" / "a.whl").write_bytes(b"wheel")
    shutil.copy(INSTALL, folder)
    (folder / SUMS).write_text(sums(folder))
    return folder


def test_the_same_content_makes_the_same_archive(tmp_path: Path) -> None:
    archives = [packed(filled(tmp_path / when / "quanheng-1"), "x") for when in ("a", "b")]
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with tarfile.open(archives[0]) as tar:
        assert {member.name for member in tar if member.isfile()} == {
            f"quanheng-1/{name}" for name in ("wheels/a.whl", "install.sh", SUMS)
        }
        assert {member.uid for member in tar} == {0}


def test_an_archive_of_which_a_file_was_changed_is_not_installed(tmp_path: Path) -> None:
    folder = filled(tmp_path / "quanheng-1")
    (folder / "wheels" / "a.whl").write_bytes(b"other")
    command = ["/bin/sh", str(folder / "install.sh"), str(tmp_path / "to")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "wheels/a.whl" in done.stdout + done.stderr
    assert not (tmp_path / "to").exists()


def test_what_a_bureau_filled_in_is_not_in_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy").mkdir()
    for name in ("compose.env", "compose.env.example", "compose.yaml"):
        (tmp_path / "deploy" / name).write_text("")
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    bundle._copy(tmp_path / "out", ["deploy"])
    names = {file.name for file in (tmp_path / "out" / "deploy").iterdir()}
    assert names == {"compose.env.example", "compose.yaml"}


def test_the_script_takes_nothing_from_anywhere_else() -> None:
    text = INSTALL.read_text()
    assert text.count("--no-index") == text.count("pip install") == 2
    assert "--require-hashes" in text
