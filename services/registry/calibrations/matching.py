"""Instruments of the register that an item of a certificate may be; a person chooses among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.identity import document_key, serial_key
from plumbing import row_scope
from plumbing.database import unindexed
from plumbing.view import View
from protos.registry.v1 import calibrations_pb2 as pb
from services.registry.calibrations.tables import CONFIRMED, Calibration
from services.registry.tables import OWN_NUMBER, Instrument

MOST = 10  # candidates of one item
BY_SERIAL, BY_OWNER, BY_CERTIFICATE = "serial_no", "owner_no", "certificate_no"


async def candidates(
    view: View, item: Mapping[str, Any], replaces: str
) -> Sequence[pb.DccCandidate]:
    """Returns the instruments in the caller's scope that an item may be, the likeliest first.

    `replaces` is the number of the certificate that this one replaces.
    """
    found: dict[str, pb.DccCandidate] = {}
    for row in await _numbered(view, item["serial_nos"]):
        found.setdefault(row.instrument_id, _candidate(row, BY_SERIAL))
    for row in await _owners(view, item["owner_nos"]):
        found.setdefault(row.instrument_id, _candidate(row, BY_OWNER))
    for row in await _certified(view, replaces):
        found.setdefault(row.instrument_id, _candidate(row, BY_CERTIFICATE))
    return [*found.values()][:MOST]


async def _numbered(view: View, numbers: Collection[str]) -> Sequence[Instrument]:
    keys = {key for number in numbers if (key := serial_key(number))}
    if not keys:
        return []
    return await _of(view, col(Instrument.serial_key).in_(sorted(keys)))


async def _owners(view: View, numbers: Collection[str]) -> Sequence[Instrument]:
    """The instruments with an owner's number, also if it was filed as their serial number."""
    own = sa.and_(col(Instrument.owner_no).in_(sorted(numbers)), sa.text(OWN_NUMBER))
    return [*(await _of(view, own)), *(await _numbered(view, numbers))] if numbers else []


async def _certified(view: View, number: str) -> Sequence[Instrument]:
    key = document_key(number)
    if not key:
        return []
    earlier = select(Calibration.instrument_id).where(
        col(Calibration.certificate_key) == key, sa.text(CONFIRMED)
    )
    return await _of(view, col(Instrument.instrument_id).in_(earlier))


async def _of(view: View, which: sa.ColumnElement[bool]) -> Sequence[Instrument]:
    seen = row_scope.seen(view.caller, Instrument.subject_id, Instrument.bureau)
    rows = select(Instrument).where(which, unindexed(seen), sa.not_(col(Instrument.removed)))
    return (await view.session.exec(rows.order_by(Instrument.instrument_id).limit(MOST))).all()


def _candidate(row: Instrument, by: str) -> pb.DccCandidate:
    return pb.DccCandidate(
        instrument_id=row.instrument_id,
        subject_id=row.subject_id,
        type_code=row.type_code,
        serial_no=row.serial_no,
        model=row.model,
        manufacturer=row.manufacturer,
        by=by,
    )
