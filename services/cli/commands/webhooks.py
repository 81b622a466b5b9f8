"""The commands that set secrets of ways of notices.

The secret of a webhook is made here and shown once; those of a channel are asked for or read from
files, so that they stand in no list of commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from plumbing.webhook_secrets import new_secret
from services.cli.client import with_client
from services.cli.commands import choices
from services.cli.commands.asking import ask_secret, secret_of
from services.cli.output import answer, show
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.alerts.v1 import webhooks_pb2 as pb

KINDS = choices.some("webhook_kind")
SERVICES = choices.some("channel_service")
WITH_SECRET = ("dingtalk", "sms")
CHANNEL_KINDS = choices.some(
    "notice_kind",
    *("term", "escalation", "approvals", "batch", "filing", "proposal", "institution"),
    *("case", "calibration", "ending", "upkeep", "channel"),
)
ADDRESS, SECRET = "机器人令牌、完整网址或者短信网关网址", "签名密钥或者网关密码"
AddressFile = Annotated[
    Path | None,
    typer.Option(
        "--address-file",
        dir_okay=False,
        help=f"{ADDRESS}在此文件里，- 为标准输入；不给则询问 | else asked for",
    ),
]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        dir_okay=False,
        help=f"{SECRET}在此文件里，- 为标准输入；不给则询问 | else asked for",
    ),
]


def webhook_add(
    url: Annotated[str, typer.Argument(metavar="URL", help="以 https:// 开头的地址 | the address")],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            parser=choices.parser(KINDS),
            help=f"只发这些种类，可多次：{choices.listed(KINDS)} | only these kinds, repeatable",
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """登记一个程序接收地址；签名密钥只显示这一次。

    Adds a webhook; the secret that signs its messages is shown this once.
    """
    from protos.alerts.v1 import webhooks_pb2 as pb  # noqa: PLC0415 - only this command

    secret = new_secret()
    request = pb.AddWebhookRequest(
        request_id=new_request_id(), url=url, secret=secret, kinds=kind or []
    )
    response = with_client(data, lambda client: client.webhooks.AddWebhook(request))
    _print(response.webhook, response, secret, as_json=as_json)


def webhook_renew(
    webhook: Annotated[str, typer.Argument(metavar="WEBHOOK", help="程序接收地址的 id | its id")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """给程序接收地址换一个签名密钥；只显示这一次。

    Gives a webhook another secret, which is shown this once.
    """
    from protos.alerts.v1 import webhooks_pb2 as pb  # noqa: PLC0415 - only this command

    secret = new_secret()
    request = pb.RenewWebhookSecretRequest(
        request_id=new_request_id(), webhook_id=webhook, secret=secret
    )
    response = with_client(data, lambda client: client.webhooks.RenewWebhookSecret(request))
    _print(response.webhook, response, secret, as_json=as_json)


def channel_add(
    bureau: Annotated[str, typer.Argument(metavar="BUREAU", help="机关代码 | bureau code")],
    service: Annotated[
        str,
        typer.Argument(
            metavar="SERVICE",
            parser=choices.parser(SERVICES),
            help=f"渠道：{choices.listed(SERVICES)} | kind of channel",
        ),
    ],
    address_file: AddressFile = None,
    secret_file: SecretFile = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            parser=choices.parser(CHANNEL_KINDS),
            help=f"只发这些种类，可多次：{choices.listed(CHANNEL_KINDS)}"
            " | only these kinds, repeatable",
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """登记一个通知渠道；令牌和密钥封存，以后不再显示。

    Adds a channel; its token and secret are sealed and never shown again. For --address-file and
    --secret-file, `-` is the next line of the input. Without them the command asks.
    """
    from protos.alerts.v1 import channels_pb2  # noqa: PLC0415 - only this command

    request = channels_pb2.AddChannelRequest(
        request_id=new_request_id(),
        bureau=bureau,
        service=service,
        address=secret_of(address_file)
        if address_file
        else ask_secret(f"{ADDRESS} token or address", "--address-file"),
        secret=_secret_of_channel(service, secret_file),
        kinds=kind or [],
    )
    response = with_client(data, lambda client: client.bureau_channels.AddChannel(request))
    answer.print_response(response, as_json=as_json)


def _secret_of_channel(service: str, file: Path | None) -> str:
    if file:
        return secret_of(file)
    if service not in WITH_SECRET:
        return ""
    return ask_secret(f"{SECRET}（没有即回车） secret, if any", "--secret-file", empty=True)


def _print(
    webhook: pb.Webhook,
    response: pb.AddWebhookResponse | pb.RenewWebhookSecretResponse,
    secret: str,
    *,
    as_json: bool,
) -> None:
    if as_json:
        show.json_out({**show.plain(webhook), "secret": secret})
        return
    answer.print_response(response, as_json=False)
    show.done(f"签名密钥（只显示这一次）：{secret}", f"Its secret, shown this once: {secret}")
