"""What an objection's decision, or the bureau, corrects in an entry, and what follows from it."""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
    odd_code,
    put_instrument,
    read_subject,
    refused,
    verify,
)

DAY, NEXT_DAY = "2026-09-02", "2026-09-03"


def of(target: str, id_: str, **values: str) -> pb.CorrectEntryRequest:
    """A decision that corrects these fields of an entry."""
    ordered = [pb.FieldValue(field=name, value=value) for name, value in values.items()]
    correction = pb.EntryCorrection(target=target, id=id_, values=ordered)
    return pb.CorrectEntryRequest(
        request_id=new_request_id(),
        correction=correction,
        ground="经核查，登记有误（合成）",
        case_id=uuid4().hex,
    )


async def correct(registry: RunningRegistry, target: str, id_: str, **values: str) -> None:
    service = await registry.acting_for(Role.CASEWORKER)
    await service.registry.CorrectEntry(of(target, id_, **values))


async def likenesses(client: Client, subject_id: str = "") -> list[sameness.Likeness]:
    request = sameness.ListLikenessesRequest(subject_id=subject_id, state="waiting", page_size=1000)
    return list((await client.sameness.ListLikenesses(request)).likenesses)


async def test_what_was_registered_by_mistake_leads_nowhere(registry: RunningRegistry) -> None:
    owner, caseworker = await registry.subject(), registry.client(Role.CASEWORKER)
    code, name = credit_code(), f"更正后{uuid4().hex[:8]}"
    await correct(registry, "subject", owner.subject_id, credit_code=code, name=name)
    with refused("NOT_FOUND"):
        await read_subject(caseworker, owner.credit_code)
    corrected = await read_subject(caseworker, code)
    assert (corrected.subject_id, corrected.name) == (owner.subject_id, name)
    assert list(corrected.former_names) == []


async def test_a_ground_goes_with_the_code_for_which_it_was_given(
    registry: RunningRegistry,
) -> None:
    odd = odd_code()
    owner = await registry.subject(credit_code=odd, code_ground="登记机关证明（合成）")
    other = credit_code()
    with refused("INVALID_INPUT", "credit_code"):
        await correct(registry, "subject", owner.subject_id, credit_code=odd_code(other))
    # A decision that repeats the present code, in whatever writing, says nothing of its ground.
    same = f"{odd[:8]} {odd[8:]}".lower()
    await correct(registry, "subject", owner.subject_id, credit_code=same, name="更正的名称")
    kept = await read_subject(registry.client(Role.CASEWORKER), odd)
    assert (kept.name, kept.code_ground) == ("更正的名称", "登记机关证明（合成）")
    await correct(registry, "subject", owner.subject_id, credit_code=other)
    corrected = await read_subject(registry.client(Role.CASEWORKER), other)
    assert (corrected.subject_id, corrected.code_ground) == (owner.subject_id, "")


async def test_a_corrected_name_and_number_are_looked_at_where_they_now_are(
    registry: RunningRegistry,
) -> None:
    one = await registry.subject()
    other, caseworker = await registry.subject(credit_code=""), registry.client(Role.CASEWORKER)
    await correct(registry, "subject", other.subject_id, name=one.name)
    labels = [found.subject_name for found in await likenesses(caseworker)]
    assert labels.count(one.name) == 1
    first = await registry.instrument(one)
    second = await registry.instrument(one, model="")
    await correct(registry, "instrument", second.instrument_id, serial_no=first.serial_no)
    [found] = await likenesses(caseworker, one.subject_id)
    assert (found.kind, found.serial_no) == ("instrument", first.serial_no)
    await correct(registry, "instrument", second.instrument_id, serial_no=second.serial_no)
    assert await likenesses(caseworker, one.subject_id) == []


async def result(client: Client, instrument: pb.Instrument, value: str, day: str) -> str:
    """A recorded result of an instrument on a day."""
    until = "2027-02-28" if value == "pass" else ""
    request = verify(instrument.instrument_id, result=value, verified_on=day, valid_until=until)
    return (await client.registry.RecordVerification(request)).verification.verification_id


async def aside(client: Client, instrument: pb.Instrument) -> set[str]:
    """The verifications of an instrument that decide no colour."""
    request = pb.GetInstrumentRequest(instrument_id=instrument.instrument_id)
    shown = await client.registry.GetInstrument(request)
    return {one.verification_id for one in shown.verifications if one.set_aside}


