"""The commands that set the secret of a webhook, which is made here and shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from plumbing.webhook_secrets import new_secret
from services.cli.client import with_client
from services.cli.commands import choices
from services.cli.output import answer, show
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.alerts.v1 import webhooks_pb2 as pb

KINDS = choices.some(
    "notice_kind",
    *("digest", "rejected", "adverse_record", "grade_fell", "letter", "term", "escalation"),
    *("filing", "order", "subject", "case", "channel"),
)


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
