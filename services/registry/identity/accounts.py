"""Commands that create, change and close accounts.

Passwords are passed as hashes, since hashing is too slow for a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from sqlmodel import select

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound, NotPermitted, WrongState
from law.separation import exclusions
from plumbing.change import Change
from plumbing.client import new_request_id
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.registry import lookup, wire
from services.registry.commands.targets import refuse_any, require_bureau_exists
from services.registry.identity import appointments, sessions
from services.registry.identity.coverage import require_covered
from services.registry.identity.links import RESET, Links
from services.registry.identity.seconds import seconds
from services.registry.identity.standing import Standing, act_of, weighty
from services.registry.identity.tables import Account
from services.registry.institutions.tables import Institution
from services.registry.proposals.propose import end_waiting, object_id
from services.registry.scope import PLATFORM_WIDE
from services.registry.tables import Proposal

# Roles that act for themselves, not for a bureau, and go with no other role.
APART = frozenset({Role.OPERATOR, Role.PUBLIC})
_CLOSED = "账号已注销 (the account was closed)"  # why a proposal about it ends


async def create_account(
    change: Change,
    request: pb.CreateAccountRequest,
    *,
    password_hash: str,
    first_password: bool = True,
) -> pb.CreateAccountResponse:
    """Creates an account for a person.

    The roles that a second administrator releases are not given but proposed; the account has the
    others, and signs in once it has any. With `first_password`, the person must change the
    password at the first login. Raises InvalidInput for roles that may not be combined or a
    bureau, subject or institution that does not fit the roles, NotPermitted outside the caller's
    scope, and AlreadyExists for a name in use.
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
        roles=[],
        bureau=request.bureau,
        subject_id=subject_id,
        institution=request.institution.strip(),
        password_hash=password_hash,
        first_password=first_password,
        email=request.email,
        created_at=change.at,
    )
    return await _open(change, request, row, Standing(roles, row.bureau, row.institution))


async def _open(
    change: Change, request: pb.CreateAccountRequest, row: Account, wanted: Standing
) -> pb.CreateAccountResponse:
    """Adds a new account with the roles that need nobody else, and proposes the others."""
    second = await seconds(change, Standing.of(row), wanted)
    if second is None:
        ground = _ground(request.ground, Standing.of(row), wanted)
        row.roles = sorted(wanted.roles)
        add(change, row, ground)
        return pb.CreateAccountResponse(account=wire.account(row))
    row.roles = sorted(wanted.roles - weighty(wanted.roles))
    add(change, row, request.ground)
    asked = _role_request(row.account_id, request)
    ground = request.ground
    proposal = await appointments.propose_standing(change, asked, row, wanted, second, ground)
    return pb.CreateAccountResponse(account=wire.account(row), proposal=proposal)


def _role_request(account_id: str, request: pb.CreateAccountRequest) -> pb.ChangeAccountRequest:
    """What a proposal stores in place of the creation, which has a password."""
    return pb.ChangeAccountRequest(
        request_id=new_request_id(),
        account_id=account_id,
        roles=request.roles,
        bureau=request.bureau,
        institution=request.institution,
    )


async def change_account(
    change: Change, request: pb.ChangeAccountRequest
) -> pb.ChangeAccountResponse:
    """Changes the roles, the bureau and the institution of an account.

    What a second administrator releases is only proposed, while there is one. Raises NotFound for
    an unknown account, NotPermitted outside the caller's scope, WrongState for a closed one, for
    the caller's own and for the last administrator, and InvalidInput as `create_account` does.
    """
    row = await _governed(change, request.account_id)
    if row.account_id == change.caller.account_id:
        raise WrongState("不能更改自己的角色", "You cannot change your own roles")
    after = await _wanted(change, row, request)
    await require_covered(change, request.bureau, row.subject_id)
    proposal, ground = await _second(change, request, row, after)
    if proposal is None:
        await _become(change, row, after, "change_account", ground)
    return pb.ChangeAccountResponse(account=wire.account(row), proposal=proposal)


