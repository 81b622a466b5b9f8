"""The command that sends a test mail with the same settings as the notices of the platform."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote, urlsplit

import typer

from plumbing.mail_address import REASON_EN, REASON_ZH, is_mail_address
from services.cli.machine.directory import platform_settings
from services.cli.output import show
from services.cli.output.options import Data

if TYPE_CHECKING:
    from plumbing.settings import Settings

PORTS = {"smtp": smtplib.SMTP_PORT, "smtps": smtplib.SMTP_SSL_PORT, "smtp+starttls": 587}
TIMEOUT_SECONDS = 20.0


def mail_test(
    address: Annotated[
        str,
        typer.Argument(
            metavar="[ADDRESS]", help="收件人，默认 QUANHENG_OPERATOR_MAIL | who is to receive it"
        ),
    ] = "",
    data: Data = None,
) -> None:
    """发一封测试邮件，看邮件服务器是否收下；未收下时退出码为 1。

    Sends a test mail with the settings of the platform; exits with 1 if no mail server is set or
    the mail server does not accept it. If the URL of the server contains a
    password, it is read from QUANHENG_SMTP_URL.
    """
    settings = platform_settings(data)
    recipient = address or settings.operator_mail
    if not recipient:
        raise typer.BadParameter("请给出收件人 | an address is needed", param_hint="ADDRESS")
    if not is_mail_address(recipient):
        raise typer.BadParameter(f"{REASON_ZH} | {REASON_EN}", param_hint="ADDRESS")
    if not settings.smtp_url:
        show.refuse("未设置发信服务器（QUANHENG_SMTP_URL）", "No mail server is set")
        raise typer.Exit(1)
    server = server_of(settings.smtp_url)
    try:
        send(settings, recipient)
    except (smtplib.SMTPException, OSError) as error:
        show.refuse(f"{server} 没有收下：{error}", f"{server} did not take it")
        raise typer.Exit(1) from error
    show.done(f"{server} 已收下给 {recipient} 的测试邮件", f"{server} took a mail to {recipient}")


def server_of(smtp_url: str) -> str:
    """Returns host:port of a mail server from its URL, without user name and password."""
    url = urlsplit(smtp_url)
    return f"{url.hostname}:{url.port or PORTS[url.scheme]}"


def send(settings: Settings, recipient: str) -> None:
    """Sends a test mail; raises SMTPException or OSError if the mail server does not accept it."""
    url = urlsplit(settings.smtp_url)
    trusted = ssl.create_default_context(cafile=settings.smtp_ca_file or None)
    with _connected(settings, trusted) as server:
        server.ehlo()
        if url.scheme == "smtp+starttls" or (url.scheme == "smtp" and server.has_extn("starttls")):
            server.starttls(context=trusted)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(_message(settings.mail_from, recipient))


def _connected(settings: Settings, trusted: ssl.SSLContext) -> smtplib.SMTP:
    host, _, port = server_of(settings.smtp_url).rpartition(":")
    place: dict[str, Any] = {"host": host, "port": int(port), "timeout": TIMEOUT_SECONDS}
    if urlsplit(settings.smtp_url).scheme == "smtps":
        return smtplib.SMTP_SSL(**place, context=trusted)
    return smtplib.SMTP(**place)


def _message(sender: str, recipient: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, recipient
    message["Subject"] = "权衡测试邮件 Quanheng test mail"
    message.set_content(
        "收到此邮件，说明权衡能够送达通知。\nQuanheng can deliver notices to you.\n"
    )
    return message
