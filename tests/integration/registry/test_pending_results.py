"""A pending result changes nothing (C-19): no order ends by it, and its term to report is not met.

The result that comes later takes its place: then the order ends, and it is in time or late.
"""

from __future__ import annotations

from uuid import uuid4

from plumbing.identity import Role
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import reasons, undo, upload, verification
from tests.integration.registry.import_files import verifications as file_of
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    read_instrument,
    refused,
    verify,
)
from tests.integration.registry.test_orders import application, firm
from tests.integration.registry.test_punctuality import LATE, lab, listed

TODAY = "2026-09-14"
NOT_YET = {"result": "pending", "valid_until": ""}


async def applied(registry: RunningRegistry, name: str) -> tuple[Client, str, orders.Order]:
    """An operator, its instrument, and the order for it that the institution has got."""
    operator, [instrument] = await firm(registry)
    answer = await operator.orders.ApplyForVerification(application([instrument], name))
    return operator, instrument, answer.orders[0]


async def shown(client: Client, order: orders.Order) -> orders.GetOrderResponse:
    return await client.orders.GetOrder(orders.GetOrderRequest(order_id=order.order_id))


async def test_an_order_waits_for_the_result_of_a_pending_one(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    operator, instrument, order = await applied(registry, name)
    now = {"institution": name, "verified_on": TODAY}
    request = verify(instrument, **now, **NOT_YET)
    pending = (await client.registry.RecordVerification(request)).verification
    assert (pending.reported_on, pending.report_by) == ("", "")
    waits = await shown(operator, order)
    assert waits.order.state == "applied"
    assert [(one.verification_id, one.why) for one in waits.other_results] == [
        (pending.verification_id, "undecided")
    ]
    number = pending.certificate_no
    passed = verify(instrument, **now, certificate_no=number, valid_until="2027-03-13")
    answer = await client.registry.RecordVerification(passed)
    result = answer.verification
    assert (result.verification_id, result.result) == (pending.verification_id, "pass")
    assert (result.reported_on, result.report_by) == (TODAY, "2026-09-20")
    assert answer.instrument.state == "in_use", "the first pass puts it into use"
    ended = (await shown(operator, order)).order
    assert (ended.state, ended.verification_id) == ("completed", pending.verification_id)
    again = await client.registry.RecordVerification(
        verify(instrument, **now, certificate_no=number, valid_until="2027-03-13")
    )
    assert again.verification == result, "it is on file now, and stays as it is"
    with refused("ALREADY_EXISTS"):
        other = {**now, "certificate_no": number, "result": "reject", "valid_until": ""}
        await client.registry.RecordVerification(verify(instrument, **other))


async def test_a_noted_repair_ends_no_order(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    operator, instrument, order = await applied(registry, name)
    repaired = {"result": "repaired", "valid_until": "", "verified_on": TODAY}
    await client.registry.RecordVerification(verify(instrument, institution=name, **repaired))
    assert (await shown(operator, order)).order.state == "applied"


async def test_an_order_waits_for_the_nozzle_that_is_pending(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    operator, instrument, order = await applied(registry, name)
    until = {"verified_on": TODAY, "valid_until": "2027-03-13", "certificate_no": uuid4().hex}
    first, then = (verify(instrument, institution=name, **until) for _ in range(2))
    first.parts.extend([pb.PartResult(part="1", result="pass")])
    first.parts.extend([pb.PartResult(part="2", result="pending")])
    recorded = (await client.registry.RecordVerification(first)).verifications
    assert [one.reported_on for one in recorded] == [TODAY, ""]
    assert (await shown(operator, order)).order.state == "applied"
    then.parts.extend([pb.PartResult(part=part, result="pass") for part in ("1", "2")])
    recorded = (await client.registry.RecordVerification(then)).verifications
    assert [one.reported_on for one in recorded] == [TODAY, TODAY]
    assert (await shown(operator, order)).order.state == "completed"


async def test_a_result_that_was_pending_may_come_late(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    filed = await registry.instrument()
    number = uuid4().hex
    about = {"institution": name, "verified_on": LATE, "certificate_no": number}
    answer = await client.registry.RecordVerification(
        verify(filed.instrument_id, **about, **NOT_YET)
    )
    assert answer.late == pb.LateReport(), "nothing is completed yet"
    assert await listed(client, name) == {}
    answer = await client.registry.RecordVerification(verify(filed.instrument_id, **about))
    assert answer.late.report_by == "2026-09-11"
    assert await listed(client, name) == {"2026-09-11": (True, True)}


async def test_a_file_records_the_result_of_a_pending_one(registry: RunningRegistry) -> None:
    """By file the same: the order waits, the result is late, and undone it is pending again."""
    name, client = await lab(registry)
    operator, instrument, order = await applied(registry, name)
    serial = (await read_instrument(operator, instrument)).instrument.serial_no
    row = verification(
        出厂编号=serial, 器具类型="FUEL", 检定机构=name, 检定日期=TODAY, 有效期至="2027-03-13"
    )
    pending = {**row, "检定结果": "检定中", "有效期至": ""}
    assert (await upload(client, "verifications", file_of(pending))).state == "applied"
    assert (await shown(operator, order)).order.state == "applied"
    assert await listed(client, name) == {}
    batch = await upload(client, "verifications", file_of(row))
    assert (batch.state, batch.changed) == ("applied", 1)
    ended = (await shown(operator, order)).order
    assert ended.state == "completed"
    assert (await read_instrument(operator, instrument)).instrument.state == "in_use"
    assert await listed(client, name) == {"2026-09-20": (False, False)}


async def test_a_file_with_a_late_result_of_a_pending_one_warns_and_is_undone(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    filed = await registry.instrument()
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=name, 检定日期=LATE)
    pending = {**row, "检定结果": "待检", "有效期至": ""}
    batch = await upload(client, "verifications", file_of(pending))
    assert not await reasons(client, batch, warnings=True)
    rejected = await upload(
        client, "verifications", file_of({**row, "检定结果": "不合格", "有效期至": ""})
    )
    assert [hint for *_, hint in await reasons(client, rejected, warnings=True)] == [
        "REPORTED_LATE"
    ]
    assert await listed(client, name) == {"2026-09-11": (True, True)}
    await undo(registry.client(Role.CASEWORKER), rejected)
    assert await listed(client, name) == {}, "it is pending again"
