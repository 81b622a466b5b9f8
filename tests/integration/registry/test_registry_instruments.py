"""Instruments and their verifications: filed, used, verified, seen."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import grpc
import pytest

from plumbing.change import Changes
from plumbing.client import new_request_id, refusal_of
from plumbing.clock import SystemClock
from plumbing.identity import Role, service_caller
from protos.registry.v1 import calibrations_pb2 as calibrations
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry.tables import Instrument
from tests.integration.registry import import_files
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    INSTITUTION,
    Client,
    RunningRegistry,
    put_instrument,
    read_instrument,
    refused,
    verify,
)


def changed(instrument: pb.Instrument, **values: Any) -> pb.PutInstrumentRequest:
    """A request that changes an instrument as it was last read."""
    copy = pb.Instrument()
    copy.CopyFrom(instrument)
    for name, value in values.items():
        setattr(copy, name, value)
    return pb.PutInstrumentRequest(request_id=new_request_id(), instrument=copy)


async def set_state(client: Client, instrument_id: str, state: str) -> pb.Instrument:
    request = pb.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=instrument_id, state=state
    )
    return (await client.registry.SetInstrumentState(request)).instrument


async def test_an_instrument_is_filed_as_spare_under_its_owner(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    client = registry.client(Role.OPERATOR, subject_id=owner.subject_id)
    filed = (await client.registry.PutInstrument(put_instrument(owner.subject_id))).instrument
    assert (filed.state, filed.spell, filed.bureau) == ("spare", 0, DISTRICT)
    event = (await registry.events_of(f"subject/{owner.subject_id}"))[-1]
    assert isinstance(event, events.InstrumentsChanged)
    assert list(event.instruments) == [filed]
    [entry] = await registry.audited(f"instrument/{filed.instrument_id}")
    assert (entry.action, entry.before) == ("file_instrument", None)
    with refused("INVALID_INPUT", "instrument.state"):
        await client.registry.PutInstrument(put_instrument(owner.subject_id, state="in_use"))


async def test_own_number_range_and_class_are_the_owners_to_write_and_no_concern_of_the_public(
    registry: RunningRegistry,
) -> None:
    owner = await registry.subject()
    client = registry.client(Role.OPERATOR, subject_id=owner.subject_id)
    request = put_instrument(
        owner.subject_id, owner_no=" JL-012 ", measuring_range="(0~30) kg", accuracy_class="无"
    )
    filed = (await client.registry.PutInstrument(request)).instrument
    written = (filed.owner_no, filed.measuring_range, filed.accuracy_class)
    assert written == ("JL-012", "(0~30) kg", "")
    request = changed(filed, accuracy_class="Ⅲ级", owner_no="")
    again = (await client.registry.PutInstrument(request)).instrument
    assert (again.accuracy_class, again.owner_no) == ("Ⅲ级", "")
    [entry, *_] = reversed(await registry.audited(f"instrument/{filed.instrument_id}"))
    assert (entry.before or {})["owner_no"] == "JL-012"
    for name, bad in (("owner_no", "1" * 101), ("measuring_range", "0\u202e30"), ("model", "\x1b")):
        with refused("INVALID_INPUT", f"instrument.{name}"):
            await client.registry.PutInstrument(changed(again, **{name: bad}))
    assert not {"owner_no", "measuring_range"} & set(pb.ScannedInstrument.DESCRIPTOR.fields_by_name)


async def test_a_file_has_columns_for_them_and_a_blank_leaves_what_is_on_file(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER)
    name = await import_files.owner(registry, client)
    named = ("使用单位", "器具名称", "出厂编号", "自编号", "测量范围", "准确度等级")

    async def sent(*row: str) -> pb.Batch:
        content = import_files.table(named, (name, "燃油加油机", "1", *row))
        return await import_files.upload(client, "instruments", content)

    assert (await sent("JL-012", "-20℃~50℃", "0.5级")).changed == 1
    assert (await sent("JL-012", "", "/")).unchanged == 1
    [subject] = await import_files.subjects_named(client, name)
    [filed] = await import_files.instruments_of(client, subject)
    written = (filed.owner_no, filed.measuring_range, filed.accuracy_class)
    assert written == ("JL-012", "-20℃~50℃", "0.5级")
    too_long = await sent("JL-013", "", "0" * 101)
    [fault] = await import_files.faults(client, too_long)
    assert (fault.column, fault.reason) == ("准确度等级", "TOO_LONG")


async def test_a_result_completes_what_is_on_file_and_never_changes_it(
    registry: RunningRegistry,
) -> None:
    filed = await registry.instrument(owner_no="JL-1")
    client = registry.client(Role.CASEWORKER)

    async def record(**said: Any) -> pb.RecordVerificationResponse:
        request = verify(filed.instrument_id)
        request.MergeFrom(pb.RecordVerificationRequest(**said))
        return await client.registry.RecordVerification(request)

    answer = await record(owner_no="JL-9", measuring_range=" (5~70) L/min", accuracy_class="无")
    completed = answer.instrument
    written = (completed.owner_no, completed.measuring_range, completed.accuracy_class)
    assert written == ("JL-1", "(5~70) L/min", "")
    [other] = answer.differing
    assert (other.field, other.on_file, other.given) == ("owner_no", "JL-1", "JL-9")
    number = answer.verification.certificate_no
    [entry] = [
        one
        for one in await registry.audited(f"instrument/{filed.instrument_id}")
        if one.action == "change_instrument"
    ]
    assert (entry.ground, (entry.after or {})["measuring_range"]) == (
        f"按证书 {number} 补充",
        "(5~70) L/min",
    )
    told = [
        one
        for one in await registry.events_of(f"subject/{filed.subject_id}")
        if isinstance(one, events.InstrumentsChanged)
    ]
    assert any(one.instruments[0].measuring_range == "(5~70) L/min" for one in told)
    answer = await record(owner_no="ＪＬ－1", measuring_range="（5～70）L/min")
    assert not answer.differing  # the same in another writing
    # One that waits for a unit head completes nothing before.
    beyond = verify(filed.instrument_id, valid_until="2029-02-28")
    beyond.accuracy_class = "0.3级"
    waits = await client.registry.RecordVerification(beyond)
    assert waits.instrument.accuracy_class == ""
    await registry.release(waits.proposal)
    found = (await read_instrument(client, filed.instrument_id)).instrument
    assert found.accuracy_class == "0.3级"


async def test_what_an_institution_certifies_otherwise_is_proposed_to_a_caseworker(
    registry: RunningRegistry,
) -> None:
    lab = await registry.speaker("合成更正检定院", "FUEL")
    filed = await registry.instrument(owner_no="JL-1")

    async def report() -> pb.RecordVerificationResponse:
        request = verify(
            filed.instrument_id, institution="合成更正检定院", verified_on="2026-09-14"
        )
        request.owner_no = "JL-9"
        return await lab.registry.RecordVerification(request)

    first = (await report()).correction
    assert (first.act, first.released_by, first.bureau) == (
        *("correct_instrument", "caseworker"),
        filed.bureau,
    )
    [changed] = first.changes
    assert (changed.field, changed.before, changed.after) == ("owner_no", "JL-1", "JL-9")
    caseworker = registry.client(Role.CASEWORKER)
    assert (await read_instrument(caseworker, filed.instrument_id)).instrument.owner_no == "JL-1"
    assert not (await report()).correction.proposal_id  # one waits already
    with refused("NOT_PERMITTED"):
        await registry.release(first)  # the head is no caseworker
    released = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=first.proposal_id, reasons="经核对铭牌"
    )
    await caseworker.proposals.ReleaseProposal(released)
    assert (await read_instrument(caseworker, filed.instrument_id)).instrument.owner_no == "JL-9"
    assert not (await report()).differing


async def test_everybody_of_an_institution_finds_what_became_of_its_correction(
    registry: RunningRegistry,
) -> None:
    name = "合成更正检定二院"
    lab, caseworker = await registry.speaker(name, "FUEL"), registry.client(Role.CASEWORKER)
    filed = await registry.instrument(owner_no="JL-1")
    request = verify(filed.instrument_id, institution=name, verified_on="2026-09-14")
    request.owner_no = "JL-9"
    first = (await lab.registry.RecordVerification(request)).correction
    declined = proposals.DeclineProposalRequest(
        request_id=new_request_id(), proposal_id=first.proposal_id, reasons="铭牌上是 JL-1"
    )
    await caseworker.proposals.DeclineProposal(declined)
    asked = proposals.ListProposalsRequest(object=f"instrument/{filed.instrument_id}")
    colleague = await registry.speaker(name)
    [seen] = (await colleague.proposals.ListProposals(asked)).proposals
    assert (seen.state, seen.reasons) == ("declined", "铭牌上是 JL-1")
    assert (await colleague.proposals.GetProposal(of(first))).proposal == seen
    with refused("NOT_PERMITTED"):
        await colleague.proposals.WithdrawProposal(taken_back(first))
    other = await registry.speaker("合成旁人检定院", "FUEL")
    assert not (await other.proposals.ListProposals(asked)).proposals
    with refused("NOT_FOUND"):
        await other.proposals.GetProposal(of(first))
    *_, told = await registry.events_of(f"proposal/{first.proposal_id}")
    assert (told.institution.name, told.proposal.state) == (name, "declined")


async def test_what_is_valid_beyond_the_cycle_depends_on_type_state_and_results_alone(
    registry: RunningRegistry,
) -> None:
    name = "合成久效检定院"
    lab = await registry.speaker(name, "FUEL")
    caseworker = registry.client(Role.CASEWORKER)

    async def beyond(filed: pb.Instrument) -> proposals.Proposal:
        request = verify(filed.instrument_id, institution=name, valid_until="2029-02-28")
        return (await lab.registry.RecordVerification(request)).proposal

    moved = await registry.instrument()
    waits = await beyond(moved)
    owner = registry.client(Role.OPERATOR, subject_id=moved.subject_id)
    await owner.registry.PutInstrument(changed(moved, location="后院", owner_no="JL-1"))
    await registry.release(waits)
    [recorded] = (await read_instrument(caseworker, moved.instrument_id)).verifications
    assert recorded.valid_until == "2029-02-28"
    rejected = await registry.instrument()
    waits = await beyond(rejected)
    day = {"verified_on": "2026-09-10", "result": "reject", "valid_until": ""}
    await lab.registry.RecordVerification(verify(rejected.instrument_id, institution=name, **day))
    with refused("WRONG_STATE"):
        await registry.release(waits)
    used = await registry.instrument()
    waits = await beyond(used)
    await set_state(caseworker, used.instrument_id, "in_use")
    with refused("WRONG_STATE"):
        await registry.release(waits)


def of(proposal: proposals.Proposal) -> proposals.GetProposalRequest:
    return proposals.GetProposalRequest(proposal_id=proposal.proposal_id)


def taken_back(proposal: proposals.Proposal) -> proposals.WithdrawProposalRequest:
    return proposals.WithdrawProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id
    )


async def test_a_correction_that_waits_hinders_nothing_and_ends_with_what_changed(
    registry: RunningRegistry,
) -> None:
    name = "合成旁证检定院"
    lab = await registry.speaker(name, "FUEL")
    written = {"measuring_range": "0-30kg", "accuracy_class": "Ⅲ级"}
    filed = await registry.instrument(None, owner_no="JL-1", **written)

    async def report(**values: Any) -> pb.RecordVerificationResponse:
        day = {"institution": name, "verified_on": "2026-09-14"}
        request = verify(filed.instrument_id, **{**day, **values})
        request.owner_no, request.measuring_range = "JL-9", "(0~60) kg"
        request.accuracy_class = "III"  # the same in another writing
        return await lab.registry.RecordVerification(request)

    async def states(*ids: str) -> list[tuple[str, list[str]]]:
        asked = [proposals.GetProposalRequest(proposal_id=one) for one in ids]
        found = [(await lab.proposals.GetProposal(one)).proposal for one in asked]
        return [(one.state, [change.field for change in one.changes]) for one in found]

    first = (await report()).correction.proposal_id
    beyond = await report(valid_until="2029-02-28")
    assert beyond.proposal.state == "waiting"
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id)

    async def correct(**values: str) -> None:
        present = (await read_instrument(owner, filed.instrument_id)).instrument
        await owner.registry.PutInstrument(changed(present, **values))

    await registry.release(beyond.proposal)
    await correct(owner_no="JL-7")
    assert await states(first) == [("waiting", ["measuring_range"])]
    await correct(location="后院")  # another version, but nothing of the correction
    caseworker = registry.client(Role.CASEWORKER)
    released = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=first, reasons="经核对铭牌"
    )
    await caseworker.proposals.ReleaseProposal(released)
    present = (await read_instrument(owner, filed.instrument_id)).instrument
    now = (present.owner_no, present.measuring_range, present.location)
    assert now == ("JL-7", "(0~60) kg", "后院")
    second = (await report()).correction.proposal_id
    await correct(owner_no="JL-9")
    assert await states(second) == [("withdrawn", ["owner_no"])]
    assert not (await report()).differing


async def test_a_correction_after_a_unit_head_confirmed_is_of_whoever_sent_the_certificate(
    registry: RunningRegistry,
) -> None:
    name = "合成转达检定院"
    lab = await registry.speaker(name, "FUEL")
    head = registry.client(Role.UNIT_HEAD, Role.CASEWORKER)

    async def confirmed(client: Client) -> pb.Instrument:
        filed = await registry.instrument(owner_no="JL-1")
        beyond = verify(filed.instrument_id, institution=name, valid_until="2029-02-28")
        beyond.owner_no = "JL-9"
        waits = (await client.registry.RecordVerification(beyond)).proposal
        release = proposals.ReleaseProposalRequest(
            request_id=new_request_id(), proposal_id=waits.proposal_id, reasons="经核实"
        )
        await head.proposals.ReleaseProposal(release)
        return filed

    async def waiting(client: Client, filed: pb.Instrument) -> list[proposals.Proposal]:
        listed = proposals.ListProposalsRequest(page_size=1000, state="waiting")
        every = (await client.proposals.ListProposals(listed)).proposals
        return [one for one in every if filed.instrument_id in one.object]

    [own] = await waiting(lab, await confirmed(lab))
    assert (own.act, own.proposed_by_name) == ("correct_instrument", "合成检定员")
    taken = await lab.proposals.WithdrawProposal(taken_back(own))
    assert taken.proposal.state == "withdrawn"
    # A caseworker corrects the register at once, and is asked for nothing.
    assert not await waiting(head, await confirmed(await registry.person(Role.CASEWORKER)))


async def test_its_bureau_alone_states_that_an_instrument_need_not_be_verified(
    registry: RunningRegistry,
) -> None:
    filed = await registry.instrument()
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id)
    ground = "只用于内部工艺"
    with refused("NOT_PERMITTED"):
        request = put_instrument(filed.subject_id, non_compulsory_ground=ground)
        await owner.registry.PutInstrument(request)
    check = pb.SetInstrumentStateRequest(
        instrument_id=filed.instrument_id,
        request_id=new_request_id(),
        state="in_use",
        check_only=True,
    )
    then = await owner.registry.SetInstrumentState(check)
    assert (then.colour, then.reason_zh) == ("red", "从未检定即在使用")
    assert then.cite == "S4 二(三); S1 13(三); C-19"
    assert (await read_instrument(owner, filed.instrument_id)).instrument.state == "spare"
    await set_state(owner, filed.instrument_id, "in_use")  # never verified: red
    check.MergeFrom(pb.SetInstrumentStateRequest(request_id=new_request_id(), state="spare"))
    back = await owner.registry.SetInstrumentState(check)
    assert (back.colour, bool(back.proposal.proposal_id)) == ("none", True)
    staff = registry.client(Role.CASEWORKER)
    red = await read_instrument(staff, filed.instrument_id)
    request = changed(red.instrument, non_compulsory_ground=ground)
    answer = await staff.registry.PutInstrument(request)
    assert (answer.instrument, answer.proposal.state) == (red.instrument, "waiting")
    await registry.release(answer.proposal)
    free = (await read_instrument(staff, filed.instrument_id)).instrument
    assert (free.non_compulsory_ground, free.state) == (ground, "in_use")
    label = pb.ListLabelsRequest(instrument_ids=[filed.instrument_id])
    [code] = [one.code for one in (await staff.registry.ListLabels(label)).labels]
    scan = pb.ScanInstrumentRequest(code=code)
    seen = (await registry.client(Role.PUBLIC).registry.ScanInstrument(scan)).instrument
    assert (seen.colour, seen.non_compulsory) == ("none", True)
    assert ground not in str(seen)
    # A rejection counts all the same.
    institution = registry.client(Role.VERIFICATION_INSTITUTION, Role.INTEGRATOR)
    rejection = verify(filed.instrument_id, result="reject", valid_until="")
    await institution.registry.RecordVerification(rejection)
    seen = (await registry.client(Role.PUBLIC).registry.ScanInstrument(scan)).instrument
    assert seen.colour == "red"


async def test_nobody_alone_states_that_an_instrument_need_not_be_verified(
    registry: RunningRegistry,
) -> None:
    staff, ground = registry.client(Role.CASEWORKER), "只用于内部工艺"
    passed = await registry.instrument()
    await staff.registry.RecordVerification(verify(passed.instrument_id))  # green
    green = (await read_instrument(staff, passed.instrument_id)).instrument
    stated = await staff.registry.PutInstrument(changed(green, non_compulsory_ground=ground))
    request = put_instrument(green.subject_id, non_compulsory_ground=ground)
    filed = await staff.registry.PutInstrument(request)
    for answer in (stated, filed):
        assert answer.proposal.act == "exempt_instrument"
        assert answer.instrument.non_compulsory_ground == ""
        await registry.release(answer.proposal)
        free = (await read_instrument(staff, answer.instrument.instrument_id)).instrument
        assert free.non_compulsory_ground == ground
    free = (await read_instrument(staff, green.instrument_id)).instrument
    other = await staff.registry.PutInstrument(changed(free, non_compulsory_ground="另一理由"))
    assert not other.proposal.proposal_id
    # Nor does anybody alone take it back.
    cleared = await staff.registry.PutInstrument(
        changed(other.instrument, non_compulsory_ground="")
    )
    assert (cleared.proposal.act, cleared.instrument) == ("exempt_instrument", other.instrument)
    await registry.release(cleared.proposal)
    bound = (await read_instrument(staff, green.instrument_id)).instrument
    assert bound.non_compulsory_ground == ""


async def test_what_need_not_be_verified_and_has_no_calibration_cycle_is_listed(
    registry: RunningRegistry,
) -> None:
    staff = registry.client(Role.CASEWORKER)
    filed = await registry.instrument()
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id)

    async def listed(who: Client = owner) -> list[str]:
        request = pb.ListInstrumentsRequest(without_cycle=True, page_size=1000)
        answer = await who.registry.ListInstruments(request)
        return [one.instrument_id for one in answer.instruments]

    assert await listed() == []
    stated = await staff.registry.PutInstrument(changed(filed, non_compulsory_ground="内部工艺"))
    await registry.release(stated.proposal)
    assert await listed() == [filed.instrument_id]
    assert filed.instrument_id in await listed(staff)
    for months, left in ((12, []), (0, [filed.instrument_id])):
        cycle = calibrations.SetCalibrationCycleRequest(
            request_id=new_request_id(), instrument_id=filed.instrument_id, months=months
        )
        await owner.calibrations.SetCalibrationCycle(cycle)
        assert await listed() == left
    await set_state(owner, filed.instrument_id, "scrapped")
    assert await listed() == []


async def test_a_type_by_single_entry_is_read_as_in_files(registry: RunningRegistry) -> None:
    owner, written = await registry.subject(), f"样例计价器{uuid4().hex}"
    client = registry.client(Role.CASEWORKER)

    async def file(type_code: str, who: Client = client, **values: bool) -> pb.Instrument:
        request = put_instrument(owner.subject_id, type_code=type_code, **values)
        return (await who.registry.PutInstrument(request)).instrument

    for name in ("FUEL", "燃油加油机", " 加油机", "税控加油机"):
        assert (await file(name)).type_code == "FUEL"
    with refused("INVALID_INPUT", "instrument.type_code") as refusals:
        await file("加油枪机")
    assert "燃油加油机(FUEL)" in refusals[0].faults[0][1]
    with refused("INVALID_INPUT", "instrument.type_code") as refusals:
        await file(written)
    assert "--unknown-type" in refusals[0].faults[0][1]
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id)
    with refused("INVALID_INPUT", "instrument.type_code") as refusals:
        await file(written, operator, unknown_type=True)
    assert "unknown" not in refusals[0].faults[0][2]  # an operator cannot take it
    kept = await file(written, unknown_type=True)
    assert kept.type_code == written
    moved = await client.registry.PutInstrument(changed(kept, location="一号岛"))
    assert moved.instrument.location == "一号岛"
    named = pb.NameTypeRequest(
        request_id=new_request_id(), written=written, type_code="TAXI", ground="样例厂的商品名"
    )
    await client.imports.NameType(named)
    assert (await file(f" {written.upper()}")).type_code == "TAXI"
    moved = await operator.registry.PutInstrument(changed(moved.instrument, location="二号岛"))
    assert moved.instrument.type_code == written  # what is on file changes by its own act only
    with refused("INVALID_INPUT", "instrument.type_code"):
        await client.registry.PutInstrument(changed(kept, type_code="没有的类型"))


async def test_filing_twice_by_one_request_files_once(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    client = registry.client(Role.INTEGRATOR)
    request = put_instrument(owner.subject_id)
    first = await client.registry.PutInstrument(request)
    assert await client.registry.PutInstrument(request) == first
    listed = await client.registry.ListInstruments(
        pb.ListInstrumentsRequest(subject_id=owner.subject_id)
    )
    assert list(listed.instruments) == [first.instrument]


async def test_one_instrument_filed_by_many_requests_at_once_is_filed_once(
    registry: RunningRegistry,
) -> None:
    owner = await registry.subject()
    client = registry.client(Role.INTEGRATOR)
    writings = ("ONE-7", "one-7", "ＯＮＥ－７", "ONE —7")
    requests = [
        put_instrument(owner.subject_id, serial_no=writings[n % 4], model="一型") for n in range(32)
    ]
    answers = await asyncio.gather(
        *map(client.registry.PutInstrument, requests), return_exceptions=True
    )
    [filed] = [one for one in answers if isinstance(one, pb.PutInstrumentResponse)]
    others = [refusal_of(one) for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert [one.reason for one in others] == ["ALREADY_EXISTS"] * 31
    assert {one.facts["instrument_id"] for one in others} == {filed.instrument.instrument_id}
    # Another model is another instrument; what has no number is never known to be the same.
    numbers: list[dict[str, Any]] = [{"serial_no": "ONE-7", "model": "另一型号"}]
    for values in (*numbers, *({"serial_no": "无"},) * 2):
        await client.registry.PutInstrument(put_instrument(owner.subject_id, **values))


async def test_an_instrument_is_changed_by_whoever_read_it_last(registry: RunningRegistry) -> None:
    instrument = await registry.instrument()
    client = registry.client(Role.CASEWORKER)
    answer = await client.registry.PutInstrument(changed(instrument, location="2号位"))
    assert (answer.instrument.location, answer.instrument.version) == ("2号位", 2)
    with refused("WRONG_STATE"):
        await client.registry.PutInstrument(changed(instrument, location="3号位"))
    same = await client.registry.PutInstrument(changed(answer.instrument))
    assert same.instrument.version == 2
    with refused("INVALID_INPUT", "instrument.rotate_on"):
        await client.registry.PutInstrument(changed(answer.instrument, rotate_on="2026-02-30"))
    with refused("NOT_FOUND"):
        await client.registry.PutInstrument(changed(instrument, instrument_id="nothing"))
    with refused("NOT_FOUND"):
        await client.registry.PutInstrument(put_instrument("nobody"))


async def test_a_day_of_replacement_from_a_former_release_hinders_no_other_change(
    registry: RunningRegistry,
) -> None:
    filed = await registry.instrument(type_code="WATER-S25", rotate_on="2032-09-01")
    async with Changes(registry.database, SystemClock()).change(
        service_caller("registry")
    ) as change:
        row = await change.session.get_one(Instrument, filed.instrument_id)
        row.rotate_on = date(2099, 9, 1)  # nobody may give such a day any more
        change.audit("change_instrument", f"instrument/{filed.instrument_id}")
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id)
    present = (await read_instrument(owner, filed.instrument_id)).instrument
    moved = await owner.registry.PutInstrument(changed(present, location="3号位"))
    assert (moved.instrument.location, moved.instrument.rotate_on) == ("3号位", "2099-09-01")
    service = await registry.acting_for(Role.CASEWORKER)
    model = pb.FieldValue(field="model", value="LXS-25（更正）")
    key = filed.instrument_id
    order = pb.CorrectEntryRequest(
        request_id=new_request_id(),
        correction=pb.EntryCorrection(target="instrument", id=key, values=[model]),
        ground="经核查，登记有误（合成）",
        case_id=uuid4().hex,
    )
    await service.registry.CorrectEntry(order)
    corrected = (await read_instrument(owner, filed.instrument_id)).instrument
    assert (corrected.model, corrected.rotate_on) == (model.value, "2099-09-01")
    bureau = registry.client(Role.CASEWORKER)
    with refused("INVALID_INPUT", "instrument.rotate_on"):
        await bureau.registry.PutInstrument(changed(corrected, rotate_on="2099-09-02"))


async def test_a_sold_instrument_goes_with_its_new_owners_bureau(registry: RunningRegistry) -> None:
    instrument = await registry.instrument()
    buyer = await registry.subject(bureau="330110")
    seller = registry.client(Role.OPERATOR, subject_id=instrument.subject_id)
    with refused("NOT_PERMITTED"):
        await seller.registry.PutInstrument(changed(instrument, subject_id=buyer.subject_id))
    city = registry.client(Role.CASEWORKER, bureau=CITY)
    answer = await city.registry.PutInstrument(changed(instrument, subject_id=buyer.subject_id))
    assert answer.instrument.bureau == "330110"
    assert list((await registry.events_of(f"subject/{buyer.subject_id}"))[-1].instruments) == [
        answer.instrument
    ]


async def test_the_same_type_and_serial_elsewhere_is_information(registry: RunningRegistry) -> None:
    first = await registry.instrument()
    second = await registry.instrument(serial_no=first.serial_no)
    other_type = await registry.instrument(serial_no=first.serial_no, type_code="NAWI-D")
    assert (second.repeated_serial, other_type.repeated_serial) == (True, False)
    client = registry.client(Role.CASEWORKER)
    marked = (await read_instrument(client, first.instrument_id)).instrument
    assert (marked.repeated_serial, marked.version) == (True, 2)
    assert list((await registry.events_of(f"subject/{first.subject_id}"))[-1].instruments) == [
        marked
    ]
    [entry] = await registry.audited(f"instrument/{second.instrument_id}")
    assert entry.after
    assert entry.after["remarked"] == [first.instrument_id]
    listed = await client.registry.ListInstruments(
        pb.ListInstrumentsRequest(repeated_serial=True, page_size=1000)
    )
    assert {first.instrument_id, second.instrument_id} <= {
        instrument.instrument_id for instrument in listed.instruments
    }
    await client.registry.PutInstrument(changed(second, serial_no=f"{first.serial_no}-2"))
    for one in (first, second):
        assert not (await read_instrument(client, one.instrument_id)).instrument.repeated_serial


async def test_each_coming_into_use_is_a_new_spell_and_scrapped_is_final(
    registry: RunningRegistry,
) -> None:
    instrument = await registry.instrument()
    institution = await registry.speaker(INSTITUTION, "FUEL")
    await institution.registry.RecordVerification(verify(instrument.instrument_id))
    client = registry.client(Role.OPERATOR, subject_id=instrument.subject_id)
    steps = [
        (state, (await set_state(client, instrument.instrument_id, state)).spell)
        for state in ("in_use", "in_use", "stopped", "in_use", "spare", "scrapped")
    ]
    assert [spell for _, spell in steps] == [1, 1, 1, 2, 2, 2]
    with refused("WRONG_STATE"):
        await set_state(client, instrument.instrument_id, "in_use")
    announced = await registry.events_of(f"subject/{instrument.subject_id}")
    states = [event.instruments[0].state for event in announced if hasattr(event, "instruments")]
    assert states == ["spare", "in_use", "stopped", "in_use", "spare", "scrapped"]
    entries = await registry.audited(f"instrument/{instrument.instrument_id}")
    assert len(entries) == len(states) - 1  # the pass that put it into use is one of its own


async def test_a_first_pass_puts_a_spare_instrument_into_use(registry: RunningRegistry) -> None:
    instrument = await registry.instrument()
    client = await registry.speaker(INSTITUTION, "FUEL")
    rejected = await client.registry.RecordVerification(
        verify(instrument.instrument_id, result="reject", valid_until="", verified_on="2026-08-31")
    )
    assert rejected.instrument.state == "spare"
    passed = await client.registry.RecordVerification(verify(instrument.instrument_id))
    assert (passed.instrument.state, passed.instrument.spell) == ("in_use", 1)
    announced = (await registry.events_of(f"subject/{instrument.subject_id}"))[-2:]
    assert list(announced[0].verifications) == [passed.verification]
    assert list(announced[1].instruments) == [passed.instrument]
    await set_state(registry.client(Role.CASEWORKER), instrument.instrument_id, "spare")
    again = await client.registry.RecordVerification(verify(instrument.instrument_id))
    assert (again.instrument.state, again.instrument.spell) == ("spare", 1)


async def test_the_verifications_of_an_instrument_come_newest_first(
    registry: RunningRegistry,
) -> None:
    instrument = await registry.instrument()
    client = registry.client(Role.CASEWORKER)
    for day, result in (
        ("2026-03-01", "reject"),
        ("2026-05-01", "pass"),
        ("2026-04-01", "repaired"),
    ):
        valid_until = "2026-10-31" if result == "pass" else ""
        await client.registry.RecordVerification(
            verify(
                instrument.instrument_id, verified_on=day, result=result, valid_until=valid_until
            )
        )
    read_back = await read_instrument(client, instrument.instrument_id)
    assert [v.verified_on for v in read_back.verifications] == [
        "2026-05-01",
        "2026-04-01",
        "2026-03-01",
    ]


@pytest.mark.parametrize("result", ["reject", "repaired", "pending"])
async def test_only_a_pass_is_valid_until_a_day(registry: RunningRegistry, result: str) -> None:
    instrument = await registry.instrument()
    client = registry.client(Role.CASEWORKER)
    with refused("INVALID_INPUT", "verification.valid_until"):
        await client.registry.RecordVerification(verify(instrument.instrument_id, result=result))


async def test_a_pass_says_until_when_unless_its_type_is_only_verified_first(
    registry: RunningRegistry,
) -> None:
    owner = await registry.subject()
    client = registry.client(Role.CASEWORKER)
    for type_code in ("FUEL", "不在目录内的器具"):
        periodic = await registry.instrument(owner, type_code=type_code, unknown_type=True)
        with refused("INVALID_INPUT", "verification.valid_until"):
            await client.registry.RecordVerification(verify(periodic.instrument_id, valid_until=""))
    meter = await registry.instrument(owner, type_code="WATER-S25", rotate_on="2032-09-01")
    answer = await client.registry.RecordVerification(verify(meter.instrument_id, valid_until=""))
    assert (answer.verification.valid_until, answer.instrument.state) == ("", "in_use")


async def test_the_dates_of_a_verification_must_be_possible(registry: RunningRegistry) -> None:
    instrument = await registry.instrument()
    client = registry.client(Role.CASEWORKER)
    for values, field in (
        ({"verified_on": "2026-09-15"}, "verified_on"),
        ({"verified_on": "2026-02-30"}, "verified_on"),
        ({"valid_until": "2026-08-31"}, "valid_until"),
    ):
        with refused("INVALID_INPUT", f"verification.{field}"):
            await client.registry.RecordVerification(verify(instrument.instrument_id, **values))
    today = verify(instrument.instrument_id, verified_on="2026-09-14", valid_until="2026-09-14")
    await client.registry.RecordVerification(today)
    with refused("NOT_FOUND"):
        await client.registry.RecordVerification(verify("nothing"))


async def test_a_certificate_told_again_is_answered_and_another_under_its_number_refused(
    registry: RunningRegistry,
) -> None:
    instrument = await registry.instrument()
    client = registry.client(Role.INTEGRATOR)
    request = verify(instrument.instrument_id)
    first = await client.registry.RecordVerification(request)
    request.request_id = new_request_id()
    assert (await client.registry.RecordVerification(request)).verification == first.verification
    request.request_id = new_request_id()
    request.verification.valid_until = "2027-01-01"
    with refused("ALREADY_EXISTS") as refusals:
        await client.registry.RecordVerification(request)
    assert refusals[0].facts["verification_id"] == first.verification.verification_id
    request.verification.institution = "另一合成检定院"
    await client.registry.RecordVerification(request)
    assert len((await read_instrument(client, instrument.instrument_id)).verifications) == 2


async def test_certificates_without_a_number_do_not_collide(registry: RunningRegistry) -> None:
    client = registry.client(Role.CASEWORKER)
    for _ in range(2):
        instrument = await registry.instrument()
        await client.registry.RecordVerification(
            verify(instrument.instrument_id, certificate_no="")
        )


async def test_strangers_neither_see_nor_touch_an_instrument(registry: RunningRegistry) -> None:
    instrument = await registry.instrument()
    other = await registry.subject()
    operator = registry.client(Role.OPERATOR, subject_id=other.subject_id)
    foreign = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    for client in (operator, foreign):
        with refused("NOT_PERMITTED"):
            await read_instrument(client, instrument.instrument_id)
        with refused("NOT_PERMITTED"):
            await set_state(client, instrument.instrument_id, "in_use")
        with refused("NOT_PERMITTED"):
            await client.registry.PutInstrument(changed(instrument, location="x"))
        listed = await client.registry.ListInstruments(
            pb.ListInstrumentsRequest(subject_id=instrument.subject_id)
        )
        assert not listed.instruments
    with refused("NOT_PERMITTED"):
        await foreign.registry.RecordVerification(verify(instrument.instrument_id))
    for role in (Role.OPERATOR, Role.INSPECTOR):
        client = registry.client(role, subject_id=instrument.subject_id)
        with refused("NOT_PERMITTED"):
            await client.registry.RecordVerification(verify(instrument.instrument_id))


async def test_instruments_are_paged_within_a_bureau(registry: RunningRegistry) -> None:
    owner = await registry.subject(bureau="330110")
    filed = {(await registry.instrument(owner)).instrument_id for _ in range(5)}
    client = registry.client(Role.INSPECTOR, bureau=CITY)
    seen: list[pb.Instrument] = []
    token = ""
    while True:
        page = await client.registry.ListInstruments(
            pb.ListInstrumentsRequest(
                subject_id=owner.subject_id, bureau="330110", page_size=2, page_token=token
            )
        )
        seen += page.instruments
        if not (token := page.next_page_token):
            break
    assert [i.instrument_id for i in seen] == sorted(filed)


async def test_verifications_are_listed_with_their_instruments_within_the_scope(
    registry: RunningRegistry,
) -> None:
    owner = await registry.subject()
    fleet = [await registry.instrument(owner) for _ in range(3)]
    client = registry.client(Role.CASEWORKER, Role.VERIFICATION_INSTITUTION)
    for one in fleet:
        await client.registry.RecordVerification(verify(one.instrument_id))
    request = pb.ListVerificationsRequest(subject_id=owner.subject_id, page_size=2)
    entries: list[pb.VerificationEntry] = []
    assert (await client.registry.ListVerifications(request)).total == 3
    while True:
        page = await client.registry.ListVerifications(request)
        entries += page.verifications
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert {entry.serial_no for entry in entries} == {one.serial_no for one in fleet}
    assert {(e.bureau, e.subject_id) for e in entries} == {(owner.bureau, owner.subject_id)}
    assert {entry.verification.valid_until for entry in entries} == {"2027-02-28"}
    foreign = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    request = pb.ListVerificationsRequest(subject_id=owner.subject_id)
    assert not (await foreign.registry.ListVerifications(request)).verifications
    own = registry.client(Role.OPERATOR, subject_id=owner.subject_id)
    everything = await own.registry.ListVerifications(pb.ListVerificationsRequest())
    assert {entry.subject_id for entry in everything.verifications} == {owner.subject_id}
