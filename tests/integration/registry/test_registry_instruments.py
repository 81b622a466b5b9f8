"""Instruments and their verifications: filed, used, verified, seen."""

from __future__ import annotations

from typing import Any

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.offices import (
    CITY,
    DISTRICT,
    FOREIGN,
    Desk,
    Office,
    put_instrument,
    refused,
    verify,
)


def changed(instrument: pb.Instrument, **said: Any) -> pb.PutInstrumentRequest:
    """A request that changes an instrument as it was last read."""
    wanted = pb.Instrument()
    wanted.CopyFrom(instrument)
    for name, value in said.items():
        setattr(wanted, name, value)
    return pb.PutInstrumentRequest(request_id=new_request_id(), instrument=wanted)


async def set_state(desk: Desk, instrument_id: str, state: str) -> pb.Instrument:
    request = pb.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=instrument_id, state=state
    )
    return (await desk.registry.SetInstrumentState(request)).instrument


async def read(desk: Desk, instrument_id: str) -> pb.GetInstrumentResponse:
    return await desk.registry.GetInstrument(pb.GetInstrumentRequest(instrument_id=instrument_id))


async def test_an_instrument_is_filed_as_spare_under_its_owner(office: Office) -> None:
    owner = await office.subject()
    desk = office.desk(Role.OPERATOR, subject_id=owner.subject_id)
    filed = (await desk.registry.PutInstrument(put_instrument(owner.subject_id))).instrument
    assert (filed.state, filed.spell, filed.bureau) == ("spare", 0, DISTRICT)
    event = (await office.said(f"subject/{owner.subject_id}"))[-1]
    assert isinstance(event, events.InstrumentsChanged)
    assert list(event.instruments) == [filed]
    [entry] = await office.audited(f"instrument/{filed.instrument_id}")
    assert (entry.action, entry.before) == ("file_instrument", None)
    with refused("INVALID_INPUT", "instrument.state"):
        await desk.registry.PutInstrument(put_instrument(owner.subject_id, state="in_use"))


async def test_filing_twice_by_one_request_files_once(office: Office) -> None:
    owner = await office.subject()
    desk = office.desk(Role.INTEGRATOR)
    request = put_instrument(owner.subject_id)
    first = await desk.registry.PutInstrument(request)
    assert await desk.registry.PutInstrument(request) == first
    listed = await desk.registry.ListInstruments(
        pb.ListInstrumentsRequest(subject_id=owner.subject_id)
    )
    assert list(listed.instruments) == [first.instrument]


async def test_an_instrument_is_changed_by_whoever_read_it_last(office: Office) -> None:
    instrument = await office.instrument()
    desk = office.desk(Role.CASEWORKER)
    answer = await desk.registry.PutInstrument(changed(instrument, location="2号位"))
    assert (answer.instrument.location, answer.instrument.version) == ("2号位", 2)
    with refused("WRONG_STATE"):
        await desk.registry.PutInstrument(changed(instrument, location="3号位"))
    same = await desk.registry.PutInstrument(changed(answer.instrument))
    assert same.instrument.version == 2
    with refused("INVALID_INPUT", "instrument.rotate_on"):
        await desk.registry.PutInstrument(changed(answer.instrument, rotate_on="2026-02-30"))
    with refused("NOT_FOUND"):
        await desk.registry.PutInstrument(changed(instrument, instrument_id="nothing"))
    with refused("NOT_FOUND"):
        await desk.registry.PutInstrument(put_instrument("nobody"))


async def test_a_sold_instrument_goes_with_its_new_owners_bureau(office: Office) -> None:
    instrument = await office.instrument()
    buyer = await office.subject(bureau="330110")
    seller = office.desk(Role.OPERATOR, subject_id=instrument.subject_id)
    with refused("NOT_PERMITTED"):
        await seller.registry.PutInstrument(changed(instrument, subject_id=buyer.subject_id))
    city = office.desk(Role.CASEWORKER, bureau=CITY)
    answer = await city.registry.PutInstrument(changed(instrument, subject_id=buyer.subject_id))
    assert answer.instrument.bureau == "330110"
    assert list((await office.said(f"subject/{buyer.subject_id}"))[-1].instruments) == [
        answer.instrument
    ]


async def test_the_same_type_and_serial_elsewhere_is_information(office: Office) -> None:
    first = await office.instrument()
    second = await office.instrument(serial_no=first.serial_no)
    other_type = await office.instrument(serial_no=first.serial_no, type_code="NAWI-D")
    assert (second.repeated_serial, other_type.repeated_serial) == (True, False)
    desk = office.desk(Role.CASEWORKER)
    marked = (await read(desk, first.instrument_id)).instrument
    assert (marked.repeated_serial, marked.version) == (True, 2)
    assert list((await office.said(f"subject/{first.subject_id}"))[-1].instruments) == [marked]
    [entry] = await office.audited(f"instrument/{second.instrument_id}")
    assert entry.after
    assert entry.after["remarked"] == [first.instrument_id]
    listed = await desk.registry.ListInstruments(
        pb.ListInstrumentsRequest(repeated_serial=True, page_size=1000)
    )
    assert {first.instrument_id, second.instrument_id} <= {
        instrument.instrument_id for instrument in listed.instruments
    }
    await desk.registry.PutInstrument(changed(second, serial_no=f"{first.serial_no}-2"))
    for one in (first, second):
        assert not (await read(desk, one.instrument_id)).instrument.repeated_serial


