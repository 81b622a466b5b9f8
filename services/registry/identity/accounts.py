"""Commands that create, change and close accounts.

Passwords are passed as hashes, since hashing is too slow for a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from sqlmodel import select

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from protos.identity.v1 import identity_pb2 as pb
from services.registry import lookup, wire
from services.registry.commands.targets import refuse_any, require_bureau_exists
from services.registry.scope import PLATFORM_WIDE
from services.registry.tables import Account

# Roles that decide cases, and so do not run the platform (D-09).
DECIDING = frozenset({Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER})
# Roles that act for themselves, not for a bureau, and go with no other role.
APART = frozenset({Role.OPERATOR, Role.PUBLIC})


async def create_account(
    change: Change, request: pb.CreateAccountRequest, *, password_hash: str
) -> pb.CreateAccountResponse:
    """Creates an account for a person.

    Raises InvalidInput for roles that may not be combined or a bureau, subject or institution that
    does not fit the roles, and AlreadyExists for a name in use.
    """
    roles = frozenset(map(wire.role_named, request.roles))
    refuse_any(list(_role_faults(roles)) + list(_scope_faults(roles, request)))
    subject_id = await _existing_scope(change, request)
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
        created_at=change.at,
    )
    change.session.add(row)
    change.audit("create_account", f"account/{row.account_id}", after=row.audited())
    return pb.CreateAccountResponse(account=wire.account(row))


async def change_account(
    change: Change, request: pb.ChangeAccountRequest
) -> pb.ChangeAccountResponse:
    """Changes the roles, the bureau and the institution of an account.

    Raises NotFound for an unknown account, WrongState for a closed one and for the caller's own,
    and InvalidInput as `create_account` does.
    """
    row = await _find(change, request.account_id)
    if row.account_id == change.caller.account_id:
        raise WrongState("不能更改自己的角色", "You cannot change your own roles")
    if row.closed:
        raise WrongState("账号已关闭", "The account is closed")
    roles = frozenset(map(wire.role_named, request.roles))
    scope = pb.CreateAccountRequest(
        bureau=request.bureau, institution=request.institution, subject_id=row.subject_id
    )
    refuse_any(list(_role_faults(roles)) + list(_scope_faults(roles, scope)))
    await _existing_scope(change, scope)
    before = row.audited()
    row.roles, row.bureau = sorted(roles), request.bureau
    row.institution = request.institution.strip()
    change.audit("change_account", f"account/{row.account_id}", before=before, after=row.audited())
    return pb.ChangeAccountResponse(account=wire.account(row))


async def close_account(change: Change, request: pb.CloseAccountRequest) -> pb.CloseAccountResponse:
    """Closes an account permanently.

    Raises NotFound for an unknown account, and WrongState for the caller's own account.
    """
    row = await _find(change, request.account_id)
    if row.account_id == change.caller.account_id:
        # Otherwise the last administrator could lock everyone out.
        raise WrongState("不能注销自己的账号", "You cannot close your own account")
    if not row.closed:
        before = row.audited()
        row.closed = True
        change.audit(
            "close_account", f"account/{row.account_id}", before=before, after=row.audited()
        )
    return pb.CloseAccountResponse(account=wire.account(row))


async def change_password(
    change: Change,
    request: pb.ChangePasswordRequest,
    *,
    checked: Account | None,
    password_hash: str,
) -> pb.ChangePasswordResponse:
    """Sets a new password for `checked`, the account whose present password was just checked.

    Raises NotPermitted if that password was wrong (`checked` is None), and WrongState if it was
    changed after the check.
    """
    if checked is None:
        raise NotPermitted("原密码不正确", "The present password is wrong")
    row = await _find(change, checked.account_id)
    if row.password_hash != checked.password_hash:
        raise WrongState("密码刚刚已被修改", "The password has just been changed")
    row.password_hash = password_hash
    change.audit("change_password", f"account/{row.account_id}")
    return pb.ChangePasswordResponse()


async def _find(change: Change, account_id: str) -> Account:
    row = await find_by_id(change.session, Account, account_id, lock=True)
    if row is None:
        raise NotFound("没有该账号", "There is no such account", account_id=account_id)
    return row


def _role_faults(roles: frozenset[Role]) -> Iterator[Fault]:
    if Role.ADMINISTRATOR in roles and roles & DECIDING:
        zh = "平台管理员不得兼任经办人、单位负责人或复核人"
        yield Fault("roles", zh, "an administrator holds no deciding role")
    if roles & APART and len(roles) > 1:
        zh = "经营者和公众账号不得兼任其他角色"
        yield Fault("roles", zh, "an operator or the public holds no other role")


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
    if request.bureau == PLATFORM_WIDE and roles != {Role.ADMINISTRATOR}:
        zh = "全平台范围只限平台管理员账号"
        yield Fault("bureau", zh, "only an administrator's account spans the platform")
    if roles - APART - {Role.ADMINISTRATOR} and not request.bureau:
        yield Fault("bureau", "须指明所属机关", "the account's bureau is needed")


async def _existing_scope(change: Change, request: pb.CreateAccountRequest) -> str:
    """The id of the subject that the account is for; refuses a bureau or subject not on file."""
    if request.bureau not in ("", PLATFORM_WIDE):
        await require_bureau_exists(change, request.bureau, "bureau")
    if not request.subject_id:
        return ""
    subject = await lookup.subject(change, request.subject_id)
    if subject is None:
        fault = Fault("subject_id", "没有该信用主体", "there is no such subject")
        raise InvalidInput(faults=[fault])
    return subject.subject_id
