"""The people of a firm: whoever the bureau opened an account for invites and removes colleagues."""

from __future__ import annotations

from law.errors import AlreadyExists, NotFound, NotPermitted, WrongState
from plumbing import paging
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as pb
from services.registry import lookup, wire
from services.registry.identity import accounts, operators
from services.registry.identity.links import INVITED, Links
from services.registry.identity.tables import Account
from services.registry.tables import Subject

MOST = 50  # people of a firm


async def list_colleagues(
    view: View, request: pb.ListColleaguesRequest
) -> pb.ListColleaguesResponse:
    """Returns the open accounts of the caller's own firm, by when they were created.

    A caseworker names a firm of the bureau, and sees ids and names alone. Raises NotFound if there
    is no such firm, and NotPermitted outside the caller's scope.
    """
    firm = await lookup.subject(view, request.subject_id or view.caller.subject_id)
    if firm is None:
        raise NotFound("没有该信用主体", "There is no such subject")
    view.caller.require_subject(firm.subject_id, firm.bureau)
    people = operators.people(firm.subject_id)
    order = (Account.created_at, Account.account_id)
    page, token = await paging.page(view.session, request, people, *order)
    shown = wire.account if view.caller.has(Role.OPERATOR) else _named
    return pb.ListColleaguesResponse(accounts=map(shown, page), next_page_token=token)


def _named(row: Account) -> pb.Account:
    return pb.Account(account_id=row.account_id, name=row.name, display_name=row.display_name)


async def invite(
    change: Change, request: pb.InviteColleagueRequest, *, links: Links
) -> pb.InviteColleagueResponse:
    """Creates an account for a colleague and mails its link to set a password.

    Raises NotPermitted unless the bureau opened the caller's account, AlreadyExists if the mail
    address belongs to a colleague already, and WrongState if the firm has 50 people.
    """
    own, firm = await _manager(change)
    people = await operators.people_of(change.session, firm.subject_id)
    if any(person.email.lower() == request.email.lower() for person in people):
        zh = "该邮箱已属于本单位的人员"
        raise AlreadyExists(zh, "This mail address belongs to a person of your firm already")
    if len(people) >= MOST:
        raise WrongState(f"一个单位至多 {MOST} 人", f"A firm has at most {MOST} people")
    row = await operators.open_account(
        change, firm, request.display_name, email=request.email, invited_by=own.account_id
    )
    await links.mail(change, INVITED, row, remark=own.display_name)
    return pb.InviteColleagueResponse(account=wire.account(row))


async def remove(change: Change, request: pb.RemoveColleagueRequest) -> pb.RemoveColleagueResponse:
    """Closes the account of a colleague; their logins end at once.

    Raises NotPermitted unless the bureau opened the caller's account, NotFound for an account that
    is not of the firm, and WrongState for the caller's own.
    """
    own, firm = await _manager(change)
    row = await accounts.find(change, request.account_id)
    if row.subject_id != firm.subject_id:
        raise NotFound("没有该账号", "There is no such account")
    if row.account_id == own.account_id or not row.invited_by:
        zh = "监管部门开通的账号由监管部门注销"
        raise WrongState(zh, "An account that the bureau opened is closed by the bureau")
    await accounts.close(change, row)
    return pb.RemoveColleagueResponse(account=wire.account(row))


async def _manager(change: Change) -> tuple[Account, Subject]:
    """The caller's own account, which manages the people of its firm, and the firm."""
    own = await change.session.get(Account, change.caller.account_id)
    firm = await change.session.get(Subject, change.caller.subject_id, with_for_update=True)
    if own is None or own.closed or own.invited_by or firm is None or firm.removed:
        zh = "只有监管部门开通的账号可以管理本单位人员"
        raise NotPermitted(zh, "Only an account that the bureau opened manages the firm's people")
    return own, firm
