"""Requests that only check: which they are, and why they have no request id.

Nothing of a check is kept, so it needs no id. And a replica of a release that does not know the
field `check_only` refuses a request without an id; with one it would carry out what was to be
checked. Whoever asked hears that the platform is being updated, and nothing of a request id.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any, TypeVar, cast

Request = TypeVar("Request")
REQUEST_ID = "request_id"
FORMER_RELEASE = "FORMER_RELEASE"
FORMER_RELEASE_TEXTS = (
    "平台正在更换为新版本，这一步暂时不能核对；没有办理任何事项，请过几分钟再提交",
    "The platform is being updated and cannot check this now. Nothing was done; try again soon",
)


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


def is_of_former_release(request: Any, faults: Iterable[str]) -> bool:
    """Returns whether the faulty fields of a refused request say that its check is not known.

    A replica that knows checks never names the request id of one that was sent without it.
    """
    return only_checks(request) and REQUEST_ID in faults
