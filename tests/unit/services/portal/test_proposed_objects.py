"""A second person sees whose instrument a proposal is about, as far as they may see it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest

from plumbing.client import Refusal
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1.proposals_pb2 import Proposal, ProposedChange
from services.portal.pages import proposed_objects, reading
from services.portal.punctuation import GAP
from services.portal.rendering import catalogue
from services.portal.visit import Visit
from services.portal.wording import Words

OWNER, PUMP = "11111111-0000", "22222222-0000"
ABOUT_PUMP = Proposal(proposal_id="p1", object=f"instrument/{PUMP}", subject_id=OWNER)
FIRMS = registry.ListSubjectsResponse(
    subjects=[registry.Subject(subject_id=OWNER, name="测试加油站")]
)
INSTRUMENT = registry.GetInstrumentResponse(
    instrument=registry.Instrument(instrument_id=PUMP, type_code="fuel_dispenser", serial_no="A-7")
)
RED = alerts.ListColoursResponse(instruments=[alerts.InstrumentColour(colour="red")])
GONE = Refusal(grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED", "无权", "not yours")


def visit(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> Visit:
    async def ask(answer: Any) -> Any:
        if isinstance(answer, Refusal):
            raise answer
        return answer

    for module in (reading, proposed_objects):
        monkeypatch.setattr(module, "ask", ask)
    given = {"ListSubjects": FIRMS, "GetInstrument": INSTRUMENT, "ListColours": RED, **answers}
    calls = SimpleNamespace(
        **{name: lambda _request, answer=answer: answer for name, answer in given.items()}
    )
    say = catalogue("zh-CN").gettext
    made = SimpleNamespace(
        services=SimpleNamespace(registry=calls, alerts=calls, orders=calls),
        words=Words(say, "zh-CN"),
        say=say,
    )
    return cast("Visit", made)


async def test_a_list_names_owner_and_instrument(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await proposed_objects.named(visit(monkeypatch), [ABOUT_PUMP])
    kind = Words(catalogue("zh-CN").gettext, "zh-CN").instrument_type("fuel_dispenser")
    assert str(found["p1"]) == f"测试加油站{GAP}{kind} A-7"


async def test_its_page_says_the_present_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = dict(await proposed_objects.facts(visit(monkeypatch), ABOUT_PUMP))
    assert facts["主体"] == "测试加油站"
    assert facts["器具"].endswith(" A-7")
    assert facts["现在的颜色"] == "红色警示"


async def test_what_one_may_not_see_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = visit(monkeypatch, GetInstrument=GONE, ListSubjects=GONE, ListColours=GONE)
    assert not any(dict(await proposed_objects.facts(hidden, ABOUT_PUMP)).values())
    assert str((await proposed_objects.named(hidden, [ABOUT_PUMP]))["p1"]) == ""


async def test_a_list_reads_no_records(monkeypatch: pytest.MonkeyPatch) -> None:
    about = Proposal(proposal_id="p2", object="record/33333333", subject_id=OWNER)
    found = await proposed_objects.named(visit(monkeypatch), [about])
    assert str(found["p2"]) == "测试加油站"


WAITS: dict[str, Any] = {"proposal_id": "p3", "subject_id": OWNER, "state": "waiting"}
OPEN = orders.ListOrdersResponse(
    orders=[orders.Order(institution=name) for name in ("乙院", "甲院", "乙院")]
)


async def test_open_orders_of_what_is_deregistered_or_scrapped_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = visit(monkeypatch, ListOrders=OPEN)
    deregistered = Proposal(**WAITS, act="deregister_subject", object=f"subject/{OWNER}")
    facts = dict(await proposed_objects.facts(seen, deregistered))
    assert facts["未办结的检定申请"].startswith("3 件（乙院 2、甲院 1）；注销以后照旧办理")
    scrapped = Proposal(
        **WAITS,
        act="end_red_alert",
        object=f"instrument/{PUMP}",
        changes=[ProposedChange(field="state", before="in_use", after="scrapped")],
    )
    facts = dict(await proposed_objects.facts(seen, scrapped))
    assert "报废以后随之撤回" in facts["未办结的检定申请"]
    hidden = visit(monkeypatch, ListOrders=GONE)
    assert not dict(await proposed_objects.facts(hidden, scrapped))["未办结的检定申请"]
    scrapped.changes[0].after = "stopped"
    assert not dict(await proposed_objects.facts(seen, scrapped))["未办结的检定申请"]
