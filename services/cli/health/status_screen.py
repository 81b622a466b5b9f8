"""The screen of `quanheng status`: first what needs a person, then processes and business."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from services.cli.health.problems import Finding, Severity
from services.cli.health.scraping import Scrape
from services.cli.output.console import styled
from services.cli.output.language import choose
from services.cli.output.show import block_of, table_of

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
_COUNTED = ("inbox_failing", "dead_letters", "audit_unsealed")
_COLOURS = {"red": "红", "yellow": "黄", "green": "绿", "none": "正常"}
_WINDOWS = {"overdue": "已逾期", "within_1": "1 个工作日内", "within_5": "5 个工作日内"}
_STATES = {"pending": "待投递", "failed": "投递失败", "no_address": "无地址"}
_STEPS = {"waiting": "等待", "proposed": "待批准", "appointed": "已约谈", "exhausted": "已用尽"}
_OUTCOMES = {"changed": "变更", "unchanged": "未变", "rejected": "退回", "in_review": "待核"}
_GRADES = {
    "trusted": "守信",
    "basically_trusted": "基本守信",
    "untrusted": "失信",
    "1": "一类",
    "2": "二类",
    "3": "三类",
    "none": "不评级",
}
# Service, title in Chinese and English, metric, label, and the words of the label's values.
_ROWS = (
    (
        "objection",
        ("未了结案件", "open cases"),
        "cases_open",
        "kind",
        {"objection": "异议", "repair": "修复"},
    ),
    ("objection", ("办理期限", "terms"), "terms_due", "window", _WINDOWS),
    ("alerts", ("递进处置", "escalations"), "escalations_open", "state", _STEPS),
    ("alerts", ("在册器具", "instruments"), "instruments", "colour", _COLOURS),
    ("alerts", ("累计预警", "alerts raised"), "alerts_raised_total", "colour", _COLOURS),
    ("alerts", ("未完成的通知", "notices"), "notices", "state", _STATES),
    ("grading", ("现行等级", "grades"), "grades", "grade", _GRADES),
    ("registry", ("已导入的行", "rows imported"), "import_rows", "outcome", _OUTCOMES),
)


def screen(
    scrapes: Sequence[Scrape], engines: Mapping[str, bool], findings: Sequence[Finding]
) -> RenderableType:
    """The whole screen, what needs a person first."""
    first = [_finding(finding) for finding in findings]
    if not findings:
        sentence = choose("✓ 目前没有需要人处理的事", "✓ nothing needs a person now")
        first = [styled((sentence, "bold green"))]
    return Group(*first, "", _processes(scrapes, engines), "", _business(scrapes))


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
    oldest = scrape.most("quanheng_outbox_oldest_seconds")
    pending = scrape.sum("quanheng_outbox_pending")
    age = f" ({oldest:.0f}s)" if pending else ""
    coming = sum(scrape.sum(f"quanheng_consumer_{kind}") for kind in ("pending", "unacknowledged"))
    yield styled(str(timedelta(seconds=round(scrape.uptime))))
    yield styled(scrape.version)
    yield styled(f"{pending:.0f}{age}")
    yield styled(f"{coming:.0f}")
    for name in _COUNTED:
        yield styled(f"{scrape.sum(f'quanheng_{name}'):.0f}")


def _business(scrapes: Sequence[Scrape]) -> RenderableType:
    by_service = {scrape.service: scrape for scrape in scrapes}
    lines = []
    for service, title, metric, label, names in _ROWS:
        values = by_service[service].by(f"quanheng_{metric}", label)
        known = {**dict.fromkeys(names, 0.0), **values} if values else {}
        counts = [f"{_name(names, key)} {value:,.0f}" for key, value in known.items()]
        lines.append((choose(*title), styled(" · ".join(counts) or "—")))
    return block_of(choose("业务", "business"), lines)


def _name(names: Mapping[str, str], key: str) -> str:
    return choose(names.get(key, key), key.replace("_", " "))


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
