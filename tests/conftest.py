"""What all tiers share."""

from __future__ import annotations

import os
import sys

import pytest

_status = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long every RPC is sent made-up messages, how many at most, and which ones."""
    parser.addoption("--fuzz-seconds", type=float, default=45.0)
    parser.addoption("--fuzz-messages", type=int, default=500)
    parser.addoption("--fuzz-seed", type=int, default=0)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    global _status  # noqa: PLW0603 - pytest hands the status to this hook and to no later one
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends at once after the last word: the Temporal client may abort a normal exit."""
    if "temporalio" not in sys.modules:
        return  # nothing to fear, and who runs the tests inside a process of its own may go on
    if hasattr(config, "workerinput"):
        return  # a worker of xdist still has to report; how it exits is not looked at
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_status)
