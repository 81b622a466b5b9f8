"""From where a call came: the address of the peer, or what the portal says of its visitor."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from urllib.parse import unquote

from plumbing.client import CLIENT_ADDRESS, CLIENT_NAME, VIA
from plumbing.identity import Caller, Unauthenticated
from plumbing.settings import PORTAL
from plumbing.tokens import Verifier

LONGEST_CLIENT = 200  # characters of the name of a browser
LONGEST_ADDRESS = 64


def where_from(
    caller: Caller | None, metadata: Mapping[str, str], peer: str, verifier: Verifier
) -> tuple[str, str]:
    """Returns network address and browser of whoever is behind a call.

    Only the portal is believed to ask for somebody else: it proves who it is by a token of its own,
    beside that of the person.
    """
    if (caller is not None and caller.service == PORTAL) or _is_portal(metadata, verifier):
        told = metadata.get(CLIENT_ADDRESS, ""), unquote(metadata.get(CLIENT_NAME, ""))
    else:
        told = address_of(peer), metadata.get("user-agent", "")
    return told[0][:LONGEST_ADDRESS], told[1][:LONGEST_CLIENT]


def address_of(peer: str) -> str:
    """Returns the address in what gRPC calls a peer, such as `ipv4:192.0.2.1:5050`."""
    _, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") or rest


def _is_portal(metadata: Mapping[str, str], verifier: Verifier) -> bool:
    with contextlib.suppress(Unauthenticated):
        return VIA in metadata and verifier.verify(metadata[VIA]).service == PORTAL
    return False
