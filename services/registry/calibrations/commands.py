"""The commands on certificates of calibration: add one, set one aside, confirm, take back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, InvalidInput, WrongState
from law.identity import document_key, serial_key, stated
from plumbing import characters, validation
from plumbing.archives import plain_name
from plumbing.change import Change
from plumbing.files import StoredFile
from protos.registry.v1 import calibrations_pb2 as pb
from services.registry.calibrations import wire
from services.registry.calibrations.access import find_calibration, find_dcc
from services.registry.calibrations.announcing import announce_dcc, move_dcc
from services.registry.calibrations.as_certificate import certified, reopen_dcc
from services.registry.calibrations.dcc.reading import require_unbroken
from services.registry.calibrations.due import set_due
from services.registry.calibrations.tables import (
    CONFIRMED,
    Calibration,
    CalibrationCycle,
    Dcc,
    DccState,
)
from services.registry.commands.corrections import propose_correction
from services.registry.commands.instrument_details import complete
from services.registry.commands.targets import find_instrument, refuse_any
from services.registry.institutions.reporting import own_institution, require_named
from services.registry.tables import Instrument

CITE = "S2 附件2-1"
LONGEST_OWN_NUMBER = 100  # as in requests


async def add_dcc(
    change: Change, header: pb.DccHeader, *, stored: StoredFile, reading: Mapping[str, Any]
) -> pb.UploadDccResponse:
    """Keeps a certificate with what was read in it. Nothing of it is a fact before a confirmation.

    The same file of the same sender is there once. While it waits, it is read anew each time: there
    may be a schema or an anchor that was not there before. Raises NotPermitted if an institution's
    account names no institution on file.
    """
    await require_named(change.session, change.caller)
    institution = await own_institution(change.session, change.caller)
    bureau = change.caller.bureau
    sent_before = select(Dcc).where(
        Dcc.sha256 == stored.sha256, Dcc.institution == institution, Dcc.bureau == bureau
    )
    row = (await change.session.exec(sent_before.with_for_update())).first()
    known = row is not None and (row.state is not DccState.WAITING or row.reading == reading)
    if row is None:
        row = Dcc(
            dcc_id=uuid4().hex,
            file_name=f"{plain_name(header.file_name.removesuffix('.xml')) or 'dcc'}.xml",
            sha256=stored.sha256,
            size=stored.size,
            institution=institution,
            bureau=bureau,
            uploaded_by=change.on_behalf_of,
            uploaded_at=change.at,
            reading={},
        )
        change.session.add(row)
    if not known:
        row.reading = dict(reading)
        row.version += 1
        after = {"sha256": row.sha256, "certificate": reading["certificate"]["certificate_no"]}
        change.audit("upload_dcc", f"dcc/{row.dcc_id}", after=after, bureau=bureau)
        await announce_dcc(change, row)
    return pb.UploadDccResponse(dcc=wire.dcc(row), findings=wire.findings(row))


async def dismiss_dcc(change: Change, request: pb.DismissDccRequest) -> pb.DismissDccResponse:
    """Sets a certificate aside, with why.

    Raises InvalidInput for a blank ground, NotFound if the caller may see none, and WrongState if
    an item of it is confirmed or it was set aside already.
    """
    _require_ground(request.ground)
    row = await find_dcc(change, request.dcc_id, lock=True)
    if row.state is not DccState.WAITING:
        zh, en = "该证书已经处理", "The certificate does not wait any more"
        raise WrongState(zh, en, state=row.state)
    await _move(change, row, DccState.DISMISSED, "dismiss_dcc", request.ground)
    return pb.DismissDccResponse(dcc=wire.dcc(row))


async def resume_dcc(change: Change, request: pb.ResumeDccRequest) -> pb.ResumeDccResponse:
    """Takes a certificate up again that was set aside, with why: it waits as before.

    Raises InvalidInput for a blank ground, NotFound if the caller may see none, and WrongState if
    it is not set aside.
    """
    _require_ground(request.ground)
    row = await find_dcc(change, request.dcc_id, lock=True)
    if row.state is not DccState.DISMISSED:
        zh, en = "该证书没有搁置", "The certificate is not set aside"
        raise WrongState(zh, en, state=row.state)
    await _move(change, row, DccState.WAITING, "resume_dcc", request.ground)
    return pb.ResumeDccResponse(dcc=wire.dcc(row))


async def _move(change: Change, row: Dcc, state: DccState, action: str, ground: str) -> None:
    before = {"state": row.state.value}
    await move_dcc(change, row, state)
    row.ground = ground.strip()
    after, object_ = {"state": row.state.value}, f"dcc/{row.dcc_id}"
    change.audit(action, object_, before=before, after=after, ground=row.ground, bureau=row.bureau)


def _require_ground(given: str) -> None:
    # One without a ground counts as in force.
    if not given.strip():
        refuse_any([Fault("ground", "必填", "required")])


def needs_ground(row: Dcc) -> bool:
    """Returns whether a certificate has faults, so that whoever confirms it says on what."""
    return any(not one["hint"] for one in row.reading["findings"])


async def confirm_calibration(
    change: Change, request: pb.ConfirmCalibrationRequest
) -> pb.ConfirmCalibrationResponse:
    """Makes an item of a certificate a calibration of an instrument. It is no verification.

    The owner's number in the certificate completes an instrument that is on file without one; to
    correct another one by it is proposed to a caseworker, unless a caseworker confirms it.

    Raises NotFound for what the caller may not see, AlreadyExists for an item that is confirmed,
    WrongState for a certificate that was set aside, changed after it was signed or certifies a
    verification of the instrument, and InvalidInput for an item that there is not, a day to come,
    or what lacks its ground.
    """
    row = await find_dcc(change, request.dcc_id, lock=True)
    _require_usable(row)
    item = _item(row, request.item)
    instrument = await find_instrument(change, request.instrument_id)
    await _require_unconfirmed(change, row, request.item)
    if instrument.instrument_id in await certified(change.session, row):
        zh, en = "该证书是这件器具的检定证书", "It is the certificate of a verification of it"
        raise WrongState(zh, en, instrument_id=instrument.instrument_id)
    calibration = _calibration(change, request, row, instrument)
    faults = _faults(change, request, row, item, instrument, calibration)
    refuse_any(faults)
    change.session.add(calibration)
    await move_dcc(change, row, DccState.CONFIRMED)
    await change.session.flush()
    await set_due(change, instrument.instrument_id)
    said = _own_number(item)
    others = await complete(change, instrument, said, calibration.certificate_no)
    change.audit(
        "confirm_calibration",
        f"calibration/{calibration.calibration_id}",
        after=calibration.model_dump(mode="json"),
        ground=calibration.ground or CITE,
        bureau=instrument.bureau,
    )
    correction = await propose_correction(
        change, instrument, others, calibration.certificate_no, change.caller
    )
    return pb.ConfirmCalibrationResponse(
        calibration=wire.calibration(calibration, instrument),
        differing=others,
        correction=correction,
    )


def _own_number(item: Mapping[str, Any]) -> Mapping[str, str]:
    """The owner's number of an item; of several nobody knows which one is its number."""
    numbers = [*filter(None, map(stated, item["owner_nos"]))]
    if len(numbers) != 1 or len(numbers[0]) > LONGEST_OWN_NUMBER or characters.barred(numbers[0]):
        return {}
    return {"owner_no": numbers[0]}


