"""The command that adds the file of a certificate to a verification."""

from __future__ import annotations

import re
import unicodedata
from uuid import uuid4

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, WrongState
from plumbing.change import Change
from plumbing.files import StoredFile
from protos.registry.v1 import certificates_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import Cause, save_verifications
from services.registry.calibrations.as_certificate import (
    calibrated_by,
    refuse_calibrated,
    reopen_replaced,
)
from services.registry.calibrations.tables import Calibration
from services.registry.certificates import wire
from services.registry.certificates.access import find_verification, require_sender
from services.registry.institutions.reporting import require_named
from services.registry.tables import CertificateFile, Verification

LONGEST_NAME = 200


async def require_may_send(change: Change, header: pb.CertificateHeader) -> None:
    """Checks before a file is received that the caller may send it.

    Raises NotFound for an unknown verification, and NotPermitted outside the caller's scope.
    """
    require_sender(change)
    await require_named(change.session, change.caller)
    await find_verification(change, header.verification_id)


async def add_certificate(
    change: Change, header: pb.CertificateHeader, *, stored: StoredFile, most: int
) -> pb.UploadCertificateResponse:
    """Makes a stored file the certificate in force of a verification; keeps the earlier versions.

    The file that is in force already changes nothing. Raises the errors of `require_may_send`,
    InvalidInput for a first file whose SHA-256 is not the one that was recorded with the
    verification or for a replacement without a reason, and WrongState if there are `most` versions
    or the file is confirmed as a calibration of the instrument (ADR 0054).
    """
    await require_may_send(change, header)
    verification, instrument = await find_verification(change, header.verification_id, lock=True)
    present = await _in_force(change, verification)
    if present is not None and present.sha256 == stored.sha256:
        return pb.UploadCertificateResponse(certificate=wire.certificate(present))
    own = Calibration.instrument_id == instrument.instrument_id
    if await calibrated_by(change.session, [stored.sha256], own):
        refuse_calibrated(verification_id=verification.verification_id)
    _check(header, verification, present, stored, most)
    row = _next(change, header, verification, present, stored)
    if present is not None:
        present.superseded_at = change.at
        await change.session.flush()  # at no moment may two be in force
    change.session.add(row)
    verification.certificate_sha256 = stored.sha256
    verification.certificate_on = verification.certificate_on or change.today
    cause = Cause(events.CAUSE_ENTERED, ground=row.reason)
    await save_verifications(change, [verification], cause)
    uploaded = events.CertificateUploaded(
        verification_id=verification.verification_id, version=row.version, reason=row.reason
    )
    owner = f"subject/{instrument.subject_id}"
    await change.announce(uploaded, aggregate=owner, bureau=instrument.bureau)
    change.audit(
        "upload_certificate",
        f"verification/{verification.verification_id}",
        before={"sha256": present.sha256} if present else None,
        after=row.model_dump(mode="json"),
        ground=row.reason,
    )
    if present is not None:
        await change.session.flush()
        await reopen_replaced(change, present.sha256, row.reason)
    return pb.UploadCertificateResponse(certificate=wire.certificate(row))


async def _in_force(change: Change, verification: Verification) -> CertificateFile | None:
    rows = select(CertificateFile).where(
        CertificateFile.verification_id == verification.verification_id,
        col(CertificateFile.superseded_at).is_(None),
    )
    return (await change.session.exec(rows.with_for_update())).first()


def _check(
    header: pb.CertificateHeader,
    verification: Verification,
    present: CertificateFile | None,
    stored: StoredFile,
    most: int,
) -> None:
    recorded = verification.certificate_sha256
    if present is None and recorded and recorded != stored.sha256:
        zh = f"文件与登记的不同：登记的 SHA-256 为 {recorded}，文件的为 {stored.sha256}"
        en = f"{recorded} was recorded, but the file has {stored.sha256}"
        raise InvalidInput(faults=[Fault("header.file", zh, en)])
    if present is not None and not header.reason.strip():
        zh, en = "更换证书须写明理由", "say why it replaces the present file"
        raise InvalidInput(faults=[Fault("header.reason", zh, en)])
    if present is not None and present.version >= most:
        zh, en = f"一次检定的证书最多 {most} 版", f"A certificate has at most {most} versions"
        raise WrongState(zh, en)


def _next(
    change: Change,
    header: pb.CertificateHeader,
    verification: Verification,
    present: CertificateFile | None,
    stored: StoredFile,
) -> CertificateFile:
    return CertificateFile(
        certificate_id=uuid4().hex,
        verification_id=verification.verification_id,
        version=present.version + 1 if present else 1,
        sha256=stored.sha256,
        size=stored.size,
        kind=stored.kind.value,
        file_name=plain_name(header.file_name) or f"certificate.{stored.kind.extension}",
        uploaded_by=change.on_behalf_of,
        uploaded_at=change.at,
        reason=header.reason.strip() if present else "",
    )


def plain_name(given: str) -> str:
    """Returns the last part of a file's name, without characters that are not shown as they are.

    These are control characters and those that change the direction of a text. Returns an empty
    text if nothing is left.
    """
    last = re.split(r"[/\\]", given)[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return shown.strip(" .")[:LONGEST_NAME]
