"""Commands to log in and to log out."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated

import typer

from plumbing.addresses import Addresses
from protos.identity.v1 import identity_pb2 as pb
from services.cli import sessions
from services.cli.client import log_in, run_or_refuse
from services.cli.commands.asking import ask_secret
from services.cli.machine.directory import platform_addresses
from services.cli.output import show
from services.cli.output.options import Data


def login(
    name: Annotated[str, typer.Argument(metavar="NAME", help="用户名 | login name")],
    password: Annotated[
        str | None, typer.Option("--password", help="密码；不给则询问 | asked for if not given")
    ] = None,
    new_password: Annotated[
        str | None,
        typer.Option("--new-password", help="代替初始密码的新密码 | replaces a first password"),
    ] = None,
    code: Annotated[
        str | None,
        typer.Option("--code", help="两步验证码或恢复码 | code of the second factor"),
    ] = None,
    data: Data = None,
) -> None:
    """登录；此后的命令以此身份办理。使用期间登录自动延续。

    Logs in; later commands act as this account. A login that is used is renewed by itself. A first
    password is replaced at the first login. On the platform's own machine, `login administrator`
    reads the first password from its file, and in a sandbox with the sample `login demo.caseworker`
    and the others of the cast read theirs.
    """
    addresses = platform_addresses(data)
    sessions.require_place()
    if password is None:
        password = _on_file(addresses, name)
    if password is None:
        password = ask_secret("密码 password", "--password")
    steps = LoginSteps(new_password, code)
    sessions.keep(addresses, run_or_refuse(log_in(addresses, name, password, steps.take)))
    if steps.replaced_password and name == sessions.ADMINISTRATOR:
        sessions.forget_first_password(addresses.keys_dir)
    show.done(f"已登录：{name}", f"logged in: {name}")


class LoginSteps:
    """Answers the steps of a login from the options of the command, or asks the person."""

    def __init__(self, new_password: str | None, code: str | None) -> None:
        self._new_password, self._code = new_password, code
        self.replaced_password = False

    def take(self, response: pb.LoginResponse) -> pb.ContinueLoginRequest:
        """Returns the answer to a step; says what the step is."""
        answer = pb.ContinueLoginRequest(challenge=response.challenge)
        if response.step == pb.LOGIN_STEP_NEW_PASSWORD:
            answer.new_password = self._take_new_password()
            self.replaced_password = True
        elif response.step == pb.LOGIN_STEP_CODE:
            answer.code = self._take_code()
        else:
            answer.code = _set_up(response.setup)
        return answer

    def _take_new_password(self) -> str:
        given, self._new_password = self._new_password, None
        if given:
            return given
        zh = "这是别人给的初始密码，须改为自己的密码（至少 12 个字符）"
        show.done(zh, "this is a first password; replace it by your own, at least 12 characters")
        return ask_secret("新密码 new password", "--new-password", twice=True)

    def _take_code(self) -> str:
        given, self._code = self._code, None
        return given or ask_secret("验证码 code", "--code")


def _set_up(setup: pb.SecondFactorSetup) -> str:
    """Shows the secret of a second factor as a QR code and as text; asks for the first code."""
    import segno  # noqa: PLC0415 - only this step draws

    zh = "您的角色须使用两步验证。请用手机上的验证器扫描，或者手工输入密钥"
    show.done(zh, "your role needs a second factor: scan this with a program that makes codes")
    segno.make(setup.uri).terminal(out=sys.stderr, compact=True)
    show.done(f"密钥 {setup.secret}", "the secret, to be typed")
    return ask_secret("验证码 code")


def _on_file(addresses: Addresses, name: str) -> str | None:
    """The password of the first administrator, or of one of a sandbox's cast, from its file."""
    with suppress(OSError):
        if name == sessions.ADMINISTRATOR:
            return sessions.administrator_password(addresses.keys_dir)
        if name.startswith(sessions.CAST):
            return sessions.cast_password(addresses.data_dir, name)
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
