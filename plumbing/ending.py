"""Says in its log why a process ends before anybody asked it to."""

from __future__ import annotations

import structlog

from law.errors import InvalidInput
from plumbing.settings import Settings, variable

log = structlog.get_logger()


def log_failure(error: BaseException) -> None:
    """Logs why a process ends: the variables that were refused, or else the error as it is.

    Whoever set a variable wrongly looks for its name, and finds none in a traceback.
    """
    faults = error.faults if isinstance(error, InvalidInput) else ()
    if faults and all(fault.field in Settings.model_fields for fault in faults):
        refused = {variable(fault.field): fault.message_en for fault in faults}
        log.error("process.failed", error=str(error), settings=refused)
    else:
        log.error("process.failed", exc_info=error)
