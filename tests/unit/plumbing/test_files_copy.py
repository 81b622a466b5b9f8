"""Copies of the store of files: all areas, nothing twice, nothing that is not what it says."""

from __future__ import annotations

import hashlib
from pathlib import Path

from plumbing.file_kinds import FileKind
from plumbing.files import Files
from plumbing.files_copy import copy
from plumbing.settings import Settings


async def kept(settings: Settings, content: bytes, area: str = "") -> Path:
    stored = await Files.of(settings, area).keep(content, FileKind.PDF)
    return settings.files_dir / area / "sha256" / stored.sha256[:2] / stored.sha256


async def test_files_and_evidence_are_copied_once_and_come_back(tmp_path: Path) -> None:
    here, copies = Settings(data_dir=tmp_path / "here"), tmp_path / "copies"
    place = await kept(here, b"%PDF- certificate")
    evidence = await kept(here, b"%PDF- evidence", "evidence")
    assert (await copy(here, copies)).new == 2
    await kept(here, b"%PDF- another")
    assert (await copy(here, copies)).new == 1
    place.unlink()
    evidence.unlink()
    assert (await copy(here, copies, back=True)).new == 2
    assert (place.read_bytes(), evidence.read_bytes()) == (b"%PDF- certificate", b"%PDF- evidence")
    assert (await copy(here, copies)).new == 0  # and what was erased here stays there


async def test_what_is_not_what_its_address_says_is_named_and_not_copied(tmp_path: Path) -> None:
    here, copies = Settings(data_dir=tmp_path / "here"), tmp_path / "copies"
    place = await kept(here, b"%PDF- certificate")
    place.write_bytes(b"%PDF- something")
    copied = await copy(here, copies)
    assert (copied.new, copied.wrong) == (0, 1)
    assert not list((copies / "files").rglob(hashlib.sha256(b"%PDF- certificate").hexdigest()))
