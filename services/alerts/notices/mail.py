"""Mail: a notice as a message, and the mail server."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.alerts.tables import Notice

TIMEOUT_SECONDS = 30.0
_PORTS = {"smtp": 25, "smtps": 465}


class MailError(Exception):
    """The mail server did not take a message. `final` when it will never take it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:500])
        # A ValueError: what is no address, and never will be.
        refused = all(500 <= code < 600 for code in _codes(error))
        self.final = refused or isinstance(error, ValueError)


def _codes(error: Exception) -> list[int]:
    """What the server answered, by recipient; 0 when there was no answer."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return [refused.code for refused in error.recipients]
    return [error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0]


def compose(notice: Notice, mail_from: str) -> EmailMessage:
    """The message of a notice. Its Message-ID follows from the notice: a double shows as one.

    Raises MailError for an address that a mail cannot bear.
    """
    message = EmailMessage()
    # A serial number may hold a line break; a header may not.
    message["Subject"] = " ".join(notice.title.split())
    message["From"] = mail_from
    try:
        message["To"] = notice.address
    except ValueError as error:
        raise MailError(error) from error
    message["Date"] = format_datetime(notice.created_at)
    domain = mail_from.rpartition("@")[2].rstrip(">") or "quanheng"
    message["Message-ID"] = f"<{notice.notice_id}@{domain}>"
    message["X-Notice-Id"] = notice.notice_id
    message.set_content(notice.body)
    return message


async def send(message: EmailMessage, smtp_url: str) -> None:
    """Hands a message to the server of `smtp[s]://[user:password@]host[:port]`.

    Raises MailError.
    """
    server = urlsplit(smtp_url)
    try:
        await aiosmtplib.send(
            message,
            hostname=server.hostname or "localhost",
            port=server.port or _PORTS[server.scheme],
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=TIMEOUT_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        raise MailError(error) from error
