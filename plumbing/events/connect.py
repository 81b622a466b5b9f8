"""Connects to NATS, and waits for the server at the start and after a disconnection."""

from __future__ import annotations

import asyncio

import nats.errors
import structlog
from nats.aio.client import Client

RETRY_SECONDS = 0.1

_LOG = structlog.get_logger()


async def connect(nats_url: str, name: str = "quanheng") -> Client:
    """Connects to NATS; returns the client when JetStream answers, and waits for it without limit.

    The server's monitoring shows `name`. The client reconnects by itself without limit. A publish
    during a disconnection fails, and its caller must try again.
    """
    client = Client()

    async def disconnected() -> None:
        if not client.is_closed:
            _LOG.warning("NATS is away", client=name)

    async def reconnected() -> None:
        _LOG.info("NATS is back", client=name)

    await client.connect(
        nats_url,
        name=name,
        connect_timeout=2,
        reconnect_time_wait=RETRY_SECONDS,  # type: ignore[arg-type]  # int only in its annotation
        max_reconnect_attempts=-1,
        ping_interval=10,
        max_outstanding_pings=2,
        error_cb=_on_error,
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


async def _on_error(error: Exception) -> None:
    _LOG.debug("NATS", error=repr(error))  # one line for each attempt to reconnect
