"""Questions to the register, each within what the caller may see.

Lists leave out what is out of scope; asking for one such thing is refused. To the public, what
may not be seen does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from law.errors import NotFound
from law.evidence import RecordStatus
from plumbing import paging
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.identity import Caller, Role, Unauthenticated
from plumbing.paging import Paged
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as pb
from services.registry import disclosure, scope, wire
from services.registry.retention import activations as governing
from services.registry.tables import (
    Account,
    Bureau,
    Instrument,
    Record,
    RecordVersion,
    Subject,
    Verification,
)

T = TypeVar("T")


class Queries:
    """Reads the register."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def list_bureaus(self, request: pb.ListBureausRequest) -> pb.ListBureausResponse:
        """Every bureau, by code: where one turns to is no secret."""
        wanted = select(Bureau).where(sa.not_(col(Bureau.removed)))
        bureaus, token = await self._page(request, wanted, Bureau.code)
        return pb.ListBureausResponse(bureaus=map(wire.bureau, bureaus), next_page_token=token)

    async def get_subject(
        self, caller: Caller, request: pb.GetSubjectRequest
    ) -> pb.GetSubjectResponse:
        """A subject by id or credit code. Raises NotFound, NotPermitted outside the scope."""
        async with self._database.snapshot() as session:
            row = await _subject(session, caller, request.subject_id, by_code=True)
        return pb.GetSubjectResponse(subject=disclosure.subject(row, caller))

    async def list_subjects(
        self, caller: Caller, request: pb.ListSubjectsRequest
    ) -> pb.ListSubjectsResponse:
        """Subjects by name."""
        wanted = select(Subject).where(sa.not_(col(Subject.removed)), scope.subjects(caller))
        if request.bureau:
            wanted = wanted.where(Subject.bureau == request.bureau)
        if request.name_contains:
            holds = col(Subject.name).icontains(request.name_contains, autoescape=True)
            wanted = wanted.where(holds)
        if request.in_review:
            wanted = wanted.where(col(Subject.in_review))
        rows, token = await self._page(request, wanted, Subject.name, Subject.subject_id)
        subjects = [disclosure.subject(row, caller) for row in rows]
        return pb.ListSubjectsResponse(subjects=subjects, next_page_token=token)

    async def get_instrument(
        self, caller: Caller, request: pb.GetInstrumentRequest
    ) -> pb.GetInstrumentResponse:
        """An instrument with its verifications. Raises NotFound, NotPermitted."""
        async with self._database.snapshot() as session:
            row = await session.get(Instrument, request.instrument_id)
            if row is None or row.removed:
                raise NotFound("没有该计量器具", "There is no such instrument")
            caller.require_subject(row.subject_id, row.bureau)
            verifications = await session.exec(
                select(Verification)
                .where(
                    Verification.instrument_id == row.instrument_id,
                    sa.not_(col(Verification.removed)),
                )
                .order_by(col(Verification.verified_on).desc(), col(Verification.verification_id))
            )
            return pb.GetInstrumentResponse(
                instrument=wire.instrument(row),
                verifications=map(wire.verification, verifications),
            )

    async def list_instruments(
        self, caller: Caller, request: pb.ListInstrumentsRequest
    ) -> pb.ListInstrumentsResponse:
        """Instruments of a subject, a bureau, or the caller's whole scope."""
        within = scope.held(caller, Instrument.subject_id, Instrument.bureau)
        wanted = select(Instrument).where(sa.not_(col(Instrument.removed)), within)
        if request.subject_id:
            wanted = wanted.where(Instrument.subject_id == request.subject_id)
        if request.bureau:
            wanted = wanted.where(Instrument.bureau == request.bureau)
        if request.repeated_serial:
            wanted = wanted.where(col(Instrument.repeated_serial))
        rows, token = await self._page(request, wanted, Instrument.instrument_id)
        return pb.ListInstrumentsResponse(
            instruments=map(wire.instrument, rows), next_page_token=token
        )

    async def list_verifications(
        self, caller: Caller, request: pb.ListVerificationsRequest
    ) -> pb.ListVerificationsResponse:
        """Verifications of the instruments of a subject, a bureau, or the caller's whole scope."""
        within = scope.held(caller, Instrument.subject_id, Instrument.bureau)
        standing = sa.not_(sa.or_(col(Verification.removed), col(Instrument.removed)))
        wanted = select(Verification, Instrument).join(Instrument).where(standing, within)
        if request.subject_id:
            wanted = wanted.where(Instrument.subject_id == request.subject_id)
        if request.bureau:
            wanted = wanted.where(Instrument.bureau == request.bureau)
        if key := paging.after(request, paging.text):
            wanted = wanted.where(col(Verification.verification_id) > key[0])
        ordered = wanted.order_by(col(Verification.verification_id))
        async with self._database.snapshot() as session:
            rows = (await session.exec(ordered.limit(paging.page_size(request) + 1))).all()
        page, token = paging.cut(request, rows, lambda row: [row[0].verification_id])
        entries = (wire.verification_entry(*row) for row in page)
        return pb.ListVerificationsResponse(verifications=entries, next_page_token=token)

    async def get_record(
        self, caller: Caller, request: pb.GetRecordRequest
    ) -> pb.GetRecordResponse:
        """A credit record and what it said before. Raises NotFound, NotPermitted.

        One that has left the archive is there for the platform's own services alone (C-03).
        """
        today = self._clock.today()
        async with self._database.snapshot() as session:
            row = await session.get(Record, request.record_id)
            if row is None or row.removed:
                raise NotFound("没有该信用记录", "There is no such record")
            owner = await _subject(session, caller, row.subject_id)
            now = await governing.load(session)
            said = disclosure.record(row, owner, caller, now, today)
            if said is None:
                raise NotFound("该信用记录已从档案中删除", "This record has left the archive")
            earlier = await session.exec(_earlier(row))
            return pb.GetRecordResponse(
                record=said,
                earlier=[wire.record(Record.model_validate(state)) for state in earlier],
                retention=disclosure.retention(row, owner, now, today),
            )

    async def list_records(
        self, caller: Caller, request: pb.ListRecordsRequest
    ) -> pb.ListRecordsResponse:
        """The credit records of a subject that the caller may see.

        Raises NotFound, NotPermitted outside the scope. A page may hold fewer than were asked
        for, and more follow.
        """
        today = self._clock.today()
        async with self._database.snapshot() as session:
            owner = await _subject(session, caller, request.subject_id)
            now = await governing.load(session)
        wanted = select(Record).where(
            Record.subject_id == request.subject_id, sa.not_(col(Record.removed))
        )
        if not caller.is_service:
            wanted = wanted.where(col(Record.status) != RecordStatus.EXPIRED)
        rows, token = await self._page(request, wanted, Record.determined_on, Record.record_id)
        shown = [disclosure.record(row, owner, caller, now, today) for row in rows]
        return pb.ListRecordsResponse(records=filter(None, shown), next_page_token=token)

    async def list_accounts(
        self, request: identity.ListAccountsRequest
    ) -> identity.ListAccountsResponse:
        """Every account, by name."""
        rows, token = await self._page(request, select(Account), Account.name)
        return identity.ListAccountsResponse(
            accounts=map(wire.account, rows), next_page_token=token
        )

    async def get_caller(self, caller: Caller) -> identity.GetCallerResponse:
        """Who the caller is; a service is its name."""
        if caller.is_service:
            return identity.GetCallerResponse(account=identity.Account(name=caller.name))
        async with self._database.snapshot() as session:
            row = await session.get(Account, caller.account_id)
        if row is None:
            raise NotFound("没有该账号", "There is no such account")
        return identity.GetCallerResponse(account=wire.account(row))

    async def open_account(self, caller: Caller) -> Account:
        """The caller's own account. Raises Unauthenticated when it is closed or gone."""
        async with self._database.snapshot() as session:
            row = await session.get(Account, caller.account_id)
        if row is None or row.closed:
            raise Unauthenticated("账号已停用，请重新登录", "The account is closed; sign in again")
        return row

    async def _page(
        self, request: Paged, wanted: SelectOfScalar[T], *order: Any
    ) -> tuple[list[T], str]:
        """One page in the order of some columns, the last of which tells any two rows apart."""
        columns = [col(column) for column in order]
        if key := paging.after(request, *map(_reader, columns)):
            wanted = wanted.where(_beyond(columns, key))
        async with self._database.snapshot() as session:
            limit = paging.page_size(request) + 1
            rows = (await session.exec(wanted.order_by(*columns).limit(limit))).all()
        page, token = paging.cut(request, rows, _key_of(columns))
        return list(page), token


