"""The terminal of `quanheng up` shows what a person would want to see of the services' lines."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from services.cli.machine.up import Screen

READY = '{"event": "process.ready", "service": "registry", "level": "info"}'
CALL = '{"method": "/a/B", "code": "OK", "event": "rpc.served", "service": "registry"}'
FAULT = '{"event": "rpc.internal", "service": "registry", "level": "error"}'


def shown(*, quiet: bool) -> str:
    written = StringIO()
    screen = Screen(Console(file=written, width=200), quiet=quiet)
    for line in (READY, CALL, FAULT):
        screen.line("registry", line)
    screen.line("nats", "a banner")
    return written.getvalue()


def test_what_happens_all_the_time_stays_in_the_log_files() -> None:
    text = shown(quiet=False)
    assert "process.ready" in text
    assert "rpc.internal" in text
    assert "rpc.served" not in text
    assert "banner" not in text


def test_a_quiet_screen_shows_no_line() -> None:
    assert shown(quiet=True) == ""
