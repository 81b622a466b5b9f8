"""Logs: one line of JSON per event, with the service's name; secrets never stand in one."""

from __future__ import annotations

import logging
import sys

import structlog


def start_logging(service: str, level: str) -> None:
    """Sets up this process's logs. Called once, by a composition root."""
    logging.basicConfig(stream=sys.stdout, level=level, format="%(message)s")
    for chatty in ("temporalio", "nats", "alembic", "aiosqlite"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    structlog.contextvars.bind_contextvars(service=service)
