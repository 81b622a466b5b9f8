"""Keeps the webhooks of the caller's subject or institution. Every function is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlmodel import select

from law.errors import (
    AlreadyExists,
    Fault,
    InvalidInput,
    NotFound,
    WrongState,
)
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from plumbing.webhook_secrets import key_of
from protos.alerts.v1 import webhooks_pb2 as pb
from services.alerts.notices.preferences import OF_INSTITUTIONS as NOTICES_OF_INSTITUTIONS
from services.alerts.owners import owner_key, require_owner
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.tables import Institution
from services.alerts.webhooks import changing, wire
from services.alerts.webhooks.institution_messages import KINDS as OF_INSTITUTIONS
from services.alerts.webhooks.queries import is_of, of_caller
from services.alerts.webhooks.tables import Webhook

MOST = 5  # webhooks of one owner


async def add(
    change: Change, request: pb.AddWebhookRequest, *, secrets: SealedSecrets
) -> pb.AddWebhookResponse:
    """Adds a webhook to the caller's subject or institution; its address has been checked before.

    Raises InvalidInput for a secret that is none and for kinds of which this owner never hears,
    AlreadyExists for an address that is there, WrongState for a sixth webhook, NotPermitted for an
    account that names no institution, and NotFound for an owner not known here yet.
    """
    _require_secret(request.secret)
    _require_kinds(change.caller, request.kinds)
    owner = await require_owner(change)
    urls = {
        row.url
        for row in await change.session.exec(select(Webhook).where(of_caller(change.caller)))
    }
    if request.url in urls:
        raise AlreadyExists("这个地址已经登记", "This address is there already", url=request.url)
    if len(urls) >= MOST:
        zh = f"最多登记 {MOST} 个地址，请先删除不用的"
        raise WrongState(zh, f"There are at most {MOST} webhooks; remove one first")
    webhook_id = uuid4().hex
    row = Webhook(
        webhook_id=webhook_id,
        subject_id=owner_key(owner),
        institution=owner.name if isinstance(owner, Institution) else "",
        bureau=owner.bureau,
        url=request.url,
        kinds=list(request.kinds),
        sealed_secret=secrets.seal(webhook_id, request.secret),
        secret_set_at=change.at,
        added_by=change.on_behalf_of,
        added_at=change.at,
    )
    change.session.add(row)
    changing.audit(change, "add_webhook", row, after={"url": row.place, "kinds": row.kinds})
    return pb.AddWebhookResponse(webhook=wire.webhook(row))


def _require_kinds(caller: Caller, kinds: Sequence[str]) -> None:
    """Raises InvalidInput for kinds of notices to an institution, and for those of institutions."""
    of_institution = not caller.has(Role.OPERATOR)
    known = {*OF_INSTITUTIONS, *NOTICES_OF_INSTITUTIONS}
    faults = [
        Fault(f"kinds[{place}]", "不会收到这一种", "never comes to this owner")
        for place, kind in enumerate(kinds)
        if (kind in known) != of_institution
    ]
    if faults:
        raise InvalidInput(faults=faults)


async def renew_secret(
    change: Change, request: pb.RenewWebhookSecretRequest, *, secrets: SealedSecrets
) -> pb.RenewWebhookSecretResponse:
    """Gives a webhook another secret. Raises NotFound, and InvalidInput if it is none."""
    _require_secret(request.secret)
    row = await _own(change, request.webhook_id)
    row.sealed_secret = secrets.seal(row.webhook_id, request.secret)
    row.secret_set_at = change.at
    changing.audit(change, "renew_webhook_secret", row)
    return pb.RenewWebhookSecretResponse(webhook=wire.webhook(row))


async def switch(change: Change, request: pb.SwitchWebhookRequest) -> pb.SwitchWebhookResponse:
    """Switches a webhook off or on; does nothing if it stands so. Raises NotFound."""
    row = await _own(change, request.webhook_id)
    changing.switch(change, row, enabled=request.enabled)
    return pb.SwitchWebhookResponse(webhook=wire.webhook(row))


async def remove(change: Change, request: pb.RemoveWebhookRequest) -> pb.RemoveWebhookResponse:
    """Removes a webhook with its messages and their receipts. Raises NotFound."""
    await changing.remove(change, await _own(change, request.webhook_id))
    return pb.RemoveWebhookResponse()


async def test(change: Change, request: pb.TestWebhookRequest) -> pb.TestWebhookResponse:
    """Sends a message that only tries a webhook; raises NotFound, and as `changing.test`."""
    row = await _own(change, request.webhook_id)
    return pb.TestWebhookResponse(message=await changing.test(change, row))


def _require_secret(secret: str) -> None:
    if not key_of(secret):
        zh = "须为 whsec_ 加 24–64 个字节的 base64"
        en = "must be whsec_ and 24 to 64 bytes in base64"
        raise InvalidInput(faults=[Fault("secret", zh, en)])


async def _own(change: Change, webhook_id: str) -> Webhook:
    """A webhook of the caller's own, locked; NotFound for any other."""
    own = of_caller(change.caller)
    row = await find_by_id(change.session, Webhook, webhook_id, own, lock=True)
    if row is None or not is_of(change.caller, row):
        raise NotFound("没有这个程序接收地址", "There is no such webhook", webhook=webhook_id)
    return row
