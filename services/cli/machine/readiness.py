"""Probes that check whether a process answers; the supervisor repeats a probe until it is true."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from plumbing.addresses import Endpoint
from plumbing.portal_certificate import PortalCertificate
from plumbing.state.engines import ANSWER_WITHIN, ask, first_line, grpc_serves

__all__ = ["accepts", "grpc_serves", "http_ok", "smtp_greets", "temporal_serves"]

TEMPORAL = "temporal.api.workflowservice.v1.WorkflowService"


async def temporal_serves(endpoint: Endpoint, namespace: str, kept: timedelta) -> bool:
    """Returns True if Temporal answers for the namespace.

    Also sets how long Temporal stores closed histories of the namespace: for the time `kept`.
    """
    return await grpc_serves(endpoint, TEMPORAL) and await _keep_histories(
        endpoint, namespace, kept
    )


async def http_ok(address: str, path: str, certificate: PortalCertificate | None = None) -> bool:
    """Returns True if a GET request for the path is answered with status 200.

    A server that should have a certificate is asked by TLS, and must have that one.
    """
    request = f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n"
    return b" 200 " in await first_line(
        address, request, certificate.probe() if certificate else None
    )


async def smtp_greets(address: str) -> bool:
    """Returns True if the mail server at the address greets with code 220."""
    return (await first_line(address)).startswith(b"220 ")


async def accepts(address: str) -> bool:
    """Returns True if a server at the address accepts connections."""
    host, port = address.rsplit(":", 1)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
    except (OSError, TimeoutError):
        return False
    return True


async def _keep_histories(endpoint: Endpoint, namespace: str, kept: timedelta) -> bool:
    # Imported here because this takes longer than any other import of the command line.
    from temporalio.api.namespace.v1 import NamespaceConfig  # noqa: PLC0415
    from temporalio.api.workflowservice.v1 import (  # noqa: PLC0415
        UpdateNamespaceRequest,
        UpdateNamespaceResponse,
    )

    life = Duration()
    life.FromTimedelta(kept)
    config = NamespaceConfig(workflow_execution_retention_ttl=life)
    request = UpdateNamespaceRequest(namespace=namespace, config=config)
    method = f"/{TEMPORAL}/UpdateNamespace"
    return await ask(endpoint, method, request, UpdateNamespaceResponse) is not None
