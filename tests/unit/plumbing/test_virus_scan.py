"""Files are looked at by a program before they are kept: clean, harmful, or not looked at."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from law.errors import InvalidInput
from plumbing.files import Files
from plumbing.settings import Settings
from plumbing.virus_scan import ScanFailed, VirusScan

# It finds what the test file of antivirus programs stands for, without holding that text here.
FINDS = "import sys; sys.exit(b'HARMFUL' in sys.stdin.buffer.read())"


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


def by(program: str, seconds: float = 20.0) -> Files:
    command = (sys.executable, "-c", program)
    return Files(MemoryStore(), scan=VirusScan(command, seconds))


async def kept(files: Files) -> list[str]:
    return [sha256 async for sha256, _ in files.sizes()]


async def test_a_clean_file_is_kept_and_a_harmful_one_is_refused() -> None:
    files = by(FINDS)
    clean = await files.receive(pieces(b"%PDF-1.7", b" clean"), 1000)
    with pytest.raises(InvalidInput, match="virus"):
        await files.receive(pieces(b"%PDF-1.7", b" HARM", b"FUL"), 1000)
    assert await kept(files) == [clean.sha256]


@pytest.mark.parametrize("program", ["raise SystemExit(2)", "import os; os.kill(os.getpid(), 9)"])
async def test_a_program_that_fails_lets_nothing_in(program: str) -> None:
    files = by(program)
    with pytest.raises(ScanFailed):
        await files.receive(pieces(b"%PDF-1.7", b"x" * 500_000), 1_000_000)
    assert await kept(files) == []


async def test_nor_does_one_that_takes_too_long_or_cannot_be_started(tmp_path: Path) -> None:
    slow = by("import time; time.sleep(60)", seconds=0.2)
    absent = Files(MemoryStore(), scan=VirusScan((str(tmp_path / "none"),), 20.0))
    for files in (slow, absent):
        with pytest.raises(ScanFailed):
            await files.receive(pieces(b"%PDF-1.7"), 1000)
        assert await kept(files) == []


def test_the_setting_names_the_program_with_its_arguments(tmp_path: Path) -> None:
    assert VirusScan.of(Settings(data_dir=tmp_path)) is None
    named = Settings(data_dir=tmp_path, scan_command="clamdscan --fdpass -")
    scan = VirusScan.of(named)
    assert scan is not None
    assert [*scan.command] == ["clamdscan", "--fdpass", "-"]


@pytest.mark.skipif(not shutil.which("clamscan"), reason="ClamAV (Debian: clamav) is not there")
async def test_clamav_itself_lets_a_clean_file_in_and_a_known_one_not(tmp_path: Path) -> None:
    harmful, signatures = b"%PDF-1.7 known to be harmful", tmp_path / "own.hdb"
    digest = hashlib.md5(harmful, usedforsecurity=False).hexdigest()  # as ClamAV writes them
    signatures.write_text(f"{digest}:{len(harmful)}:Test.Harmful\n")
    command = ("clamscan", f"--database={signatures}", "--no-summary", "-")
    files = Files(MemoryStore(), scan=VirusScan(command, 60.0))
    clean = await files.receive(pieces(b"%PDF-1.7", b" clean"), 1000)
    with pytest.raises(InvalidInput, match="virus"):
        await files.receive(pieces(harmful), 1000)
    assert await kept(files) == [clean.sha256]
