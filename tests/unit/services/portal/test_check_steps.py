"""The step that checks a form asks the service itself, so it refuses what the act would refuse."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from starlette.datastructures import FormData
from starlette.requests import Request

from plumbing.client import Refusal
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import institution, instrument_forms, order_wizard, photographs
from services.portal.rendering import HERE
from services.portal.visit import Visit

TOO_LONG = Refusal(
    grpc.StatusCode.INVALID_ARGUMENT,
    "INVALID_INPUT",
    "填写的内容有误",
    "wrong",
    (("instrument.measuring_range", "不能超过 200 个字", "at most 200 characters"),),
)


class Service:
    """A service that answers a call, or refuses it, and remembers what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[Any] = []

    async def __call__(self, request: Any) -> Any:
        self.asked.append(request)
        if isinstance(self.answer, Refusal):
            raise self.answer
        return self.answer


def visit(monkeypatch: pytest.MonkeyPatch, services: Any, **form: str) -> Visit:
    async def answered(call: Any) -> Any:
        return await call

    def page(_visit: Visit, template: str, **values: Any) -> Any:
        return {"template": template, **values}

    for module in (institution, instrument_forms, order_wizard):
        monkeypatch.setattr(module, "ask", answered)
    monkeypatch.setattr(Visit, "page", page)
    monkeypatch.setattr(Visit, "person", SimpleNamespace(subject_id="s-1"))
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": []}
    settings = SimpleNamespace(evidence_max_bytes=1 << 20)
    portal = SimpleNamespace(services=services, settings=settings)
    return Visit(cast("Any", portal), Request(scope), None, FormData(form))


FILING = {"type_code": "fuel_dispenser", "serial_no": "7", "measuring_range": "(5~60) L/min"}


async def test_a_filing_is_checked_by_the_register(monkeypatch: pytest.MonkeyPatch) -> None:
    put = Service(registry.PutInstrumentResponse())
    services = SimpleNamespace(registry=SimpleNamespace(PutInstrument=put))
    shown: Any = await instrument_forms.file(visit(monkeypatch, services, **FILING))
    assert shown["template"] == "instruments/new_check.html"
    assert [one.check_only for one in put.asked] == [True]


async def test_what_is_too_long_is_told_before_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    services = SimpleNamespace(registry=SimpleNamespace(PutInstrument=Service(TOO_LONG)))
    shown: Any = await instrument_forms.file(visit(monkeypatch, services, **FILING))
    assert shown["template"] == "instruments/new.html"
    assert (shown["status"], shown["errors"]) == (422, {"measuring_range": "不能超过 200 个字"})


async def test_only_the_last_step_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    put = Service(registry.PutInstrumentResponse())
    services = SimpleNamespace(registry=SimpleNamespace(PutInstrument=put))
    sent = visit(monkeypatch, services, step="send", **FILING)

    async def no_photographs(_visit: Visit, _filed: str) -> None:
        return None

    monkeypatch.setattr(photographs, "add_all", no_photographs)
    assert (await instrument_forms.file(sent)).status_code == 303
    assert [one.check_only for one in put.asked] == [False]


async def test_an_application_shows_why_each_instrument_needs_a_verification(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repaired = [orders.Order(reason="repaired")]
    answer = orders.ApplyForVerificationResponse(orders=repaired, repairs_to_note=["i-1"])
    apply = Service(answer)
    instrument = registry.Instrument(
        instrument_id="i-1", serial_no="N-3", type_code="fuel_dispenser", owner_no="甲-3"
    )
    services = SimpleNamespace(
        orders=SimpleNamespace(
            ApplyForVerification=apply, ListVerifiers=Service(orders.ListVerifiersResponse())
        ),
        registry=SimpleNamespace(
            GetInstrument=Service(registry.GetInstrumentResponse(instrument=instrument))
        ),
    )
    shown: Any = await order_wizard.apply(
        visit(monkeypatch, services, instrument="i-1", institution_id="v-1")
    )
    assert [(one.check_only, one.repaired) for one in apply.asked] == [(True, False)]
    assert (shown["checking"], shown["reasons"]) == (True, ["修理后"])
    assert shown["to_note"] == ["N-3"], "the repair itself is not noted by it"
    sent: Any = await order_wizard.apply(
        visit(monkeypatch, services, instrument="i-1", institution_id="v-1", step="send")
    )
    assert sent.headers["location"] == "/orders?applied=1&repairs=1&instrument=i-1"


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("later=i-2", "/orders/new?applied=yes&instrument=i-2&unnoted=i-1"),
        ("unnoted=i-0", "/orders?applied=1&repairs=2&instrument=i-0"),
    ],
)
async def test_repairs_to_note_of_each_part_of_an_application_are_told(
    monkeypatch: pytest.MonkeyPatch, asked: str, then: str
) -> None:
    answer = orders.ApplyForVerificationResponse(repairs_to_note=["i-1"])
    services = SimpleNamespace(orders=SimpleNamespace(ApplyForVerification=Service(answer)))
    name, value = asked.split("=")
    form = {"instrument": "i-1", "institution_id": "v-1", "step": "send", name: value}
    sent: Any = await order_wizard.apply(visit(monkeypatch, services, **form))
    assert sent.headers["location"] == then


# The state of the platform is checked on a page of that name, and no form is sent from it.
NO_FORM = {"platform_state.py"}


def test_every_step_that_checks_asks_the_service() -> None:
    asks = {}
    for file in (HERE / "pages").glob("*.py"):
        source = file.read_text("utf-8")
        if re.search(r"checking=True|_check\.html|/check\.html", source):
            asks[file.name] = "check_only=" in source or "Check" in source or "letter_of" in source
    assert {"order_wizard.py", "institution.py", "rulesets.py"} <= asks.keys()
    assert {name for name, asked in asks.items() if not asked} - NO_FORM == set()
