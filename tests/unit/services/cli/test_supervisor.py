"""How long a dead process waits, what is kept of its output, who may hold a directory."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from law.errors import WrongState
from services.cli.machine import engines, supervisor
from services.cli.machine.directory import DirectoryLock, is_held
from services.cli.machine.supervisor import Backoff, Output


def test_pauses_double_up_to_the_longest_and_health_is_forgiven() -> None:
    backoff, pauses = Backoff(), [0.0]
    for _ in range(7):
        pauses.append(backoff.pause(pauses[-1], healthy=29.9))
    assert pauses[1:] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert backoff.pause(15.0, healthy=30.0) == 0.5


async def followed(output: Output, *chunks: bytes) -> None:
    stream = asyncio.StreamReader()
    for chunk in chunks:
        stream.feed_data(chunk)
    stream.feed_eof()
    await output.follow(stream)


async def test_lines_are_handed_on_whole_and_the_file_holds_every_byte(tmp_path: Path) -> None:
    told: list[str] = []
    output = Output(tmp_path / "a.log", told.append)
    text = "第一行\nsecond\n\xff no newline at the end".encode()
    await followed(output, text)
    assert told == ["第一行", "second", "ÿ no newline at the end"]
    await followed(output, b"\xff\xfe not UTF-8\n")
    assert told[-1] == "�� not UTF-8"
    assert (tmp_path / "a.log").read_bytes() == text + b"\xff\xfe not UTF-8\n"


async def test_only_the_last_words_are_remembered(tmp_path: Path) -> None:
    output = Output(tmp_path / "a.log", lambda _: None)
    await followed(output, b"".join(b"%d\n" % number for number in range(9)))
    assert list(output.last) == ["4", "5", "6", "7", "8"]


async def test_a_full_log_makes_room_and_keeps_its_predecessor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOG_LIMIT", 10)
    output = Output(tmp_path / "a.log", lambda _: None)
    for text in (b"a long first line\n", b"second\n", b"third\n"):
        await followed(output, text)
    assert (tmp_path / "a.log.1").read_bytes() == b"a long first line\n"
    assert (tmp_path / "a.log").read_bytes() == b"second\nthird\n"


def test_a_directory_has_one_holder_and_no_trace_of_it_afterwards(tmp_path: Path) -> None:
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
    assert not is_held(tmp_path)
    first.acquire()
    assert is_held(tmp_path)
    with pytest.raises(WrongState, match=f"in use by process {os.getpid()}"):
        second.acquire()
    first.release()
    assert list(tmp_path.iterdir()) == []
    second.acquire()
    assert is_held(tmp_path)
    second.release()


def test_a_lock_removed_while_it_was_opened_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
    first.acquire()
    really_open = os.open

    def open_and_lose(path: Path, *how: int) -> int:
        file = really_open(path, *how)
        monkeypatch.setattr(os, "open", really_open)
        first.release()
        return file

    monkeypatch.setattr(os, "open", open_and_lose)
    second.acquire()
    assert is_held(tmp_path)
    assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_ports_are_the_usual_ones_unless_taken_or_unwanted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free, taken = other.getsockname()[1], one.getsockname()[1]
        other.close()
        chosen = engines.choose_ports({"a": free, "b": taken, "c": taken})
        assert chosen["a"] == free
        assert taken not in chosen.values()
        assert len(set(chosen.values())) == 3
        assert engines.choose_ports({"a": free}, insist_on_others=True)["a"] != free
