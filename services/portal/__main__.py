"""The process of the portal: owns its sessions, calls the services over gRPC, serves pages."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta
from functools import partial
from types import FrameType

import structlog
import uvicorn

from plumbing import ending, migrations
from plumbing.calendars.editions import CalendarFollower
from plumbing.clock import Clock, SystemClock
from plumbing.database import Database
from plumbing.ended_sessions import EndedSessions
from plumbing.ending import log_failure
from plumbing.open_files import open_all_files
from plumbing.plain_links import refuse_plain_links
from plumbing.portal_certificate import PortalCertificate
from plumbing.private_files import keep_new_files_private
from plumbing.readiness import READINESS
from plumbing.settings import PORTAL, Settings
from plumbing.telemetry import end_logging, start_logging
from plumbing.waiting import once_database_there
from services.portal.app import application
from services.portal.clients import Services, VisitorToken
from services.portal.connections import Bounds, Networks, protocol
from services.portal.exports import Exports
from services.portal.measured import follow_readiness, serve_own_metrics
from services.portal.provider import Provider
from services.portal.second_clicks import SecondClicks
from services.portal.sessions import Sessions
from services.portal.sign_ins import SignIns
from services.portal.submissions import Submissions
from services.portal.visit import Portal

GRACE_SECONDS = 5  # for pages that are being answered
CLOSE_SECONDS = 2.0  # for each of what the process holds
log = structlog.get_logger()


class _Server(uvicorn.Server):
    """A server that tells its pages when it is told to stop, since it waits for their answers."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping, self._loop = stopping, asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stops serving, after the pages are told; a second Ctrl-C does not wait for them.

        The server's own method would raise the signal again at the end, which would kill the
        process before it has closed what it holds.
        """
        self._loop.call_soon_threadsafe(self._stopping.set)
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def main() -> None:
    """Serves pages until SIGTERM; exits with 0 after a normal end and with 1 after an error."""
    settings = Settings()
    keep_new_files_private()
    start_logging(PORTAL, settings.log_level)
    try:
        refuse_plain_links(settings, PORTAL)
        ending.run(_run(settings))
        code = 0
    except BaseException as error:  # said why; the supervisor starts it again
        log_failure(error)
        code = 1
    end_logging()
    os._exit(code)


async def _run(settings: Settings) -> None:
    clock = SystemClock()
    serve_own_metrics(settings)
    beating = asyncio.create_task(READINESS.beat(), name="beat")
    database = Database(settings.database_url(PORTAL))
    if await _migrated(database):
        await _open(settings, clock, database)
    await ending.cancel("beat", [beating], CLOSE_SECONDS)
    await ending.step("postgresql", database.close(), CLOSE_SECONDS)


async def _migrated(database: Database) -> bool:
    """Waits for the tables; returns False if the process is told to stop meanwhile."""
    work = partial(migrations.upgrade, database, PORTAL)
    waiting = asyncio.create_task(once_database_there(database, work), name="tables")
    loop = asyncio.get_running_loop()

    def stop() -> None:
        ending.end_at_the_latest()
        waiting.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await asyncio.wait({waiting})
    for number in (signal.SIGTERM, signal.SIGINT):  # the server listens to them now
        loop.remove_signal_handler(number)
    if waiting.cancelled():
        log.info("process.stopping")
        return False
    waiting.result()
    return True


async def _open(settings: Settings, clock: Clock, database: Database) -> None:
    """Opens what pages need, serves until the process is told to stop, and closes it all."""
    visitor = VisitorToken(settings, clock)
    services = Services(settings, visitor.own)
    sessions = Sessions(
        database,
        clock,
        idle=timedelta(minutes=settings.portal_idle_minutes),
        longest=timedelta(hours=settings.portal_session_hours),
    )
    ended = EndedSessions(visitor.identity)
    portal = Portal(
        settings,
        services,
        sessions,
        visitor,
        SignIns(database, clock),
        Submissions(database, clock),
        Exports(database, clock),
        SecondClicks(database, clock),
        Provider.of(settings),
        ended,
    )
    calendar = CalendarFollower(visitor.applied_editions)
    watching = asyncio.create_task(ended.run(), name="ended logins")
    following = asyncio.create_task(calendar.run(), name="calendar")
    telling = asyncio.create_task(follow_readiness(portal), name="readiness")
    bounding = asyncio.create_task(_end_in_time(portal.stopping), name="end in time")
    await _serve(portal, clock)
    await ending.cancel("work", [watching, following, telling, bounding], CLOSE_SECONDS)
    portal.open_data.remove()
    await ending.step("exports", portal.exports.close(), CLOSE_SECONDS)
    await ending.step("services", services.close(), CLOSE_SECONDS)


async def _end_in_time(stopping: asyncio.Event) -> None:
    await stopping.wait()
    ending.end_at_the_latest()


async def _serve(portal: Portal, clock: Clock) -> None:
    """Serves pages until the process is told to stop."""
    settings = portal.settings
    certificate = PortalCertificate.of(settings)
    context = certificate.server() if certificate else None
    host, _, port = settings.listen_address(PORTAL).rpartition(":")
    bounds = Bounds(Networks(settings.portal_proxies))
    open_all_files()
    config = uvicorn.Config(
        application(portal, clock),
        http=protocol(bounds),
        host=host,
        port=int(port),
        log_config=None,
        access_log=False,
        proxy_headers=bool(settings.portal_proxies),
        forwarded_allow_ips=settings.portal_proxies,
        server_header=False,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 << 10,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )
    log.info("process.ready", address=settings.address(PORTAL))
    server = asyncio.create_task(_Server(config, portal.stopping).serve())
    if certificate and context:
        following = asyncio.create_task(certificate.follow(context))
        server.add_done_callback(lambda _: following.cancel())
    await server


if __name__ == "__main__":
    main()
