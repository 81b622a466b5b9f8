"""Queries on the register, each limited to what the caller may see.

A list leaves out rows outside the caller's scope; a request for a single such row is refused with
NotPermitted. The public gets NotFound for a row that it may not see.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from law.errors import NotFound, NotPermitted
from law.evidence import RecordStatus
from law.identity import document_key, folded
from plumbing import paging, row_scope
from plumbing.change import Change
from plumbing.database import unindexed
from plumbing.identity import Role, Unauthenticated
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as pb
from services.registry import disclosure, lookup, scope, wire
from services.registry.calibrations.due import lacks_cycle
from services.registry.identity import sessions
from services.registry.identity.coverage import require_covered
from services.registry.identity.tables import Account
from services.registry.initials import may_be_initials
from services.registry.look_alikes import look_alikes
from services.registry.parts_of_instruments import order_of_a_day, standings
from services.registry.publication.replied import public_reply, replies
from services.registry.publication.standing import decisions, standing
from services.registry.retention import activations as governing
from services.registry.tables import (
    IN_REVIEW,
    NON_COMPULSORY,
    REPEATED_SERIAL,
    Bureau,
    Instrument,
    Record,
    RecordVersion,
    Subject,
    Verification,
)

_OF_THE_BUREAU = (
    Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR, Role.INTEGRATOR,
)  # fmt: skip
_BUREAU_ORDERS = {"code": (Bureau.code,), "name": (Bureau.name, Bureau.code)}
_SUBJECT_ORDERS = {
    "name": (Subject.name, Subject.subject_id),
    "credit_code": (Subject.credit_code, Subject.subject_id),
}
_RECORD_ORDERS = {"determined_on": (Record.determined_on, Record.record_id)}


async def list_bureaus(view: View, request: pb.ListBureausRequest) -> pb.ListBureausResponse:
    """Returns a page of the bureaus, whose contact data every caller may see.

    They are in the requested order, by code without one.
    """
    rows = select(Bureau).where(sa.not_(col(Bureau.removed)))
    if request.name_contains:
        rows = rows.where(col(Bureau.name).icontains(request.name_contains, autoescape=True))
    order, reverse = paging.order(request, _BUREAU_ORDERS, "code")
    page, token = await paging.page(view.session, request, rows, *order, newest_first=reverse)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListBureausResponse(bureaus=map(wire.bureau, page), next_page_token=token, **count)


async def get_subject(view: View, request: pb.GetSubjectRequest) -> pb.GetSubjectResponse:
    """Returns a subject by its id, the beginning of its id, or its credit code.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await _subject(view, request.subject_id)
    return pb.GetSubjectResponse(subject=disclosure.subject(row, view.caller, view.today))


async def list_subjects(view: View, request: pb.ListSubjectsRequest) -> pb.ListSubjectsResponse:
    """Returns a page of the subjects in the caller's scope, and their total number.

    They are in the requested order, by name without one.
    """
    within = scope.subjects(view.caller, view.today)
    rows = select(Subject).where(sa.not_(col(Subject.removed)), within)
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Subject.bureau))
    if request.within:
        rows = rows.where(row_scope.within(request.within, Subject.bureau))
    if request.name_contains:
        rows = rows.where(named(request.name_contains))
    if request.in_review:
        rows = rows.where(sa.text(IN_REVIEW))
    if request.subject_ids:
        rows = rows.where(col(Subject.subject_id).in_(request.subject_ids))
    if request.like_name:
        rows = rows.where(col(Subject.subject_id).in_(await _alike(view, request.like_name)))
    order, reverse = paging.order(request, _SUBJECT_ORDERS, "name")
    page, token = await paging.page(view.session, request, rows, *order, newest_first=reverse)
    subjects = [disclosure.subject(row, view.caller, view.today) for row in page]
    count = await paging.count(view.session, request, rows, token)
    return pb.ListSubjectsResponse(subjects=subjects, next_page_token=token, **count)


