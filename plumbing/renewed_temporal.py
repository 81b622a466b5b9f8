"""Temporal reached with certificates that were replaced, without a restart.

Temporal's client reads the files of a client once. So a service looks whether they were replaced,
connects anew, and has its client and its workers go on over the new connection; what is under way
ends on the one it began on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from temporalio.service import ConnectConfig, RPCError, ServiceClient, TLSConfig
from temporalio.worker import Worker

from plumbing.addresses import Endpoint
from plumbing.renewed_tls import Replaced, require_fitting

LOOK_EVERY_SECONDS = 10.0
CONNECT_SECONDS = 30.0  # the client itself would wait without limit for a server that hangs
log = structlog.get_logger()


def _read(endpoint: Endpoint, authorities: Path) -> TLSConfig:
    own = [file.read_bytes() if file and file.exists() else None
           for file in (endpoint.certificate, endpoint.key)]  # fmt: skip
    return TLSConfig(
        server_root_ca_cert=authorities.read_bytes(),
        client_cert=own[0],
        client_private_key=own[1],
    )


async def connect(config: ConnectConfig, endpoint: Endpoint) -> ServiceClient:
    """Connects to Temporal by the files of an endpoint, and again once they were replaced.

    Raises what ServiceClient.connect raises.
    """
    if endpoint.authorities is None:
        return await ServiceClient.connect(replace(config, tls=False))
    authorities = endpoint.authorities
    files = (authorities, endpoint.certificate, endpoint.key)
    replaced = Replaced(*(file for file in files if file))

    def read() -> TLSConfig:
        require_fitting(authorities, endpoint.certificate, endpoint.key)
        return _read(endpoint, authorities)

    first = await ServiceClient.connect(replace(config, tls=_read(endpoint, authorities)))
    return _Renewed(config, first, read, replaced)


class _Renewed(ServiceClient):
    """The connection with Temporal, which `renew` replaces."""

    def __init__(
        self,
        config: ConnectConfig,
        first: ServiceClient,
        read: Callable[[], TLSConfig],
        replaced: Replaced,
    ) -> None:
        super().__init__(config)
        self._current, self._read, self._replaced = first, read, replaced
        self._due: TLSConfig | None = None  # with which no connection was made yet
        self._renewing = asyncio.Lock()

    async def renew(self) -> None:
        """Connects anew if files were replaced; goes on as before while that does not succeed."""
        async with self._renewing:
            self._due = self._replaced.taken(self._read) or self._due
            if self._due is None:
                return
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    self._current = await ServiceClient.connect(replace(self.config, tls=self._due))
            except (RuntimeError, RPCError, TimeoutError) as error:
                log.warning("temporal.not_connected_anew", error=str(error) or "no answer in time")
            else:
                self._due = None

    @property
    def worker_service_client(self) -> Any:
        return self._current.worker_service_client

    def update_rpc_metadata(self, metadata: Any) -> None:
        self._current.update_rpc_metadata(metadata)

    def update_api_key(self, api_key: str | None) -> None:
        self._current.update_api_key(api_key)

    async def _rpc_call(self, *arguments: Any, **named: Any) -> Any:
        return await self._current._rpc_call(*arguments, **named)  # noqa: SLF001 - of its own kind


class FollowingWorker(Worker):
    """A worker that goes on over the connection of its client when that was made anew."""

    async def run(self) -> None:
        """Works until cancelled."""
        following = asyncio.create_task(self._follow())
        try:
            await super().run()
        finally:
            following.cancel()

    async def _follow(self) -> None:
        service = self.client.service_client
        if not isinstance(service, _Renewed):
            return
        used = service.worker_service_client
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await service.renew()
            if service.worker_service_client is not used:
                self.client = self.client  # takes over the connection
                used = service.worker_service_client