async def test_each_coming_into_use_is_a_new_spell_and_scrapped_is_final(office: Office) -> None:
    instrument = await office.instrument()
    desk = office.desk(Role.OPERATOR, subject_id=instrument.subject_id)
    steps = [
        (state, (await set_state(desk, instrument.instrument_id, state)).spell)
        for state in ("in_use", "in_use", "stopped", "in_use", "spare", "scrapped")
    ]
    assert [spell for _, spell in steps] == [1, 1, 1, 2, 2, 2]
    with refused("WRONG_STATE"):
        await set_state(desk, instrument.instrument_id, "in_use")
    told = await office.said(f"subject/{instrument.subject_id}")
    states = [event.instruments[0].state for event in told if hasattr(event, "instruments")]
    assert states == ["spare", "in_use", "stopped", "in_use", "spare", "scrapped"]
    entries = await office.audited(f"instrument/{instrument.instrument_id}")
    assert len(entries) == len(states)


async def test_a_first_pass_puts_a_spare_instrument_into_use(office: Office) -> None:
    instrument = await office.instrument()
    desk = office.desk(Role.VERIFICATION_INSTITUTION)
    rejected = await desk.registry.RecordVerification(
        verify(instrument.instrument_id, result="reject", valid_until="")
    )
    assert rejected.instrument.state == "spare"
    passed = await desk.registry.RecordVerification(verify(instrument.instrument_id))
    assert (passed.instrument.state, passed.instrument.spell) == ("in_use", 1)
    told = (await office.said(f"subject/{instrument.subject_id}"))[-2:]
    assert list(told[0].verifications) == [passed.verification]
    assert list(told[1].instruments) == [passed.instrument]
    await set_state(office.desk(Role.CASEWORKER), instrument.instrument_id, "spare")
    again = await desk.registry.RecordVerification(verify(instrument.instrument_id))
    assert (again.instrument.state, again.instrument.spell) == ("spare", 1)


async def test_the_verifications_of_an_instrument_come_newest_first(office: Office) -> None:
    instrument = await office.instrument()
    desk = office.desk(Role.CASEWORKER)
    for day, result in (
        ("2026-03-01", "reject"),
        ("2026-05-01", "pass"),
        ("2026-04-01", "repaired"),
    ):
        valid_until = "2026-10-31" if result == "pass" else ""
        await desk.registry.RecordVerification(
            verify(
                instrument.instrument_id, verified_on=day, result=result, valid_until=valid_until
            )
        )
    read_back = await read(desk, instrument.instrument_id)
    assert [v.verified_on for v in read_back.verifications] == [
        "2026-05-01",
        "2026-04-01",
        "2026-03-01",
    ]


@pytest.mark.parametrize("result", ["reject", "repaired", "pending"])
async def test_only_a_pass_is_valid_until_a_day(office: Office, result: str) -> None:
    instrument = await office.instrument()
    desk = office.desk(Role.CASEWORKER)
    with refused("INVALID_INPUT", "verification.valid_until"):
        await desk.registry.RecordVerification(verify(instrument.instrument_id, result=result))


async def test_a_pass_says_until_when_unless_its_type_is_only_verified_first(
    office: Office,
) -> None:
    owner = await office.subject()
    desk = office.desk(Role.CASEWORKER)
    for type_code in ("FUEL", "不在目录内的器具"):
        periodic = await office.instrument(owner, type_code=type_code)
        with refused("INVALID_INPUT", "verification.valid_until"):
            await desk.registry.RecordVerification(verify(periodic.instrument_id, valid_until=""))
    meter = await office.instrument(owner, type_code="WATER-S25", rotate_on="2032-09-01")
    answer = await desk.registry.RecordVerification(verify(meter.instrument_id, valid_until=""))
    assert (answer.verification.valid_until, answer.instrument.state) == ("", "in_use")


async def test_the_dates_of_a_verification_must_be_possible(office: Office) -> None:
    instrument = await office.instrument()
    desk = office.desk(Role.CASEWORKER)
    for said, field in (
        ({"verified_on": "2026-09-15"}, "verified_on"),
        ({"verified_on": "2026-02-30"}, "verified_on"),
        ({"valid_until": "2026-08-31"}, "valid_until"),
    ):
        with refused("INVALID_INPUT", f"verification.{field}"):
            await desk.registry.RecordVerification(verify(instrument.instrument_id, **said))
    today = verify(instrument.instrument_id, verified_on="2026-09-14", valid_until="2026-09-14")
    await desk.registry.RecordVerification(today)
    with refused("NOT_FOUND"):
        await desk.registry.RecordVerification(verify("nothing"))


