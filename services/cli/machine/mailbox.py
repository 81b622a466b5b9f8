"""The mail server of a sandbox: accepts mails, sends none, and stores each as a file.

`python -m services.cli.machine.mailbox`. A mail is acknowledged once its file is complete and on
disk. Nobody has a mailbox at `no-mailbox.example`, so that a sandbox can show what becomes of
notices to a wrong address.
"""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from plumbing.clock import Clock, open_clock
from plumbing.settings import Settings

NO_MAILBOX = "@no-mailbox.example"


class Mailbox:
    """A folder with one `.eml` file for each mail, named by the time of the platform's clock."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accepts a recipient, unless the address is one that can have no mailbox."""
        if address.lower().endswith(NO_MAILBOX):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Stores one mail; the envelope's sender and recipients become its first headers."""
        content = envelope.original_content or b""
        await asyncio.to_thread(self.keep, _envelope_headers(envelope) + content)
        return "250 Kept"

    def keep(self, mail: bytes) -> Path:
        """Writes a mail to a file, which appears only when it is complete; returns its path."""
        name = f"{self._clock.now():%Y%m%dT%H%M%S.%f}-{uuid4().hex[:8]}"
        part, whole = self._folder / f"{name}.part", self._folder / f"{name}.eml"
        with part.open("xb") as file:
            file.write(mail)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, whole)
        return whole


def _envelope_headers(envelope: Envelope) -> bytes:
    recipients = ", ".join(envelope.rcpt_tos)
    return f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {recipients}\r\n".encode()


async def serve(settings: Settings) -> None:
    """Runs the mail server of a sandbox until SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    clock = open_clock(settings.clock_file, sandbox=settings.sandbox)
    mailbox = Mailbox(settings.mailbox_dir, clock)
    host, port = settings.smtp_url.removeprefix("smtp://").rsplit(":", 1)
    protocol = partial(SMTP, mailbox, enable_SMTPUTF8=True, loop=loop)
    server = await loop.create_server(protocol, host, int(port))
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Settings()))
