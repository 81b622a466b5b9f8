"""What a form of several groups of pages shows when a service has refused it."""

from __future__ import annotations

from typing import Any

import grpc

from plumbing.client import Refusal
from services.portal.visit import Visit, faults_by_field, message_of

_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


def told(visit: Visit, refusal: Refusal) -> dict[str, Any]:
    """Returns the faults by field and the message of a refusal, as the templates expect them.

    Raises the refusal again if nothing in the form is the cause of it.
    """
    if refusal.code not in _OF_THE_FORM:
        raise refusal
    return {
        "errors": faults_by_field(refusal, visit.language),
        "refusal": message_of(refusal, visit.language),
    }
