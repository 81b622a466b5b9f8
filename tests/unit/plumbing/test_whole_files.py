"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from plumbing.whole_files import written_whole


def write(path: Path, text: str) -> None:
    with written_whole(path) as part:
        part.write_text(text)


def fail_to_write(path: Path, error: Exception) -> None:
    with written_whole(path) as part:
        part.write_text("half of it")
        raise error


def test_a_file_stays_as_it_was_until_another_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write(file, "former")
    with pytest.raises(ZeroDivisionError):
        fail_to_write(file, ZeroDivisionError())
    assert file.read_text() == "former"
    write(file, "later")
    assert file.read_text() == "later"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_what_is_behind_a_link_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    write(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "text"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reading = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reading.start()
    write(pipe, "text")
    reading.join()
    assert read == ["text"]
    assert pipe.is_fifo()


def test_what_cannot_be_written_is_named_as_it_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "a.txt"
    with pytest.raises(FileNotFoundError) as caught:
        write(file, "text")
    assert caught.value.filename == str(file)
    file = tmp_path / "a.txt"
    with pytest.raises(OSError, match="No space") as full:
        fail_to_write(file, OSError(errno.ENOSPC, "No space left on device"))
    assert full.value.filename == str(file)
    with pytest.raises(ConnectionError) as other:  # of the platform, not of the file
        fail_to_write(file, ConnectionError())
    assert other.value.filename is None