async def test_a_certificate_told_again_is_answered_and_another_under_its_number_refused(
    office: Office,
) -> None:
    instrument = await office.instrument()
    desk = office.desk(Role.INTEGRATOR)
    request = verify(instrument.instrument_id)
    first = await desk.registry.RecordVerification(request)
    request.request_id = new_request_id()
    assert (await desk.registry.RecordVerification(request)).verification == first.verification
    request.request_id = new_request_id()
    request.verification.valid_until = "2028-01-01"
    with refused("ALREADY_EXISTS") as refusals:
        await desk.registry.RecordVerification(request)
    assert refusals[0].facts["verification_id"] == first.verification.verification_id
    request.verification.institution = "另一合成检定院"
    await desk.registry.RecordVerification(request)
    assert len((await read(desk, instrument.instrument_id)).verifications) == 2


async def test_certificates_without_a_number_do_not_collide(office: Office) -> None:
    desk = office.desk(Role.CASEWORKER)
    for _ in range(2):
        instrument = await office.instrument()
        await desk.registry.RecordVerification(verify(instrument.instrument_id, certificate_no=""))


async def test_strangers_neither_see_nor_touch_an_instrument(office: Office) -> None:
    instrument = await office.instrument()
    other = await office.subject()
    operator = office.desk(Role.OPERATOR, subject_id=other.subject_id)
    foreign = office.desk(Role.CASEWORKER, bureau=FOREIGN)
    for desk in (operator, foreign):
        with refused("NOT_PERMITTED"):
            await read(desk, instrument.instrument_id)
        with refused("NOT_PERMITTED"):
            await set_state(desk, instrument.instrument_id, "in_use")
        with refused("NOT_PERMITTED"):
            await desk.registry.PutInstrument(changed(instrument, location="x"))
        listed = await desk.registry.ListInstruments(
            pb.ListInstrumentsRequest(subject_id=instrument.subject_id)
        )
        assert not listed.instruments
    with refused("NOT_PERMITTED"):
        await foreign.registry.RecordVerification(verify(instrument.instrument_id))
    for role in (Role.OPERATOR, Role.INSPECTOR):
        desk = office.desk(role, subject_id=instrument.subject_id)
        with refused("NOT_PERMITTED"):
            await desk.registry.RecordVerification(verify(instrument.instrument_id))


async def test_instruments_are_paged_within_a_bureau(office: Office) -> None:
    owner = await office.subject(bureau="330110")
    filed = {(await office.instrument(owner)).instrument_id for _ in range(5)}
    desk = office.desk(Role.INSPECTOR, bureau=CITY)
    seen: list[pb.Instrument] = []
    token = ""
    while True:
        page = await desk.registry.ListInstruments(
            pb.ListInstrumentsRequest(
                subject_id=owner.subject_id, bureau="330110", page_size=2, page_token=token
            )
        )
        seen += page.instruments
        if not (token := page.next_page_token):
            break
    assert [i.instrument_id for i in seen] == sorted(filed)


async def test_verifications_are_listed_with_their_instruments_within_the_scope(
    office: Office,
) -> None:
    owner = await office.subject()
    fleet = [await office.instrument(owner) for _ in range(3)]
    desk = office.desk(Role.CASEWORKER, Role.VERIFICATION_INSTITUTION)
    for one in fleet:
        await desk.registry.RecordVerification(verify(one.instrument_id))
    wanted = pb.ListVerificationsRequest(subject_id=owner.subject_id, page_size=2)
    found: list[pb.VerificationEntry] = []
    assert (await desk.registry.ListVerifications(wanted)).total == 3
    while True:
        page = await desk.registry.ListVerifications(wanted)
        found += page.verifications
        wanted.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert {entry.serial_no for entry in found} == {one.serial_no for one in fleet}
    assert {(e.bureau, e.subject_id) for e in found} == {(owner.bureau, owner.subject_id)}
    assert {entry.verification.valid_until for entry in found} == {"2027-02-28"}
    foreign = office.desk(Role.CASEWORKER, bureau=FOREIGN)
    wanted = pb.ListVerificationsRequest(subject_id=owner.subject_id)
    assert not (await foreign.registry.ListVerifications(wanted)).verifications
    own = office.desk(Role.OPERATOR, subject_id=owner.subject_id)
    everything = await own.registry.ListVerifications(pb.ListVerificationsRequest())
    assert {entry.subject_id for entry in everything.verifications} == {owner.subject_id}
