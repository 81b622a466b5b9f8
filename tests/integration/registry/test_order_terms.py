"""The terms that a bureau states for orders: by two persons, from a later day on."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from sqlmodel import col, select, update

from law.terms.workdays import edition, nth_working_day
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import SystemClock
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.registry.orders.tables import Order
from services.registry.orders.terms.former_release import settle_terms
from services.registry.orders.terms.tables import OrderTerms
from services.registry.tables import Proposal
from tests.integration.registry.running_registry import (
    FOREIGN,
    TODAY,
    Client,
    RunningRegistry,
    refused,
)
from tests.integration.registry.test_orders import application, move

# Of their own: what they state holds for no order of another test.
DISTRICT, OTHER_DISTRICT, CITY = "331004", "331003", "331000"
LAB, TOMORROW = "合成期限检定院", "2026-09-15"


def asked(bureau: str = DISTRICT, **values: Any) -> pb.PutOrderTermsRequest:
    given: dict[str, Any] = {"valid_from": TOMORROW, "source": "（合成）局办〔2026〕1号"}
    return pb.PutOrderTermsRequest(request_id=new_request_id(), bureau=bureau, **(given | values))


async def propose(registry: RunningRegistry, bureau: str, **values: Any) -> proposals.Proposal:
    caseworker = registry.client(Role.CASEWORKER, bureau=bureau)
    return (await caseworker.orders.PutOrderTerms(asked(bureau, **values))).proposal


async def state(registry: RunningRegistry, bureau: str, **values: Any) -> None:
    """A bureau states terms that hold from today on: they were released, and the day has come."""
    await registry.release(await propose(registry, bureau, **values))
    newest = select(OrderTerms).where(OrderTerms.bureau == bureau)
    async with registry.database.transaction() as session:
        rows = await session.exec(newest.order_by(col(OrderTerms.released_at).desc()))
        released = rows.first()
        assert released
        released.valid_from = TODAY


async def applied(registry: RunningRegistry, bureau: str = DISTRICT) -> tuple[Client, pb.Order]:
    owner = await registry.subject(bureau=bureau)
    instrument = await registry.instrument(owner)
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id, name=uuid4().hex)
    answer = await operator.orders.ApplyForVerification(
        application([instrument.instrument_id], LAB)
    )
    return operator, answer.orders[0]


def after(working_days: int, day: date = TODAY) -> str:
    return nth_working_day(day, working_days, edition()).date.isoformat()


async def listed(registry: RunningRegistry) -> list[pb.OrderTerms]:
    caseworker = registry.client(Role.CASEWORKER, bureau=DISTRICT)
    request = pb.ListOrderTermsRequest()
    answer = await caseworker.orders.ListOrderTerms(request)
    assert [(one.days, one.example) for one in answer.of_law] == [(5, True), (20, True)]
    return list(answer.order_terms)


async def test_an_order_has_the_term_of_its_bureau_or_of_the_one_above_or_the_example(
    registry: RunningRegistry,
) -> None:
    lab = await registry.speaker(LAB, "FUEL")
    await registry.bureau(CITY)
    operator, first = await applied(registry)
    assert (first.due_on, first.term.days, first.term.example) == (after(5), 5, True)
    assert (first.term.kind, first.term.source) == ("acceptance", "S4 二(四)")
    waits = await propose(registry, DISTRICT, acceptance_days=3)
    assert (waits.act, waits.object) == ("set_order_terms", f"order_terms/{DISTRICT}")
    await registry.release(waits)
    _, second = await applied(registry)
    assert second.term.example  # its day is to come
    await state(registry, DISTRICT, acceptance_days=3)
    await state(registry, CITY, acceptance_days=4, completion_days=10, source="（合成）市局2号")
    _, third = await applied(registry)
    own = third.term
    assert (third.due_on, own.days, own.bureau, own.example) == (after(3), 3, DISTRICT, False)
    assert (own.source, own.valid_from) == ("（合成）局办〔2026〕1号", TODAY.isoformat())
    shown = await operator.orders.GetOrder(pb.GetOrderRequest(order_id=first.order_id))
    assert (shown.order.due_on, shown.order.term) == (first.due_on, first.term)  # keeps its own
    # The district states nothing of the completion: that of the city holds.
    assert [(one.days, one.bureau) for one in shown.expectation.terms] == [(5, ""), (10, CITY)]
    [taken] = (await lab.orders.MoveOrders(move([third.order_id], "accepted"))).orders
    assert (taken.due_on, taken.term.kind, taken.term.bureau) == (after(10), "completion", CITY)
    able = await operator.orders.ListVerifiers(pb.ListVerifiersRequest(type_codes=["FUEL"]))
    expected = next(one.expectation for one in able.verifiers if one.name == LAB)
    assert [(one.days, one.bureau) for one in expected.terms] == [(3, DISTRICT), (10, CITY)]
    assert expected.term_on == after(10, date.fromisoformat(after(3)))
    elsewhere = pb.ListVerifiersRequest(type_codes=["FUEL"], bureau=FOREIGN)
    able = await operator.orders.ListVerifiers(elsewhere)
    expected = next(one.expectation for one in able.verifiers if one.name == LAB)
    assert {one.example for one in expected.terms} == {True}
    await state(registry, DISTRICT)  # states none any more
    _, last = await applied(registry)
    assert (last.term.days, last.term.bureau) == (4, CITY)
    history = await listed(registry)
    assert {one.bureau for one in history} == {DISTRICT, CITY}
    assert len([one for one in history if one.in_force]) == 2
    [entry, *_] = await registry.audited(f"order_terms/{CITY}")
    assert (entry.action, entry.ground) == ("put_order_terms", "（合成）市局2号")


async def test_an_order_that_a_former_release_accepted_has_the_figure_it_is_due_by(
    registry: RunningRegistry,
) -> None:
    lab = await registry.speaker(LAB, "FUEL")
    await registry.bureau(OTHER_DISTRICT)
    await state(registry, OTHER_DISTRICT, acceptance_days=3, completion_days=10)
    taken = list[pb.Order]()
    for _ in range(2):
        _, order = await applied(registry, OTHER_DISTRICT)
        taken += (await lab.orders.MoveOrders(move([order.order_id], "accepted"))).orders
    former, ours = taken
    assert (former.due_on, former.term.days) == (after(10), 10)
    async with registry.database.transaction() as session:
        row = await session.get_one(Order, former.order_id)
        row.due_on, row.term_days = date.fromisoformat(after(20)), 3  # as that release left it
    for _ in range(2):
        await settle_terms(Changes(registry.database, SystemClock()))
    found = [
        (await lab.orders.GetOrder(pb.GetOrderRequest(order_id=one.order_id))).order
        for one in taken
    ]
    assert [(one.due_on, one.term.days, one.term.bureau) for one in found] == [
        (after(20), 20, ""),
        (after(10), 10, OTHER_DISTRICT),
    ]
    entries = await registry.audited(f"order/{former.order_id}")
    assert [one.action for one in entries].count("settle_order_term") == 1
    assert "settle_order_term" not in {
        one.action for one in await registry.audited(f"order/{ours.order_id}")
    }


async def test_terms_are_announced_when_they_are_released(registry: RunningRegistry) -> None:
    bureau = await registry.bureau("331022")
    waits = await propose(registry, bureau, acceptance_days=3)
    assert await registry.events_of(f"order_terms/{bureau}") == []
    await registry.release(waits)
    [event] = await registry.events_of(f"order_terms/{bureau}")
    assert isinstance(event, events.OrderTermsStated)
    assert (event.acceptance_days, event.completion_days) == (3, 0)
    assert (event.valid_from, event.source) == (TOMORROW, "（合成）局办〔2026〕1号")


async def test_what_is_wrong_with_terms_is_named(registry: RunningRegistry) -> None:
    bureau = await registry.bureau("331023")
    caseworker = registry.client(Role.CASEWORKER, bureau=bureau)
    with refused("INVALID_INPUT", "valid_from", "source"):
        await propose(registry, bureau, valid_from=TODAY.isoformat(), source=" ")
    with refused("NOT_PERMITTED"):
        await caseworker.orders.PutOrderTerms(asked(FOREIGN))
    with refused("NOT_FOUND"):
        await propose(registry, "331024", acceptance_days=3)
    with refused("NOT_PERMITTED"):
        await registry.client(Role.OPERATOR, subject_id="x").orders.PutOrderTerms(asked(bureau))
    waits = await propose(registry, bureau, acceptance_days=3)
    with refused("WRONG_STATE"):  # others wait
        await propose(registry, bureau, acceptance_days=4)
    own = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=waits.proposal_id, reasons="经核实"
    )
    with refused("NOT_PERMITTED"):  # a caseworker releases nothing
        await caseworker.proposals.ReleaseProposal(own)
    overtaken = asked(bureau, acceptance_days=3, valid_from=TODAY.isoformat())
    of_it = update(Proposal).where(col(Proposal.proposal_id) == waits.proposal_id)
    async with registry.database.transaction() as session:
        await session.exec(of_it.values(request=overtaken.SerializeToString()))
    with refused("WRONG_STATE"):  # its day has come
        await registry.release(waits)
    assert not [one for one in await listed(registry) if one.bureau == bureau]