async def release_change(
    change: Change, request: pb.ChangeAccountRequest, proposal: Proposal
) -> None:
    """Carries out a change that a second administrator releases. Raises as `change_account`.

    The proposal lies with a bureau that the releaser covers; the proposer covered the account.
    """
    row = await find(change, object_id(proposal))
    after = await _wanted(change, row, request)
    appointments.require_unchanged(Standing.of(row), after, proposal)
    await _become(change, row, after, "change_account", proposal.ground)


async def _wanted(change: Change, row: Account, request: pb.ChangeAccountRequest) -> Standing:
    """The standing that a request asks for; refuses what does not fit the account."""
    if row.closed:
        raise WrongState("账号已关闭", "The account is closed")
    roles = frozenset(map(wire.role_named, request.roles))
    scope = pb.CreateAccountRequest(
        bureau=request.bureau, institution=request.institution, subject_id=row.subject_id
    )
    refuse_any(list(role_faults(roles)) + list(_scope_faults(roles, scope)))
    await _existing_scope(change, scope)
    return Standing(roles, request.bureau, request.institution.strip())


async def _second(
    change: Change,
    request: pb.ChangeAccountRequest | pb.CloseAccountRequest,
    row: Account,
    after: Standing,
) -> tuple[proposals.Proposal | None, str]:
    """The proposal of a change that needs a second administrator, and the ground of the change."""
    before, ground = Standing.of(row), request.ground
    second = await seconds(change, before, after)
    if second is None:
        return None, _ground(ground, before, after)
    await appointments.require_administrator_left(change, row, after)
    proposal = await appointments.propose_standing(change, request, row, after, second, ground)
    return proposal, ground


def _ground(ground: str, before: Standing, after: Standing) -> str:
    """The ground of a change that is made at once."""
    return appointments.alone(ground) if act_of(before, after) else ground


async def _become(
    change: Change, row: Account, after: Standing, action: str, ground: str = ""
) -> None:
    """Gives an account its new standing; its logins end if that is another one."""
    await appointments.require_administrator_left(change, row, after)
    before = row.audited()
    row.roles, row.bureau = sorted(after.roles), after.bureau
    row.institution, row.closed = after.institution, after.closed
    if row.audited() != before:
        await sessions.end_all(change, row)  # their tokens tell the former roles
    object_ = f"account/{row.account_id}"
    change.audit(action, object_, before=before, after=row.audited(), ground=ground)


def add(change: Change, row: Account, ground: str = "") -> None:
    """Adds a new account, with its audit entry."""
    change.session.add(row)
    change.audit("create_account", f"account/{row.account_id}", after=row.audited(), ground=ground)


async def close_account(change: Change, request: pb.CloseAccountRequest) -> pb.CloseAccountResponse:
    """Closes an account permanently and ends its logins.

    The closing of an administrator is only proposed, while there is another one. Raises NotFound
    for an unknown account, and WrongState for the caller's own and for the last administrator.
    """
    row = await _governed(change, request.account_id)
    if row.account_id == change.caller.account_id:
        # Otherwise the last administrator could lock everyone out.
        raise WrongState("不能注销自己的账号", "You cannot close your own account")
    after = replace(Standing.of(row), closed=True)
    proposal, ground = await _second(change, request, row, after)
    if proposal is None:
        await close(change, row, ground)
    return pb.CloseAccountResponse(account=wire.account(row), proposal=proposal)


async def release_closing(
    change: Change, request: pb.CloseAccountRequest, proposal: Proposal
) -> None:
    """Closes an account as a second administrator releases it. Raises as `close_account`."""
    row = await find(change, object_id(proposal))
    after = replace(Standing.of(row), closed=True)
    appointments.require_unchanged(Standing.of(row), after, proposal)
    await close(change, row, proposal.ground)


async def close(change: Change, row: Account, ground: str = "") -> None:
    """Closes an account; ends its logins and the proposal that waits about it.

    Changes nothing if it is closed already.
    """
    if not row.closed:
        after = replace(Standing.of(row), closed=True)
        await _become(change, row, after, "close_account", ground)
        await end_waiting(change, f"account/{row.account_id}", _CLOSED)


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
