"""Reads the mails in the mailbox folder of the sandbox."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path


@dataclass(frozen=True)
class Mail:
    """A mail received in the sandbox: recipient, title, text, and the id of its notice."""

    to: str
    title: str
    body: str
    notice_id: str


def mails(mailbox: Path) -> tuple[Mail, ...]:
    """Returns the mails in the folder, one for each notice id; duplicates are dropped."""
    return tuple({mail.notice_id: mail for mail in _all(mailbox)}.values())


def _all(mailbox: Path) -> Iterator[Mail]:
    for file in sorted(mailbox.glob("*.eml")):
        said = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert isinstance(said, EmailMessage)  # noqa: S101 - what the default policy makes
        body = said.get_body(("plain",))
        text = body.get_content() if body else ""
        yield Mail(str(said["To"]), str(said["Subject"]), text, str(said["X-Notice-Id"]))
