"""`quanheng status`: the state of the platform on one screen, whichever processes are down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

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
    """The state of the platform: metrics, engines that answer, and what needs a person."""

    scrapes: Sequence[Scrape]
    engines: dict[str, bool]
    findings: Sequence[Finding]

    @property
    def well(self) -> bool:
        """Whether nothing needs a person now; what is only to be noted does not count."""
        return all(finding.severity is Severity.INFO for finding in self.findings)


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
    state = asyncio.run(look(settings))
    if as_json:
        show.json_out(status_json(state))
    else:
        show.console.print(screen(state.scrapes, state.engines, state.findings))
    if not state.well:
        raise typer.Exit(1)


async def look(settings: Settings) -> Status:
    """Asks every process and engine at once; one that does not answer in time is down."""
    nats = urlsplit(settings.nats_url)
    scrapes, temporal, events = await asyncio.gather(
        scrape_all(settings),
        _answers(lambda: grpc_serves(settings.temporal_address)),
        _answers(lambda: nats_greets(f"{nats.hostname}:{nats.port or 4222}")),
    )
    engines = {"nats": events, "temporal": temporal}
    return Status(scrapes, engines, [*engines_away(engines), *findings(scrapes)])


async def _answers(ask: Callable[[], Awaitable[bool]]) -> bool:
    """Whether an engine answers; it is asked several times, as the machine may be busy."""
    for _ in range(TRIES):
        if await ask():
            return True
    return False


def _follow(settings: Settings) -> None:
    from rich.live import Live  # noqa: PLC0415 - only `--watch` needs it

    async def follow() -> None:
        with Live(console=show.console, screen=True) as live:
            while True:
                state = await look(settings)
                live.update(screen(state.scrapes, state.engines, state.findings), refresh=True)
                await asyncio.sleep(WATCH_SECONDS)

    try:
        asyncio.run(follow())
    except KeyboardInterrupt:
        return


def status_json(state: Status) -> dict[str, Any]:
    """The state of the platform as JSON values."""
    return {
        "well": state.well,
        "processes": [_process(scrape) for scrape in state.scrapes],
        "engines": state.engines,
        "needs_attention": [
            {
                "service": finding.service,
                "rule": finding.rule,
                "severity": finding.severity.value,
                "value": finding.value,
                "message_zh": finding.zh,
                "message_en": finding.en,
                "command": finding.command,
                "runbook": finding.runbook,
            }
            for finding in state.findings
        ],
        "figures": {scrape.service: _figures(scrape) for scrape in state.scrapes},
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
    """Every figure of a process except the buckets of histograms."""
    return [
        {"name": sample.name, "labels": dict(sample.labels), "value": sample.value}
        for sample in scrape.samples or ()
        if sample.name.startswith("quanheng_") and not sample.name.endswith("_bucket")
    ]
