"""Pages of all accounts for the administrator: list, a new one, one account, its end.

What needs a second administrator leads to the page of its proposal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as pb
from services.portal.browsers import browser_named
from services.portal.listing import Asked, Cell, Chunk, Column, Listing, chunk_of, show
from services.portal.pages import proposals
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names, institution_names
from services.portal.visit import Visit
from services.portal.wording import N_, Tag

OFFERED = tuple(role for role in Role if role not in (Role.SERVICE, Role.PUBLIC))
_ALL = 1000
_TEXTS = (
    *("name", "display_name", "password", "bureau", "subject_id", "institution", "email"),
    "ground",
)


def number_of(role: str) -> pb.Role.ValueType:
    """Returns the number of a role in messages."""
    return pb.Role.Value(f"ROLE_{role.upper()}")


def role_of(number: pb.Role.ValueType) -> str:
    """Returns the code of a role from its number in messages."""
    return pb.Role.Name(number).removeprefix("ROLE_").lower()


async def listing(visit: Visit) -> Response:
    """Shows every account by name."""
    words, bureaus = visit.words, await bureau_names(visit)

    async def read(asked: Asked) -> Chunk[pb.Account]:
        answer = await ask(visit.services.identity.ListAccounts(
            pb.ListAccountsRequest(**asked.paging)
        ))  # fmt: skip
        return chunk_of(answer, answer.accounts)

    accounts = Listing(
        path="/accounts",
        title=N_("账号"),
        counted=N_("共 {total} 个，第 {first}–{last} 个"),
        columns=(
            Column(N_("用户名"), lambda one: Cell(one.name, link=f"/accounts/{one.account_id}")),
            Column(N_("姓名"), lambda one: one.display_name),
            Column(N_("角色"), lambda one: words.listed(words.role(role_of(r)) for r in one.roles)),
            Column(
                N_("机关或机构"),
                lambda one: one.institution or bureaus.get(one.bureau, one.bureau),
            ),
            Column(N_("状态"), lambda one: Cell(tag=_state(visit, one))),
        ),
        read=read,
        empty=N_("还没有账号。"),
    )
    proposed = await proposals.tasks(visit)
    return await show(visit, accounts, "administration/accounts.html", proposed=proposed)


def _state(visit: Visit, one: pb.Account) -> Tag:
    if one.closed:
        return Tag(visit.say(N_("已关闭")), "", "govuk-tag--grey")
    return Tag(visit.say(N_("使用中")), "", "govuk-tag--green")


async def new(visit: Visit) -> Response:
    """Asks who gets an account with which roles, and creates it."""
    if visit.request.method == "GET":
        return await _form(visit)
    errors = _missing(visit)
    if errors:
        return await _form(visit, 422, errors=errors)
    request = pb.CreateAccountRequest(
        request_id=visit.request_id(),
        roles=[number_of(role) for role in visit.fields("roles") if role in OFFERED],
        **{name: visit.field(name) for name in _TEXTS},
    )
    try:
        answer = await ask(visit.services.identity.CreateAccount(request))
    except Refusal as refusal:
        return await _form(visit, 422, **told(visit, refusal))
    done = "proposed" if answer.HasField("proposal") else "made"
    return visit.redirect(f"/accounts/{answer.account.account_id}?done={done}")


def _missing(visit: Visit) -> dict[str, str]:
    errors = {name: visit.say(text) for name, text in _NEEDED.items() if not visit.field(name)}
    if not set(visit.fields("roles")) & set(OFFERED):
        errors["roles"] = visit.say(N_("请至少选择一个角色"))
    elif Role.VERIFICATION_INSTITUTION in visit.fields("roles") and not visit.field("institution"):
        errors["institution"] = visit.say(N_("请选择检定机构"))
    return errors


_NEEDED = {
    "name": N_("请填写用户名，例如 zhang.san"),
    "display_name": N_("请填写姓名"),
    "password": N_("请填写首个密码，至少 12 个字符"),
}


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    return visit.page(
        "administration/new_account.html",
        status=status,
        roles=OFFERED,
        chosen=visit.fields("roles"),
        bureaus=await bureau_names(visit),
        institutions=await institution_names(visit, visit.field("institution")),
        form=visit.form,
        **values,
    )


async def one(visit: Visit) -> Response:
    """Shows an account with its logins.

    Its forms close it, mail a password link, remove a second factor or end a login.

    What cannot be taken back is asked again before it is done.
    """
    account = await _find(visit)
    if visit.request.method == "GET":
        return await _page(visit, account)
    act = visit.field("act")
    if act not in _ACTS:
        errors = {"act": visit.say(N_("请选择要做什么"))}
        return await _page(visit, account, 422, errors=errors)
    if act in _ASKED_AGAIN and visit.field("checked") != "yes":
        return await _page(visit, account, asking=act)
    try:
        proposal_id = await _ACTS[act](visit, account.account_id)
    except Refusal as refusal:
        return await _page(visit, account, 422, **told(visit, refusal))
    if proposal_id:
        return visit.redirect(f"{proposals.PATH}/{proposal_id}")
    return visit.redirect(f"/accounts/{account.account_id}?done={act}")


async def _close(visit: Visit, account_id: str) -> str:
    """Closes the account, or proposes it; the id of the proposal."""
    request = pb.CloseAccountRequest(
        request_id=visit.request_id(), account_id=account_id, ground=visit.field("ground")
    )
    answer = await ask(visit.services.identity.CloseAccount(request))
    return str(answer.proposal.proposal_id)


async def _send_link(visit: Visit, account_id: str) -> str:
    request = pb.SendPasswordLinkRequest(request_id=visit.request_id(), account_id=account_id)
    await ask(visit.services.identity.SendPasswordLink(request))
    return ""


async def _remove_factor(visit: Visit, account_id: str) -> str:
    request = pb.RemoveSecondFactorRequest(request_id=visit.request_id(), account_id=account_id)
    await ask(visit.services.identity.RemoveSecondFactor(request))
    return ""


async def _end_session(visit: Visit, account_id: str) -> str:
    """Ends the named login of the account; all of them if none is named."""
    request = pb.EndSessionRequest(
        request_id=visit.request_id(), account_id=account_id, session_id=visit.field("session_id")
    )
    await ask(visit.services.identity.EndSession(request))
    return ""


_ACTS: Mapping[str, Callable[[Visit, str], Awaitable[str]]] = {
    "close": _close,
    "link": _send_link,
    "factor": _remove_factor,
    "session": _end_session,
}
_ASKED_AGAIN = ("close", "factor")


async def _page(visit: Visit, account: pb.Account, status: int = 200, **values: Any) -> Response:
    asked = pb.ListSessionsRequest(account_id=account.account_id)
    logins = await ask(visit.services.identity.ListSessions(asked))
    return visit.page(
        "administration/account.html",
        status=status,
        account=account,
        roles=[role_of(number) for number in account.roles],
        tag=_state(visit, account),
        bureaus=await bureau_names(visit),
        own=account.account_id == visit.person.account_id,
        done=visit.just_done("done"),
        proposed=await proposals.about(visit, f"account/{account.account_id}"),
        sessions=logins.sessions,
        browser=browser_named(visit.say),
        **values,
    )


async def roles(visit: Visit) -> Response:
    """Asks which roles, bureau and institution an account has from now on, and sets them."""
    account = await _find(visit)
    if visit.request.method == "GET":
        now = {"bureau": account.bureau, "institution": account.institution}
        return await _roles_form(visit, account, [role_of(r) for r in account.roles], form=now)
    chosen = [role for role in visit.fields("roles") if role in OFFERED]
    if not chosen:
        errors = {"roles": visit.say(N_("请至少选择一个角色"))}
        return await _roles_form(visit, account, chosen, 422, errors=errors)
    request = pb.ChangeAccountRequest(
        request_id=visit.request_id(),
        account_id=account.account_id,
        roles=map(number_of, chosen),
        bureau=visit.field("bureau"),
        institution=visit.field("institution"),
        ground=visit.field("ground"),
    )
    try:
        answer = await ask(visit.services.identity.ChangeAccount(request))
    except Refusal as refusal:
        return await _roles_form(visit, account, chosen, 422, **told(visit, refusal))
    if answer.HasField("proposal"):
        return visit.redirect(f"{proposals.PATH}/{answer.proposal.proposal_id}")
    return visit.redirect(f"/accounts/{account.account_id}")


async def _roles_form(
    visit: Visit, account: pb.Account, chosen: list[str], status: int = 200, **values: Any
) -> Response:
    return visit.page(
        "administration/roles.html",
        status=status,
        account=account,
        roles=OFFERED,
        chosen=chosen,
        bureaus=await bureau_names(visit),
        institutions=await institution_names(visit, account.institution),
        **{"form": visit.form, **values},
    )


async def _find(visit: Visit) -> pb.Account:
    request = pb.GetAccountRequest(account_id=visit.path("account_id"))
    return (await ask(visit.services.identity.GetAccount(request))).account
