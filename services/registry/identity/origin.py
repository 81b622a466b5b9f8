"""From where a call came: the address of the caller, or what the portal says of its visitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from plumbing.access.origin import LONGEST_CLIENT, address_of
from plumbing.client import CLIENT_ADDRESS, CLIENT_NAME
from plumbing.identity import Caller
from plumbing.settings import PORTAL
from services.registry.identity.sessions import Origin
from services.registry.identity.throttle import network_of


def origin_of(caller: Caller, context: Any) -> Origin:
    """Returns from where a call came. Only the portal is believed to ask for somebody else."""
    metadata = _metadata(context)
    if caller.service == PORTAL:
        address, client = metadata.get(CLIENT_ADDRESS, ""), unquote(metadata.get(CLIENT_NAME, ""))
    else:
        address, client = address_of(context.peer()), metadata.get("user-agent", "")
    return Origin(network_of(address), client[:LONGEST_CLIENT])


def _metadata(context: Any) -> Mapping[str, str]:
    pairs = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}
