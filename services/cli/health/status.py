"""`quanheng status`: the state of the platform on one screen, even if processes are down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.text import Text

from plumbing.settings import Settings
from plumbing.state.engines import engines_that_answer
from plumbing.state.figures import Scrape
from plumbing.state.findings import Finding, engines_away, findings
from plumbing.state.summary import Traffic, business, last_backup
from plumbing.state.waiting import Severity
from services.cli.health.metrics import scrape_all
from services.cli.machine.directory import platform_settings
from services.cli.output import show
from services.cli.output.console import styled
from services.cli.output.language import choose
from services.cli.output.options import AsJson, Data
from services.cli.output.show import block_of, table_of

WATCH_SECONDS = 2.0
_SIGNS = {
    Severity.CRITICAL: ("✗ 立即", "✗ at once", "bold red"),
    Severity.WARNING: ("! 当日", "! today", "yellow"),
    Severity.INFO: ("· 留意", "· note", "cyan"),
}
_HEADS = (
    ("进程", "process"),
    ("状态", "state"),
    ("已运行", "up"),
    ("版本", "version"),
    ("待发布", "to publish"),
    ("待收", "to come"),
    ("失败", "failing"),
    ("搁置", "dead"),
    ("未封", "unsealed"),
)


@dataclass(frozen=True)
class Status:
    """The state of the platform: metrics, engines that answer, and matters that need a person."""

    scrapes: Sequence[Scrape]
    engines: dict[str, bool]
    findings: Sequence[Finding]

    @property
    def well(self) -> bool:
        """True if nothing needs a person now; findings of severity INFO do not count."""
        return all(finding.severity is Severity.INFO for finding in self.findings)


def status(
    data: Data = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="持续刷新，Ctrl-C 结束 | go on")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """平台是否正常：进程、事件、案件、期限、预警、投递，以及先要处理什么；需要人处理时退出码为 1。

    Shows the state of the platform on one screen; exits with 1 if something needs a person. Needs
    no login.
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
    """Reads the state of every process and engine; one that does not answer counts as down."""
    scrapes, engines = await asyncio.gather(scrape_all(settings), engines_that_answer(settings))
    return Status(scrapes, engines, [*engines_away(engines), *findings(scrapes)])


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
    """Converts the state of the platform to JSON values."""
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
        "last_backup": made.isoformat() if (made := last_backup(state.scrapes)) else "",
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


def screen(
    scrapes: Sequence[Scrape], engines: Mapping[str, bool], findings: Sequence[Finding]
) -> RenderableType:
    """Builds the status screen: first the findings, then processes, engines, business figures."""
    first = [_finding(finding) for finding in findings]
    if not findings:
        sentence = choose("✓ 目前没有需要人处理的事", "✓ nothing needs a person now")
        first = [styled((sentence, "bold green"))]
    return Group(
        *first, "", _processes(scrapes, engines), "", _business(scrapes), "", _storage(scrapes)
    )


def _processes(scrapes: Sequence[Scrape], engines: Mapping[str, bool]) -> RenderableType:
    rows = [[*_of_process(scrape)] for scrape in scrapes]
    for engine, up in engines.items():
        blank = [styled("")] * (len(_HEADS) - 2)
        rows.append([styled(engine), _state(up=up, ready=up), *blank])
    heads = [choose(zh, en) for zh, en in _HEADS]
    return table_of(choose("进程与事件", "processes and events"), heads, rows)


def _of_process(scrape: Scrape) -> Iterator[Text]:
    yield styled(scrape.service)
    yield _state(up=scrape.up, ready=scrape.ready)
    if not scrape.up:
        yield from [styled("—")] * (len(_HEADS) - 2)
        return
    now = Traffic.of(scrape)
    age = f" ({now.oldest_seconds}s)" if now.to_publish else ""
    yield styled(str(timedelta(seconds=round(scrape.uptime))))
    yield styled(scrape.version)
    yield styled(f"{now.to_publish}{age}")
    for number in (now.to_come, now.failing, now.dead, now.unsealed):
        yield styled(f"{number}")


def _business(scrapes: Sequence[Scrape]) -> RenderableType:
    lines = []
    for line in business(scrapes):
        counts = [f"{choose(zh, en)} {value:,.0f}" for zh, en, value in line.counts]
        lines.append((choose(line.zh, line.en), styled(" · ".join(counts) or "—")))
    return block_of(choose("业务", "business"), lines)


def _storage(scrapes: Sequence[Scrape]) -> RenderableType:
    lines = []
    for scrape in filter(lambda scrape: scrape.up, scrapes):
        now = Traffic.of(scrape)
        pruned = choose(f"已清理旧行 {now.pruned:,}", f"old rows removed {now.pruned:,}")
        lines.append((scrape.service, styled(f"{decimal(now.stored)} · {pruned}")))
    made = last_backup(scrapes)
    when = f"{made:%Y-%m-%d %H:%M}" if made else choose("没有记录", "none known")
    lines.append((choose("上次备份", "last backup"), styled(when)))
    return block_of(choose("存储", "storage"), lines)


def _state(*, up: bool, ready: bool) -> Text:
    if not up:
        return styled((choose("✗ 未应答", "✗ down"), "bold red"))
    if ready:
        return styled((choose("✓ 就绪", "✓ ready"), "green"))
    return styled((choose("… 等待", "… waiting"), "yellow"))


def _finding(finding: Finding) -> Text:
    zh, en, style = _SIGNS[finding.severity]
    how = f"{finding.command}  " if finding.command else ""
    return styled(
        (f"{choose(zh, en)} ", style),
        (f"{finding.service}：", "bold"),
        f"{finding.zh}\n    {finding.en}\n    ",
        (f"{choose('处理', 'what to do')}: {how}{finding.runbook}", "dim"),
    )
