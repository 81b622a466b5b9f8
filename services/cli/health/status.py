"""`quanheng status`: how the platform is, on one screen, whichever of its processes are down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.live import Live

from plumbing.settings import Settings
from services.cli.health.problems import Finding, Severity, engines_away, findings
from services.cli.health.scraping import Scrape, scrape_all
from services.cli.health.status_screen import screen
from services.cli.machine.directory import platform_settings
from services.cli.machine.readiness import grpc_serves, nats_greets
from services.cli.output import show
from services.cli.output.options import AsJson, Data

WATCH_SECONDS = 2.0
TRIES = 3


@dataclass(frozen=True)
class Status:
    """How the platform is: what each process said, which engines answer, what needs a person."""

    scrapes: Sequence[Scrape]
    engines: dict[str, bool]
    findings: Sequence[Finding]

    @property
    def well(self) -> bool:
        """Whether nothing needs a person now."""
        return all(one.severity is Severity.INFO for one in self.findings)


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command()(status)


def status(
    data: Data = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="持续刷新，Ctrl-C 结束 | go on")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """平台是否正常：进程、事件、案件、期限、预警、投递，以及先要处理什么；需要人处理时退出码为 1。

    How the platform is, on one screen; exit 1 when something needs a person. Needs no login.
    """
    settings = platform_settings(data)
    if watch:
        _follow(settings)
        return
    found = asyncio.run(look(settings))
    if as_json:
        show.json_out(status_json(found))
    else:
        show.console.print(screen(found.scrapes, found.engines, found.findings))
    if not found.well:
        raise typer.Exit(1)


async def look(settings: Settings) -> Status:
    """Asks everything at once; who does not answer in time is down."""
    nats = urlsplit(settings.nats_url)
    scrapes, temporal, events = await asyncio.gather(
        scrape_all(settings),
        _answers(lambda: grpc_serves(settings.temporal_address)),
        _answers(lambda: nats_greets(f"{nats.hostname}:{nats.port or 4222}")),
    )
    engines = {"nats": events, "temporal": temporal}
    return Status(scrapes, engines, [*engines_away(engines), *findings(scrapes)])


async def _answers(ask: Callable[[], Awaitable[bool]]) -> bool:
    """Whether an engine answers; a machine that is busy gets another try."""
    for _ in range(TRIES):
        if await ask():
            return True
    return False


def _follow(settings: Settings) -> None:
    async def follow() -> None:
        with Live(console=show.console, screen=True) as live:
            while True:
                found = await look(settings)
                live.update(screen(found.scrapes, found.engines, found.findings), refresh=True)
                await asyncio.sleep(WATCH_SECONDS)

    try:
        asyncio.run(follow())
    except KeyboardInterrupt:
        return


def status_json(found: Status) -> dict[str, Any]:
    """How the platform is, as JSON values."""
    return {
        "well": found.well,
        "processes": [_process(scrape) for scrape in found.scrapes],
        "engines": found.engines,
        "needs_attention": [
            {
                "service": one.service,
                "rule": one.rule,
                "severity": one.severity.value,
                "value": one.value,
                "message_zh": one.zh,
                "message_en": one.en,
                "runbook": one.runbook,
            }
            for one in found.findings
        ],
        "figures": {scrape.service: _figures(scrape) for scrape in found.scrapes},
    }


def _process(scrape: Scrape) -> dict[str, Any]:
    return {
        "service": scrape.service,
        "up": scrape.up,
        "ready": scrape.ready,
        "pid": scrape.pid,
        "uptime_seconds": round(scrape.uptime),
        "version": scrape.version,
        "metrics": scrape.address,
    }


def _figures(scrape: Scrape) -> list[dict[str, Any]]:
    """Every figure but the buckets of histograms."""
    return [
        {"name": one.name, "labels": dict(one.labels), "value": one.value}
        for one in scrape.samples or ()
        if one.name.startswith("quanheng_") and not one.name.endswith("_bucket")
    ]
