"""The figures of processes and of business that a state page shows, read from their metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plumbing.clock import SHANGHAI
from plumbing.state.figures import Scrape

_COLOURS = {"red": "红", "yellow": "黄", "green": "绿", "none": "正常"}
_WINDOWS = {"overdue": "已逾期", "within_1": "1 个工作日内", "within_5": "5 个工作日内"}
_STATES = {"pending": "待投递", "failed": "投递失败", "no_address": "无地址"}
_STEPS = {
    "waiting": "等待",
    "held": "暂缓",
    "proposed": "待批准",
    "appointed": "已约谈",
    "exhausted": "已用尽",
}
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
ROWS = (
    (
        "objection",
        ("未了结案件", "open cases"),
        "cases_open",
        "kind",
        {"objection": "异议", "reconsideration": "复核", "repair": "修复"},
    ),
    ("objection", ("办理期限", "terms"), "terms_due", "window", _WINDOWS),
    ("alerts", ("督促", "escalations"), "escalations_open", "state", _STEPS),
    ("alerts", ("在册器具", "instruments"), "instruments", "colour", _COLOURS),
    ("alerts", ("累计预警", "alerts raised"), "alerts_raised_total", "colour", _COLOURS),
    ("alerts", ("未完成的通知", "notices"), "notices", "state", _STATES),
    ("grading", ("现行等级", "grades"), "grades", "grade", _GRADES),
    ("registry", ("已导入的行", "rows imported"), "import_rows", "outcome", _OUTCOMES),
)


@dataclass(frozen=True)
class Traffic:
    """The events of one process: to publish (with their age in seconds), to come, and in trouble.

    `unsealed` counts audit entries that are not yet linked into the chain; `stored` are the bytes
    of its database and its events, and `pruned` the old rows that it has removed since its start.
    """

    to_publish: int
    oldest_seconds: int
    to_come: int
    failing: int
    dead: int
    unsealed: int
    stored: int
    pruned: int

    @classmethod
    def of(cls, scrape: Scrape) -> Traffic:
        """Reads the figures of a process; all are 0 if it did not answer."""
        coming = ("consumer_pending", "consumer_unacknowledged")
        return cls(
            to_publish=_whole(scrape, "outbox_pending"),
            oldest_seconds=round(scrape.most("quanheng_outbox_oldest_seconds")),
            to_come=sum(_whole(scrape, name) for name in coming),
            failing=_whole(scrape, "inbox_failing"),
            dead=_whole(scrape, "dead_letters"),
            unsealed=_whole(scrape, "audit_unsealed"),
            stored=_whole(scrape, "stored_bytes"),
            pruned=_whole(scrape, "rows_pruned_total"),
        )


def last_backup(scrapes: Sequence[Scrape]) -> datetime | None:
    """Returns when the last backup was made, in Beijing time; None where none is known."""
    made = max((one.sum("quanheng_last_backup_timestamp_seconds") for one in scrapes), default=0)
    return datetime.fromtimestamp(made, SHANGHAI) if made else None


@dataclass(frozen=True)
class Line:
    """A line of business figures: its titles, and each value with its words in both languages."""

    zh: str
    en: str
    counts: Sequence[tuple[str, str, float]]


def business(scrapes: Sequence[Scrape]) -> Iterator[Line]:
    """Yields the lines of business figures; a line without counts if the service did not answer."""
    by_service = {scrape.service: scrape for scrape in scrapes}
    for service, (zh, en), metric, label, names in ROWS:
        values = by_service[service].by(f"quanheng_{metric}", label)
        known: Mapping[str, float] = {**dict.fromkeys(names, 0.0), **values} if values else {}
        counts = [(names.get(key, key), key.replace("_", " "), n) for key, n in known.items()]
        yield Line(zh, en, counts)


def _whole(scrape: Scrape, name: str) -> int:
    return round(scrape.sum(f"quanheng_{name}"))
