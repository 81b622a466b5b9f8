"""Connects to NATS, and waits for a server at the start and after a disconnection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

import nats.errors
import structlog
from nats.aio.client import Client

from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import SCHEME, EncryptedClient
from plumbing.waiting import Waiting

RETRY_SECONDS = 0.1
# A server that has left two pings unanswered is given up for another: after 10 to 15 seconds.
PING_SECONDS, PINGS_UNANSWERED = 5, 2
_ERRORS, _ERROR_CHARACTERS = 100, 500

_LOG = structlog.get_logger()


async def connect(
    servers: str | Sequence[str], credentials: Credentials, tls: ssl.SSLContext | None = None
) -> Client:
    """Connects to NATS; returns the client when JetStream answers, and waits for it without limit.

    `servers` are addresses of one cluster, any of which will do; the client learns of further ones.
    It logs in to each with the same credentials. The server's monitoring shows their name. The
    client reconnects by itself without limit. A publish during a disconnection fails, and its
    caller must try again. With addresses that begin with `tls://` a server must encrypt, and have a
    certificate that `tls` accepts, before it is sent anything.
    """
    addresses = [servers] if isinstance(servers, str) else [*servers]
    client = EncryptedClient() if addresses[0].startswith(SCHEME) else Client()
    waiting = Waiting("nats", ",".join(addresses))
    errors = _Errors(credentials.name, client, waiting)

    async def disconnected() -> None:
        if not client.is_closed:
            _LOG.warning("NATS is away", client=credentials.name)

    async def reconnected() -> None:
        _LOG.info("NATS is back", client=credentials.name, server=_server(client))
        waiting.over()

    credentials.give_to(client)
    try:
        await client.connect(
            addresses,
            name=credentials.name,
            tls=tls,
            signature_cb=credentials.sign,
            inbox_prefix=credentials.inbox,
            connect_timeout=2,
            reconnect_time_wait=RETRY_SECONDS,  # type: ignore[arg-type]  # int only in its annotation
            max_reconnect_attempts=-1,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=PINGS_UNANSWERED,
            error_cb=errors.on_error,
            disconnected_cb=disconnected,
            reconnected_cb=reconnected,
        )
        await _jetstream_ready(client, waiting)
    except asyncio.CancelledError:  # while it waited
        await client.close()
        raise
    waiting.over()
    return client


async def _jetstream_ready(client: Client, waiting: Waiting) -> None:
    # The server accepts clients shortly before JetStream has read its store.
    js = client.jetstream(timeout=2)
    while True:
        try:
            await js.account_info()
        except (nats.errors.Error, TimeoutError) as error:
            await waiting.after(error)
        else:
            return


def _server(client: Client) -> str:
    return client.connected_url.netloc.rpartition("@")[2] if client.connected_url else ""


class _Errors:
    """Logs each error as a warning once, since what refuses something will do so again.

    While the client has no server, it waits after each error, and says so.
    """

    def __init__(self, name: str, client: Client, waiting: Waiting) -> None:
        self._name, self._client, self._waiting = name, client, waiting
        self._told = set[str]()

    async def on_error(self, error: Exception) -> None:
        if not self._client.is_connected:
            return await self._waiting.after(error)
        text = repr(error)[:_ERROR_CHARACTERS]
        log = _LOG.debug if text in self._told or len(self._told) > _ERRORS else _LOG.warning
        self._told.add(text)
        log("NATS refuses", client=self._name, error=text)
        return None
