"""Mail: the message of a notice, sending it to the mail server, and the state of its delivery.

Every change of the state is one transaction. A delivery is attempted at least once: after a crash
between the server's answer and the change, the same message is sent again under the same
Message-ID.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from plumbing.change import Change
from plumbing.characters import visible
from protos.alerts.v1 import events_pb2
from services.alerts import wire
from services.alerts.notice_kinds import RECEIVER
from services.alerts.notices.attempts import add_receipt
from services.alerts.notices.dead_addresses import forget_dead, keep_dead
from services.alerts.notices.fallback import fall_back
from services.alerts.notices.issue import load
from services.alerts.notices.mail_parts import html_part, text_part, title_of
from services.alerts.notices.record_notices import BY_MAIL, report_told
from services.alerts.tables import Failure, Notice, NoticeState
from services.alerts.webhooks.sending import WebhookError

STEP_SECONDS = 60.0  # for each step up to the recipient
CONTENT_SECONDS = 600.0  # for the reply to the content (RFC 5321, 4.5.3.2.6): it may be accepted
# What a server says of a mailbox, and not of the sender or of itself (RFC 5321, RFC 3463). A full
# mailbox may have room tomorrow.
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})
_OF_THE_MAILBOX = re.compile(r"5\.(1\.[0-6]|1\.10|2\.[01])\b")
_ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class MailError(Exception):
    """An error because a message was not accepted; `final` is true if a retry would not help.

    Only what speaks of the recipient is final. A refusal of the sender, of the login, of the
    connection or of the content may end when somebody sees to the server.
    """

    def __init__(self, error: Exception, *, final: bool | None = None) -> None:
        super().__init__(_storable(f"{type(error).__name__}: {error}")[:500])
        self.final = _refuses_the_recipient(error) if final is None else final


def _storable(reply: str) -> str:
    """Returns a reply as text: bytes that are no UTF-8 are read as GB 18030, as servers here write.

    The client hands them on as lone surrogates, which neither a database nor an event takes; nor
    does a database take a NUL.
    """
    raw = reply.encode(errors="surrogateescape")
    try:
        return visible(raw.decode())
    except UnicodeDecodeError:
        return visible(raw.decode("gb18030", "replace"))


def _refuses_the_recipient(error: Exception) -> bool:
    """Whether the server says that there is no such mailbox, or that it takes no mail."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        replies = error.recipients
        return bool(replies) and all(_no_mailbox(one.code, one.message) for one in replies)
    # Some servers look for the mailbox after the content only, and say so by an enhanced code.
    content = isinstance(error, aiosmtplib.SMTPDataError)
    return content and bool(_OF_THE_MAILBOX.match(getattr(error, "message", "")))


def _no_mailbox(code: int, message: str) -> bool:
    if _ENHANCED.match(message):
        return bool(_OF_THE_MAILBOX.match(message))
    return code in _NO_SUCH_MAILBOX


class _Client(aiosmtplib.SMTP):
    """A client that waits longer for the reply to the content than for any other."""

    async def data(self, message: str | bytes, /, *, timeout: Any = None) -> Any:  # noqa: ASYNC109
        return await super().data(message, timeout=CONTENT_SECONDS)


def compose(notice: Notice, mail_from: str, portal_url: str, link_token: str = "") -> EmailMessage:
    """Returns the mail message of a notice, as text and as HTML, with links to the portal.

    Its Message-ID is derived from the notice's id: a message that is sent twice is recognised as a
    copy. `link_token` is the secret part of a link that sets a password; it stands in the mail
    only. Raises MailError for an invalid address.
    """
    message = EmailMessage()
    message["Subject"] = title_of(notice)
    message["From"] = mail_from
    try:
        message["To"] = notice.address
    except ValueError as error:
        raise MailError(error, final=True) from error  # it is no address
    message["Date"] = format_datetime(notice.created_at)
    domain = mail_from.rpartition("@")[2].rstrip(">") or "quanheng"
    message["Message-ID"] = f"<{notice.notice_id}@{domain}>"
    message["X-Notice-Id"] = notice.notice_id
    message.set_content(text_part(notice, portal_url, link_token))
    message.add_alternative(html_part(notice, portal_url, link_token), subtype="html")
    return message


