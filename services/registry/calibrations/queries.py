"""Queries on certificates of calibration and on calibrations, within the caller's scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import paging, validation
from plumbing.database import unindexed
from plumbing.identity import Role
from plumbing.view import View
from protos.registry.v1 import calibrations_pb2 as pb
from services.registry import lookup
from services.registry.calibrations import wire
from services.registry.calibrations.access import find_dcc, visible_calibrations, visible_dccs
from services.registry.calibrations.as_certificate import certified
from services.registry.calibrations.commands import needs_ground
from services.registry.calibrations.due import cycle_of
from services.registry.calibrations.matching import candidates
from services.registry.calibrations.tables import CONFIRMED, DUE, Calibration, Dcc
from services.registry.tables import Instrument

_NEWEST: tuple[Any, ...] = (Dcc.uploaded_at, Dcc.dcc_id)


async def list_dccs(view: View, request: pb.ListDccsRequest) -> pb.ListDccsResponse:
    """Returns a page of the certificates that the caller may see, the newest upload first."""
    rows = select(Dcc).where(await visible_dccs(view))
    if request.state:
        rows = rows.where(col(Dcc.state) == request.state)
    page, token = await paging.page(view.session, request, rows, *_NEWEST, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListDccsResponse(dccs=map(wire.dcc, page), next_page_token=token, **count)


async def get_dcc(view: View, request: pb.GetDccRequest) -> pb.GetDccResponse:
    """Returns a certificate with what was found, and the instruments that its items may be.

    Raises NotFound if the caller may see no such certificate.
    """
    row = await find_dcc(view, request.dcc_id)
    confirmed = select(Calibration.item, Calibration.calibration_id).where(
        Calibration.dcc_id == row.dcc_id, sa.text(CONFIRMED)
    )
    ids = dict((await view.session.exec(confirmed)).all())
    replaces = row.reading["certificate"]["replaces"]
    results = await certified(view.session, row)
    items = [
        await _item(view, number, one, replaces, ids.get(number, ""), results)
        for number, one in enumerate(row.reading["items"], 1)
    ]
    return pb.GetDccResponse(
        dcc=wire.dcc(row),
        findings=wire.findings(row),
        further=row.reading["further"],
        items=items,
        conditions=wire.conditions(row),
        signer_valid_now=wire.signer_is_valid(row, view.at),
        needs_ground=needs_ground(row),
    )


async def _item(
    view: View,
    number: int,
    item: Mapping[str, Any],
    replaces: str,
    calibration_id: str,
    results: Mapping[str, str],
) -> pb.DccItem:
    found = [] if calibration_id else await candidates(view, item, replaces)
    verified = [results[one.instrument_id] for one in found if one.instrument_id in results]
    return pb.DccItem(
        item=number,
        candidates=found,
        calibration_id=calibration_id,
        verification_id=verified[0] if verified else "",
        **item,
    )


async def list_calibrations(
    view: View, request: pb.ListCalibrationsRequest
) -> pb.ListCalibrationsResponse:
    """Returns a page of the calibrations in force, the latest first, or by their due date."""
    rows: Any = select(Calibration, Instrument).join(Instrument)
    rows = rows.where(sa.text(f"calibration.{CONFIRMED}"))
    seen = sa.and_(*await visible_calibrations(view))
    months = 0
    if request.instrument_id:
        found = await lookup.instrument(view, request.instrument_id)
        key = found.instrument_id if found else request.instrument_id
        rows = rows.where(Calibration.instrument_id == key, seen)
        if found and view.caller.sees(found.subject_id, found.bureau):
            months = await cycle_of(view.session, key)
    elif request.subject_id or view.caller.has(Role.OPERATOR):
        rows = rows.where(seen)
    else:
        rows = rows.where(unindexed(seen))
    if request.subject_id:
        subject_id = await lookup.subject_id(view, request.subject_id)
        rows = rows.where(Instrument.subject_id == subject_id)
    rows = rows.where(*_of_kind(request))
    last = validation.day(request.due_until, "due_until")
    if last:
        rows = rows.where(sa.text(DUE), col(Calibration.due_on) <= last)
    order: Any = (
        Calibration.due_on if last else Calibration.calibrated_on,
        Calibration.calibration_id,
    )
    page, token = await paging.page(
        view.session,
        request,
        rows,
        *order,
        newest_first=not last,
        key=lambda row: [getattr(row[0], column.key) for column in order],
    )
    count = await paging.count(view.session, request, rows, token)
    return pb.ListCalibrationsResponse(
        calibrations=[wire.calibration(*row) for row in page],
        next_page_token=token,
        cycle_months=months,
        **count,
    )


def _of_kind(request: pb.ListCalibrationsRequest) -> list[sa.ColumnElement[bool]]:
    """The conditions of a request on the instrument and on the laboratory."""
    conditions: list[sa.ColumnElement[bool]] = []
    if request.state:
        conditions.append(unindexed(col(Instrument.state) == request.state))
    if request.type_code:
        conditions.append(unindexed(col(Instrument.type_code) == request.type_code))
    if request.laboratory:
        named = col(Calibration.laboratory).icontains(request.laboratory, autoescape=True)
        conditions.append(named)
    return conditions
