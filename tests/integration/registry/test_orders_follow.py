"""Orders follow what the register learns later of their instrument and its owner."""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as register
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.registry.import_files import (
    subject_rows,
    table,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    refused,
    verify,
)
from tests.integration.registry.test_orders import application, move
from tests.integration.registry.test_sameness import FILING, found, join, shown, unnumbered

ELSEWHERE = "330108"  # another district of the same city


def operator_of(registry: RunningRegistry, subject_id: str) -> Client:
    return registry.client(Role.OPERATOR, subject_id=subject_id, name=uuid4().hex)


async def orders_of(client: Client) -> list[pb.Order]:
    return list((await client.orders.ListOrders(pb.ListOrdersRequest())).orders)


async def told_of(registry: RunningRegistry, subject_id: str, state: str) -> list[str]:
    """The orders of a subject of which it was announced that they are in a state now."""
    return [
        one.order_id
        for event in await registry.events_of(f"subject/{subject_id}")
        if isinstance(event, events.OrdersChanged)
        for one in event.orders
        if one.state == state
    ]


async def twins(
    registry: RunningRegistry, caseworker: Client
) -> tuple[sameness.Likeness, register.Instrument, register.Instrument, str]:
    """Two instruments that are perhaps one, and an institution that may verify them."""
    mark = uuid4().hex
    rows = [unnumbered(mark, 检定日期="2026-09-02"), unnumbered(mark, 检定日期="2026-09-03")]
    batch = await upload(caseworker, "verifications", verifications(*rows), **FILING)
    [one] = await found(caseworker, batch)
    kept, gone = (side.instrument for side in (await shown(caseworker, one)).sides)
    return one, kept, gone, f"合成检定院{mark}"


async def test_an_instrument_named_twice_is_refused(registry: RunningRegistry) -> None:
    lab = f"合成检定院{uuid4().hex}"
    await registry.speaker(lab, "FUEL")
    one = await registry.instrument()
    operator = operator_of(registry, one.subject_id)
    twice = [one.instrument_id, one.instrument_id[:12]]
    with refused("INVALID_INPUT", "instrument_ids[1]"):
        await operator.orders.ApplyForVerification(application(twice, lab))
    assert not await orders_of(operator)


