"""Connects to NATS, and waits for the server at the start and after a disconnection."""

from __future__ import annotations

import asyncio
import ssl

import nats.errors
import structlog
from nats.aio.client import Client

from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import SCHEME, EncryptedClient

RETRY_SECONDS = 0.1
_ERRORS, _ERROR_CHARACTERS = 100, 500

_LOG = structlog.get_logger()


async def connect(
    nats_url: str, credentials: Credentials, tls: ssl.SSLContext | None = None
) -> Client:
    """Connects to NATS; returns the client when JetStream answers, and waits for it without limit.

    The server's monitoring shows the name in `credentials`. The client reconnects by itself without
    limit. A publish during a disconnection fails, and its caller must try again. With an address
    that begins with `tls://` the server must encrypt, and have a certificate that `tls` accepts,
    before it is sent anything.
    """
    client = EncryptedClient() if nats_url.startswith(SCHEME) else Client()
    errors = _Errors(credentials.name)

    async def disconnected() -> None:
        if not client.is_closed:
            _LOG.warning("NATS is away", client=credentials.name)

    async def reconnected() -> None:
        _LOG.info("NATS is back", client=credentials.name)

    credentials.give_to(client)
    await client.connect(
        nats_url,
        name=credentials.name,
        tls=tls,
        signature_cb=credentials.sign,
        inbox_prefix=credentials.inbox,
        connect_timeout=2,
        reconnect_time_wait=RETRY_SECONDS,  # type: ignore[arg-type]  # int only in its annotation
        max_reconnect_attempts=-1,
        ping_interval=10,
        max_outstanding_pings=2,
        error_cb=errors.on_error,
        disconnected_cb=disconnected,
        reconnected_cb=reconnected,
    )
    await _jetstream_ready(client)
    return client


async def _jetstream_ready(client: Client) -> None:
    # The server accepts clients shortly before JetStream has read its store.
    js = client.jetstream(timeout=2)
    while True:
        try:
            await js.account_info()
        except (nats.errors.Error, TimeoutError):
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


class _Errors:
    """Logs each error once as a warning: attempts to reconnect repeat the same one for ever."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._told = set[str]()

    async def on_error(self, error: Exception) -> None:
        text = repr(error)[:_ERROR_CHARACTERS]
        log = _LOG.debug if text in self._told or len(self._told) > _ERRORS else _LOG.warning
        self._told.add(text)
        log("NATS refuses or is away", client=self._client, error=text)
