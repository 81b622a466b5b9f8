"""Files that commands write, whole or not at all; without their folder no work is begun."""

from __future__ import annotations

from pathlib import Path

import typer

from plumbing.whole_files import written_whole


def in_a_folder(path: Path | None) -> Path | None:
    """Checks a parameter that names a file to write; raises BadParameter without its folder.

    A command that learned it only at the end would have worked, and perhaps changed something, in
    vain.
    """
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"没有文件夹 {path.parent} | there is no folder {path.parent}")
    return path


def write(path: Path, content: bytes | str) -> None:
    """Writes a whole file, a text in UTF-8; raises OSError, which names it, where that fails."""
    with written_whole(path) as part:
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