async def test_of_joined_instruments_the_order_that_came_furthest_goes_on(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    one, kept, gone, name = await twins(registry, caseworker)
    lab = await registry.speaker(name, kept.type_code)
    operator = operator_of(registry, kept.subject_id)
    both = [kept.instrument_id, gone.instrument_id]
    applied = await operator.orders.ApplyForVerification(application(both, name))
    behind, ahead = applied.orders
    await lab.orders.MoveOrders(move([ahead.order_id], "accepted"))
    await join(caseworker, one, kept.instrument_id, gone.instrument_id)
    today = {"verified_on": "2026-09-14", "valid_until": "2027-03-13", "institution": name}
    await lab.registry.RecordVerification(verify(gone.instrument_id, **today))
    states = {row.order_id: (row.state, row.instrument_id) for row in await orders_of(operator)}
    assert states == {
        ahead.order_id: ("completed", kept.instrument_id),
        behind.order_id: ("withdrawn", kept.instrument_id),
    }


async def test_an_order_is_completed_by_the_result_of_an_instrument_that_is_joined(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    one, kept, gone, name = await twins(registry, caseworker)
    lab = await registry.speaker(name, kept.type_code)
    operator = operator_of(registry, kept.subject_id)
    await operator.orders.ApplyForVerification(application([kept.instrument_id], name))
    today = {"verified_on": "2026-09-14", "valid_until": "2027-03-13", "institution": name}
    answer = await lab.registry.RecordVerification(verify(gone.instrument_id, **today))
    assert [row.state for row in await orders_of(operator)] == ["applied"]
    await join(caseworker, one, kept.instrument_id, gone.instrument_id)
    [order] = await orders_of(operator)
    completed = "completed", answer.verification.verification_id
    assert (order.state, order.verification_id) == completed
    assert await told_of(registry, kept.subject_id, "completed") == [order.order_id]


async def test_an_order_is_withdrawn_if_its_instrument_is_joined_to_a_scrapped_one(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    one, kept, gone, name = await twins(registry, caseworker)
    await registry.speaker(name, kept.type_code)
    operator = operator_of(registry, kept.subject_id)
    await operator.orders.ApplyForVerification(application([gone.instrument_id], name))
    request = register.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=kept.instrument_id, state="scrapped"
    )
    await operator.registry.SetInstrumentState(request)
    assert [row.state for row in await orders_of(operator)] == ["applied"]
    await join(caseworker, one, kept.instrument_id, gone.instrument_id)
    [order] = await orders_of(operator)
    assert (order.state, order.instrument_id) == ("withdrawn", kept.instrument_id)
    assert await told_of(registry, kept.subject_id, "withdrawn") == [order.order_id]


async def test_orders_of_a_joined_subject_are_those_of_the_one_that_stays(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker, name = registry.client(Role.CASEWORKER), f"甲{uuid4().hex}店"
    first, second = (
        table(*subject_rows(name, bureau=DISTRICT, 地址=street))
        for street in ("文一路1号", "古墩路9号")
    )
    await upload(caseworker, "subjects", first, bureau=DISTRICT)
    [one] = await found(caseworker, await upload(caseworker, "subjects", second, bureau=DISTRICT))
    kept, gone = (side.subject for side in (await shown(caseworker, one)).sides)
    instrument, lab = await registry.instrument(gone), f"合成检定院{uuid4().hex}"
    await registry.speaker(lab, "FUEL")
    request = application([instrument.instrument_id], lab)
    await operator_of(registry, gone.subject_id).orders.ApplyForVerification(request)
    answer = await join(caseworker, one, kept.subject_id, gone.subject_id)
    await registry.release(answer.proposal)
    [order] = await orders_of(operator_of(registry, kept.subject_id))
    assert order.subject_id == kept.subject_id


async def test_what_moves_to_another_bureau_is_no_longer_the_former_ones(
    registry: RunningRegistry,
) -> None:
    for code in (DISTRICT, ELSEWHERE):
        await registry.bureau(code)
    caseworker = registry.client(Role.CASEWORKER)
    one, kept, gone, lab = await twins(registry, caseworker)
    await registry.speaker(lab, kept.type_code)
    operator = operator_of(registry, kept.subject_id)
    await operator.orders.ApplyForVerification(application([kept.instrument_id], lab))
    city, seen = registry.client(Role.CASEWORKER, bureau="330100"), (await shown(caseworker, one))
    asked = register.GetSubjectRequest(subject_id=kept.subject_id)
    subject = (await city.registry.GetSubject(asked)).subject
    subject.bureau = ELSEWHERE
    moved = register.PutSubjectRequest(request_id=new_request_id(), subject=subject)
    await city.registry.PutSubject(moved)
    there = registry.client(Role.CASEWORKER, bureau=ELSEWHERE)
    request = pb.ListOrdersRequest(subject_id=kept.subject_id)
    assert len((await there.orders.ListOrders(request)).orders) == 1
    of_subject = sameness.ListLikenessesRequest(subject_id=kept.subject_id)
    assert len((await there.sameness.ListLikenesses(of_subject)).likenesses) == 1
    joining = sameness.JoinLikenessRequest(
        request_id=new_request_id(),
        likeness_id=one.likeness_id,
        kept_id=kept.instrument_id,
        joined_ids=[gone.instrument_id],
        ground="合成",
        seen=seen.seen,
    )
    with refused("NOT_PERMITTED"):
        await caseworker.sameness.JoinLikeness(joining)


async def test_the_order_of_a_scrapped_instrument_is_withdrawn_until_the_institution_has_it(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    name = f"合成检定院{uuid4().hex}"
    lab, owner = await registry.speaker(name, "FUEL"), await registry.subject()
    by_hand, received, by_file = [await registry.instrument(owner) for _ in range(3)]
    operator = operator_of(registry, owner.subject_id)
    ids = [one.instrument_id for one in (by_hand, received, by_file)]
    applied = (await operator.orders.ApplyForVerification(application(ids, name))).orders
    order_ids = [one.order_id for one in applied]
    for state in ("accepted", "received"):
        await lab.orders.MoveOrders(move([order_ids[1]], state))
    for which in ids[:2]:
        request = register.SetInstrumentStateRequest(
            request_id=new_request_id(), instrument_id=which, state="scrapped"
        )
        await operator.registry.SetInstrumentState(request)
    heading = ("使用单位", "器具类型", "出厂编号", "状态")
    row = (owner.credit_code or owner.name, "FUEL", by_file.serial_no, "报废")
    batch = await upload(
        registry.client(Role.CASEWORKER), "instruments", table(heading, row), bureau=DISTRICT
    )
    assert batch.changed == 1
    states = {row.order_id: row.state for row in await orders_of(operator)}
    assert [states[one] for one in order_ids] == ["withdrawn", "received", "withdrawn"]
    shown = await lab.orders.GetOrder(pb.GetOrderRequest(order_id=order_ids[0]))
    assert shown.steps[-1].ground.startswith("器具已报废")
    withdrawn = await told_of(registry, owner.subject_id, "withdrawn")
    assert withdrawn == [order_ids[0], order_ids[2]], "its institution is told"


async def test_an_import_is_not_undone_under_an_open_order(registry: RunningRegistry) -> None:
    await registry.bureau()
    caseworker, mark = registry.client(Role.CASEWORKER), uuid4().hex
    rows = verifications(verification(使用单位=mark, 出厂编号=mark[:8]))
    batch = await upload(caseworker, "verifications", rows, **FILING)
    listed = register.ListInstrumentsRequest(page_size=1000)
    [instrument] = [
        one
        for one in (await caseworker.registry.ListInstruments(listed)).instruments
        if one.serial_no == mark[:8]
    ]
    lab = f"合成检定院{mark}"
    await registry.speaker(lab, instrument.type_code)
    request = application([instrument.instrument_id], lab)
    await operator_of(registry, instrument.subject_id).orders.ApplyForVerification(request)
    with refused("WRONG_STATE", f"instrument/{instrument.instrument_id}"):
        await undo(caseworker, batch)