async def _alike(view: View, name: str) -> list[str]:
    if not view.caller.has(*_OF_THE_BUREAU):
        raise NotPermitted(
            "只有监管机关的人员可以查找名称相近的主体", "Only for the bureau's people"
        )
    return await look_alikes(view.session, view.caller, view.today, name)


def named(asked: str) -> sa.ColumnElement[bool]:
    """Returns the condition that a subject's name, or a former one, has a text in any writing.

    Letters may also be the pinyin initials of the name.
    """
    key = folded(asked) or asked
    contains = sa.or_(
        col(Subject.name_key).contains(key, autoescape=True),
        col(Subject.former_keys).contains(key, autoescape=True),
    )
    if not may_be_initials(asked):
        return contains
    return sa.or_(contains, col(Subject.initials).contains(asked.lower(), autoescape=True))


async def get_instrument(view: View, request: pb.GetInstrumentRequest) -> pb.GetInstrumentResponse:
    """Returns an instrument with its verifications, newest first, and how its parts stand.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await lookup.instrument(view, request.instrument_id)
    if row is None:
        raise NotFound("没有该计量器具", "There is no such instrument")
    view.caller.require_subject(row.subject_id, row.bureau)
    query = (
        select(Verification)
        .where(
            Verification.instrument_id == row.instrument_id,
            sa.not_(col(Verification.removed)),
        )
        .order_by(col(Verification.verified_on).desc(), col(Verification.verification_id))
    )
    verifications = (await view.session.exec(query)).all()
    deciding = sorted((one for one in verifications if not one.set_aside), key=order_of_a_day)
    return pb.GetInstrumentResponse(
        instrument=wire.instrument(row),
        verifications=map(wire.verification, verifications),
        parts=standings(row, deciding, view.today),
    )


async def list_instruments(
    view: View, request: pb.ListInstrumentsRequest
) -> pb.ListInstrumentsResponse:
    """Returns a page of the instruments of a subject, a bureau, or the caller's whole scope.

    The response also has their total number.
    """
    owned = await _owned(view, request)
    rows = select(Instrument).where(sa.not_(col(Instrument.removed)), *owned)
    if request.location:
        rows = rows.where(col(Instrument.location).icontains(request.location, autoescape=True))
    if request.instrument_ids:
        rows = rows.where(col(Instrument.instrument_id).in_(request.instrument_ids))
    if request.repeated_serial:
        rows = rows.where(sa.text(REPEATED_SERIAL))
    if request.without_cycle:
        rows = rows.where(sa.text(NON_COMPULSORY), unindexed(lacks_cycle()))
    page, token = await paging.page(view.session, request, rows, Instrument.instrument_id)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListInstrumentsResponse(
        instruments=map(wire.instrument, page), next_page_token=token, **count
    )


async def list_verifications(
    view: View, request: pb.ListVerificationsRequest
) -> pb.ListVerificationsResponse:
    """Returns a page of verifications, each with the fields that identify its instrument.

    The instruments are those of a subject, a bureau, or the caller's whole scope; those of one
    institution are sorted by date, newest first. The response also has the total number.
    """
    on_file = sa.not_(sa.or_(col(Verification.removed), col(Instrument.removed)))
    owned = sa.and_(on_file, *await _owned(view, request))
    every: Any = select(Verification, Instrument).join(Instrument)
    order: tuple[Any, ...] = (Verification.verification_id,)
    if request.institution:
        every = every.where(col(Verification.institution) == request.institution)
        order = (Verification.verified_on, Verification.verification_id)
    if request.certificate_nos:
        keys = {document_key(number) for number in request.certificate_nos} - {""}
        every = every.where(col(Verification.certificate_key).in_(keys))
    of_firm = request.subject_id or view.caller.has(Role.OPERATOR)
    page, token = await paging.page(
        view.session,
        request,
        every.where(owned if of_firm else unindexed(owned)),
        *order,
        newest_first=bool(request.institution),
        key=lambda row: [getattr(row[0], column.key) for column in order],
    )
    entries = (wire.verification_entry(*row) for row in page)
    count = await paging.count(view.session, request, every.where(owned), token)
    return pb.ListVerificationsResponse(verifications=entries, next_page_token=token, **count)


async def get_record(view: View, request: pb.GetRecordRequest) -> pb.GetRecordResponse:
    """Returns a credit record, its earlier versions and how long it is kept.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope. A record that has
    left the archive is shown to the platform's own services only (C-03).
    """
    row = await lookup.record(view, request.record_id)
    if row is None:
        raise NotFound("没有该信用记录", "There is no such record")
    owner = await _subject(view, row.subject_id)
    now = await governing.load(view.session)
    stands = standing(row, (await decisions(view.session, [row.record_id])).get(row.record_id))
    record = disclosure.record(row, owner, view.caller, now, stands, view.today)
    if record is None:
        raise NotFound("该信用记录已从档案中删除", "This record has left the archive")
    earlier = await view.session.exec(_earlier(row))
    return pb.GetRecordResponse(
        record=record,
        earlier=[
            disclosure.within(
                Record.model_validate(state), view.caller, stands.classification, view.today
            )
            for state in earlier
        ],
        retention=disclosure.retention(row, owner, now, view.today),
    )


async def list_records(view: View, request: pb.ListRecordsRequest) -> pb.ListRecordsResponse:
    """Returns a page of the credit records of a subject that the caller may see.

    Raises NotFound for an unknown subject, and NotPermitted outside the caller's scope. A page may
    have fewer records than requested although more pages follow.
    """
    owner = await _subject(view, request.subject_id)
    now = await governing.load(view.session)
    rows = select(Record).where(Record.subject_id == owner.subject_id, sa.not_(col(Record.removed)))
    if not view.caller.is_service:
        rows = rows.where(col(Record.status) != RecordStatus.EXPIRED)
    order, reverse = paging.order(request, _RECORD_ORDERS, "determined_on")
    page, token = await paging.page(view.session, request, rows, *order, newest_first=reverse)
    decided = await decisions(view.session, (row.record_id for row in page))
    records = [
        disclosure.record(
            row, owner, view.caller, now, standing(row, decided.get(row.record_id)), view.today
        )
        for row in page
    ]
    # The number of all would tell the public how many records it may not see.
    is_public = view.caller.has(Role.PUBLIC)
    count = {} if is_public else await paging.count(view.session, request, rows, token)
    return pb.ListRecordsResponse(records=filter(None, records), next_page_token=token, **count)


async def list_disclosed_records(
    view: View, request: pb.ListDisclosedRecordsRequest
) -> pb.ListDisclosedRecordsResponse:
    """Returns a page of the records that are disclosed today, with their last days of disclosure.

    Every caller sees what the public sees. A page may have fewer records than requested although
    more pages follow.
    """
    on_file = sa.not_(sa.or_(col(Record.removed), col(Subject.removed)))
    rows: Any = select(Record, Subject).join(Subject).where(on_file, scope.public(view.today))
    if request.subject_id:
        rows = rows.where(Record.subject_id == request.subject_id)
    if request.bureau:
        rows = rows.where(unindexed(row_scope.of_bureau(request.bureau, Subject.bureau)))
    now = await governing.load(view.session)
    page, token = await paging.page(
        view.session, request, rows, Record.record_id, key=lambda row: [row[0].record_id]
    )
    decided = await decisions(view.session, (record.record_id for record, _ in page))
    replied = await replies(view.session, (record.record_id for record, _ in page))
    records = [
        disclosure.disclosed(
            record,
            owner,
            now,
            standing(record, decided.get(record.record_id)),
            view.today,
            public_reply(record, replied.get(record.record_id)),
        )
        for record, owner in page
    ]
    return pb.ListDisclosedRecordsResponse(records=filter(None, records), next_page_token=token)


async def list_accounts(
    view: View, request: identity.ListAccountsRequest
) -> identity.ListAccountsResponse:
    """Returns a page of the accounts of the bureaus, and of their firms, in the caller's scope."""
    of_firm = sa.exists().where(
        col(Subject.subject_id) == col(Account.subject_id),
        row_scope.covered(view.caller, Subject.bureau),
    )
    of_bureau = row_scope.covered(view.caller, Account.bureau)
    rows = select(Account).where(sa.case((col(Account.subject_id) == "", of_bureau), else_=of_firm))
    page, token = await paging.page(view.session, request, rows, Account.name)
    count = await paging.count(view.session, request, rows, token)
    return identity.ListAccountsResponse(
        accounts=map(wire.account, page), next_page_token=token, **count
    )


