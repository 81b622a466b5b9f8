"""`python -m plumbing.files_copy out DIR`, or `back DIR`: copies what is missing of the files.

`out` copies from where `files_url` or `data_dir` say to a directory, `back` from it. A file lies
under the SHA-256 of its content, which is checked; so one that is there is never copied again.
Nothing is deleted: what a service has erased is in the copies until the bureau erases it there.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from plumbing.files import Files
from plumbing.private_files import keep_new_files_private
from plumbing.settings import Settings

AREAS = ("", "evidence")


@dataclass
class Copied:
    """How many files were copied and are not what their address says."""

    new: int = 0
    wrong: int = 0


async def copy(settings: Settings, directory: Path, *, back: bool = False) -> Copied:
    """Copies the files of every area, to a directory or `back` from it."""
    copied = Copied()
    for area in AREAS:
        ours = Files.of(settings, area)
        there = Files.of(settings.model_copy(update={"files_url": "", "data_dir": directory}), area)
        source, target = (there, ours) if back else (ours, there)
        await _copy_area(source, target, copied)
    return copied


async def _copy_area(source: Files, target: Files, copied: Copied) -> None:
    known = {sha256 async for sha256, _ in target.sizes()}
    async for sha256, size in source.sizes():
        if sha256 in known:
            continue
        try:
            await target.take(sha256, source.pieces(sha256, size))
        except FileNotFoundError:  # erased meanwhile
            continue
        except ValueError:
            copied.wrong += 1
            print(f"{sha256}：内容不符，未复制 | has another content, not copied")  # noqa: T201
        else:
            copied.new += 1


def main(way: str, directory: str) -> int:
    """Copies and says how many; returns 1 if the content of a file is another than its address."""
    if way not in ("out", "back"):
        raise SystemExit(__doc__)
    keep_new_files_private()
    copied = asyncio.run(copy(Settings(), Path(directory), back=way == "back"))
    print(f"新复制 {copied.new} 个文件 | {copied.new} files were copied")  # noqa: T201
    return 1 if copied.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
