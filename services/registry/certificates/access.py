"""The rules on which certificates a caller may see, and to which verifications it may send one.

The operator sees those of its own instruments, a bureau those of the instruments in its scope, and
an institution those that it issued itself.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from law.errors import NotFound, NotPermitted
from plumbing import row_scope
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry.institutions import reporting
from services.registry.tables import CertificateFile, Instrument, Verification

_SENDERS = (Role.VERIFICATION_INSTITUTION, Role.INTEGRATOR, Role.CASEWORKER)


async def visible(by: Change | View) -> sa.ColumnElement[bool]:
    """Returns the query condition for the verifications whose certificates the caller may see."""
    return sa.and_(
        sa.not_(col(Verification.removed)),
        sa.not_(col(Instrument.removed)),
        row_scope.seen(by.caller, Instrument.subject_id, Instrument.bureau),
        await reporting.issued_by_own(by.session, by.caller),
    )


async def find_verification(
    by: Change | View, verification_id: str, *, lock: bool = False
) -> tuple[Verification, Instrument]:
    """Returns a verification with its instrument; `lock` locks its row for a change.

    Raises NotFound if there is none, and NotPermitted if the caller may not see its certificate.
    """
    row = await find_by_id(by.session, Verification, verification_id, lock=lock)
    instrument = await by.session.get(Instrument, row.instrument_id) if row else None
    if row is None or row.removed or instrument is None or instrument.removed:
        zh, en = "没有该检定记录", "There is no such verification"
        raise NotFound(zh, en, verification_id=verification_id)
    by.caller.require_subject(instrument.subject_id, instrument.bureau)
    await reporting.require_issued(by.session, by.caller, row.institution)
    return row, instrument


async def find_certificate(view: View, certificate_id: str) -> CertificateFile:
    """Returns one version of a certificate.

    Raises NotFound if there is none, and NotPermitted if the caller may not see it.
    """
    row = await find_by_id(view.session, CertificateFile, certificate_id)
    if row is None:
        zh, en = "没有该证书文件", "There is no such certificate"
        raise NotFound(zh, en, certificate_id=certificate_id)
    await find_verification(view, row.verification_id)
    return row


def may_send(by: Change | View) -> bool:
    """Returns True if the caller's role sends certificates; its scope is another matter."""
    return by.caller.has(*_SENDERS) and not by.caller.has(Role.OPERATOR)


def require_sender(change: Change) -> None:
    """Raises NotPermitted if the caller may see a certificate but not send one."""
    if not may_send(change):
        zh, en = (
            "证书由检定机构或者监管机关上传",
            "The institution or the bureau sends certificates",
        )
        raise NotPermitted(zh, en)
