"""Commands that create, change and close accounts.

Passwords are passed as hashes, since hashing is too slow for a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from sqlmodel import select

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound, NotPermitted, WrongState
from law.separation import exclusions
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as pb
from services.registry import lookup, wire
from services.registry.commands.targets import refuse_any, require_bureau_exists
from services.registry.identity import sessions
from services.registry.identity.links import RESET, Links
from services.registry.identity.tables import Account
from services.registry.institutions.tables import Institution
from services.registry.scope import PLATFORM_WIDE
from services.registry.tables import Subject

# Roles that act for themselves, not for a bureau, and go with no other role.
APART = frozenset({Role.OPERATOR, Role.PUBLIC})


async def create_account(
    change: Change,
    request: pb.CreateAccountRequest,
    *,
    password_hash: str,
    first_password: bool = True,
) -> pb.CreateAccountResponse:
    """Creates an account for a person.

    With `first_password`, the person must change the password at the first login. Raises
    InvalidInput for roles that may not be combined or a bureau, subject or institution that does
    not fit the roles, NotPermitted outside the caller's scope, and AlreadyExists for a name in use.
    """
    roles = frozenset(map(wire.role_named, request.roles))
    refuse_any(list(role_faults(roles)) + list(_scope_faults(roles, request)))
    subject_id = await _existing_scope(change, request)
    await require_covered(change, request.bureau, subject_id)
    if (await change.session.exec(select(Account).where(Account.name == request.name))).first():
        raise AlreadyExists("该用户名已被使用", "This name is in use", name=request.name)
    row = Account(
        account_id=uuid4().hex,
        name=request.name,
        display_name=request.display_name,
        roles=sorted(roles),
        bureau=request.bureau,
        subject_id=subject_id,
        institution=request.institution.strip(),
        password_hash=password_hash,
        first_password=first_password,
        email=request.email,
        created_at=change.at,
    )
    add(change, row)
    return pb.CreateAccountResponse(account=wire.account(row))


async def change_account(
    change: Change, request: pb.ChangeAccountRequest
) -> pb.ChangeAccountResponse:
    """Changes the roles, the bureau and the institution of an account.

    Raises NotFound for an unknown account, NotPermitted outside the caller's scope, WrongState for
    a closed one and for the caller's own, and InvalidInput as `create_account` does.
    """
    row = await _governed(change, request.account_id)
    if row.account_id == change.caller.account_id:
        raise WrongState("不能更改自己的角色", "You cannot change your own roles")
    if row.closed:
        raise WrongState("账号已关闭", "The account is closed")
    roles = frozenset(map(wire.role_named, request.roles))
    scope = pb.CreateAccountRequest(
        bureau=request.bureau, institution=request.institution, subject_id=row.subject_id
    )
    refuse_any(list(role_faults(roles)) + list(_scope_faults(roles, scope)))
    await _existing_scope(change, scope)
    await require_covered(change, request.bureau, row.subject_id)
    before = row.audited()
    row.roles, row.bureau = sorted(roles), request.bureau
    row.institution = request.institution.strip()
    if row.audited() != before:
        await sessions.end_all(change, row)  # their tokens tell the former roles
    change.audit("change_account", f"account/{row.account_id}", before=before, after=row.audited())
    return pb.ChangeAccountResponse(account=wire.account(row))


def add(change: Change, row: Account) -> None:
    """Adds a new account, with its audit entry."""
    change.session.add(row)
    change.audit("create_account", f"account/{row.account_id}", after=row.audited())


async def close_account(change: Change, request: pb.CloseAccountRequest) -> pb.CloseAccountResponse:
    """Closes an account permanently and ends its logins.

    Raises NotFound for an unknown account, and WrongState for the caller's own account.
    """
    row = await _governed(change, request.account_id)
    if row.account_id == change.caller.account_id:
        # Otherwise the last administrator could lock everyone out.
        raise WrongState("不能注销自己的账号", "You cannot close your own account")
    await close(change, row)
    return pb.CloseAccountResponse(account=wire.account(row))


async def close(change: Change, row: Account) -> None:
    """Closes an account and ends its logins; changes nothing if it is closed already."""
    if row.closed:
        return
    before = row.audited()
    row.closed = True
    await sessions.end_all(change, row)
    change.audit("close_account", f"account/{row.account_id}", before=before, after=row.audited())


async def change_password(
    change: Change,
    request: pb.ChangePasswordRequest,
    *,
    checked: Account | None,
    password_hash: str,
) -> pb.ChangePasswordResponse:
    """Sets a new password for `checked`, the account whose present password was just checked.

    Every other login of the account ends. Raises NotPermitted if that password was wrong (`checked`
    is None), and WrongState if it was changed after the check.
    """
    if checked is None:
        raise wrong_password()
    row = await unchanged(change, checked)
    row.password_hash, row.first_password = password_hash, False
    await sessions.end_all(change, row, but=change.caller.session_id)
    change.audit("change_password", f"account/{row.account_id}")
    return pb.ChangePasswordResponse()


async def set_contact(
    change: Change, request: pb.SetContactRequest, *, checked: Account | None
) -> pb.SetContactResponse:
    """Sets address, number and mail language of `checked`, whose password was just checked.

    Raises NotPermitted if that password was wrong (`checked` is None), and WrongState if it was
    changed after the check.
    """
    if checked is None:
        raise wrong_password()
    row = await unchanged(change, checked)
    before = row.audited()
    row.email, row.phone = request.email, request.phone
    row.language = request.language or row.language
    change.audit("set_contact", f"account/{row.account_id}", before=before, after=row.audited())
    return pb.SetContactResponse(account=wire.account(row))


async def send_password_link(
    change: Change, request: pb.SendPasswordLinkRequest, *, links: Links
) -> pb.SendPasswordLinkResponse:
    """Mails a link to set a password to the address of an account.

    Raises NotFound for an unknown account, and WrongState for one that is closed, has no mail
    address, or for which the bureau's own sign-in service vouches.
    """
    row = await _governed(change, request.account_id)
    if row.closed or row.external:
        zh = "该账号已注销，或者使用统一身份认证，没有密码"
        raise WrongState(zh, "The account is closed, or has no password of its own")
    if not row.email:
        zh = "该账号没有登记电子邮箱"
        raise WrongState(zh, "The account has no mail address")
    await links.mail(change, RESET, row)
    return pb.SendPasswordLinkResponse(account=wire.account(row))


async def unchanged(change: Change, checked: Account) -> Account:
    """Returns the locked row of an account whose password was just checked.

    Raises WrongState if the password was changed after the check.
    """
    row = await find(change, checked.account_id)
    if row.password_hash != checked.password_hash:
        raise WrongState("密码刚刚已被修改", "The password has just been changed")
    return row


def wrong_password() -> NotPermitted:
    """Returns the error for a wrong present password."""
    return NotPermitted("原密码不正确", "The present password is wrong")


async def find(change: Change, account_id: str) -> Account:
    """Returns an account by its id or the beginning of it, and locks its row.

    Raises NotFound if there is none.
    """
    row = await find_by_id(change.session, Account, account_id, lock=True)
    if row is None:
        raise NotFound("没有该账号", "There is no such account", account_id=account_id)
    return row


async def _governed(change: Change, account_id: str) -> Account:
    """The account with this id, locked. Raises NotFound, or NotPermitted outside the scope."""
    row = await find(change, account_id)
    await require_covered(change, row.bureau, row.subject_id)
    return row


async def require_covered(by: Change | View, bureau: str, subject_id: str) -> None:
    """Raises NotPermitted unless the caller covers the bureau of an account, or of its firm."""
    if subject_id:
        firm = await by.session.get(Subject, subject_id)
        bureau = firm.bureau if firm else PLATFORM_WIDE
    by.caller.require_bureau(bureau or PLATFORM_WIDE)


def role_faults(roles: frozenset[Role]) -> Iterator[Fault]:
    """Yields a fault, with its article, for each rule by which roles exclude each other (D-16)."""
    for rule in exclusions(roles):
        yield Fault("roles", rule.zh, rule.en, cite=rule.cite)


def _scope_faults(roles: frozenset[Role], request: pb.CreateAccountRequest) -> Iterator[Fault]:
    if (Role.OPERATOR in roles) != bool(request.subject_id):
        zh = "经营者账号须指明信用主体，其他账号不填"
        yield Fault("subject_id", zh, "an operator's account names its subject, no other does")
    if request.institution.strip() and Role.VERIFICATION_INSTITUTION not in roles:
        zh = "只有检定机构账号才填写机构名称"
        yield Fault("institution", zh, "only an institution's account names an institution")
    if roles & APART and request.bureau:
        zh = "经营者和公众账号不属于任何机关"
        yield Fault("bureau", zh, "an operator or the public belongs to no bureau")
    if request.bureau == PLATFORM_WIDE and roles not in ({Role.ADMINISTRATOR}, {Role.AUDITOR}):
        zh = "全平台范围只限平台管理员和审计员账号"
        yield Fault("bureau", zh, "only an administrator or an auditor spans the platform")
    if roles - APART and not request.bureau:
        yield Fault("bureau", "须指明所属机关", "the account's bureau is needed")


async def _existing_scope(change: Change, request: pb.CreateAccountRequest) -> str:
    """The id of the subject that the account is for; refuses what is not on file."""
    if request.bureau not in ("", PLATFORM_WIDE):
        await require_bureau_exists(change, request.bureau, "bureau")
    await _require_institution(change, request.institution.strip())
    if not request.subject_id:
        return ""
    subject = await lookup.subject(change, request.subject_id)
    if subject is None:
        fault = Fault("subject_id", "没有该信用主体", "there is no such subject")
        raise InvalidInput(faults=[fault])
    return subject.subject_id


async def _require_institution(change: Change, name: str) -> None:
    same = select(Institution.institution_id).where(Institution.name == name)
    if name and not (await change.session.exec(same)).first():
        zh = "没有登记这家检定机构，请单位负责人先登记"
        en = "there is no such institution; the unit head registers it first"
        raise InvalidInput(faults=[Fault("institution", zh, en)])