async def get_account(
    view: View, request: identity.GetAccountRequest
) -> identity.GetAccountResponse:
    """Returns an account by its id or the beginning of its id.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await find_by_id(view.session, Account, request.account_id)
    if row is None:
        raise NotFound("没有该账号", "There is no such account")
    await require_covered(view, row.bureau, row.subject_id)
    return identity.GetAccountResponse(account=wire.account(row))


async def name_accounts(
    view: View, request: identity.NameAccountsRequest
) -> identity.NameAccountsResponse:
    """Returns the display names of the requested accounts; unknown ids are left out."""
    asked = col(Account.account_id).in_(request.account_ids)
    rows = await view.session.exec(select(Account).where(asked).order_by(Account.account_id))
    names = [
        identity.AccountName(account_id=row.account_id, display_name=row.display_name or row.name)
        for row in rows
    ]
    return identity.NameAccountsResponse(names=names)


async def get_caller(view: View, request: identity.GetCallerRequest) -> identity.GetCallerResponse:
    """Returns the account of the caller; for a service, only its name.

    Raises NotFound if the account does not exist, and Unauthenticated if its login was ended.
    """
    if view.caller.is_service:
        return identity.GetCallerResponse(account=identity.Account(name=view.caller.name))
    await sessions.require_session(view)
    row = await view.session.get(Account, view.caller.account_id)
    if row is None:
        raise NotFound("没有该账号", "There is no such account")
    return identity.GetCallerResponse(account=wire.account(row))


async def open_account(view: View | Change, *, lock: bool = False) -> Account:
    """Returns the account of the caller; `lock` locks its row.

    Raises Unauthenticated if it is closed or missing, or if the login was ended.
    """
    await sessions.require_session(view)
    row = await view.session.get(Account, view.caller.account_id, with_for_update=lock)
    if row is None or row.closed:
        raise Unauthenticated("账号已停用，请重新登录", "The account is closed; sign in again")
    return row


async def _owned(
    view: View, request: pb.ListInstrumentsRequest | pb.ListVerificationsRequest
) -> list[sa.ColumnElement[bool]]:
    """Instruments in the caller's scope, further limited to a subject and a bureau."""
    conditions = [row_scope.seen(view.caller, Instrument.subject_id, Instrument.bureau)]
    if request.subject_id:
        subject_id = await lookup.subject_id(view, request.subject_id)
        conditions.append(col(Instrument.subject_id) == subject_id)
    if request.bureau:
        conditions.append(row_scope.of_bureau(request.bureau, Instrument.bureau))
    return conditions


def _earlier(row: Record) -> SelectOfScalar[Any]:
    """The earlier versions of a record, the newest first."""
    version = col(RecordVersion.version)
    of_record = select(RecordVersion.state).where(RecordVersion.record_id == row.record_id)
    return of_record.where(version < row.version).order_by(version.desc())


async def _subject(view: View, subject_id: str) -> Subject:
    caller, row = view.caller, await lookup.subject(view, subject_id)
    is_public = caller.has(Role.PUBLIC)
    if row is None or (is_public and not disclosure.listed(row, view.today)):
        raise NotFound("没有该信用主体", "There is no such subject")
    if not is_public:
        caller.require_subject(row.subject_id, row.bureau)
    return row
