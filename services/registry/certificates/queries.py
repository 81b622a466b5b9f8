"""Queries on certificates, within the caller's scope."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import paging, validation
from plumbing.database import unindexed
from plumbing.identity import Role
from plumbing.view import View
from protos.registry.v1 import certificates_pb2 as pb
from services.registry import lookup
from services.registry import wire as register_wire
from services.registry.certificates import wire
from services.registry.certificates.access import find_verification, may_send, visible
from services.registry.tables import IN_FORCE, CertificateFile, Instrument, Verification

_ORDER: tuple[Any, ...] = (CertificateFile.uploaded_at, CertificateFile.certificate_id)


async def get_certificates(
    view: View, request: pb.GetCertificatesRequest
) -> pb.GetCertificatesResponse:
    """Returns a verification with every version of its certificate, the newest first.

    Raises NotFound for an unknown verification, and NotPermitted outside the caller's scope.
    """
    verification, instrument = await find_verification(view, request.verification_id)
    versions = select(CertificateFile).where(
        CertificateFile.verification_id == verification.verification_id
    )
    rows = await view.session.exec(versions.order_by(col(CertificateFile.version).desc()))
    return pb.GetCertificatesResponse(
        verification=register_wire.verification_entry(verification, instrument),
        certificates=map(wire.certificate, rows),
        may_upload=may_send(view),
    )


async def list_certificates(
    view: View, request: pb.ListCertificatesRequest
) -> pb.ListCertificatesResponse:
    """Returns a page of the certificates in force, the newest upload first.

    On the first page the response also has their total number.
    """
    asked = sa.and_(await visible(view), *await _asked(view, request))
    of_firm = request.subject_id or view.caller.has(Role.OPERATOR)
    every: Any = (
        select(CertificateFile, Verification, Instrument)
        .join(Verification, col(CertificateFile.verification_id) == Verification.verification_id)
        .join(Instrument, col(Verification.instrument_id) == Instrument.instrument_id)
        .where(sa.text(IN_FORCE))
    )
    page, token = await paging.page(
        view.session,
        request,
        every.where(asked if of_firm else unindexed(asked)),
        *_ORDER,
        newest_first=True,
        key=lambda row: [getattr(row[0], column.key) for column in _ORDER],
    )
    count = await paging.count(view.session, request, every.where(asked), token)
    entries = (wire.entry(*row) for row in page)
    return pb.ListCertificatesResponse(certificates=entries, next_page_token=token, **count)


async def _asked(view: View, request: pb.ListCertificatesRequest) -> list[Any]:
    """The conditions that the filters of a request set."""
    conditions: list[Any] = []
    if request.subject_id:
        subject_id = await lookup.subject_id(view, request.subject_id)
        conditions.append(col(Instrument.subject_id) == subject_id)
    if request.state:
        conditions.append(col(Instrument.state) == request.state)
    if request.type_code:
        conditions.append(col(Instrument.type_code) == request.type_code)
    if request.institution:
        named = col(Verification.institution).icontains(request.institution, autoescape=True)
        conditions.append(named)
    until = col(Verification.valid_until)
    if first := validation.day(request.valid_until_from, "valid_until_from"):
        conditions.append(until >= first)
    if last := validation.day(request.valid_until_to, "valid_until_to"):
        conditions.append(until <= last)
    return conditions
