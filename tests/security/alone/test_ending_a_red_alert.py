"""Attacker: an operator, or its friend in the bureau, who ends a red alert without a verification.

The operator has the account of its firm; the friend is a caseworker. They retype, rotate, scrap or
stop the instrument, move it to another firm, or import a file that does.
"""

from __future__ import annotations

from typing import Any

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import table, upload
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    refused,
    verify,
)


async def rejected(registry: RunningRegistry) -> pb.Instrument:
    """An instrument in use that was rejected: it is red."""
    filed = await registry.instrument()
    institution = registry.client(Role.VERIFICATION_INSTITUTION, Role.INTEGRATOR)
    await institution.registry.RecordVerification(verify(filed.instrument_id))
    answer = await institution.registry.RecordVerification(
        verify(filed.instrument_id, result="reject", verified_on="2026-09-10", valid_until="")
    )
    assert answer.instrument.state == "in_use"
    return answer.instrument


async def read(client: Client, instrument: pb.Instrument) -> pb.Instrument:
    request = pb.GetInstrumentRequest(instrument_id=instrument.instrument_id)
    return (await client.registry.GetInstrument(request)).instrument


def change(instrument: pb.Instrument, **values: Any) -> pb.PutInstrumentRequest:
    copy = pb.Instrument()
    copy.CopyFrom(instrument)
    for name, value in values.items():
        setattr(copy, name, value)
    return pb.PutInstrumentRequest(request_id=new_request_id(), instrument=copy)


@pytest.mark.parametrize("state", ["spare", "stopped", "scrapped"])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CASEWORKER])
async def test_its_state_ends_no_red_on_one_word(
    registry: RunningRegistry, state: str, role: Role
) -> None:
    red = await rejected(registry)
    client = registry.client(role, subject_id=red.subject_id)
    request = pb.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=red.instrument_id, state=state
    )
    answer = await client.registry.SetInstrumentState(request)
    assert (answer.instrument, answer.proposal.state) == (red, "waiting")
    await registry.release(answer.proposal)
    assert (await read(client, red)).state == state


@pytest.mark.parametrize(
    "values",
    [
        *({"type_code": "NAWI-D"}, {"serial_no": "ANOTHER"}, {"rotate_on": "2030-01-01"}),
        {"non_compulsory_ground": "只用于内部工艺"},
    ],
)
async def test_an_operator_changes_no_type_serial_number_or_rotation(
    registry: RunningRegistry, values: dict[str, str]
) -> None:
    filed = await registry.instrument()
    operator = registry.client(Role.OPERATOR, subject_id=filed.subject_id)
    with refused("NOT_PERMITTED"):
        await operator.registry.PutInstrument(change(filed, **values))
    moved = await operator.registry.PutInstrument(change(filed, location="二号加油岛"))
    assert moved.instrument.location == "二号加油岛"


async def test_a_caseworker_retypes_or_moves_no_red_instrument_alone(
    registry: RunningRegistry,
) -> None:
    other = await registry.subject()
    caseworker = registry.client(Role.CASEWORKER)
    for values in ({"type_code": "NAWI-D"}, {"serial_no": "X1"}):
        red = await rejected(registry)
        answer = await caseworker.registry.PutInstrument(change(red, **values))
        assert (answer.instrument, answer.proposal.state) == (red, "waiting")
    moved = await rejected(registry)
    move = change(moved, subject_id=other.subject_id)
    proposal = (await caseworker.registry.PutInstrument(move)).proposal
    assert (await read(caseworker, moved)).subject_id == moved.subject_id
    await registry.release(proposal)
    assert (await read(caseworker, moved)).subject_id == other.subject_id
    red = await rejected(registry)
    harmless = await caseworker.registry.PutInstrument(change(red, location="三号加油岛"))
    assert harmless.proposal.proposal_id == ""


@pytest.mark.parametrize("first_load", [False, True])
async def test_an_import_that_ends_a_red_waits_for_the_unit_head(
    registry: RunningRegistry, first_load: bool
) -> None:
    red = await rejected(registry)
    caseworker = registry.client(Role.CASEWORKER)
    request = pb.GetSubjectRequest(subject_id=red.subject_id)
    owner = (await caseworker.registry.GetSubject(request)).subject
    columns = ("使用单位", "器具类型", "出厂编号", "状态")
    row = (owner.credit_code, red.type_code, red.serial_no, "报废")
    load = {"bureau": DISTRICT, "baseline": first_load}
    checked = await upload(caseworker, "instruments", table(columns, row), mode="check", **load)
    assert (checked.would_be_held, checked.estimate.reds_ended) == (True, 1)
    batch = await upload(caseworker, "instruments", table(columns, row), **load)
    assert (batch.state, batch.estimate.reds_ended) == ("awaiting_approval", 1)
    assert batch.estimate.load_again is False
    assert (await read(caseworker, red)).state == "in_use"


@pytest.mark.parametrize("first_load", [False, True])
async def test_an_import_of_what_need_not_be_verified_waits_for_the_unit_head(
    registry: RunningRegistry, first_load: bool
) -> None:
    filed, caseworker = await registry.instrument(), registry.client(Role.CASEWORKER)
    request = pb.GetSubjectRequest(subject_id=filed.subject_id)
    owner = (await caseworker.registry.GetSubject(request)).subject
    columns = ("使用单位", "器具类型", "出厂编号", "非强制检定的理由")
    rows = [
        (owner.credit_code, filed.type_code, number, "只用于内部工艺")
        for number in (filed.serial_no, f"{filed.serial_no}-NEW")
    ]
    content, load = table(columns, *rows), {"bureau": DISTRICT, "baseline": first_load}
    batch = await upload(caseworker, "instruments", content, **load)
    assert (batch.state, batch.estimate.exempted) == ("awaiting_approval", 2)
    assert (await read(caseworker, filed)).non_compulsory_ground == ""
