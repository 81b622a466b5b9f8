"""A service that learns of a subject by an event does not know it for a moment: no fault."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest

from plumbing.client import Refusal
from protos.alerts.v1 import alerts_pb2 as alerts
from services.portal.pages import reading
from services.portal.visit import Visit

ANSWER = alerts.CountColoursResponse(totals=[alerts.ColourTotal(colour="red", instruments=2)])


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    async def ask(call: Any) -> Any:
        if isinstance(call, Refusal):
            raise call
        return call

    monkeypatch.setattr(reading, "ask", ask)
    return cast("Visit", SimpleNamespace(services=SimpleNamespace(alerts=SimpleNamespace())))


def _answers(visit: Visit, answer: object) -> None:
    cast("Any", visit).services.alerts.CountColours = lambda _request: answer


async def test_colours_of_a_subject_are_counted(visit: Visit) -> None:
    _answers(visit, ANSWER)
    assert await reading.colours_of(visit, "subject") == {"red": 2}


async def test_a_subject_that_alerts_does_not_know_yet_has_no_colours(visit: Visit) -> None:
    _answers(visit, Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "没有", "none"))
    assert await reading.colours_of(visit, "subject") == {}


async def test_a_service_that_is_away_is_not_taken_for_no_colours(visit: Visit) -> None:
    _answers(visit, Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "不可用", "away"))
    with pytest.raises(Refusal, match="UNAVAILABLE"):
        await reading.colours_of(visit, "subject")
