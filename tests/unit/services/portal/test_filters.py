"""The filter by type offers first what is on file, then the other types."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from law.instruments import catalogue
from plumbing.client import Refusal
from protos.alerts.v1 import alerts_pb2 as alerts
from services.portal.listing import Filter
from services.portal.pages import filters

ON_FILE, OTHERS = "登记在册的类型", "目录中的其他类型"


class Alerts:
    """Answers with types, or refuses."""

    def __init__(self, *types: str, refuses: grpc.StatusCode | None = None) -> None:
        self._types, self._refuses = types, refuses

    async def GetTypes(  # noqa: N802 - the name of the call
        self, _request: alerts.GetTypesRequest
    ) -> alerts.GetTypesResponse:
        if self._refuses:
            raise Refusal(self._refuses, "REASON", "", "")
        return alerts.GetTypesResponse(type_codes=self._types)


def asked(answer: Alerts, chosen: str = "") -> Filter:
    words = SimpleNamespace(instrument_type=lambda code: f"类型{code}")
    visit: Any = SimpleNamespace(
        words=words, services=SimpleNamespace(alerts=answer), query=lambda _name: chosen
    )
    return asyncio.run(filters.types_on_file(visit, "type", "类型"))


def test_types_on_file_come_first_and_none_is_lost() -> None:
    groups = asked(Alerts("FUEL", "NAWI-D")).groups
    assert groups[ON_FILE] == [("FUEL", "类型FUEL"), ("NAWI-D", "类型NAWI-D")]
    others = {code for code, _ in groups[OTHERS]}
    assert others == {*catalogue()} - {"NAWI-D", "FUEL"}


def test_a_type_that_the_address_names_is_offered() -> None:
    found = asked(Alerts("FUEL"), chosen="OLD-1")
    visit: Any = SimpleNamespace(query=lambda _name: "OLD-1")
    assert found.read(visit) == "OLD-1"


def test_a_list_without_alerts_offers_the_catalogue() -> None:
    groups = asked(Alerts(refuses=grpc.StatusCode.UNAVAILABLE)).groups
    assert {code for code, _ in groups[OTHERS]} == {*catalogue()}
    with pytest.raises(Refusal):
        asked(Alerts(refuses=grpc.StatusCode.INTERNAL))