def _require_usable(row: Dcc) -> None:
    if row.state is DccState.DISMISSED:
        zh, en = "该证书已经搁置", "The certificate was set aside"
        raise WrongState(zh, en, state=row.state)
    require_unbroken(row.reading)


def _item(row: Dcc, number: int) -> Mapping[str, Any]:
    items: list[dict[str, Any]] = row.reading["items"]
    if number > len(items):
        zh, en = f"证书只有 {len(items)} 项", f"the certificate has {len(items)} items"
        raise InvalidInput(faults=[Fault("item", zh, en)])
    return items[number - 1]


async def _require_unconfirmed(change: Change, row: Dcc, item: int) -> None:
    confirmed = select(Calibration).where(
        Calibration.dcc_id == row.dcc_id, col(Calibration.item) == item, sa.text(CONFIRMED)
    )
    present = (await change.session.exec(confirmed)).first()
    if present is not None:
        zh, en = "这一项已经确认", "This item is confirmed already"
        raise AlreadyExists(zh, en, calibration_id=present.calibration_id)


def _calibration(
    change: Change, request: pb.ConfirmCalibrationRequest, row: Dcc, instrument: Instrument
) -> Calibration:
    said = row.reading["certificate"]
    number = request.certificate_no.strip() or said["certificate_no"]
    written = request.calibrated_on or said["calibrated_on"]
    if not written:
        zh, en = "证书没有写明校准完成的日期，请填写", "the certificate does not say; write the day"
        raise InvalidInput(faults=[Fault("calibrated_on", zh, en)])
    calibrated_on = validation.day(written, "calibrated_on")
    assert calibrated_on is not None  # noqa: S101 - it is not empty
    return Calibration(
        calibration_id=uuid4().hex,
        instrument_id=instrument.instrument_id,
        dcc_id=row.dcc_id,
        item=request.item,
        certificate_no=number,
        certificate_key=document_key(number),
        laboratory=request.laboratory.strip() or said["laboratory"],
        calibrated_on=calibrated_on,
        issued_on=date.fromisoformat(said["issued_on"]) if said["issued_on"] else None,
        conformity=said["conformity"],
        conditions=row.reading["conditions"],
        signature=row.reading["signature"]["state"],
        confirmed_by=change.on_behalf_of,
        confirmed_at=change.at,
        ground=request.ground.strip(),
        version=1,
    )


