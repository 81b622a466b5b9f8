"""NATS over TLS: a server that proves who it is before a client says anything to it.

A NATS server speaks first, unencrypted, and says itself whether it wants TLS. The client of the
library believes that, also where its address begins with `tls://`. The one here does not.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import nats.errors
from nats.aio.client import Client
from nats.aio.transport import TcpTransport, Transport

from plumbing.renewed_tls import RenewedContext

if TYPE_CHECKING:
    from plumbing.settings import Settings

SCHEME = "tls://"


class NotEncrypted(nats.errors.Error):
    """A NATS server does not encrypt, though its address begins with `tls://`."""

    def __str__(self) -> str:
        return "nats: the server does not encrypt; nothing was sent to it"


class EncryptedClient(Client):
    """A client that says nothing to a server before the connection is encrypted."""

    def _connect_command(self) -> bytes:
        # The first message of a client, written once the server has had its chance to encrypt.
        if not _is_encrypted(self._transport):
            if self._transport is not None:
                self._transport.close()  # type: ignore[no-untyped-call]
            raise NotEncrypted
        return super()._connect_command()

    async def _process_connect_init(self) -> None:
        # Nobody is told of the end of a connection whose encryption failed, and the library would
        # wait for it without end instead of trying again.
        try:
            await super()._process_connect_init()
        except BaseException:
            if not _is_encrypted(self._transport):
                if (writer := _writer(self._transport)) is not None:
                    writer.transport.abort()
                self._transport = None
            raise

    async def _attempt_reconnect(self) -> None:
        # A server that hangs would not answer the end of TLS either, for which half a minute is
        # waited: the connection is cut off instead.
        if (writer := _writer(self._transport)) is not None:
            writer.transport.abort()
        await super()._attempt_reconnect()


def _is_encrypted(transport: Transport | None) -> bool:
    writer = _writer(transport)
    return writer is not None and writer.get_extra_info("ssl_object") is not None


def _writer(transport: Transport | None) -> asyncio.StreamWriter | None:
    if not isinstance(transport, TcpTransport):
        return None
    return transport._io_writer  # noqa: SLF001 - the library has no other way to it


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """Returns how to verify the NATS servers of the settings; None if these are unencrypted.

    Files of `nats_tls_dir` that are replaced count from the next connection on. Raises OSError if
    one cannot be read now.
    """
    if not settings.nats_url.startswith(SCHEME):
        return None
    if not settings.nats_tls_dir:
        return ssl.create_default_context()
    directory = Path(settings.nats_tls_dir)
    files = (directory / name for name in ("ca.pem", "client.pem", "client.key"))
    return RenewedContext.of(partial(_context, directory), *files)


def _context(directory: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=directory / "ca.pem")
    certificate = directory / "client.pem"
    if certificate.exists():
        context.load_cert_chain(certificate, directory / "client.key")
    return context
