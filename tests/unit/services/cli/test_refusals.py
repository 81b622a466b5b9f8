"""A refusal by the platform ends a command with its sentence, however the command asked."""

from __future__ import annotations

import grpc
import pytest
import typer

from plumbing.client import Refusal
from services.cli.client import run_or_refuse


async def _refused() -> None:
    raise Refusal(grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED", "无权办理", "Not permitted")


def test_a_refusal_is_told_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        run_or_refuse(_refused())
    assert ended.value.exit_code == 1
    told = capsys.readouterr()
    assert "无权办理" in told.out + told.err
