"""Orders for verification: applied for by an operator, taken on and completed by an institution."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import Refusal, ask, new_request_id
from plumbing.identity import Role
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as register
from tests.integration.registry.import_files import upload, verification, verifications
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    put_instrument,
    refused,
    verify,
)

LAB, OTHER = "合成订单检定院", "合成订单检定乙院"


async def firm(registry: RunningRegistry, instruments: int = 1) -> tuple[Client, list[str]]:
    """An operator and the ids of the instruments of its subject."""
    owner = await registry.subject()
    filed = [await registry.instrument(owner) for _ in range(instruments)]
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id, name=uuid4().hex)
    return operator, [one.instrument_id for one in filed]


def application(instrument_ids: list[str], institution: str = LAB, **values: Any) -> Any:
    return pb.ApplyForVerificationRequest(
        request_id=new_request_id(),
        instrument_ids=instrument_ids,
        institution_id=institution,
        **values,
    )


def move(order_ids: list[str], state: str, **values: Any) -> pb.MoveOrdersRequest:
    return pb.MoveOrdersRequest(
        request_id=new_request_id(), order_ids=order_ids, state=state, **values
    )


async def test_from_the_application_to_the_return(registry: RunningRegistry) -> None:
    lab = await registry.speaker(LAB, "FUEL")
    operator, ids = await firm(registry, 2)
    able = await operator.orders.ListVerifiers(pb.ListVerifiersRequest(type_codes=["FUEL"]))
    assert LAB in [one.name for one in able.verifiers]
    applied = await operator.orders.ApplyForVerification(application(ids, note="请上门"))
    orders = [one.order_id for one in applied.orders]
    assert {(one.state, one.reason) for one in applied.orders} == {("applied", "new")}
    # Five working days after Monday 14 September, Sunday the 20th being one; twenty of them after
    # the acceptance, without the holidays of October.
    assert {one.due_on for one in applied.orders} == {"2026-09-20"}
    accepted = await lab.orders.MoveOrders(move(orders, "accepted"))
    assert {one.due_on for one in accepted.orders} == {"2026-10-16"}
    await lab.orders.MoveOrders(move(orders, "scheduled", appointed_on="2026-09-16"))
    book = await lab.orders.ListOrders(pb.ListOrdersRequest(open=True))
    assert {one.appointed_on for one in book.orders if one.order_id in orders} == {"2026-09-16"}
    result = verify(ids[0], verified_on="2026-09-14", institution=LAB, valid_until="2027-03-13")
    recorded = await lab.registry.RecordVerification(result)
    shown = await operator.orders.GetOrder(pb.GetOrderRequest(order_id=orders[0]))
    assert shown.order.state == "completed"
    assert shown.order.verification_id == recorded.verification.verification_id
    assert not shown.order.due_on
    assert [one.state for one in shown.steps] == ["applied", "accepted", "scheduled", "completed"]
    await lab.orders.MoveOrders(move([orders[0]], "returned"))
    still = await operator.orders.ListOrders(pb.ListOrdersRequest(open=True))
    assert [one.order_id for one in still.orders] == [orders[1]]


async def test_orders_are_found_by_number_owner_type_and_institution(
    registry: RunningRegistry,
) -> None:
    await registry.speaker(LAB, "FUEL")
    await registry.speaker(OTHER, "FUEL")
    owner = await registry.subject()
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id, name=uuid4().hex)
    numbers = [f"合成找{uuid4().hex[:8]}" for _ in range(2)]
    for number, own, lab in zip(numbers, ("自编-A1", "自编-B2"), (LAB, OTHER), strict=True):
        put = put_instrument(owner.subject_id, serial_no=number, owner_no=own)
        filed = (await operator.registry.PutInstrument(put)).instrument
        await operator.orders.ApplyForVerification(application([filed.instrument_id], lab))
    staff = registry.client(Role.CASEWORKER)

    async def found(by: Client, **asked: Any) -> list[str]:
        answer = await by.orders.ListOrders(pb.ListOrdersRequest(open=True, **asked))
        return sorted({one.serial_no for one in answer.orders} & {*numbers})

    assert await found(staff, contains=numbers[0][3:]) == [numbers[0]]
    assert await found(operator, contains="编-b2") == [numbers[1]]
    assert await found(staff, contains=owner.name[1:]) == sorted(numbers)
    assert await found(staff, contains="100%") == []
    assert await found(staff, institution="检定乙院") == [numbers[1]]
    assert await found(staff, type_code="FUEL", subject_id=owner.subject_id) == sorted(numbers)
    assert await found(staff, type_code="NAWI-D") == []


async def test_an_owner_is_late_with_an_order_where_it_is_with_the_instrument(
    registry: RunningRegistry,
) -> None:
    """Of what is in use and was never verified, no application is in time (C-47)."""
    await registry.speaker(LAB, "FUEL")
    operator, [new] = await firm(registry)
    [applied] = (await operator.orders.ApplyForVerification(application([new]))).orders
    assert applied.late == ""  # nobody uses it yet
    used = register.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=new, state="in_use"
    )
    await operator.registry.SetInstrumentState(used)
    listed = await operator.orders.ListOrders(pb.ListOrdersRequest(instrument_id=new))
    assert [one.late for one in listed.orders] == ["owner"]


async def test_another_result_completes_no_order(registry: RunningRegistry) -> None:
    await registry.speaker(LAB, "FUEL")
    operator, [instrument] = await firm(registry)
    [order] = (await operator.orders.ApplyForVerification(application([instrument]))).orders
    other = await registry.speaker(OTHER, "FUEL")
    today = {"verified_on": "2026-09-14", "valid_until": "2027-03-13"}
    await other.registry.RecordVerification(verify(instrument, institution=OTHER, **today))
    lab = await registry.speaker(LAB, "FUEL")
    await lab.registry.RecordVerification(verify(instrument, institution=LAB))  # before it applied
    shown = await operator.orders.GetOrder(pb.GetOrderRequest(order_id=order.order_id))
    assert shown.order.state == "applied"
    assert [(one.institution, one.why) for one in shown.other_results] == [
        (LAB, "earlier"),
        (OTHER, "another_institution"),
    ]
    await operator.orders.MoveOrders(move([order.order_id], "withdrawn"))
    shown = await operator.orders.GetOrder(pb.GetOrderRequest(order_id=order.order_id))
    assert not shown.other_results  # it has ended


async def test_only_checked_no_order_is_made(registry: RunningRegistry) -> None:
    await registry.speaker(LAB, "FUEL")
    operator, [instrument] = await firm(registry)
    checked = await operator.orders.ApplyForVerification(application([instrument], check_only=True))
    assert [one.reason for one in checked.orders] == ["new"]
    none = await operator.orders.ListOrders(pb.ListOrdersRequest(instrument_id=instrument))
    assert not none.orders
    await operator.orders.ApplyForVerification(application([instrument]))
    with refused("INVALID_INPUT", "instrument_ids[0]"):
        await operator.orders.ApplyForVerification(application([instrument], check_only=True))


async def test_one_open_order_for_each_instrument(registry: RunningRegistry) -> None:
    await registry.speaker(LAB, "FUEL")
    operator, [instrument] = await firm(registry)
    tries = [operator.orders.ApplyForVerification(application([instrument])) for _ in range(8)]
    done = await asyncio.gather(*map(_outcome, tries))
    assert sorted(done) == ["done", *["instrument_ids[0]"] * 7]


async def _outcome(call: Any) -> str:
    try:
        await ask(call)
    except Refusal as refusal:
        return refusal.faults[0][0]
    return "done"


async def test_what_cannot_be_verified_is_named(registry: RunningRegistry) -> None:
    await registry.speaker(LAB, "FUEL")
    operator, [fuel] = await firm(registry)
    shown = await operator.registry.GetInstrument(register.GetInstrumentRequest(instrument_id=fuel))
    scale = await operator.registry.PutInstrument(
        put_instrument(shown.instrument.subject_id, type_code="NAWI-D", serial_no="合成秤7")
    )
    both = [fuel, scale.instrument.instrument_id]
    with pytest.raises(Refusal) as refusal:
        await ask(operator.orders.ApplyForVerification(application(both)))
    [(field, zh, en)] = refusal.value.faults
    assert field == "instrument_ids[1]"
    assert "合成秤7" in zh
    assert LAB in en
    assert not (await operator.orders.ListOrders(pb.ListOrdersRequest())).orders


async def test_steps_that_are_not_the_callers(registry: RunningRegistry) -> None:
    lab = await registry.speaker(LAB, "FUEL")
    operator, [instrument] = await firm(registry)
    [order] = (await operator.orders.ApplyForVerification(application([instrument]))).orders
    with refused("WRONG_STATE"):
        await operator.orders.MoveOrders(move([order.order_id], "accepted"))
    with refused("WRONG_STATE"):
        await lab.orders.MoveOrders(move([order.order_id], "withdrawn"))
    with refused("INVALID_INPUT", "ground"):
        await lab.orders.MoveOrders(move([order.order_id], "refused"))
    with refused("INVALID_INPUT", "appointed_on"):
        await lab.orders.MoveOrders(move([order.order_id], "scheduled", appointed_on="2026-09-01"))
    other = await registry.speaker(OTHER, "FUEL")
    with refused("NOT_FOUND"):
        await other.orders.MoveOrders(move([order.order_id], "accepted"))
    await operator.orders.MoveOrders(move([order.order_id], "withdrawn"))
    again = await operator.orders.ApplyForVerification(application([instrument]))
    assert again.orders[0].state == "applied"


async def test_each_that_can_takes_the_step_and_owners_hear_of_theirs_together(
    registry: RunningRegistry,
) -> None:
    lab = await registry.speaker(LAB, "FUEL")
    operator, ids = await firm(registry, 3)
    applied = await operator.orders.ApplyForVerification(application(ids))
    *able, done = orders = [one.order_id for one in applied.orders]
    await lab.orders.MoveOrders(move([done], "accepted"))
    with refused("WRONG_STATE"):
        await lab.orders.MoveOrders(move(orders, "accepted"))
    request = move([done, "0" * 32, *able], "accepted", each=True)
    answer = await lab.orders.MoveOrders(request)
    assert [one.order_id for one in answer.orders] == able
    assert [one.order_id for one in answer.not_moved] == [done, "0" * 32]
    assert "现在的状态不能办理这一步" in answer.not_moved[0].message_zh
    assert await lab.orders.MoveOrders(request) == answer, "sent again, it finds the same"
    owner = f"subject/{answer.orders[0].subject_id}"
    event = (await registry.events_of(owner))[-1]
    assert {one.order_id for one in event.orders} == set(able), "one event is one mail"
    with refused("INVALID_INPUT", "ground"):
        await lab.orders.MoveOrders(move(orders, "refused", each=True))


async def test_the_bureau_ends_what_an_institution_does_not_complete(
    registry: RunningRegistry,
) -> None:
    lab, name = await registry.speaker(LAB, "FUEL"), uuid4().hex
    await registry.speaker(OTHER, "FUEL")
    operator, ids = await firm(registry)
    [order] = (await operator.orders.ApplyForVerification(application(ids))).orders
    for state in ("accepted", "received"):
        await lab.orders.MoveOrders(move([order.order_id], state))
    caseworker = registry.client(Role.CASEWORKER, name=name)
    end = move([order.order_id], "cancelled", ground="该机构已停业")
    with refused("WRONG_STATE"):
        await operator.orders.MoveOrders(move([order.order_id], "withdrawn"))
    for other in (operator, lab):
        with refused("WRONG_STATE"):
            await other.orders.MoveOrders(end)
    with refused("INVALID_INPUT", "ground"):
        await caseworker.orders.MoveOrders(move([order.order_id], "cancelled"))
    with refused("WRONG_STATE"):
        await caseworker.orders.MoveOrders(move([order.order_id], "refused", ground="不行"))
    with refused("NOT_FOUND"):
        await registry.client(Role.UNIT_HEAD, bureau="330108").orders.MoveOrders(end)
    with refused("NOT_PERMITTED"):
        await registry.client(Role.INSPECTOR).orders.MoveOrders(end)
    with refused("INVALID_INPUT", "instrument_ids[0]"):
        await operator.orders.ApplyForVerification(application(ids, OTHER))
    [ended] = (await caseworker.orders.MoveOrders(end)).orders
    assert (ended.state, ended.due_on) == ("cancelled", "")
    shown = await operator.orders.GetOrder(pb.GetOrderRequest(order_id=order.order_id))
    assert shown.steps[-1].ground == "该机构已停业"
    assert not shown.steps[-1].late
    again = await operator.orders.ApplyForVerification(application(ids, OTHER))
    assert again.orders[0].state == "applied"


async def test_an_institution_takes_up_nothing_that_it_may_not_verify(
    registry: RunningRegistry,
) -> None:
    name = f"合成检定院{uuid4().hex}"
    lab, head = await registry.speaker(name, "FUEL"), registry.client(Role.UNIT_HEAD, name="head")
    operator, ids = await firm(registry, 2)
    [able] = [
        one
        for one in (
            await operator.orders.ListVerifiers(pb.ListVerifiersRequest(type_codes=["FUEL"]))
        ).verifiers
        if one.name == name
    ]
    asked = institutions.GetInstitutionRequest(institution_id=name)
    [given] = (await head.institutions.GetInstitution(asked)).authorisations
    assert able.authorised_until == given.valid_until
    applied = await operator.orders.ApplyForVerification(application(ids, name))
    first, second = (one.order_id for one in applied.orders)
    await lab.orders.MoveOrders(move([first], "accepted"))  # due on 16 October

    async def ends(day: str, **values: Any) -> int:
        given.valid_until = day
        request = institutions.PutAuthorisationRequest(
            request_id=new_request_id(), authorisation=given, **values
        )
        answer = await head.institutions.PutAuthorisation(request)
        if not request.check_only:
            given.CopyFrom(answer.authorisation)
        return int(answer.orders_cut_off)

    with refused("INVALID_INPUT", "ground"):
        await ends("2026-10-16")
    assert await ends("2026-10-16", ground="撤销授权", check_only=True) == 0
    assert await ends("2026-10-15", ground="撤销授权", check_only=True) == 1
    assert await ends("2026-09-15", ground="撤销授权") == 2
    with refused("WRONG_STATE") as found:
        await lab.orders.MoveOrders(move([first], "scheduled", appointed_on="2026-09-16"))
    assert "在 2026-09-16 没有“燃油加油机”的检定授权" in found[0].message_zh
    await lab.orders.MoveOrders(move([first], "scheduled", appointed_on="2026-09-15"))
    assert await ends("2026-09-13", ground="撤销授权") == 2
    for order_id, state in ((second, "accepted"), (first, "in_work")):
        with refused("WRONG_STATE"):
            await lab.orders.MoveOrders(move([order_id], state))
    answer = await lab.orders.MoveOrders(move([second], "accepted", each=True))
    assert "检定授权" in answer.not_moved[0].message_zh
    await lab.orders.MoveOrders(move([second], "refused", ground="授权已到期"))


async def test_a_foreign_firm_sees_no_order(registry: RunningRegistry) -> None:
    await registry.speaker(LAB, "FUEL")
    operator, [instrument] = await firm(registry)
    [order] = (await operator.orders.ApplyForVerification(application([instrument]))).orders
    stranger, _ = await firm(registry)
    with refused("NOT_FOUND"):
        await stranger.orders.GetOrder(pb.GetOrderRequest(order_id=order.order_id))
    with refused("NOT_PERMITTED"):
        await stranger.orders.ApplyForVerification(application([instrument]))


async def test_a_file_of_results_completes_its_orders(registry: RunningRegistry) -> None:
    lab = await registry.speaker(LAB, "FUEL")
    operator, ids = await firm(registry, 2)
    await operator.orders.ApplyForVerification(application(ids))
    request = register.GetInstrumentRequest(instrument_id=ids[0])
    serial = (await operator.registry.GetInstrument(request)).instrument.serial_no
    row = verification(
        出厂编号=serial, 器具类型="FUEL", 检定机构=LAB, 检定日期="2026-09-14", 有效期至="2027-03-13"
    )
    assert (await upload(lab, "verifications", verifications(row))).state == "applied"
    listed = (await operator.orders.ListOrders(pb.ListOrdersRequest())).orders
    assert {one.instrument_id: one.state for one in listed} == {
        ids[0]: "completed",
        ids[1]: "applied",
    }


async def test_a_firm_chooses_by_site_by_ids_and_by_a_file(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    first = await registry.instrument(owner, location="一号岛")
    second = await registry.instrument(owner, location="二号岛")
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id, name=uuid4().hex)

    async def found(**asked: Any) -> set[str]:
        request = register.ListInstrumentsRequest(**asked)
        listed = await operator.registry.ListInstruments(request)
        return {one.instrument_id for one in listed.instruments}

    assert await found(location="二号") == {second.instrument_id}
    assert await found(location="三号") == set()
    foreign = await registry.instrument()
    ids = [first.instrument_id, foreign.instrument_id]
    assert await found(instrument_ids=ids) == {first.instrument_id}

    request = pb.ReadInstrumentNumbersRequest(content="出厂编号\nA-1\n".encode())
    rows = (await operator.orders.ReadInstrumentNumbers(request)).rows
    assert [(one.row, one.serial_no) for one in rows] == [(2, "A-1")]
    with refused("INVALID_INPUT", "content"):
        request = pb.ReadInstrumentNumbersRequest(content="名称\nA-1\n".encode())
        await operator.orders.ReadInstrumentNumbers(request)
    staff = registry.client(Role.CASEWORKER, bureau=owner.bureau)
    with refused("NOT_PERMITTED"):
        await staff.orders.ReadInstrumentNumbers(request)
