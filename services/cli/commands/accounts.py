"""Commands to log in and to log out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from plumbing.addresses import Addresses
from protos.identity.v1 import identity_pb2 as pb
from services.cli import sessions
from services.cli.client import log_in, run_or_refuse
from services.cli.machine.directory import platform_addresses
from services.cli.output import show
from services.cli.output.options import Data


def login(
    name: Annotated[str, typer.Argument(metavar="NAME", help="用户名 | login name")],
    password: Annotated[
        str | None, typer.Option("--password", help="密码；不给则询问 | asked for if not given")
    ] = None,
    data: Data = None,
) -> None:
    """登录；此后的命令以此身份办理。使用期间登录自动延续。

    Logs in; later commands act as this account. A login that is used is renewed by itself. On the
    platform's own machine, `login administrator` reads the first password from its file.
    """
    addresses = platform_addresses(data)
    if password is None and name == sessions.ADMINISTRATOR:
        password = _first_password(addresses)
    if password is None:
        password = typer.prompt("密码 password", hide_input=True, err=not sys.stdout.isatty())
    sessions.keep(addresses, run_or_refuse(log_in(addresses, name, password)))
    show.done(f"已登录：{name}", f"logged in: {name}")


def _first_password(addresses: Addresses) -> str | None:
    try:
        return sessions.administrator_password(addresses.keys_dir)
    except OSError:
        return None


def role_value(role: str) -> pb.Role.ValueType:
    """Returns the protobuf value of a role for its code, such as `unit_head`."""
    return pb.Role.Value(f"ROLE_{role.upper()}")


def logout(data: Data = None) -> None:
    """退出登录；此后的命令须先登录。

    Logs out; later commands need a new login.
    """
    sessions.end(platform_addresses(data))
    show.done("已退出登录", "logged out")
