"""A DCC as the certificate of a verification, which a person of the institution records.

It is no verification by itself: result, validity and regulation are the person's, and what is
recorded of number, day and instrument has to be as the certificate says. For an instrument it is
the certificate of a verification or of a calibration, never of both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, NotFound, WrongState
from law.identity import document_key, folded, serial_key
from plumbing.change import Change
from plumbing.file_kinds import FileKind
from plumbing.short_ids import find_by_id
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as registry
from services.registry.announce_changes import Cause, save_verifications
from services.registry.calibrations.access import find_dcc
from services.registry.calibrations.announcing import move_dcc
from services.registry.calibrations.dcc.reading import require_unbroken
from services.registry.calibrations.tables import CONFIRMED, Calibration, Dcc, DccState
from services.registry.commands.targets import refuse_any
from services.registry.tables import CertificateFile, Instrument, Verification
from services.registry.validation import VerificationContent

# Where what a result says stands in the request that records it.
_IN_REQUEST = {
    "certificate_no": "verification.certificate_no",
    "verified_on": "verification.verified_on",
    "certificate_sha256": "verification.certificate_sha256",
    "dcc": "dcc_id",
    "dcc_ground": "dcc_ground",
}


async def certificate_of_result(
    change: Change,
    request: registry.RecordVerificationRequest,
    content: VerificationContent,
    instrument: Instrument,
    *,
    own: bool,
    proposed: bool = False,
) -> Dcc | None:
    """Returns the certificate that a result names, if the result is as it says; None without one.

    `own` results are reported by their institution; anybody else says why it names a certificate
    that is not the institution's. Whoever releases a `proposed` result need not be able to see the
    certificate, nor say why: who proposed it was, and did.

    Raises NotFound if the caller may see none, WrongState for one that was set aside, changed after
    it was signed or confirmed as a calibration of the instrument, and InvalidInput for another
    number, day or instrument than it states, or a missing ground.
    """
    if not (dcc_id := request.dcc_id):
        return None
    row = await (_named(change, dcc_id) if proposed else find_dcc(change, dcc_id, lock=True))
    of_it = Calibration.instrument_id == instrument.instrument_id
    calibrated = await calibrated_by(change.session, [row.sha256], of_it)
    require_usable(row, calibrated=bool(calibrated))
    faults = differing(row, content.certificate_no, content.verified_on, instrument.serial_no)
    if content.certificate_sha256 not in ("", row.sha256):
        zh, en = "不是这份 DCC 的 SHA-256", "is not the SHA-256 of this DCC"
        faults.append(Fault("certificate_sha256", zh, en))
    if not (own or proposed or request.dcc_ground.strip()):
        faults += _of_another(row, content.institution)
    refuse_any([replace(one, field=_IN_REQUEST.get(one.field, one.field)) for one in faults])
    return row


def _of_another(row: Dcc, institution: str) -> list[Fault]:
    """A fault that asks for a ground, if a certificate is not that of a result's institution."""
    if not (whose := owner_but(row, institution)):
        return []
    zh = f"这份 DCC 是{whose[0]}的，不是作出检定的机构的；请写明为什么用它"
    en = f"the DCC is of {whose[1]}, not of the institution of the result: say why it is used"
    return [Fault("dcc_ground", zh, en)]


def owner_but(row: Dcc, institution: str) -> tuple[str, str] | None:
    """Returns whose a certificate is, in both languages; None if it is that of an institution.

    It is that of who sent it, or, if a bureau did, that of the laboratory that it names.
    """
    name = row.institution or row.reading["certificate"]["laboratory"]
    if folded(name) == folded(institution):
        return None
    return (f"“{name}”", name) if name else ("未写明的实验室", "a laboratory that it does not name")


def note_ground(
    change: Change,
    row: Dcc | None,
    request: registry.RecordVerificationRequest,
    result: Verification,
) -> None:
    """Audits why somebody names a certificate for a result, if they said so."""
    if row and (ground := request.dcc_ground.strip()):
        after = {"verification_id": result.verification_id}
        change.audit("name_dcc", f"dcc/{row.dcc_id}", after=after, ground=ground, bureau=row.bureau)


async def calibrated_by(
    session: AsyncSession, sha256s: Collection[str], *which: Any
) -> set[tuple[str, str]]:
    """Returns which files are confirmed as calibrations of which instruments, whoever sent them."""
    confirmed = (
        select(Dcc.sha256, Calibration.instrument_id)
        .join(Calibration, col(Calibration.dcc_id) == Dcc.dcc_id)
        .where(col(Dcc.sha256).in_(sha256s), sa.text(CONFIRMED), *which)
    )
    return set((await session.exec(confirmed)).all())


def refuse_calibrated(**details: Any) -> NoReturn:
    """Raises WrongState for a file that is confirmed as a calibration of the instrument."""
    zh = "该证书已确认为这件器具的校准；校准不是检定，要作为检定证书的，先撤回那次校准"
    en = "It is confirmed as a calibration, which is no verification; take that back first"
    raise WrongState(zh, en, **details)


def require_usable(row: Dcc, *, calibrated: bool) -> None:
    """Raises WrongState for a certificate that was set aside or changed after it was signed.

    Also for one that is confirmed as a calibration of the instrument, which is `calibrated` then.
    """
    if row.state is DccState.DISMISSED:
        raise WrongState("该证书已经搁置", "The certificate was set aside", state=row.state)
    require_unbroken(row.reading)
    if calibrated:
        refuse_calibrated(dcc_id=row.dcc_id)


