"""Commands about who one is: login, and the embedded accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from plumbing.client import new_request_id
from protos.identity.v1 import identity_pb2 as pb
from services.cli import sessions
from services.cli.client import log_in, run_or_refuse, with_client
from services.cli.machine.directory import platform_addresses
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

account_app = typer.Typer(no_args_is_help=True, help="账号 | accounts")
ROLES = tuple(name.removeprefix("ROLE_").lower() for name in pb.Role.keys()[1:])


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command()(login)
    app.command()(logout)
    app.command()(whoami)
    app.add_typer(account_app, name="account")


def login(
    name: Annotated[str, typer.Argument(help="用户名 | login name")],
    password: Annotated[str, typer.Option(prompt="密码", hide_input=True, help="密码")],
    data: Data = None,
) -> None:
    """登录；此后的命令以此身份办理。 Logs in; later commands act as this account."""
    addresses = platform_addresses(data)
    sessions.keep(addresses, run_or_refuse(log_in(addresses, name, password)))
    show.console.print(f"已登录：{name}")


def logout(data: Data = None) -> None:
    """退出登录。 Forgets the login."""
    sessions.end(platform_addresses(data))


def whoami(data: Data = None, as_json: AsJson = False) -> None:
    """显示当前身份。 Shows who one is."""
    answer = with_client(data, lambda client: client.identity.GetCaller(pb.GetCallerRequest()))
    if as_json:
        show.json_out(answer.account)
    else:
        _card(answer.account)


@account_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="用户名 | login name")],
    role: Annotated[list[str], typer.Option("--role", help=f"角色，可多次：{'、'.join(ROLES)}")],
    password: Annotated[
        str, typer.Option(prompt="密码", hide_input=True, confirmation_prompt=True, help="密码")
    ],
    display_name: Annotated[str, typer.Option("--display-name", help="显示名")] = "",
    bureau: Bureau = "",
    subject: Annotated[str, typer.Option("--subject", help="经营者所代表的主体 id")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """新建账号。 Creates an account."""
    request = pb.CreateAccountRequest(
        request_id=new_request_id(),
        name=name,
        display_name=display_name or name,
        password=password,
        roles=[role_value(one) for one in role],
        bureau=bureau,
        subject_id=subject,
    )
    answer = with_client(data, lambda client: client.identity.CreateAccount(request))
    if as_json:
        show.json_out(answer.account)
    else:
        _card(answer.account)


def role_value(name: str) -> pb.Role.ValueType:
    """The role of a name on the command line."""
    if name not in ROLES:
        raise typer.BadParameter(f"没有角色“{name}”；可选：{'、'.join(ROLES)}")
    return pb.Role.Value(f"ROLE_{name.upper()}")


@account_app.command("list")
def list_(
    limit: Limit = 100, export: Export = None, data: Data = None, as_json: AsJson = False
) -> None:
    """列出账号。 Lists accounts."""
    wanted = pb.ListAccountsRequest(page_size=limit)
    answer = listed(lambda client: client.identity.ListAccounts, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (a.name, a.display_name, _roles(a), a.bureau, a.subject_id, "已关闭" if a.closed else "")
        for a in answer.accounts
    ]
    show.table("账号", ("用户名", "显示名", "角色", "机关", "主体", "状态"), rows)


@account_app.command("close")
def close(account: Annotated[str, typer.Argument(help="账号 id")], data: Data = None) -> None:
    """关闭账号。 Closes an account."""
    request = pb.CloseAccountRequest(request_id=new_request_id(), account_id=account)
    with_client(data, lambda client: client.identity.CloseAccount(request))
    show.console.print("已关闭")


@account_app.command("password")
def password(
    old: Annotated[str, typer.Option(prompt="原密码", hide_input=True, help="原密码")],
    new: Annotated[
        str, typer.Option(prompt="新密码", hide_input=True, confirmation_prompt=True, help="新密码")
    ],
    data: Data = None,
) -> None:
    """修改自己的密码。 Changes one's own password."""
    request = pb.ChangePasswordRequest(
        request_id=new_request_id(), old_password=old, new_password=new
    )
    with_client(data, lambda client: client.identity.ChangePassword(request))
    show.console.print("密码已修改")


def _roles(account: pb.Account) -> str:
    return "、".join(pb.Role.Name(role).removeprefix("ROLE_").lower() for role in account.roles)


def _card(account: pb.Account) -> None:
    lines = {
        "账号": account.account_id,
        "用户名": account.name,
        "显示名": account.display_name,
        "角色": _roles(account),
        "机关": account.bureau,
        "主体": account.subject_id,
    }
    show.card("账号", lines)
