"""The process of the portal: owns its sessions, calls the services over gRPC, serves pages."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta

import structlog
import uvicorn

from plumbing import migrations
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.settings import PORTAL, Settings
from plumbing.telemetry import start_logging
from services.portal.app import application
from services.portal.clients import Services, VisitorToken
from services.portal.sessions import Sessions
from services.portal.visit import Portal

log = structlog.get_logger()


def main() -> None:
    """Serves pages until SIGTERM; exits with 0 after a normal end and with 1 after an error."""
    settings = Settings()
    start_logging(PORTAL, settings.log_level)
    try:
        asyncio.run(_run(settings))
        code = 0
    except BaseException:  # the process must end, saying why; the supervisor starts it again
        log.exception("process.failed")
        code = 1
    sys.stdout.flush()
    os._exit(code)


async def _run(settings: Settings) -> None:
    clock = SystemClock()
    database = Database(settings.database_url(PORTAL))
    await migrations.upgrade(database, PORTAL)
    services = Services(settings)
    sessions = Sessions(
        database,
        clock,
        idle=timedelta(minutes=settings.portal_idle_minutes),
        longest=timedelta(hours=settings.portal_session_hours),
    )
    portal = Portal(settings, services, sessions, VisitorToken(settings, clock))
    host, _, port = settings.listen_address(PORTAL).rpartition(":")
    config = uvicorn.Config(
        application(portal, clock),
        host=host,
        port=int(port),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 << 10,
    )
    log.info("process.ready", address=settings.address(PORTAL))
    await uvicorn.Server(config).serve()
    await services.close()
    await database.close()


if __name__ == "__main__":
    main()
