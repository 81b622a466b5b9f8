"""`quanheng check`: whether the services of the running platform agree (D-04)."""

from __future__ import annotations

from plumbing.state import agreement
from plumbing.state.agreement import SETTLE_SECONDS, Agreement
from services.cli.client import Client

__all__ = ["Agreement", "check", "is_at_rest"]


async def check(client: Client, settle_seconds: float = SETTLE_SECONDS) -> Agreement:
    """Waits at most `settle_seconds` until no work is in progress, then compares the services."""
    return await agreement.check(client.operations, settle_seconds)


async def is_at_rest(client: Client) -> bool:
    """Returns True if every service has handled all events and sealed its audit entries."""
    return await agreement.is_at_rest(client.operations)