async def send(message: EmailMessage, smtp_url: str, ca_file: str = "") -> str:
    """Sends a message to the mail server `SCHEME://[user:password@]host[:port]`.

    Returns the server's answer to the content, which often names the message in its queue.

    With the scheme `smtps` or `smtp+starttls` the connection is encrypted and the server's
    certificate checked, by the authorities in `ca_file` or, if empty, those of the machine; with
    `smtp` it is encrypted if the server offers it. Raises MailError if the server cannot be reached
    or does not accept the message.
    """
    try:
        client = _client(smtp_url, ca_file)
    except (OSError, ValueError) as error:
        raise MailError(error) from error
    talking = asyncio.create_task(_talk(client, message))
    try:
        # With Python 3.11 a reply that comes as its reader is cancelled swallows that, and the talk
        # goes on, perhaps with a server that hangs. Who waits for a task is cancelled in any case.
        await asyncio.wait({talking})
        return _storable(talking.result())
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        raise MailError(error) from error
    finally:
        talking.cancel()
        client.close()  # the reply to QUIT matters no more
        await asyncio.gather(talking, return_exceptions=True)


async def _talk(client: _Client, message: EmailMessage) -> str:
    """Connects and sends; returns the answer to the content."""
    async with asyncio.timeout(STEP_SECONDS):
        await client.connect()
    _, answer = await client.send_message(message)
    return answer


def _client(smtp_url: str, ca_file: str) -> _Client:
    server = urlsplit(smtp_url)
    return _Client(
        hostname=server.hostname or "localhost",
        port=server.port or _PORTS[server.scheme],
        username=unquote(server.username) if server.username else None,
        password=unquote(server.password) if server.password else None,
        use_tls=server.scheme == "smtps",
        start_tls=True if server.scheme == "smtp+starttls" else None,
        tls_context=ssl.create_default_context(cafile=ca_file) if ca_file else None,
        timeout=STEP_SECONDS,
    )


async def note_attempt(change: Change, notice_id: str, error: MailError | WebhookError) -> None:
    """Counts a failed delivery attempt of a pending notice and stores the error and a receipt."""
    notice = await load(change.session, notice_id, lock=True)
    if notice.state is NoticeState.PENDING:
        notice.attempts, notice.error = notice.attempts + 1, str(error)
        notice.failure = Failure.REFUSED if error.final else Failure.UNREACHABLE
        add_receipt(change, notice, str(error), accepted=False)


async def mark_delivered(change: Change, notice_id: str, answer: str = "") -> None:
    """Records that the mail server accepted a notice, and its answer.

    A second call changes nothing.
    """
    notice = await load(change.session, notice_id, lock=True)
    if notice.state is not NoticeState.PENDING:
        return
    notice.attempts, notice.error, notice.failure = notice.attempts + 1, "", Failure.NONE
    notice.delivered_at = change.at
    add_receipt(change, notice, answer, accepted=True)
    await forget_dead(change, notice)
    await _end(change, notice, NoticeState.DELIVERED)
    await report_told(change, notice, BY_MAIL, change.at)


async def mark_failed(change: Change, notice_id: str) -> None:
    """Marks the delivery of a pending notice as failed; the delivery may be retried.

    The notice still shows its last error. Its recipient hears of it by another way, if there is
    one.
    """
    notice = await load(change.session, notice_id, lock=True)
    if notice.state is NoticeState.PENDING:
        await keep_dead(change, notice)
        await _end(change, notice, NoticeState.FAILED)
        await fall_back(change, notice)


async def _end(change: Change, notice: Notice, state: NoticeState) -> None:
    before, notice.state = notice.state, state
    audit_delivery(change, "end_delivery", notice, before)
    mail_id = notice.key.removeprefix(RECEIVER) if notice.key.startswith(RECEIVER) else ""
    event = events_pb2.DeliveryEnded(notice=wire.notice(notice), mail_id=mail_id)
    await change.announce(event, aggregate=f"notice/{notice.notice_id}", bureau=notice.bureau)


def audit_delivery(change: Change, action: str, notice: Notice, before: NoticeState) -> None:
    """Adds an audit entry of what became of a delivery; `before` is its state until then."""
    after = {"state": notice.state.value, "attempts": notice.attempts, "error": notice.error}
    audited = f"notice/{notice.notice_id}"
    change.audit(action, audited, before={"state": before.value}, after=after)
