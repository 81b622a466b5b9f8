"""What is refused stands in the security log, and repeats do not fill it."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from law.errors import InvalidInput, LawError, NotPermitted, WrongState
from plumbing.identity import Caller, Role, Unauthenticated
from plumbing.security_log import SPAN_SECONDS, SecurityLog
from plumbing.turns import Busy

ONE, OTHER = (Caller(name, name, frozenset({Role.OPERATOR})) for name in ("a-1", "a-2"))


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (Unauthenticated(), "security.sign_in_refused"),
        (NotPermitted(), "security.permission_refused"),
        (Busy(), "security.quota_refused"),
        (WrongState("稍后", "later", retry_after_seconds="9"), "security.quota_refused"),
    ],
)
def test_a_refusal_is_written_with_who_where_and_what(error: LawError, event: str) -> None:
    with capture_logs() as lines:
        SecurityLog().refused(error, ONE, "ipv4:10.0.0.9:51234", method="/a/B")
    assert [
        (line["event"], line["log"], line["account"], line["peer"], line["method"])
        for line in lines
    ] == [(event, "security", "a-1", "ipv4:10.0.0.9", "/a/B")]


def test_other_refusals_are_not_written() -> None:
    with capture_logs() as lines:
        SecurityLog().refused(InvalidInput(), ONE, "ipv4:10.0.0.9:1", method="/a/B")
    assert not lines


def test_repeats_are_counted_and_others_are_still_written() -> None:
    seconds = [0.0]
    log = SecurityLog(of_one=2, of_all=3, now=lambda: seconds[0])

    def refuse(caller: Caller | None, times: int = 1) -> None:
        for port in range(times):
            log.refused(NotPermitted(), caller, f"ipv4:10.0.0.9:{port}", method="/a/B")

    with capture_logs() as lines:
        refuse(ONE, 1000)
        refuse(OTHER, 1000)
        assert _accounts(lines) == ["a-1", "a-1", "a-2"]
        lines.clear()
        seconds[0] = SPAN_SECONDS
        refuse(None, 9)
    assert lines[0]["counts"] == {"security.permission_refused": 1997}
    assert _accounts(lines[1:]) == ["", ""]


def _accounts(lines: list[Any]) -> list[str]:
    return [line["account"] for line in lines]
