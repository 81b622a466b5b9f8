"""What `quanheng up` prints: lines of the services without routine ones, and the summary."""

from __future__ import annotations

import asyncio
import json
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len

from plumbing.settings import Settings
from services.cli.machine.platform import Platform
from services.cli.machine.up import Screen, mail_state, readable
from services.cli.output.console import PlainConsole, console

READY = '{"event": "process.ready", "service": "registry", "level": "info"}'
CALL = '{"method": "/a/B", "code": "OK", "event": "rpc.served", "service": "registry"}'
FAULT = '{"event": "rpc.internal", "service": "registry", "level": "error"}'


def output(*, quiet: bool) -> str:
    written = StringIO()
    screen = Screen(PlainConsole(file=written, width=200), quiet=quiet)
    for line in (READY, CALL, FAULT):
        screen.line("registry", line)
    screen.line("nats", "a banner")
    return written.getvalue()


def test_routine_lines_are_not_printed() -> None:
    text = output(quiet=False)
    assert "process.ready" in text
    assert "rpc.internal" in text
    assert "rpc.served" not in text
    assert "banner" not in text


def test_lines_are_told_to_people() -> None:
    assert readable(READY) == "process.ready"
    failed = {
        "event": "portal.failed",
        "level": "error",
        "path": "/law\nmore",
        "timestamp": "2026-11-29",
    }
    trace = {"exception": 'Traceback:\n  File "a.py"\nFileNotFoundError: no key'}
    line = "error  portal.failed  path=/law  FileNotFoundError: no key"
    assert readable(json.dumps(failed | trace)) == line
    for other in ("a banner", "[1]", "7"):
        assert readable(other) == other


def test_a_quiet_screen_prints_no_line() -> None:
    assert output(quiet=True) == ""


async def test_the_summary_names_the_first_login_and_the_mail_within_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "width", 80)
    platform = Platform(tmp_path, sandbox=True)
    platform.settings.keys_dir.mkdir()
    (platform.settings.keys_dir / "administrator.password").write_text("secret")
    written = StringIO()
    screen = Screen(PlainConsole(file=written, width=80), quiet=False)
    screen.summary(platform, await mail_state(platform.settings))
    text = "".join(written.getvalue().split())
    status = f"quanhengstatus--data{tmp_path}"
    for part in ("administrator.password", status, "/sandbox/tour", "沙箱收件箱", "Ctrl-C"):
        assert part in text
    assert "secret" not in text
    assert all(cell_len(line.rstrip()) <= 80 for line in written.getvalue().splitlines())


async def test_the_state_of_mail_tells_whether_its_server_answers(tmp_path: Path) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(data_dir=tmp_path, smtp_url=f"smtp://user:secret@127.0.0.1:{port}")
    async with server:
        answered = await mail_state(settings)
    silent = await mail_state(settings)
    unset = await mail_state(Settings(data_dir=tmp_path, smtp_url=""))
    assert answered == f"127.0.0.1:{port} 有应答  answers"
    assert "没有应答" in silent
    assert "QUANHENG_SMTP_URL" in unset
    assert "secret" not in answered + silent
