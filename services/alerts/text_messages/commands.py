"""Gives the caller's subject or institution a mobile number, by a code that is sent to it.

So nobody gets the messages of a firm because somebody mistyped a number, and a gateway that sends
to somebody else than it is told to is found out. Every function is one transaction.
"""

from __future__ import annotations

import hmac
import secrets as random
from datetime import timedelta

from sqlmodel import col, select

from law.errors import WrongState
from law.periods import start_of
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.masking import masked
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import events_pb2
from services.alerts.owners import audited, owner_key, require_key, require_owner
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.tables import MobileNumber
from services.alerts.text_messages import numbers
from services.alerts.text_messages.queries import tries_left, wire
from services.alerts.text_messages.writing import gateway_of, text_message
from services.alerts.webhooks.tables import TEXTS_BY, ChannelKind, Webhook, WebhookMessage

OF_CODE = "sms.code"
# Our own figures, not the law's: what a code is good for, and how many go to a number in a day.
CODE_LASTS = timedelta(minutes=10)
MOST_CODES = 5


def owner_of(subject_id: str) -> str:
    """Returns for whom the code of a subject is sealed."""
    return f"mobile/{subject_id}"


async def ask_mobile_number(
    change: Change, request: pb.AskMobileNumberRequest, *, sealed: SealedSecrets
) -> pb.AskMobileNumberResponse:
    """Sends a code to a number, which the caller's own gets once the code was confirmed.

    That is a subject or an institution. An earlier number stays until then. Raises InvalidInput for
    what is no mobile number, the errors of `require_owner`, and WrongState where its bureau has no
    gateway, for the number it has already, and after five codes to it or its number on one day.
    """
    number, owner = numbers.read(request.number), await require_owner(change)
    own = owner_key(owner)
    gateway = await gateway_of(change.session, owner.bureau)
    if gateway is None:
        zh = "监管机关没有设短信网关，不能用短信"
        raise WrongState(zh, "The bureau has no gateway for text messages")
    row = await change.session.get(MobileNumber, own, with_for_update=True)
    row = row or MobileNumber(subject_id=own)
    if row.number == number:
        raise WrongState("这个号码已经确认", "This number is confirmed")
    number_key = sealed.fingerprint("mobile", number)
    await _count_code(change, row, number, number_key)
    row.asked, row.tries, row.code_at = number, 0, change.at
    row.sealed_code = sealed.seal(owner_of(own), f"{random.randbelow(10**6):06}")
    change.session.add(row)
    await _send_code(change, gateway, row, number_key)
    _audit(change, "ask_mobile_number", row, {"asked": masked(number)})
    return pb.AskMobileNumberResponse(mobile=wire(row, gateway=True))


async def _count_code(change: Change, row: MobileNumber, number: str, number_key: str) -> None:
    # Whoever asks for a number takes turns with the others who do.
    await exclusively(change.session, f"codes/{number}")
    today = row.codes if row.codes_on == change.today else 0
    if max(today, await _codes_to(change, number_key)) >= MOST_CODES:
        zh = f"今天已经发送 {MOST_CODES} 次验证码，请明天再试"
        raise WrongState(zh, f"{MOST_CODES} codes were sent today; try again tomorrow")
    row.codes, row.codes_on = today + 1, change.today


async def _codes_to(change: Change, number_key: str) -> int:
    """How many codes went to a number today, whoever asked for them and whatever they did since."""
    gateways = select(TEXTS_BY + col(Webhook.webhook_id)).where(Webhook.service == ChannelKind.SMS)
    codes = select(WebhookMessage.data).where(
        col(WebhookMessage.webhook_id).in_((await change.session.exec(gateways)).all()),
        col(WebhookMessage.created_at) >= start_of(change.today),
        col(WebhookMessage.type) == OF_CODE,
    )
    return sum(data["number_key"] == number_key for data in await change.session.exec(codes))


async def _send_code(change: Change, gateway: Webhook, row: MobileNumber, number_key: str) -> None:
    """Writes the message of a code; which one it is for is said by the moment of the code.

    Numbers that look alike where they are masked differ by their keyed hash.
    """
    data = {
        "subject_id": row.subject_id,
        "code_at": change.at.isoformat(),
        "to": masked(row.asked),
        "number_key": number_key,
    }
    message = text_message(gateway, OF_CODE, data, "", change.at)
    change.session.add(message)
    event = events_pb2.WebhookMessagesWritten(message_ids=[message.message_id])
    await change.announce(event, aggregate=f"webhook/{gateway.webhook_id}", bureau=gateway.bureau)


async def confirm_mobile_number(
    change: Change, request: pb.ConfirmMobileNumberRequest, *, sealed: SealedSecrets
) -> pb.ConfirmMobileNumberResponse:
    """Confirms the number that waits for its code; text messages go to it from now on.

    A wrong code is counted, and the answer says `wrong`. Raises WrongState where no number waits,
    and for a code of more than ten minutes ago or after five wrong ones.
    """
    own = await require_key(change)
    row = await change.session.get(MobileNumber, own, with_for_update=True)
    if row is None or not row.asked or row.code_at is None:
        raise WrongState("没有等待确认的号码", "No number waits for a code")
    if change.at - row.code_at > CODE_LASTS or not tries_left(row):
        zh, en = "验证码已经失效，请重新发送", "The code has ended; have another one sent"
        raise WrongState(zh, en)
    code = sealed.open(owner_of(own), row.sealed_code)
    right = bool(code) and hmac.compare_digest(code, request.code)
    if right:
        row.number, row.confirmed_at = row.asked, change.at
        row.erase_asked()
    else:
        row.tries += 1
    change.session.add(row)
    after = {"number": masked(row.number), "wrong_codes": row.tries}
    _audit(change, "confirm_mobile_number", row, after)
    return pb.ConfirmMobileNumberResponse(mobile=wire(row, gateway=True), wrong=not right)


async def remove_mobile_number(
    change: Change, _request: pb.RemoveMobileNumberRequest
) -> pb.RemoveMobileNumberResponse:
    """Takes the number of the caller's own away; nothing more is sent to it."""
    own = await require_key(change)
    row = await change.session.get(MobileNumber, own, with_for_update=True)
    if row is not None:
        # The row stays for the codes of the day.
        row.erase()
        change.session.add(row)
        _audit(change, "remove_mobile_number", row, {})
    return pb.RemoveMobileNumberResponse()


def _audit(change: Change, action: str, row: MobileNumber, after: dict[str, object]) -> None:
    change.audit(action, audited(row.subject_id), after=after)