async def test_a_corrected_result_settles_its_day_anew(registry: RunningRegistry) -> None:
    owner, caseworker = await registry.subject(), registry.client(Role.CASEWORKER)
    filed = await registry.instrument(owner)
    passed = await result(caseworker, filed, "pass", DAY)
    rejected = await result(caseworker, filed, "reject", DAY)
    assert await aside(caseworker, filed) == {passed}
    [found] = await likenesses(caseworker, owner.subject_id)
    assert found.kind == "result"
    # The rejection was of the next day: the pass stands, and nothing is left to look at.
    await correct(registry, "verification", rejected, verified_on=NEXT_DAY)
    assert await aside(caseworker, filed) == set()
    assert await likenesses(caseworker, owner.subject_id) == []
    # Of that day there is a pass, too.
    later = await result(caseworker, filed, "pass", NEXT_DAY)
    assert await aside(caseworker, filed) == {later}
    await correct(registry, "verification", rejected, result="pass", valid_until="2027-02-28")
    assert await aside(caseworker, filed) == set()
    assert await likenesses(caseworker, owner.subject_id) == []


async def test_a_choice_among_results_ends_when_one_of_them_is_corrected(
    registry: RunningRegistry,
) -> None:
    owner, caseworker = await registry.subject(), registry.client(Role.CASEWORKER)
    filed = await registry.instrument(owner)
    passed = await result(caseworker, filed, "pass", DAY)
    repaired = await result(caseworker, filed, "repaired", DAY)
    [found] = await likenesses(caseworker, owner.subject_id)
    answer = await caseworker.sameness.KeepApart(await choice(caseworker, found, passed))
    if answer.proposal.proposal_id:
        await registry.release(answer.proposal)
    assert await aside(caseworker, filed) == {repaired}
    await correct(registry, "verification", repaired, certificate_no=uuid4().hex)
    assert await aside(caseworker, filed) == {repaired}  # neither result nor day is another
    await correct(registry, "verification", repaired, result="reject")
    assert await aside(caseworker, filed) == {passed}
    assert [one.kind for one in await likenesses(caseworker, owner.subject_id)] == ["result"]


async def test_a_pass_that_a_correction_lets_stand_puts_the_instrument_into_use(
    registry: RunningRegistry,
) -> None:
    owner, caseworker = await registry.subject(), registry.client(Role.CASEWORKER)
    filed = (await caseworker.registry.PutInstrument(put_instrument(owner.subject_id))).instrument
    rejected = await result(caseworker, filed, "reject", DAY)
    passed = await result(caseworker, filed, "pass", DAY)
    assert await aside(caseworker, filed) == {passed}
    request = pb.GetInstrumentRequest(instrument_id=filed.instrument_id)
    assert (await caseworker.registry.GetInstrument(request)).instrument.state == "spare"
    # The rejection was of the next day, so the pass of this one stands.
    await correct(registry, "verification", rejected, verified_on=NEXT_DAY)
    assert await aside(caseworker, filed) == set()
    assert (await caseworker.registry.GetInstrument(request)).instrument.state == "in_use"


async def test_a_pass_that_a_person_lets_stand_puts_the_instrument_into_use(
    registry: RunningRegistry,
) -> None:
    owner, caseworker = await registry.subject(), registry.client(Role.CASEWORKER)
    filed = (await caseworker.registry.PutInstrument(put_instrument(owner.subject_id))).instrument
    await result(caseworker, filed, "reject", DAY)
    passed = await result(caseworker, filed, "pass", DAY)
    [found] = await likenesses(caseworker, owner.subject_id)
    answer = await caseworker.sameness.KeepApart(await choice(caseworker, found, passed))
    assert answer.proposal.proposal_id == ""  # a spare instrument is not red
    request = pb.GetInstrumentRequest(instrument_id=filed.instrument_id)
    assert (await caseworker.registry.GetInstrument(request)).instrument.state == "in_use"


async def choice(
    client: Client, found: sameness.Likeness, stands: str
) -> sameness.KeepApartRequest:
    """A request that lets one result of a day stand."""
    asked = sameness.GetLikenessRequest(likeness_id=found.likeness_id)
    return sameness.KeepApartRequest(
        request_id=new_request_id(),
        likeness_id=found.likeness_id,
        seen=(await client.sameness.GetLikeness(asked)).seen,
        stands_id=stands,
        ground="核对原始记录（合成）",
    )


async def test_a_corrected_first_pass_puts_the_instrument_into_use(
    registry: RunningRegistry,
) -> None:
    owner, caseworker = await registry.subject(), registry.client(Role.CASEWORKER)
    filed = (await caseworker.registry.PutInstrument(put_instrument(owner.subject_id))).instrument
    pending = await result(caseworker, filed, "reject", DAY)
    request = pb.GetInstrumentRequest(instrument_id=filed.instrument_id)
    assert (await caseworker.registry.GetInstrument(request)).instrument.state == "spare"
    await correct(registry, "verification", pending, result="pass", valid_until="2027-02-28")
    shown = await caseworker.registry.GetInstrument(request)
    assert shown.instrument.state == "in_use"
    [entry] = [
        one
        for one in await registry.audited(f"verification/{pending}")
        if one.action == "correct_verification"
    ]
    assert entry.bureau == DISTRICT
