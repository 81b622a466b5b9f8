"""An order is open again once the result that completed it is no longer on file (S4 二(三)(四))."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as register
from tests.integration.registry.import_files import undo, upload, verification, verifications
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    outbox,
    read_instrument,
    refused,
    verify,
)
from tests.integration.registry.test_entry_corrections import correct
from tests.integration.registry.test_orders import application, firm, move
from tests.integration.registry.test_punctuality import lab

TODAY = "2026-09-14"


class Completed:
    """Orders of one firm with an institution, completed by a file of results."""

    def __init__(self, registry: RunningRegistry, name: str, client: Client) -> None:
        self.registry, self.name, self.client = registry, name, client
        self.staff = registry.client(Role.CASEWORKER)
        self.rows: list[Any] = []

    async def apply(self, count: int = 1) -> list[str]:
        self.operator, self.instruments = await firm(self.registry, count)
        request = application(self.instruments, self.name)
        answer = await self.operator.orders.ApplyForVerification(request)
        for one in self.instruments:
            filed = (await read_instrument(self.operator, one)).instrument
            self.rows.append(
                verification(
                    出厂编号=filed.serial_no,
                    器具类型="FUEL",
                    检定机构=self.name,
                    检定日期=TODAY,
                    有效期至="2027-03-13",
                )
            )
        return [one.order_id for one in answer.orders]

    async def report(self) -> register.Batch:
        batch = await upload(self.client, "verifications", verifications(*self.rows))
        assert batch.state == "applied"
        return batch

    async def shown(self, order_id: str) -> pb.GetOrderResponse:
        return await self.operator.orders.GetOrder(pb.GetOrderRequest(order_id=order_id))

    async def told(self) -> list[events.OrdersChanged]:
        owner = (await read_instrument(self.operator, self.instruments[0])).instrument.subject_id
        found = await outbox(self.registry.database, f"subject/{owner}")
        return [one for one in found if isinstance(one, events.OrdersChanged)]


async def completed(registry: RunningRegistry) -> Completed:
    return Completed(registry, *await lab(registry))


async def test_undone_results_leave_their_orders_as_they_were(registry: RunningRegistry) -> None:
    book = await completed(registry)
    first, second = await book.apply(2)
    await book.client.orders.MoveOrders(move([first], "accepted"))
    await book.client.orders.MoveOrders(move([first], "scheduled", appointed_on="2026-09-16"))
    batch = await book.report()
    assert {(await book.shown(one)).order.state for one in (first, second)} == {"completed"}
    await undo(book.staff, batch)
    scheduled, waiting = [(await book.shown(one)).order for one in (first, second)]
    assert (scheduled.state, scheduled.due_on) == ("scheduled", "2026-10-16")
    assert (scheduled.appointed_on, scheduled.verification_id) == ("2026-09-16", "")
    assert (waiting.state, waiting.due_on, waiting.verification_id) == ("applied", "2026-09-20", "")
    [*_, last] = (await book.shown(first)).steps
    assert (last.state, last.ground) == ("scheduled", "检定结果已撤销：导错了文件")
    reopened = [one for one in await book.told() if one.reopened]
    assert sorted(order.state for one in reopened for order in one.orders) == [
        "applied",
        "scheduled",
    ]
    open_ = await book.client.orders.ListOrders(pb.ListOrdersRequest(open=True))
    assert {one.order_id for one in open_.orders} == {first, second}
    await book.report()
    assert {(await book.shown(one)).order.state for one in (first, second)} == {"completed"}


async def test_what_was_returned_has_to_be_brought_again(registry: RunningRegistry) -> None:
    book = await completed(registry)
    [order] = await book.apply()
    for state in ("accepted", "received"):
        await book.client.orders.MoveOrders(move([order], state))
    batch = await book.report()
    await book.client.orders.MoveOrders(move([order], "returned"))
    await undo(book.staff, batch)
    shown = (await book.shown(order)).order
    assert (shown.state, shown.verification_id) == ("accepted", "")
    assert shown.due_on


async def test_beside_a_newer_order_the_former_one_ends(registry: RunningRegistry) -> None:
    book = await completed(registry)
    [order] = await book.apply()
    batch = await book.report()
    again = await book.operator.orders.ApplyForVerification(
        application(book.instruments, book.name)
    )
    await undo(book.staff, batch)
    shown = await book.shown(order)
    assert (shown.order.state, shown.order.verification_id) == ("withdrawn", "")
    assert "已有新的检定申请" in shown.steps[-1].ground
    assert (await book.shown(again.orders[0].order_id)).order.state == "applied"


async def test_a_file_that_makes_a_result_another_one_reopens_its_order(
    registry: RunningRegistry,
) -> None:
    """A corrected day before the application is no answer to it; undone, it is one again."""
    book = await completed(registry)
    [order] = await book.apply()
    await book.report()
    earlier = [{**row, "检定日期": "2026-09-13"} for row in book.rows]
    batch = await upload(book.staff, "verifications", verifications(*earlier))
    assert (batch.state, batch.changed) == ("applied", 1)
    shown = await book.shown(order)
    assert shown.order.state == "applied"
    assert "更改了检定结果" in shown.steps[-1].ground
    await undo(book.staff, batch)
    assert (await book.shown(order)).order.state == "completed"


async def test_another_result_of_the_institution_stays_the_answer(
    registry: RunningRegistry,
) -> None:
    book = await completed(registry)
    [order] = await book.apply()
    for one in book.instruments:  # in use before
        await book.staff.registry.RecordVerification(verify(one))
    batch = await book.report()
    book.rows = [{**row, "证书编号": uuid4().hex} for row in book.rows]
    other = await book.report()
    await undo(book.staff, batch)
    shown = (await book.shown(order)).order
    assert shown.state == "completed"
    assert shown.verification_id
    await undo(book.staff, other)
    assert (await book.shown(order)).order.state == "applied"


async def test_a_decided_case_that_corrects_the_day_reopens_the_order(
    registry: RunningRegistry,
) -> None:
    book = await completed(registry)
    [order] = await book.apply()
    await book.report()
    result = (await book.shown(order)).order.verification_id
    await correct(registry, "verification", result, verified_on="2026-09-13")
    assert (await book.shown(order)).order.state == "applied"
    await correct(registry, "verification", result, verified_on=TODAY)
    assert (await book.shown(order)).order.state == "completed"


async def test_what_was_handed_on_meanwhile_is_reopened_for_its_present_owner(
    registry: RunningRegistry,
) -> None:
    book = await completed(registry)
    [order] = await book.apply()
    await book.report()
    result = (await book.shown(order)).order.verification_id
    buyer = await registry.subject()
    filed = (await read_instrument(book.staff, book.instruments[0])).instrument
    filed.subject_id = buyer.subject_id
    handed_on = register.PutInstrumentRequest(request_id=new_request_id(), instrument=filed)
    await book.staff.registry.PutInstrument(handed_on)
    assert (await book.shown(order)).order.state == "completed"
    await correct(registry, "verification", result, verified_on="2026-09-13")
    with refused("NOT_FOUND"):
        await book.operator.orders.MoveOrders(move([order], "withdrawn"))
    theirs = registry.client(Role.OPERATOR, subject_id=buyer.subject_id, name=uuid4().hex)
    [shown] = (await theirs.orders.ListOrders(pb.ListOrdersRequest(open=True))).orders
    assert (shown.order_id, shown.subject_id) == (order, buyer.subject_id)
    told = await outbox(registry.database, f"subject/{buyer.subject_id}")
    [reopened] = [one for one in told if isinstance(one, events.OrdersChanged) and one.reopened]
    assert [one.order_id for one in reopened.orders] == [order]
    await theirs.orders.MoveOrders(move([order], "withdrawn"))


async def test_the_order_of_a_scrapped_instrument_is_not_open_again_unless_it_was_received(
    registry: RunningRegistry,
) -> None:
    book = await completed(registry)
    waiting, received = await book.apply(2)
    for state in ("accepted", "received"):
        await book.client.orders.MoveOrders(move([received], state))
    await book.report()
    results = [(await book.shown(one)).order.verification_id for one in (waiting, received)]
    for one in book.instruments:
        request = register.SetInstrumentStateRequest(
            request_id=new_request_id(), instrument_id=one, state="scrapped"
        )
        await book.operator.registry.SetInstrumentState(request)
    for result in results:
        await correct(registry, "verification", result, verified_on="2026-09-13")
    shown = await book.shown(waiting)
    assert (shown.order.state, shown.order.verification_id) == ("withdrawn", "")
    assert "；器具已报废" in shown.steps[-1].ground
    assert (await book.shown(received)).order.state == "received"
    reopened = [one for one in await book.told() if one.reopened]
    assert [order.order_id for one in reopened for order in one.orders] == [received]
