"""What is on file already of a certificate whose results are recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import VerificationResult
from law.errors import AlreadyExists
from law.identity.verifications import certificate_of
from plumbing.change import Change
from services.registry.calibrations.tables import Dcc
from services.registry.tables import Verification
from services.registry.validation import VerificationContent

_FILE = "certificate_sha256"
OF_CERTIFICATE = ("institution", "certificate_no")  # it is one in any writing
# What is left out of these contradicts nothing that is on file.
SAID_BESIDES = (_FILE, "laboratory", "worked_from", "worked_until")


async def of_certificate(
    session: AsyncSession, content: Mapping[str, Any]
) -> Sequence[Verification]:
    """Returns the verifications on file of the certificate of another one, in any writing of it."""
    certificate = certificate_of(content)
    if not certificate:
        return []
    numbered = select(Verification).where(
        Verification.certificate_key == certificate[1], sa.not_(col(Verification.removed))
    )
    rows = (await session.exec(numbered)).all()
    return [row for row in rows if certificate_of(row.model_dump()) == certificate]


async def recorded_before(
    change: Change, content: VerificationContent, certificate: Dcc | None
) -> Verification | None:
    """Returns the verification on file of the certificate and part of a result; None without one.

    One whose result was pending is locked. `certificate` is the DCC that the result names. Raises
    AlreadyExists if the certificate is another instrument's, or on file with other content.
    """
    rows = await of_certificate(change.session, asdict(content))
    # One certificate may tell of several parts of one instrument.
    if any(one.instrument_id != content.instrument_id for one in rows):
        raise AlreadyExists(
            "该机构的这一证书编号属于另一件器具",
            "This institution's certificate number belongs to another instrument",
            verification_id=rows[0].verification_id,
        )
    row = next((one for one in rows if one.part == content.part), None)
    if row and row.result is VerificationResult.PENDING:  # others may record its result meanwhile
        await change.session.refresh(row, with_for_update=True)
    if row and _contradicts(row, content, certificate):
        raise AlreadyExists(
            "该机构的这一证书编号已登记，且内容不同",
            "This institution's certificate number is recorded with other content",
            verification_id=row.verification_id,
        )
    return row


def is_news(row: Verification | None, content: VerificationContent) -> bool:
    """Returns whether a result is new: nothing is on file, or only that it was pending (C-19)."""
    pending = VerificationResult.PENDING
    return row is None or (row.result is pending and content.result is not pending)


def _contradicts(row: Verification, content: VerificationContent, certificate: Dcc | None) -> bool:
    given = asdict(content)
    left_out = {name for name in SAID_BESIDES if not given[name]}
    if certificate and not row.certificate_sha256:  # the file is added to it
        left_out.add(_FILE)
    compared = given.keys() - {*OF_CERTIFICATE} - left_out
    if is_news(row, content):  # of a pending one nothing but the file stays
        compared = {_FILE} & compared if row.certificate_sha256 else set()
    return any(getattr(row, name) != given[name] for name in compared)
