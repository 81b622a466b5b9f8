"""Queries on laboratories, their records and the marks on verifications."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.laboratories import Finding
from plumbing import paging, validation
from plumbing.clock import midnight
from plumbing.database import unindexed
from plumbing.view import View
from protos.registry.v1 import laboratories_pb2 as pb
from services.registry import wire as register_wire
from services.registry.certificates.access import find_verification
from services.registry.certificates.access import visible as visible_verifications
from services.registry.institutions import access as institutions
from services.registry.institutions.tables import Institution
from services.registry.laboratories import wire
from services.registry.laboratories.access import find
from services.registry.laboratories.policy import NOTING
from services.registry.laboratories.tables import EnvironmentMark, EnvironmentRecord, Laboratory
from services.registry.tables import Instrument, Verification

# Where no limits are on file, nobody can find out more at the institution.
_NOTHING_TO_DO = (Finding.WITHIN, Finding.NO_LIMITS)
_BY_NAME: tuple[Any, ...] = (Laboratory.name, Laboratory.laboratory_id)
_NEWEST: tuple[Any, ...] = (EnvironmentMark.worked_from, EnvironmentMark.verification_id)


async def list_laboratories(
    view: View, request: pb.ListLaboratoriesRequest
) -> pb.ListLaboratoriesResponse:
    """Returns a page of the laboratories that the caller may see, by name.

    Raises NotFound if the caller may not see the institution that it asks about.
    """
    rows: Any = select(Laboratory, Institution.name).join(Institution)
    rows = rows.where(unindexed(await institutions.visible(view)))
    if request.institution_id:
        asked = await institutions.find(view, request.institution_id)
        rows = rows.where(Laboratory.institution_id == asked.institution_id)
    page, token = await paging.page(
        view.session,
        request,
        rows,
        *_BY_NAME,
        key=lambda row: [getattr(row[0], column.key) for column in _BY_NAME],
    )
    count = await paging.count(view.session, request, rows, token)
    found = [wire.laboratory(row, institution, view.today) for row, institution in page]
    return pb.ListLaboratoriesResponse(laboratories=found, next_page_token=token, **count)


async def get_laboratory(view: View, request: pb.GetLaboratoryRequest) -> pb.GetLaboratoryResponse:
    """Returns a laboratory. Raises NotFound if the caller may see no such one."""
    row, institution = await find(view, request.laboratory_id)
    found = wire.laboratory(row, institution.name, view.today)
    return pb.GetLaboratoryResponse(laboratory=found)


async def list_environment(
    view: View, request: pb.ListEnvironmentRequest
) -> pb.ListEnvironmentResponse:
    """Returns a page of the records of a laboratory, the newest hour first.

    Raises NotFound if the caller may see no such laboratory, and InvalidInput for a day that is
    none.
    """
    laboratory, _ = await find(view, request.laboratory_id)
    hour = col(EnvironmentRecord.hour)
    rows = select(EnvironmentRecord).where(
        EnvironmentRecord.laboratory_id == laboratory.laboratory_id
    )
    if first := validation.day(request.first_day, "first_day"):
        rows = rows.where(hour >= midnight(first))
    if last := validation.day(request.last_day, "last_day"):
        rows = rows.where(hour < midnight(last + timedelta(days=1)))
    order = (EnvironmentRecord.hour, EnvironmentRecord.sensor)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListEnvironmentResponse(
        records=map(wire.record, page), next_page_token=token, **count
    )


async def list_marks(
    view: View, request: pb.ListEnvironmentMarksRequest
) -> pb.ListEnvironmentMarksResponse:
    """Returns a page of the marked verifications that the caller may see, the latest first."""
    rows: Any = (
        select(EnvironmentMark, Verification, Instrument)
        .join(Verification, col(EnvironmentMark.verification_id) == Verification.verification_id)
        .join(Instrument, col(Verification.instrument_id) == Instrument.instrument_id)
        .where(unindexed(await visible_verifications(view)))
    )
    if request.finding:
        rows = rows.where(unindexed(col(EnvironmentMark.finding) == Finding(request.finding)))
    if request.unnoted:
        finding, note = col(EnvironmentMark.finding), col(EnvironmentMark.note)
        rows = rows.where(unindexed(sa.and_(finding.not_in(_NOTHING_TO_DO), note == "")))
    if request.institution:
        rows = rows.where(unindexed(col(Verification.institution) == request.institution))
    page, token = await paging.page(
        view.session,
        request,
        rows,
        *_NEWEST,
        newest_first=True,
        key=lambda row: [getattr(row[0], column.key) for column in _NEWEST],
    )
    count = await paging.count(view.session, request, rows, token)
    marks = [_entry(*row) for row in page]
    return pb.ListEnvironmentMarksResponse(marks=marks, next_page_token=token, **count)


def _entry(
    row: EnvironmentMark, verification: Verification, instrument: Instrument
) -> pb.EnvironmentMarkEntry:
    entry = register_wire.verification_entry(verification, instrument)
    return pb.EnvironmentMarkEntry(mark=wire.mark(row), entry=entry)


async def get_mark(
    view: View, request: pb.GetEnvironmentMarkRequest
) -> pb.GetEnvironmentMarkResponse:
    """Returns the mark of a verification; none if it names no laboratory.

    Raises NotFound for an unknown verification, and NotPermitted outside the caller's scope.
    """
    verification, _ = await find_verification(view, request.verification_id)
    row = await view.session.get(EnvironmentMark, verification.verification_id)
    answer = pb.GetEnvironmentMarkResponse(may_note=view.caller.has(*NOTING))
    if row is not None:
        answer.mark.CopyFrom(wire.mark(row))
    return answer
