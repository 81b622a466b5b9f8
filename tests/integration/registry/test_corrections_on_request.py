"""The type, number and rotation day of an instrument: corrected by its bureau, or at request."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.clock import SystemClock
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry.identity.tables import Account
from tests.integration.registry.running_registry import (
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
    read_instrument,
    refused,
    verify,
)
from tests.integration.registry.test_entry_corrections import correct, likenesses
from tests.integration.registry.test_sameness import join

GROUND = "铭牌上的编号是 20260123"


def correction(
    instrument: pb.Instrument, ground: str = GROUND, *, check_only: bool = False, **values: Any
) -> pb.PutInstrumentRequest:
    copy = pb.Instrument()
    copy.CopyFrom(instrument)
    for name, value in values.items():
        setattr(copy, name, value)
    return pb.PutInstrumentRequest(
        request_id=new_request_id(), instrument=copy, ground=ground, check_only=check_only
    )


async def present(client: Client, instrument: pb.Instrument) -> pb.Instrument:
    return (await read_instrument(client, instrument.instrument_id)).instrument


async def in_use(client: Client, instrument: pb.Instrument) -> pb.Instrument:
    request = pb.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=instrument.instrument_id, state="in_use"
    )
    return (await client.registry.SetInstrumentState(request)).instrument


async def release(client: Client, proposal: proposals.Proposal) -> proposals.Proposal:
    request = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="经核对铭牌"
    )
    return (await client.proposals.ReleaseProposal(request)).proposal


async def somebody_of(registry: RunningRegistry, subject_id: str) -> Client:
    """An operator with an account."""
    account_id = uuid4().hex
    account = Account(
        account_id=account_id,
        name=account_id,
        display_name="合成经营者",
        roles=[Role.OPERATOR],
        bureau="",
        subject_id=subject_id,
        password_hash="",
        created_at=SystemClock().now(),
    )
    async with registry.database.transaction() as session:
        session.add(account)
    return registry.client(Role.OPERATOR, subject_id=subject_id, name=account_id)


async def state_of(client: Client, proposal: proposals.Proposal) -> str:
    asked = proposals.GetProposalRequest(proposal_id=proposal.proposal_id)
    return (await client.proposals.GetProposal(asked)).proposal.state


async def test_an_owner_asks_for_a_correction_and_a_caseworker_releases_it(
    registry: RunningRegistry,
) -> None:
    filed = await registry.instrument()
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id, name="owner")
    with refused("NOT_PERMITTED"):  # without a ground it asks for nothing
        await owner.registry.PutInstrument(correction(filed, "", serial_no="20260123"))
    with refused("NOT_PERMITTED"):  # that is its bureau's to state
        await owner.registry.PutInstrument(correction(filed, non_compulsory_ground="自用"))
    values: dict[str, Any] = {"serial_no": "20260123", "rotate_on": "2027-06-30"}
    asked = await owner.registry.PutInstrument(correction(filed, **values))
    assert (asked.proposal.act, asked.proposal.released_by) == ("correct_instrument", "caseworker")
    assert {one.field: one.after for one in asked.proposal.changes} == values
    assert await present(owner, filed) == filed
    with refused("WRONG_STATE"):  # one at a time
        await owner.registry.PutInstrument(correction(filed, serial_no="20260124"))
    caseworker = registry.client(Role.CASEWORKER)
    assert (await release(caseworker, asked.proposal)).state == "released"
    now = await present(owner, filed)
    assert (now.serial_no, now.rotate_on) == ("20260123", "2027-06-30")
    [entry] = [
        one
        for one in await registry.audited(f"instrument/{filed.instrument_id}")
        if one.action == "change_instrument"
    ]
    assert entry.ground == GROUND


async def test_what_an_owner_asked_for_ends_once_somebody_corrected_it(
    registry: RunningRegistry,
) -> None:
    filed, caseworker = await registry.instrument(), registry.client(Role.CASEWORKER)
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id, name="owner")
    values: dict[str, Any] = {"serial_no": "20260123", "rotate_on": "2027-06-30"}
    asked = (await owner.registry.PutInstrument(correction(filed, **values))).proposal
    await caseworker.registry.PutInstrument(correction(filed, serial_no="20260125"))
    assert await state_of(owner, asked) == "waiting"  # the day of rotation is still open
    now = await present(caseworker, filed)
    await caseworker.registry.PutInstrument(correction(now, rotate_on="2027-05-31"))
    assert await state_of(owner, asked) == "withdrawn"
    now = await present(caseworker, filed)
    again = (await owner.registry.PutInstrument(correction(now, serial_no="20260126"))).proposal
    other = await registry.subject()
    await caseworker.registry.PutInstrument(correction(now, subject_id=other.subject_id))
    assert await state_of(owner, again) == "withdrawn"


async def test_a_check_tells_the_colour_that_follows_and_red_needs_the_unit_head(
    registry: RunningRegistry,
) -> None:
    filed, caseworker = await registry.instrument(), registry.client(Role.CASEWORKER)
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id, name="owner")
    past = correction(filed, check_only=True, rotate_on="2026-01-31", type_code="WATER-S25")
    assert (await caseworker.registry.PutInstrument(past)).colour == "none"  # it is a spare
    asked = (await owner.registry.PutInstrument(correction(filed, serial_no="20260123"))).proposal
    red = await in_use(caseworker, filed)  # never verified
    check = correction(red, check_only=True, serial_no="20260123")
    then = await caseworker.registry.PutInstrument(check)
    assert (then.colour, then.reason_zh) == ("red", "从未检定即在使用")
    assert then.proposal.act == "end_red_alert"
    assert await present(caseworker, filed) == red
    with refused("WRONG_STATE"):  # it would end the red alert by now
        await release(caseworker, asked)
    proposed = await caseworker.registry.PutInstrument(correction(red, serial_no="20260123"))
    assert proposed.proposal.ground == GROUND
    await registry.release(proposed.proposal)
    assert (await present(owner, filed)).serial_no == "20260123"
    assert await state_of(owner, asked) == "withdrawn"
    # Of a red instrument the owner's request goes to the unit head at once.
    now = await present(owner, filed)
    direct = await owner.registry.PutInstrument(correction(now, serial_no="20260127"))
    assert direct.proposal.released_by == "unit_head"


async def test_a_decision_tells_that_the_owner_proposed_it(registry: RunningRegistry) -> None:
    filed, caseworker = await registry.instrument(), registry.client(Role.CASEWORKER)
    owner = await somebody_of(registry, filed.subject_id)
    asked = (await owner.registry.PutInstrument(correction(filed, serial_no="20260123"))).proposal
    await release(caseworker, asked)
    told = [
        (one.proposal.state, one.proposal.by_owner)
        for one in await registry.events_of(f"proposal/{asked.proposal_id}")
        if isinstance(one, events.ProposalDecided)
    ]
    assert told == [("waiting", True), ("released", True)]
    await caseworker.registry.RecordVerification(verify(filed.instrument_id))
    green = await present(caseworker, filed)
    beyond = verify(filed.instrument_id, valid_until="2031-02-28", verified_on="2026-09-14")
    theirs = (await caseworker.registry.RecordVerification(beyond)).proposal
    assert (theirs.act, theirs.by_owner) == ("exceed_cycle", False)
    assert green.serial_no == "20260123"


async def test_an_owner_asks_that_another_firm_gets_the_instrument(
    registry: RunningRegistry,
) -> None:
    filed, buyer = await registry.instrument(), await registry.subject()
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id, name="owner")
    for unknown in (credit_code(), buyer.subject_id):  # by the whole code alone
        with refused("INVALID_INPUT", "instrument.subject_id"):
            await owner.registry.PutInstrument(correction(filed, "已卖出", subject_id=unknown))
    await registry.bureau(OTHER_DISTRICT)
    far = await registry.subject(bureau=OTHER_DISTRICT)
    with refused("INVALID_INPUT", "instrument.subject_id"):
        await owner.registry.PutInstrument(correction(filed, "已卖出", subject_id=far.credit_code))
    with refused("NOT_PERMITTED"):  # without a ground it asks for nothing
        await owner.registry.PutInstrument(correction(filed, "", subject_id=buyer.credit_code))
    asked = await owner.registry.PutInstrument(
        correction(filed, "已卖出", subject_id=buyer.credit_code.lower())
    )
    assert asked.proposal.released_by == "caseworker"
    assert [(one.field, one.before, one.after) for one in asked.proposal.changes] == [
        ("subject_id", filed.subject_id, buyer.subject_id)
    ]
    assert (await present(owner, filed)).subject_id == filed.subject_id
    caseworker = registry.client(Role.CASEWORKER)
    assert (await release(caseworker, asked.proposal)).state == "released"
    assert (await present(caseworker, filed)).subject_id == buyer.subject_id
    with refused("NOT_PERMITTED"):
        await present(owner, filed)
    theirs = registry.client(Role.OPERATOR, subject_id=buyer.subject_id, name="buyer")
    assert (await present(theirs, filed)).instrument_id == filed.instrument_id


async def test_of_a_red_instrument_the_unit_head_releases_the_change_of_owner(
    registry: RunningRegistry,
) -> None:
    filed, buyer = await registry.instrument(), await registry.subject()
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id, name="owner")
    red = await in_use(registry.client(Role.CASEWORKER), filed)
    asked = await owner.registry.PutInstrument(
        correction(red, "已卖出", subject_id=buyer.credit_code)
    )
    assert asked.proposal.released_by == "unit_head"
    await registry.release(asked.proposal)
    assert (await present(registry.client(Role.CASEWORKER), red)).subject_id == buyer.subject_id


async def test_a_buyer_that_was_joined_meanwhile_gets_the_instrument_as_the_one_that_stays(
    registry: RunningRegistry,
) -> None:
    filed, buyer = await registry.instrument(), await registry.subject()
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id, name="owner")
    asked = await owner.registry.PutInstrument(
        correction(filed, "已卖出", subject_id=buyer.credit_code)
    )
    stays, caseworker = await registry.subject(credit_code=""), registry.client(Role.CASEWORKER)
    await correct(registry, "subject", stays.subject_id, name=buyer.name)
    [found] = [one for one in await likenesses(caseworker) if one.subject_name == buyer.name]
    joined = await join(caseworker, found, stays.subject_id, buyer.subject_id)
    await registry.release(joined.proposal)
    assert (await release(caseworker, asked.proposal)).state == "released"
    assert (await present(caseworker, filed)).subject_id == stays.subject_id
