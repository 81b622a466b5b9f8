"""Logs: one line of JSON per event, with the service's name; secrets never stand in one.

Every line says to which trace and request the work under way belongs, and which case, subject or
bureau it is about, by their ids: never by a name.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor

from plumbing.tracing import current_request_id

# What happens all the time: it stands in the log files, and nobody wants to watch it go by.
ROUTINE = (
    "rpc.served",
    "event.handled",
    "activity.done",
    "workflow.begun",
    "workflow.signalled",
    "workflow.ended",
)
# What a line of a workflow brings along beside its text.
_EXTRAS = ("trace_id", "span_id", "request_id", "error", "temporal_workflow")
# The ids by which a person looks for what happened.
_TOLD = ("case_id", "subject_id", "record_id", "notice_id", "batch_id", "bureau")
_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)  # anything else is no id and stays out of the log
# The kinds of things and of workflows, `<kind>/<id>`, and what their ids are called.
_KINDS = {
    "case": "case_id",
    "objection": "case_id",
    "repair": "case_id",
    "subject": "subject_id",
    "record": "record_id",
    "notice": "notice_id",
    "delivery": "notice_id",
    "escalation": "escalation_id",
    "batch": "batch_id",
    "watch": "bureau",
}


def start_logging(service: str, level: str) -> None:
    """Sets up this process's logs. Called once, by a composition root."""
    said: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _named(service),
        _where,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    written = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    structlog.configure(
        processors=[*said, written],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
    )
    _take_in_others(level, [structlog.stdlib.ExtraAdder(_EXTRAS), _workflow, *said], written)


class _Beside(logging.Handler):
    """Writes by the writer of our own lines, so that lines of several threads stay whole."""

    def __init__(self, writer: structlog.WriteLogger) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.msg(self.format(record))


def _take_in_others(level: str, said: list[Processor], written: Processor) -> None:
    """Lets what the libraries log come out in the same form."""
    handler = _Beside(structlog.WriteLogger(sys.stdout))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=said,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
        )
    )
    logging.basicConfig(handlers=[handler], level=level)
    for chatty in ("temporalio", "nats", "alembic", "aiosqlite"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    logging.getLogger("temporalio.workflow").setLevel(level)  # replayed lines are left out there


def _named(service: str) -> Processor:
    def name(_logger: Any, _method: str, line: EventDict) -> EventDict:
        return {**line, "service": service}

    return name


def _where(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Adds which trace and which request the work under way belongs to."""
    if request_id := current_request_id():
        line = {"request_id": request_id, **line}
    return {**place_of(trace.get_current_span()), **line}


def place_of(span: trace.Span) -> dict[str, str]:
    """A span and its trace as a line names them; nothing where none is recorded."""
    here = span.get_span_context()
    if not here.is_valid:
        return {}
    return {"trace_id": f"{here.trace_id:032x}", "span_id": f"{here.span_id:016x}"}


def _workflow(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Names the workflow that Temporal's logger writes for."""
    details = line.pop("temporal_workflow", None)
    if details is None:
        return line
    identity = details["workflow_id"]
    return {
        **line,
        **ids_of(identity),
        "workflow": details["workflow_type"],
        "workflow_id": identity,
    }


def ids_in(message: Any) -> dict[str, str]:
    """The ids that a message or a workflow's input names in fields of its own."""
    found = {name: getattr(message, name, None) for name in _TOLD}
    return {k: v for k, v in found.items() if isinstance(v, str) and _ID.fullmatch(v)}


def ids_of(thing: str) -> dict[str, str]:
    """The id in the name of a thing or workflow: `case/…` → case_id."""
    kind, _, identity = thing.partition("/")
    return {_KINDS[kind]: identity} if kind in _KINDS and identity else {}