def _faults(
    change: Change,
    request: pb.ConfirmCalibrationRequest,
    row: Dcc,
    item: Mapping[str, Any],
    instrument: Instrument,
    calibration: Calibration,
) -> list[Fault]:
    faults = []
    if calibration.calibrated_on > change.today:
        faults.append(Fault("calibrated_on", "不得晚于今天", "must not be after today"))
    for name in ("certificate_no", "laboratory"):
        if not getattr(calibration, name):
            zh, en = "证书没有写明，请填写", "the certificate does not say; write it"
            faults.append(Fault(name, zh, en))
    if not calibration.ground:
        faults += [
            Fault("ground", f"{zh}，请写明确认的依据", f"{en}; say on what it is confirmed")
            for zh, en in _to_be_grounded(request, row, item, instrument)
        ]
    return faults


def _to_be_grounded(
    request: pb.ConfirmCalibrationRequest,
    row: Dcc,
    item: Mapping[str, Any],
    instrument: Instrument,
) -> list[tuple[str, str]]:
    """What has to be grounded: faults of the file, and what is not as the certificate says."""
    found = []
    if needs_ground(row):
        found.append(("证书文件有错误", "the file has faults"))
    if instrument.serial_key not in {serial_key(one) for one in item["serial_nos"]} - {""}:
        found.append(("器具的出厂编号与证书上的不同", "the serial number is not the item's"))
    said = row.reading["certificate"]
    for name in ("certificate_no", "laboratory", "calibrated_on"):
        given = getattr(request, name).strip()
        if given and said[name] and given != said[name]:
            found.append(("所填与证书上的不同", f"{name} is not as the certificate says"))
    return found


async def withdraw_calibration(
    change: Change, request: pb.WithdrawCalibrationRequest
) -> pb.WithdrawCalibrationResponse:
    """Takes a confirmed calibration back, with why; its item can be confirmed anew.

    Raises InvalidInput for a blank ground, NotFound if the caller may see none, and WrongState if
    it was taken back already.
    """
    _require_ground(request.ground)
    row, instrument = await find_calibration(change, request.calibration_id)
    if row.withdrawn_ground:
        raise WrongState("该校准记录已经撤回", "The calibration was taken back already")
    before = row.model_dump(mode="json")
    row.withdrawn_ground, row.due_on = request.ground.strip(), None
    row.version += 1
    await change.session.flush()
    await set_due(change, row.instrument_id)
    dcc = await change.session.get_one(Dcc, row.dcc_id, with_for_update=True)
    await reopen_dcc(change, dcc, row.withdrawn_ground)
    change.audit(
        "withdraw_calibration",
        f"calibration/{row.calibration_id}",
        before=before,
        after=row.model_dump(mode="json"),
        ground=row.withdrawn_ground,
        bureau=instrument.bureau,
    )
    return pb.WithdrawCalibrationResponse(calibration=wire.calibration(row, instrument))


async def set_calibration_cycle(
    change: Change, request: pb.SetCalibrationCycleRequest
) -> pb.SetCalibrationCycleResponse:
    """Sets the owner's own cycle of an instrument in months, from its latest calibration on.

    The law sets none for instruments that are not verified by compulsion. Raises NotFound for an
    unknown instrument and NotPermitted for that of another owner.
    """
    instrument = await find_instrument(change, request.instrument_id)
    key = instrument.instrument_id
    row = await change.session.get(CalibrationCycle, key, with_for_update=True)
    before = row.months if row else 0
    if row is None:
        row = CalibrationCycle(instrument_id=key, months=0, set_by="", set_at=change.at)
        change.session.add(row)
    row.months, row.set_by, row.set_at = request.months, change.on_behalf_of, change.at
    await change.session.flush()
    due = await set_due(change, key)
    change.audit(
        "set_calibration_cycle",
        f"instrument/{key}",
        before={"months": before},
        after={"months": row.months},
        ground=CITE,
        bureau=instrument.bureau,
    )
    return pb.SetCalibrationCycleResponse(
        instrument_id=key, months=row.months, due_on=due.isoformat() if due else ""
    )
