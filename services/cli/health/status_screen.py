"""How the platform is, for a terminal: what runs, what is under way, and what is for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.health.problems import Finding, Severity
from services.cli.health.scraping import Scrape

_SIGNS = {
    Severity.CRITICAL: ("✗ 立即 ", "bold red"),
    Severity.WARNING: ("! 当日 ", "yellow"),
    Severity.INFO: ("· 留意 ", "cyan"),
}
_HEADS = (
    "进程",
    "状态",
    "进程号",
    "已运行",
    "版本",
    "待发布",
    "待收",
    "重投",
    "失败",
    "搁置",
    "审计未封",
)
_UNDER_WAY = ("consumer_redelivered", "inbox_failing", "dead_letters", "audit_unsealed")
_COLOURS = {"red": "红", "yellow": "黄", "green": "绿", "none": "正常"}
_WINDOWS = {"overdue": "已逾期", "within_1": "1 个工作日内", "within_5": "5 个工作日内"}
_STATES = {"pending": "待投递", "failed": "投递失败", "no_address": "无地址"}
_STEPS = {"waiting": "等待", "proposed": "待批准", "appointed": "已约谈", "exhausted": "已用尽"}
_OUTCOMES = {"changed": "变更", "unchanged": "未变", "rejected": "退回", "in_review": "待核"}
# Of which service, what it is called, which metric, by which label, and the labels' names.
_ROWS = (
    (
        "objection",
        "未了结案件 open cases",
        "cases_open",
        "kind",
        {"objection": "异议", "repair": "修复"},
    ),
    ("objection", "办理期限 terms", "terms_due", "window", _WINDOWS),
    ("alerts", "递进处置 escalations", "escalations_open", "state", _STEPS),
    ("alerts", "在册器具 instruments", "instruments", "colour", _COLOURS),
    ("alerts", "累计预警 alerts raised", "alerts_raised_total", "colour", _COLOURS),
    ("alerts", "未完成的通知 notices", "notices", "state", _STATES),
    ("grading", "现行等级 grades", "grades", "grade", {"none": "不评级"}),
    ("registry", "导入的行 rows imported", "import_rows", "outcome", _OUTCOMES),
)


def screen(
    scrapes: Sequence[Scrape], engines: Mapping[str, bool], findings: Sequence[Finding]
) -> RenderableType:
    """Everything, with what needs a person at the end, where the eye rests."""
    last = [_said(one) for one in findings]
    if not findings:
        sentence = "✓ 目前没有需要人处理的事  nothing needs a person now"
        last = [Text(sentence, style="bold green")]
    return Group(_processes(scrapes, engines), _business(scrapes), *last)


def _processes(scrapes: Sequence[Scrape], engines: Mapping[str, bool]) -> Table:
    table = _table("进程与事件 processes and events", _HEADS)
    for scrape in scrapes:
        state = _state(up=scrape.up, ready=scrape.ready)
        rest = _of_process(scrape) if scrape.up else ["—"] * (len(_HEADS) - 2)
        table.add_row(scrape.service, state, *rest)
    for engine, up in engines.items():
        table.add_row(engine, _state(up=up, ready=up), *[""] * (len(_HEADS) - 2))
    return table


def _of_process(scrape: Scrape) -> list[str]:
    waiting = scrape.sum("quanheng_outbox_pending")
    oldest = scrape.most("quanheng_outbox_oldest_seconds")
    coming = sum(scrape.sum(f"quanheng_consumer_{what}") for what in ("pending", "unacknowledged"))
    return [
        str(scrape.pid),
        str(timedelta(seconds=round(scrape.uptime))),
        scrape.version,
        f"{waiting:.0f}（{oldest:.0f} 秒）" if waiting else "0",
        f"{coming:.0f}",
        *(f"{scrape.sum(f'quanheng_{name}'):.0f}" for name in _UNDER_WAY),
    ]


def _business(scrapes: Sequence[Scrape]) -> Table:
    at = {scrape.service: scrape for scrape in scrapes}
    table = _table("业务 business", ("项目", "现状"))
    for service, title, metric, label, names in _ROWS:
        found = at[service].by(f"quanheng_{metric}", label)
        known = {**dict.fromkeys(names, 0.0), **found} if found else {}
        said = [f"{names.get(key, key)} {value:.0f}" for key, value in known.items()]
        table.add_row(title, " · ".join(said) or "—")
    return table


def _table(title: str, heads: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _state(*, up: bool, ready: bool) -> Text:
    if not up:
        return Text("✗ 未应答 down", style="bold red")
    return Text("✓ 就绪 ready", style="green") if ready else Text("… 等待 waiting", style="yellow")


def _said(one: Finding) -> Text:
    return Text.assemble(
        _SIGNS[one.severity],
        (f"{one.service}：", "bold"),
        f"{one.zh}\n    {one.en}\n    ",
        (f"处理办法 what to do: {one.runbook}", "dim"),
    )
