"""Logs: one line of JSON per log event, with the service's name and without secrets.

Every line contains the ids of the current trace and request, and of the case, subject or bureau
that the line is about, but never a name.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Hashable
from contextlib import suppress
from functools import cache
from typing import Any, TextIO, cast

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor

from plumbing import security_log
from plumbing.tracing import current_request_id

# Frequent events: written to the log files, but not shown to somebody who watches a platform run.
ROUTINE = (
    "rpc.served",
    "event.handled",
    "activity.done",
    "workflow.begun",
    "workflow.signalled",
    "workflow.ended",
    *security_log.EVENTS,
)
# The fields that a line of a workflow has besides its text.
_EXTRAS = ("trace_id", "span_id", "request_id", "error", "temporal_workflow")
# The ids by which people search the logs.
_SEARCHED = ("case_id", "subject_id", "record_id", "notice_id", "batch_id", "bureau")
_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)  # anything else is no id and stays out of the log
# The kinds in the names of aggregates and workflows, `<kind>/<id>`, and what their ids are called.
_KINDS = {
    "case": "case_id",
    "objection": "case_id",
    "reconsideration": "case_id",
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
    """Configures the logs of this process. Call it once, in a composition root.

    `level` is the name of the lowest level that is logged.
    """
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _named(service),
        _where,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    written = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    out: Any = _Unfailing(sys.stdout)
    structlog.configure(
        processors=[*common, written],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(out),
    )
    of_libraries: list[Processor] = [structlog.stdlib.ExtraAdder(_EXTRAS), _workflow, *common]
    _format_libraries(level, of_libraries, written, structlog.WriteLogger(out))


def end_logging() -> None:
    """Writes out what is left of the logs, before the process ends."""
    _Unfailing(sys.stdout).flush()


class _Unfailing:
    """An output of log lines that loses what cannot be written, so that no work fails for a line.

    A write fails where the output is a file on a full disk, or where nobody reads it any more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _SharedWriter(logging.Handler):
    """Writes through the writer of our own lines, so that lines of several threads do not mix."""

    def __init__(self, writer: structlog.WriteLogger) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.msg(self.format(record))


def _format_libraries(
    level: str, processors: list[Processor], written: Processor, writer: structlog.WriteLogger
) -> None:
    """Writes the log lines of libraries in the same form."""
    handler = _SharedWriter(writer)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
        )
    )
    handler.addFilter(_spans_may_be_lost)
    logging.basicConfig(handlers=[handler], level=level)
    for chatty in ("temporalio", "nats", "alembic", "aiosqlite"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    logging.getLogger("temporalio.workflow").setLevel(level)  # replayed lines are left out there


def _spans_may_be_lost(record: logging.LogRecord) -> bool:
    """Lowers an error of the exporter of spans to a warning: no work depends on a span."""
    if record.name.startswith("opentelemetry.") and record.levelno > logging.WARNING:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _named(service: str) -> Processor:
    def name(_logger: Any, _method: str, line: EventDict) -> EventDict:
        return {**line, "service": service}

    return name


def _where(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Adds the trace and the request of the current work."""
    if request_id := current_request_id():
        line = {"request_id": request_id, **line}
    return {**place_of(trace.get_current_span()), **line}


def place_of(span: trace.Span) -> dict[str, str]:
    """Returns a span's id and its trace's id as log fields; empty if the span is not valid."""
    context = span.get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _workflow(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Adds the workflow that a line of Temporal's logger is about."""
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
    """Returns the ids (case_id, bureau and so on) in the fields of a message or workflow input."""
    names = _searched_in(cast("Hashable", type(message)))
    ids = {name: getattr(message, name, None) for name in names}
    return {k: v for k, v in ids.items() if isinstance(v, str) and _ID.fullmatch(v)}


@cache
def _searched_in(kind: Hashable) -> tuple[str, ...]:
    """The searched ids that a message of a type can have; of other inputs, all of them."""
    descriptor = getattr(kind, "DESCRIPTOR", None)
    known = _SEARCHED if descriptor is None else descriptor.fields_by_name
    return tuple(name for name in _SEARCHED if name in known)


def ids_of(name: str) -> dict[str, str]:
    """Returns the id in the name of an aggregate or workflow: `case/7` gives `{"case_id": "7"}`.

    The result is empty if the name has no known kind.
    """
    kind, _, identity = name.partition("/")
    return {_KINDS[kind]: identity} if kind in _KINDS and identity else {}
