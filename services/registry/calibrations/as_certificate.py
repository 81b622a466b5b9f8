"""A DCC as the certificate of a verification, which a person of the institution records.

It is no verification by itself: result, validity and regulation are the person's, and what is
recorded of number, day and instrument has to be as the certificate says. For an instrument it is
the certificate of a verification or of a calibration, never of both.
"""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, NotFound, WrongState
from law.identity import document_key, serial_key
from plumbing.change import Change
from plumbing.file_kinds import FileKind
from plumbing.short_ids import find_by_id
from services.registry.calibrations.access import find_dcc
from services.registry.calibrations.announcing import move_dcc
from services.registry.calibrations.dcc.reading import require_unbroken
from services.registry.calibrations.tables import CONFIRMED, Calibration, Dcc, DccState
from services.registry.commands.targets import refuse_any
from services.registry.tables import CertificateFile, Instrument, Verification
from services.registry.validation import VerificationContent


async def certificate_of_result(
    change: Change,
    dcc_id: str,
    content: VerificationContent,
    instrument: Instrument,
    *,
    proposed: bool = False,
) -> Dcc:
    """Returns the certificate that a result names, if the result is as it says.

    Whoever releases a `proposed` result need not be able to see it: who proposed it was.

    Raises NotFound if the caller may see none, WrongState for one that was set aside, changed after
    it was signed or confirmed as a calibration of the instrument, and InvalidInput for another
    number, day or instrument than it states.
    """
    row = await (_named(change, dcc_id) if proposed else find_dcc(change, dcc_id, lock=True))
    if row.state is DccState.DISMISSED:
        raise WrongState("该证书已经搁置", "The certificate was set aside", state=row.state)
    require_unbroken(row.reading)
    calibrated = select(Calibration.calibration_id).where(
        Calibration.dcc_id == row.dcc_id,
        Calibration.instrument_id == instrument.instrument_id,
        sa.text(CONFIRMED),
    )
    if (await change.session.exec(calibrated)).first():
        zh = "该证书已确认为这件器具的校准；校准不是检定，要作为检定证书的，先撤回那次校准"
        en = "It is confirmed as a calibration, which is no verification; take that back first"
        raise WrongState(zh, en, dcc_id=row.dcc_id)
    refuse_any(_differing(row, content, instrument))
    return row


async def _named(change: Change, dcc_id: str) -> Dcc:
    row = await find_by_id(change.session, Dcc, dcc_id, lock=True)
    if row is None:
        raise NotFound("没有该校准证书", "There is no such certificate", dcc_id=dcc_id)
    return row


def _differing(row: Dcc, content: VerificationContent, instrument: Instrument) -> list[Fault]:
    said, faults = row.reading["certificate"], []
    if document_key(content.certificate_no) != document_key(said["certificate_no"]):
        zh = f"与 DCC 上的证书编号不同：{said['certificate_no'] or '没有写明'}"
        en = f"the DCC has another number: {said['certificate_no'] or 'none'}"
        faults.append(Fault("verification.certificate_no", zh, en))
    if content.verified_on.isoformat() != said["calibrated_on"]:
        zh = f"与 DCC 上的完成日期不同：{said['calibrated_on'] or '没有写明'}"
        en = f"the DCC has another day of completion: {said['calibrated_on'] or 'none'}"
        faults.append(Fault("verification.verified_on", zh, en))
    if instrument.serial_key not in numbers_of(row):
        zh = f"DCC 里没有出厂编号为 {instrument.serial_no} 的器具"
        en = f"no item of the DCC has the serial number {instrument.serial_no}"
        faults.append(Fault("dcc_id", zh, en))
    if content.certificate_sha256 not in ("", row.sha256):
        zh, en = "不是这份 DCC 的 SHA-256", "is not the SHA-256 of this DCC"
        faults.append(Fault("verification.certificate_sha256", zh, en))
    return faults


def numbers_of(row: Dcc) -> set[str]:
    """Returns the serial numbers of all items of a certificate, as they are compared."""
    items = row.reading["items"]
    return {serial_key(one) for item in items for one in item["serial_nos"]} - {""}


async def add_file(change: Change, row: Dcc, result: Verification) -> None:
    """Makes a certificate the file in force of a new result, and confirms it by that."""
    file = CertificateFile(
        certificate_id=uuid4().hex,
        verification_id=result.verification_id,
        version=1,
        sha256=row.sha256,
        size=row.size,
        kind=FileKind.DCC.value,
        file_name=row.file_name,
        uploaded_by=change.on_behalf_of,
        uploaded_at=change.at,
    )
    change.session.add(file)
    object_ = f"verification/{result.verification_id}"
    change.audit("upload_certificate", object_, after=file.model_dump(mode="json"))
    await move_dcc(change, row, DccState.CONFIRMED)


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
