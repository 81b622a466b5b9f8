"""Which errors mean that NATS is away, or that its cluster has no leader for a stream just now."""

from __future__ import annotations

import nats.errors
from nats.js.errors import APIError, ServerError, ServiceUnavailableError


def events_away(error: BaseException) -> bool:
    """Returns whether an error says nothing of the work, but that NATS cannot do it now.

    What JetStream refuses is refused again; its codes from 500 on are those of a cluster that forms
    or has lost servers.
    """
    if isinstance(error, APIError):
        return isinstance(error, (ServerError, ServiceUnavailableError))
    return isinstance(error, nats.errors.Error)
