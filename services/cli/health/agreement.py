"""`quanheng check`: whether the services of the running platform agree (D-04)."""

from __future__ import annotations

from plumbing.state import agreement
from plumbing.state.agreement import SETTLE_SECONDS, Agreement
from services.cli.client import Client
from services.cli.output.progress import Progress

__all__ = ["Agreement", "check", "is_at_rest", "rest"]


async def check(client: Client, settle_seconds: float = SETTLE_SECONDS) -> Agreement:
    """Waits until no work is in progress, then compares the services; tells how far it has come.

    It gives up waiting once the work has not become less for `settle_seconds`.
    """
    with Progress() as progress:
        return await agreement.check(client.operations, settle_seconds, progress.check)


async def rest(client: Client) -> None:
    """Waits until no work is in progress, or until it does not become less for half a minute."""
    with Progress() as progress:
        await agreement.rest(client.operations, tell=progress.check)


async def is_at_rest(client: Client) -> bool:
    """Returns True if every service has handled all events and sealed its audit entries."""
    return await agreement.is_at_rest(client.operations)
