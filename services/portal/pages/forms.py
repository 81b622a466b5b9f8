"""What several groups of pages check in a form, and show when a service has refused it."""

from __future__ import annotations

from typing import Any

import grpc
from starlette.datastructures import UploadFile

from law.reader.strict_reader import as_day
from plumbing.characters import visible
from plumbing.client import Refusal
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

NOT_A_DAY = N_("日期应写成年月日，例如 2026-10-16")
NOT_POINTS = N_("分值应为不小于 0 的整数，例如 10")
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


def is_day(text: str) -> bool:
    """Returns True if a text is a day in ISO format, such as 2026-10-16."""
    return as_day(text) is not None


def file_name(file: UploadFile) -> str:
    """Returns the name of an uploaded file as one line of at most 200 visible characters.

    The name is whatever the sender's machine made of it, so it is shown by signs, not refused.
    """
    return " ".join(visible(file.filename or "").split())[:200] or "file"
