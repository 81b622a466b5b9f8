"""Operators apply for an account themselves; a person of the bureau confirms or rejects it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.identifiers import check_credit_code
from plumbing import paging, row_scope
from plumbing.change import Change
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from services.registry import wire
from services.registry.commands.targets import require_bureau_exists
from services.registry.identity import operators
from services.registry.identity.links import KNOWN, OPENED, Links
from services.registry.identity.tables import Account, Registration
from services.registry.tables import Subject

WAITING, CONFIRMED, REJECTED = "waiting", "confirmed", "rejected"
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Applicant:
    """Who applies: the firm as it is on file, if it is, and the account that the person has."""

    firm: Subject | None
    account: Account | None


async def register(
    change: Change, request: pb.RegisterOperatorRequest, *, links: Links
) -> pb.RegisterOperatorResponse:
    """Stores an application for an operator's account, and returns its number.

    The answer does not tell whether the firm or the person is known: who applies twice gets the
    number of the first application, and whoever has an account already gets a mail with a link to
    set its password. Raises InvalidInput for a wrong credit code, without any contact, and for an
    unknown bureau.
    """
    code = check_credit_code(request.credit_code)
    if not (request.email or request.phone):
        zh = "请填写邮箱或手机号码，我们才能联系您"
        fault = Fault("email", zh, "a mail address or a telephone number is needed")
        raise InvalidInput(faults=[fault])
    await require_bureau_exists(change, request.bureau, "bureau")
    applicant = await _applicant(change.session, code, request.email)
    if applicant.account is not None:
        await links.mail(change, KNOWN, applicant.account)
        return pb.RegisterOperatorResponse(number=_number(change))
    if (earlier := await _waiting(change.session, code, request)) is not None:
        return pb.RegisterOperatorResponse(number=earlier.number)
    firm = applicant.firm
    row = Registration(
        registration_id=uuid4().hex,
        number=_number(change),
        credit_code=code,
        firm_name=request.firm_name,
        bureau=firm.bureau if firm else request.bureau,
        person_name=request.person_name,
        email=request.email,
        phone=request.phone,
        reason=request.reason,
        state=WAITING,
        created_at=change.at,
    )
    change.session.add(row)
    _audit(change, "register_operator", row)
    return pb.RegisterOperatorResponse(number=row.number)


async def list_registrations(
    view: View, request: pb.ListRegistrationsRequest
) -> pb.ListRegistrationsResponse:
    """Returns a page of the applications in the caller's scope, the oldest first."""
    rows = select(Registration).where(row_scope.covered(view.caller, Registration.bureau))
    if request.state:
        rows = rows.where(Registration.state == request.state)
    order = (Registration.created_at, Registration.registration_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    messages = [await _message(view.session, row) for row in page]
    return pb.ListRegistrationsResponse(registrations=messages, next_page_token=token, **count)


async def get_registration(
    view: View, request: pb.GetRegistrationRequest
) -> pb.GetRegistrationResponse:
    """Returns an application. Raises NotFound, and NotPermitted outside the caller's scope."""
    row = await view.session.get(Registration, request.registration_id)
    if row is None:
        raise _unknown()
    view.caller.require_bureau(row.bureau)
    return pb.GetRegistrationResponse(registration=await _message(view.session, row))


async def confirm(
    change: Change, request: pb.ConfirmRegistrationRequest, *, links: Links, password_hash: str
) -> pb.ConfirmRegistrationResponse:
    """Opens the account that was applied for, and mails its link to set a password.

    Where the applicant has no mail address, a first password is given instead, to be handed over.
    Raises NotFound, NotPermitted outside the caller's scope, WrongState if the application was
    decided already or the firm is not on file, and InvalidInput without a first password that is
    needed.
    """
    row = await _decidable(change, request.registration_id)
    firm = (await _applicant(change.session, row.credit_code, row.email)).firm
    if firm is None:
        zh = "该单位尚未登记为信用主体，请先登记主体"
        raise WrongState(zh, "The firm is not on file; register the subject first")
    change.caller.require_bureau(firm.bureau)
    if not row.email and not password_hash:
        zh = "申请人没有邮箱，须当面交付初始密码"
        fault = Fault("first_password", zh, "without a mail address a first password is needed")
        raise InvalidInput(faults=[fault])
    account = await operators.open_account(
        change,
        firm,
        row.person_name,
        email=row.email,
        phone=row.phone,
        password_hash="" if row.email else password_hash,
    )
    if row.email:
        await links.mail(change, OPENED, account)
    row.account_id = account.account_id
    _decide(change, row, CONFIRMED)
    message = await _message(change.session, row)
    return pb.ConfirmRegistrationResponse(registration=message, account=wire.account(account))


async def reject(
    change: Change, request: pb.RejectRegistrationRequest
) -> pb.RejectRegistrationResponse:
    """Rejects an application and mails the reason.

    Raises NotFound, NotPermitted outside the caller's scope, and WrongState if the application was
    decided already.
    """
    row = await _decidable(change, request.registration_id)
    row.decision_reason = request.reason
    _decide(change, row, REJECTED)
    event = events.AccountMailDue(
        mail_id=row.registration_id,
        kind=REJECTED,
        address=row.email,
        bureau=row.bureau,
        person_name=row.person_name,
        firm_name=row.firm_name,
        remark=row.decision_reason,
    )
    await change.announce(event, aggregate=_object(row), bureau=row.bureau)
    return pb.RejectRegistrationResponse(registration=await _message(change.session, row))


async def _applicant(session: AsyncSession, code: str, email: str) -> Applicant:
    standing = select(Subject).where(Subject.credit_code == code, sa.not_(col(Subject.removed)))
    firm = (await session.exec(standing)).first()
    if firm is None or not email:
        return Applicant(firm, None)
    people = await operators.people_of(session, firm.subject_id)
    same = [person for person in people if person.email.lower() == email.lower()]
    return Applicant(firm, same[0] if same else None)


async def _waiting(
    session: AsyncSession, code: str, request: pb.RegisterOperatorRequest
) -> Registration | None:
    """The application of the same person for the same firm that waits already."""
    same = Registration.email == request.email
    if not request.email:
        same = Registration.phone == request.phone
    rows = select(Registration).where(
        Registration.credit_code == code, Registration.state == WAITING, same
    )
    return (await session.exec(rows)).first()


async def _decidable(change: Change, registration_id: str) -> Registration:
    row = await change.session.get(Registration, registration_id, with_for_update=True)
    if row is None:
        raise _unknown()
    change.caller.require_bureau(row.bureau)
    if row.state != WAITING:
        zh = "该注册申请已由他人办理"
        raise WrongState(zh, "Somebody has decided on this application already", state=row.state)
    return row


def _decide(change: Change, row: Registration, state: str) -> None:
    row.state, row.decided_by, row.decided_at = state, change.caller.account_id, change.at
    _audit(change, f"{state}_registration", row)


def _audit(change: Change, action: str, row: Registration) -> None:
    change.audit(action, _object(row), after=row.model_dump(mode="json"))


def _object(row: Registration) -> str:
    return f"registration/{row.registration_id}"


def _number(change: Change) -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(6))
    return f"ZC{change.today:%Y%m%d}-{letters}"


def _unknown() -> NotFound:
    return NotFound("没有这项注册申请", "There is no such application")


async def _message(session: AsyncSession, row: Registration) -> pb.Registration:
    firm = (await _applicant(session, row.credit_code, "")).firm
    people = await operators.people_of(session, firm.subject_id) if firm else []
    fields = {f.name for f in pb.Registration.DESCRIPTOR.fields} & set(row.model_fields)
    plain = {name: getattr(row, name) for name in fields - {"created_at", "decided_at"}}
    message = pb.Registration(**plain, accounts=map(wire.account, people))
    message.created_at.FromDatetime(row.created_at)
    if row.decided_at is not None:
        message.decided_at.FromDatetime(row.decided_at)
    if firm is not None:
        message.subject_id, message.subject_name = firm.subject_id, firm.name
    return message
