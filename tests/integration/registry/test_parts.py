"""Nozzles, channels and phases: parts of one instrument, each with results of its own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    instruments_of,
    reasons,
    subjects_named,
    table,
    undo,
    unique_name,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    put_instrument,
    read_instrument,
    refused,
    verify,
)

FILING: dict[str, Any] = {"bureau": DISTRICT, "file_missing": True, "mode": "good_rows"}


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


async def standing(client: Client, instrument_id: str) -> dict[str, tuple[str, str, str]]:
    """State, last result and colour of each part."""
    shown = await read_instrument(client, instrument_id)
    return {one.name: (one.state, one.result, one.colour) for one in shown.parts}


async def dispenser(client: Client, registry: RunningRegistry) -> pb.Instrument:
    owner = await registry.subject()
    request = put_instrument(owner.subject_id, type_code="FUEL", serial_no=uuid4().hex)
    return (await client.registry.PutInstrument(request)).instrument


def results(instrument: pb.Instrument, **parts: str) -> pb.RecordVerificationRequest:
    """A request with a result for each nozzle, under one certificate."""
    worst = "reject" if "reject" in parts.values() else "pass"
    until = "2027-02-28" if "pass" in parts.values() else ""
    request = verify(instrument.instrument_id, result=worst, valid_until=until)
    request.parts.extend(
        pb.PartResult(part=name.strip("_"), result=result) for name, result in parts.items()
    )
    return request


async def test_a_certificate_tells_of_each_nozzle_and_the_worst_one_decides(
    registry: RunningRegistry, caseworker: Client
) -> None:
    filed = await dispenser(caseworker, registry)
    request = results(filed, _1="pass", _02="pass", _3号枪="reject")
    answer = await caseworker.registry.RecordVerification(request)
    recorded = [(one.part, one.result, one.valid_until) for one in answer.verifications]
    assert recorded == [
        ("1", "pass", "2027-02-28"),
        ("2", "pass", "2027-02-28"),
        ("3", "reject", ""),
    ]
    assert {one.certificate_no for one in answer.verifications} == {
        request.verification.certificate_no
    }
    assert answer.instrument.state == "in_use"
    assert await standing(caseworker, filed.instrument_id) == {
        "1": ("in_use", "pass", "none"),
        "2": ("in_use", "pass", "none"),
        "3": ("in_use", "reject", "red"),
    }
    told = [
        one.part
        for event in await registry.events_of(f"subject/{filed.subject_id}")
        if isinstance(event, events.VerificationsRecorded)
        for one in event.verifications
    ]
    assert told == ["1", "2", "3"]
    request.request_id = new_request_id()  # the same certificate again tells nothing new
    again = await caseworker.registry.RecordVerification(request)
    assert list(again.verifications) == list(answer.verifications)


async def test_results_of_parts_are_checked_field_by_field(
    registry: RunningRegistry, caseworker: Client
) -> None:
    filed = await dispenser(caseworker, registry)
    twice = results(filed, _1="pass", _01="pass")
    with refused("INVALID_INPUT", "parts.1.part"):
        await caseworker.registry.RecordVerification(twice)
    nothing = results(filed, 无="pass")
    with refused("INVALID_INPUT", "parts.0.part"):
        await caseworker.registry.RecordVerification(nothing)
    milder = results(filed, _1="reject")
    milder.verification.result = "pass"
    with refused("INVALID_INPUT", "verification.result"):
        await caseworker.registry.RecordVerification(milder)
    both = results(filed, _1="pass")
    both.verification.part = "2"
    with refused("INVALID_INPUT", "verification.part"):
        await caseworker.registry.RecordVerification(both)
    assert not (await read_instrument(caseworker, filed.instrument_id)).verifications


async def test_a_certificate_of_another_instrument_is_refused_for_a_part_too(
    registry: RunningRegistry, caseworker: Client
) -> None:
    one, other = [await dispenser(caseworker, registry) for _ in range(2)]
    first = results(one, _1="pass")
    await caseworker.registry.RecordVerification(first)
    second = results(other, _2="pass")
    second.verification.certificate_no = first.verification.certificate_no
    with refused("ALREADY_EXISTS"):
        await caseworker.registry.RecordVerification(second)


async def test_a_failed_nozzle_is_sealed_by_two_persons_or_verified_again(
    registry: RunningRegistry, caseworker: Client
) -> None:
    filed = await dispenser(caseworker, registry)
    first = results(filed, _1="pass", _2="reject")
    first.verification.verified_on, first.verification.valid_until = "2026-08-20", "2027-02-19"
    await caseworker.registry.RecordVerification(first)
    request = pb.SetInstrumentStateRequest(
        request_id=new_request_id(),
        instrument_id=filed.instrument_id,
        part="2号枪",
        state="stopped",
        ground="现场封存2号枪（合成）",
    )
    answer = await caseworker.registry.SetInstrumentState(request)
    assert answer.proposal.proposal_id  # it ends a red alert
    assert (await standing(caseworker, filed.instrument_id))["2"][0] == "in_use"
    await registry.release(answer.proposal)
    assert (await standing(caseworker, filed.instrument_id))["2"] == ("stopped", "reject", "none")
    shown = (await read_instrument(caseworker, filed.instrument_id)).instrument
    assert [(one.name, one.state) for one in shown.parts] == [("2", "stopped")]
    assert shown.state == "in_use"
    request.request_id, request.state, request.ground = new_request_id(), "in_use", "启封（合成）"
    assert not (await caseworker.registry.SetInstrumentState(request)).proposal.proposal_id
    assert (await standing(caseworker, filed.instrument_id))["2"] == ("in_use", "reject", "red")
    await caseworker.registry.RecordVerification(results(filed, _2="pass"))
    assert (await standing(caseworker, filed.instrument_id))["2"] == ("in_use", "pass", "none")
    with refused("INVALID_INPUT", "part"):
        request.request_id, request.part = new_request_id(), "-"
        await caseworker.registry.SetInstrumentState(request)


async def test_a_ledger_with_a_row_for_each_nozzle_files_one_instrument(
    caseworker: Client,
) -> None:
    mark, owner = uuid4().hex, unique_name()
    rows = [
        verification(
            使用单位=owner, 器具类型="燃油加油机", 出厂编号=mark, 油枪编号=name, 检定结果=result,
            有效期至="2027-02-28" if result == "合格" else "",
        )
        for name, result in (("1", "合格"), ("2", "合格"), ("3", "不合格"), ("4", "合格"))
    ]  # fmt: skip
    batch = await upload(caseworker, "verifications", verifications(*rows), **FILING)
    assert (batch.state, batch.changed, batch.rejected, batch.to_review) == ("applied", 4, 0, 0)
    found = [reason for _, _, reason in await reasons(caseworker, batch, warnings=True)]
    assert not {"REPEATED_SERIAL", "ALIKE_INSTRUMENTS", "RESULTS_OF_ONE_DAY"} & {*found}
    [firm] = await subjects_named(caseworker, owner)
    [filed] = await instruments_of(caseworker, firm)
    assert (filed.repeated_serial, filed.state) == (False, "in_use")
    stands = await standing(caseworker, filed.instrument_id)
    assert {name: colour for name, (_, _, colour) in stands.items()} == {
        "1": "none", "2": "none", "3": "red", "4": "none",
    }  # fmt: skip
    again = await upload(caseworker, "verifications", verifications(*rows), **FILING)
    assert (again.state, again.unchanged) == ("unchanged", 4)
    assert (await undo(caseworker, batch)).state == "undone"
    assert await subjects_named(caseworker, owner) == []


async def test_a_list_of_instruments_with_a_row_for_each_nozzle_files_one_with_its_parts(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner, mark = await registry.subject(), uuid4().hex
    head = ("使用单位", "器具类型", "出厂编号", "枪号", "型号规格", "状态")
    rows = [
        (owner.name, "FUEL", mark, "1", "JY-2", "在用"),
        (owner.name, "FUEL", mark.upper(), "02", "", "停用"),
        (owner.name, "FUEL", mark, "3#", "", ""),
    ]
    batch = await upload(caseworker, "instruments", table(head, *rows))
    assert (batch.state, batch.changed, batch.unchanged) == ("applied", 3, 0)
    [filed] = await instruments_of(caseworker, owner)
    assert (filed.model, filed.state, filed.repeated_serial) == ("JY-2", "in_use", False)
    states = {one.name: one.state for one in filed.parts}
    assert states == {"1": "in_use", "2": "stopped", "3": "in_use"}
    stands = await standing(caseworker, filed.instrument_id)
    assert stands["1"] == ("in_use", "", "red")  # in use and never verified
    assert stands["2"] == ("stopped", "", "none")
    further = table(head, (owner.name, "FUEL", mark, "4", "JY-2", ""), rows[1])
    batch = await upload(caseworker, "instruments", further)
    assert (batch.changed, batch.unchanged) == (1, 1)
    [filed] = await instruments_of(caseworker, owner)
    assert [one.name for one in filed.parts] == ["1", "2", "3", "4"]
    await undo(caseworker, batch)
    [filed] = await instruments_of(caseworker, owner)
    assert [one.name for one in filed.parts] == ["1", "2", "3"]


async def test_two_states_of_one_nozzle_in_a_file_are_a_fault(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner, mark = await registry.subject(), uuid4().hex
    head = ("使用单位", "器具类型", "出厂编号", "枪号", "状态")
    rows = [(owner.name, "FUEL", mark, "1", state) for state in ("在用", "停用")]
    batch = await upload(caseworker, "instruments", table(head, *rows))
    assert batch.state == "refused"
    found = await reasons(caseworker, batch)
    assert [(row, reason) for row, _, reason in found] == [(2, "DUPLICATE"), (3, "DUPLICATE")]
