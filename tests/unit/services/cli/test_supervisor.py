"""Pauses before a restart, the output of a process, the lock on a directory, and ports."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from law.errors import WrongState
from plumbing.clock import SystemClock
from services.cli.machine import engines, logs
from services.cli.machine.directory import DirectoryLock, is_held
from services.cli.machine.logs import LogFile, Output
from services.cli.machine.reserved_ports import ReservedPorts
from services.cli.machine.supervisor import Backoff
from tests.ports import free_port


def test_pauses_double_up_to_the_longest_and_begin_anew_after_health() -> None:
    backoff, pauses = Backoff(), [0.0]
    for _ in range(7):
        pauses.append(backoff.pause(pauses[-1], healthy=29.9))
    assert pauses[1:] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert backoff.pause(15.0, healthy=30.0) == 0.5


async def follow(output: Output, *chunks: bytes) -> None:
    stream = asyncio.StreamReader()
    for chunk in chunks:
        stream.feed_data(chunk)
    stream.feed_eof()
    await output.follow(stream)


async def test_lines_are_passed_on_whole_and_the_file_has_every_byte(tmp_path: Path) -> None:
    lines: list[str] = []
    output = Output(tmp_path / "a.log", lines.append)
    text = "第一行\nsecond\n\xff no newline at the end".encode()
    await follow(output, text)
    assert lines == ["第一行", "second", "ÿ no newline at the end"]
    await follow(output, b"\xff\xfe not UTF-8\n")
    assert lines[-1] == "�� not UTF-8"
    assert (tmp_path / "a.log").read_bytes() == text + b"\xff\xfe not UTF-8\n"


async def test_the_last_five_lines_are_kept(tmp_path: Path) -> None:
    output = Output(tmp_path / "a.log", lambda _: None)
    await follow(output, b"".join(b"%d\n" % number for number in range(9)))
    assert list(output.last) == ["4", "5", "6", "7", "8"]


async def test_a_full_log_is_renamed_and_a_new_one_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LOG_LIMIT", 10)
    output = Output(tmp_path / "a.log", lambda _: None)
    for text in (b"a long first line\n", b"second\n", b"third\n"):
        await follow(output, text)
    assert (tmp_path / "a.log.1").read_bytes() == b"a long first line\n"
    assert (tmp_path / "a.log").read_bytes() == b"second\nthird\n"


async def test_a_log_without_room_loses_lines_and_says_how_many_bytes(tmp_path: Path) -> None:
    lines: list[str] = []
    output = Output(tmp_path / "a.log", lines.append)
    (tmp_path / "a.log").symlink_to("/dev/full")  # on which every write finds no room
    await follow(output, b"first\n", b"second\n")
    (tmp_path / "a.log").unlink()
    await follow(output, b"third\n")
    assert lines == ["first", "second", "third"]
    missing = b"... 13 bytes are missing: they could not be written\n"
    assert (tmp_path / "a.log").read_bytes() == missing + b"third\n"


async def test_security_lines_stay_when_the_log_of_calls_is_turned_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LOG_LIMIT", 100)
    output = Output(tmp_path / "registry.log", lambda _: None)
    line = b'{"event": "security.permission_refused", "log": "security", "account": "a-1"}\n'
    forged = rb'{"event": "rpc.served", "method": "\"log\": \"security\""}' + b"\n"
    for text in (line, *[forged] * 9):
        await follow(output, text)
    assert line not in (tmp_path / "registry.log").read_bytes()
    assert (tmp_path / "security.log").read_bytes() == line


def test_four_full_security_logs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LOG_LIMIT", 10)
    file = LogFile(tmp_path / "security.log", 4)
    for number in range(7):
        file.append(b"%d a line of some length\n" % number)
    kept = {path.name: path.read_bytes()[:1] for path in tmp_path.iterdir()}
    assert kept == {"security.log": b"6"} | {
        f"security.log.{n}": b"%d" % (6 - n) for n in range(1, 5)
    }


def test_as_many_full_logs_of_a_process_are_kept_as_the_setting_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LOG_LIMIT", 10)
    output = Output(tmp_path / "a.log", lambda _: None, kept=6)
    for number in range(9):
        asyncio.run(follow(output, b"%d a line of some length\n" % number))
    assert len(list(tmp_path.glob("a.log*"))) == 7


def test_a_full_log_is_kept_for_as_many_days_as_the_setting_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LOG_LIMIT", 10)
    file = LogFile(tmp_path / "a.log", 2, 184)
    for number in range(5):
        file.append(b"%d a line of some length\n" % number)
    assert len(list(tmp_path.glob("a.log.*"))) == 4
    for number, days in ((2, 183), (3, 185), (4, 200)):
        then = SystemClock().now().timestamp() - days * 86_400
        os.utime(tmp_path / f"a.log.{number}", (then, then))
    file.append(b"5 a line of some length\n")
    left = {path.name: path.read_bytes()[:1] for path in tmp_path.glob("a.log.*")}
    assert left == {"a.log.1": b"4", "a.log.2": b"3", "a.log.3": b"2"}


def test_a_directory_is_locked_by_one_and_left_empty(tmp_path: Path) -> None:
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


def test_a_lock_file_removed_while_it_is_opened_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
    first.acquire()
    original_open = os.open

    def open_and_remove(path: Path, *flags: int) -> int:
        file = original_open(path, *flags)
        monkeypatch.setattr(os, "open", original_open)
        first.release()
        return file

    monkeypatch.setattr(os, "open", open_and_remove)
    second.acquire()
    assert is_held(tmp_path)
    assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_port_is_the_usual_one_unless_it_is_taken_or_others_are_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        free, taken = closed.getsockname()[1], listening.getsockname()[1]
        closed.close()
        chosen = engines.choose_ports({"a": free, "b": taken, "c": taken})
        assert chosen["a"] == free
        assert taken not in chosen.values()
        assert len(set(chosen.values())) == 3
        assert engines.choose_ports({"a": free}, insist_on_others=True)["a"] != free


@pytest.mark.skipif(sys.platform != "linux", reason="ports are reserved on Linux only")
def test_a_chosen_port_is_no_other_platforms_even_while_nobody_listens() -> None:
    port = free_port()
    first, second = ReservedPorts(), ReservedPorts()
    usual = {"portal_metrics": port}
    assert engines.choose_ports(usual, take=first.taking(engines.is_free)) == usual
    others = engines.choose_ports(usual, take=second.taking(engines.is_free))
    assert others["portal_metrics"] != port
    first.release()
    third = ReservedPorts()
    assert engines.choose_ports(usual, take=third.taking(engines.is_free)) == usual
    second.release()
    third.release()