async def _named(change: Change, dcc_id: str) -> Dcc:
    row = await find_by_id(change.session, Dcc, dcc_id, lock=True)
    if row is None:
        raise NotFound("没有该校准证书", "There is no such certificate", dcc_id=dcc_id)
    return row


def differing(row: Dcc, number: str, verified_on: date, serial_no: str) -> list[Fault]:
    """Returns a fault for what a certificate states otherwise: number, day, serial number."""
    said, faults = row.reading["certificate"], []
    if document_key(number) != document_key(said["certificate_no"]):
        zh = f"与 DCC 上的证书编号不同：{said['certificate_no'] or '没有写明'}"
        en = f"the DCC has another number: {said['certificate_no'] or 'none'}"
        faults.append(Fault("certificate_no", zh, en))
    if verified_on.isoformat() != said["calibrated_on"]:
        zh = f"与 DCC 上的完成日期不同：{said['calibrated_on'] or '没有写明'}"
        en = f"the DCC has another day of completion: {said['calibrated_on'] or 'none'}"
        faults.append(Fault("verified_on", zh, en))
    if serial_key(serial_no) not in numbers_of(row):
        zh = f"DCC 里没有出厂编号为 {serial_no} 的器具"
        en = f"no item of the DCC has the serial number {serial_no}"
        faults.append(Fault("dcc", zh, en))
    return faults


def numbers_of(row: Dcc) -> set[str]:
    """Returns the serial numbers of all items of a certificate, as they are compared."""
    items = row.reading["items"]
    return {serial_key(one) for item in items for one in item["serial_nos"]} - {""}


async def add_file(change: Change, row: Dcc, result: Verification) -> None:
    """Makes a certificate the first file of a result, and confirms it by that.

    The file is from whoever sent the certificate, also where a unit head releases the result.
    """
    file = CertificateFile(
        certificate_id=uuid4().hex,
        verification_id=result.verification_id,
        version=1,
        sha256=row.sha256,
        size=row.size,
        kind=FileKind.DCC.value,
        file_name=row.file_name,
        uploaded_by=row.uploaded_by,
        uploaded_at=change.at,
    )
    change.session.add(file)
    instrument = await change.session.get_one(Instrument, result.instrument_id)
    uploaded = events.CertificateUploaded(verification_id=result.verification_id, version=1)
    owner = f"subject/{instrument.subject_id}"
    await change.announce(uploaded, aggregate=owner, bureau=instrument.bureau)
    object_ = f"verification/{result.verification_id}"
    change.audit("upload_certificate", object_, after=file.model_dump(mode="json"))
    await move_dcc(change, row, DccState.CONFIRMED)


async def certify(change: Change, row: Dcc, results: Sequence[Verification], sent_on: date) -> None:
    """Confirms a certificate as that of results on file, whose file it becomes if they have none.

    `sent_on` is the day on which it was sent, also where a unit head releases it later. A result
    with another file must not be among them.
    """
    for result in results:
        await change.session.refresh(result, with_for_update=True)
        if not await _has_file(change.session, result):
            has = {
                "certificate_sha256": row.sha256,
                "certificate_on": result.certificate_on or sent_on,
            }
            if result.model_dump(include={*has}) != has:  # the row of a file says so already
                result.sqlmodel_update(has)
                await save_verifications(change, [result], Cause(events.CAUSE_ENTERED))
            await add_file(change, row, result)
    if results and row.state is not DccState.CONFIRMED:
        before = {"state": row.state.value}
        await move_dcc(change, row, DccState.CONFIRMED)
        after, object_ = {"state": row.state.value}, f"dcc/{row.dcc_id}"
        change.audit("confirm_dcc", object_, before=before, after=after, bureau=row.bureau)


async def _has_file(session: AsyncSession, result: Verification) -> bool:
    files = select(CertificateFile.certificate_id).where(
        CertificateFile.verification_id == result.verification_id
    )
    return (await session.exec(files.limit(1))).first() is not None


async def reopen_replaced(change: Change, sha256: str, ground: str) -> None:
    """Lets the certificates wait again that were only that of a result, and no longer are."""
    sent = select(Dcc).where(Dcc.sha256 == sha256).order_by(col(Dcc.dcc_id))
    for row in (await change.session.exec(sent.with_for_update())).all():
        await reopen_dcc(change, row, ground)


async def reopen_dcc(change: Change, row: Dcc, ground: str) -> None:
    """Lets a certificate wait again of which nothing is confirmed any more, and audits that."""
    if row.state is not DccState.CONFIRMED or await certified(change.session, row):
        return
    left = select(Calibration.calibration_id).where(
        Calibration.dcc_id == row.dcc_id, sa.text(CONFIRMED)
    )
    if (await change.session.exec(left)).first():
        return
    before = {"state": row.state.value}
    await move_dcc(change, row, DccState.WAITING)
    after = {"state": row.state.value}
    object_, bureau = f"dcc/{row.dcc_id}", row.bureau
    change.audit("reopen_dcc", object_, before=before, after=after, ground=ground, bureau=bureau)


async def certified(session: AsyncSession, row: Dcc) -> dict[str, str]:
    """Returns the verifications whose certificate in force this one is, by their instruments."""
    of_file = (
        select(Verification.instrument_id, Verification.verification_id)
        .join(CertificateFile, col(CertificateFile.verification_id) == Verification.verification_id)
        .where(
            CertificateFile.sha256 == row.sha256,
            col(CertificateFile.superseded_at).is_(None),
            sa.not_(col(Verification.removed)),
        )
    )
    return dict((await session.exec(of_file)).all())
