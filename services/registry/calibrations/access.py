"""The rules on which certificates of calibration and calibrations a caller may see.

An institution sees the certificates that it sent and the calibrations that came of them; a bureau
those of its scope; an operator the calibrations of its own instruments, and their certificates.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput, NotFound
from plumbing import row_scope
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry.calibrations.tables import CONFIRMED, Calibration, Dcc
from services.registry.institutions.reporting import is_institution, own_institution
from services.registry.tables import Instrument

SHA256_LENGTH = 64  # in hex
SEVERAL_ZH = "这一文件由几方各上传过一份，请写 DCC 的编号"
SEVERAL_EN = "several senders sent this file: name the id of one"


async def visible_dccs(by: Change | View) -> sa.ColumnElement[bool]:
    """Returns the query condition for the certificates that a caller may see."""
    return await visible_to(by.session, by.caller)


async def visible_to(session: AsyncSession, caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the query condition for the certificates that somebody may see."""
    if is_institution(caller):
        own = await own_institution(session, caller)
        return col(Dcc.institution) == own if own else sa.false()
    return row_scope.covered(caller, Dcc.bureau)


async def find_dcc(by: Change | View, given: str, *, lock: bool = False) -> Dcc:
    """Returns a certificate by its id, the beginning of its id or its SHA-256; `lock` locks it.

    Raises NotFound if the caller may see no such certificate, and InvalidInput if several senders
    sent the file of this SHA-256.
    """
    seen = await visible_dccs(by)
    if len(given) == SHA256_LENGTH:
        of_file = select(Dcc.dcc_id).where(Dcc.sha256 == given.lower(), seen).limit(2)
        ids = (await by.session.exec(of_file)).all()
        if len(ids) > 1:
            raise InvalidInput(faults=[Fault("dcc_id", SEVERAL_ZH, SEVERAL_EN)])
        given = ids[0] if ids else given
    row = await find_by_id(by.session, Dcc, given, seen, lock=lock)
    if row is None or not await _sees(by, row):
        raise _unknown_dcc(given)
    return row


async def find_readable(view: View, given: str) -> Dcc:
    """Returns a certificate whose file the caller may read.

    So may whoever sees a calibration that came of it: the owner of the instrument, and its bureau
    if an institution of another one sent the file. Raises NotFound if there is none.
    """
    if not view.caller.has(Role.OPERATOR):
        try:
            return await find_dcc(view, given)
        except NotFound:
            if is_institution(view.caller):
                raise
    of_own = (
        select(Dcc)
        .join(Calibration, col(Calibration.dcc_id) == Dcc.dcc_id)
        .join(Instrument, col(Instrument.instrument_id) == Calibration.instrument_id)
        .where(Dcc.dcc_id == given, sa.text(f"calibration.{CONFIRMED}"), *_seen_calibrations(view))
    )
    row = (await view.session.exec(of_own)).first()
    if row is None:
        raise _unknown_dcc(given)
    return row


def _unknown_dcc(given: str) -> NotFound:
    return NotFound("没有该校准证书", "There is no such certificate", dcc_id=given)


async def _sees(by: Change | View, row: Dcc) -> bool:
    if is_institution(by.caller):
        return row.institution == await own_institution(by.session, by.caller) != ""
    return by.caller.covers(row.bureau)


async def visible_calibrations(by: Change | View) -> Sequence[sa.ColumnElement[bool]]:
    """Returns the conditions for the calibrations, joined with Instrument, that a caller sees."""
    if is_institution(by.caller):
        sent = select(Dcc.dcc_id).where(await visible_dccs(by))
        return [col(Calibration.dcc_id).in_(sent), sa.not_(col(Instrument.removed))]
    return _seen_calibrations(by)


def _seen_calibrations(by: Change | View) -> Sequence[sa.ColumnElement[bool]]:
    seen = row_scope.seen(by.caller, Instrument.subject_id, Instrument.bureau)
    return [seen, sa.not_(col(Instrument.removed))]


async def find_calibration(change: Change, given: str) -> tuple[Calibration, Instrument]:
    """Returns a calibration by its id or the beginning of its id, locked, with its instrument.

    Raises NotFound if the caller may see no such calibration.
    """
    row = await find_by_id(change.session, Calibration, given, lock=True)
    if row is not None:
        conditions = await visible_calibrations(change)
        joined = (
            select(Instrument)
            .join(Calibration, col(Calibration.instrument_id) == Instrument.instrument_id)
            .where(Calibration.calibration_id == row.calibration_id, *conditions)
        )
        instrument = (await change.session.exec(joined)).first()
        if instrument is not None:
            return row, instrument
    raise NotFound("没有该校准记录", "There is no such calibration", calibration_id=given)
