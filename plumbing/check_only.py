"""Requests that only check: which they are, and why they have no request id.

Nothing of a check is kept, so it needs no id. And a replica of a release that does not know the
field `check_only` refuses a request without an id; with one it would carry out what was to be
checked.
"""

from __future__ import annotations

from copy import copy
from typing import Any, TypeVar, cast

Request = TypeVar("Request")


def only_checks(request: Any) -> bool:
    """Returns True if a request asks for a check and not for the act."""
    return bool(getattr(request, "check_only", False))


def as_sent(request: Request) -> Request:
    """Returns the request to send: one that only checks goes without its request id."""
    if not only_checks(request):
        return request
    sent: Any = copy(request)
    sent.ClearField("request_id")
    return cast("Request", sent)