def _earlier(row: Record) -> SelectOfScalar[Any]:
    """What a record said before, the newest first."""
    version = col(RecordVersion.version)
    of_record = select(RecordVersion.state).where(RecordVersion.record_id == row.record_id)
    return of_record.where(version < row.version).order_by(version.desc())


def _beyond(columns: list[Any], key: list[Any]) -> sa.ColumnElement[bool]:
    values = [sa.literal(part, column.type) for column, part in zip(columns, key, strict=True)]
    return sa.tuple_(*columns) > sa.tuple_(*values)


def _reader(column: Any) -> Callable[[Any], Any]:
    # A page token carries text; days are compared as days.
    return paging.day if column.type.python_type is date else paging.text


def _key_of(columns: list[Any]) -> Callable[[Any], list[str]]:
    return lambda row: [str(getattr(row, column.key)) for column in columns]


async def _subject(
    session: AsyncSession, caller: Caller, subject_id: str, *, by_code: bool = False
) -> Subject:
    row = await session.get(Subject, subject_id)
    if row is None and by_code:
        bearing = select(Subject).where(
            Subject.credit_code == subject_id, sa.not_(col(Subject.removed))
        )
        row = (await session.exec(bearing)).first()
    if row is None or row.removed or (caller.has(Role.PUBLIC) and not disclosure.listed(row)):
        raise NotFound("没有该信用主体", "There is no such subject")
    if not caller.has(Role.PUBLIC):
        caller.require_subject(row.subject_id, row.bureau)
    return row
