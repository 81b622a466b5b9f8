"""Finds the matters in the metrics that need a person, the most serious first.

A failure or delay is named after its alert rule in `deploy/prometheus/rules.yaml`, which fires if
it lasts, and after the section of docs/operations.md that explains what to do. Every service counts
the matters that wait for a decision in the metric `quanheng_awaiting_person`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plumbing.state.figures import Scrape
from plumbing.state.waiting import WAITING, Severity

RUNBOOK = "docs/operations.md#{}"
HOUR, DAY = 3600.0, 86400.0  # seconds


@dataclass(frozen=True)
class Concern:
    """A metric, the value above which it needs a person, and texts: {n} is the value by `per`."""

    rule: str
    severity: Severity
    metric: str
    zh: str
    en: str
    labels: Mapping[str, str] = field(default_factory=dict)
    above: float = 0.0
    per: float = 1.0
    largest: bool = False  # of several values the largest counts, not their sum


@dataclass(frozen=True)
class Finding:
    """A matter at one service that needs a person; `command` is empty if no command lists it."""

    service: str
    rule: str
    severity: Severity
    value: float
    zh: str
    en: str
    command: str = ""

    @property
    def runbook(self) -> str:
        """The link to the section of docs/operations.md that explains what to do."""
        return RUNBOOK.format(self.rule.lower())


DOWN, NOT_READY, AWAITING = "QuanhengDown", "QuanhengNotReady", "QuanhengAwaitingPerson"
AWAY = {
    "nats": ("QuanhengNatsAway", "事件总线没有应答", "NATS does not answer"),
    "temporal": ("QuanhengTemporalAway", "流程引擎没有应答", "Temporal does not answer"),
}

CONCERNS = (
    Concern(
        "QuanhengDiskFull",
        Severity.CRITICAL,
        "quanheng_disk_full",
        "磁盘已满：不能保存任何内容，仍可查阅；腾出空间后自行恢复",
        "The disk is full: nothing is saved, reading goes on; free some space, and writing returns",
    ),
    Concern(
        "QuanhengDeadLetters",
        Severity.CRITICAL,
        "quanheng_dead_letters",
        "有 {n} 个事件无法处理，已搁置，须查明原因后重新处理",
        "{n} events were given up: find out why, then have them handled again",
    ),
    Concern(
        "QuanhengStreamMissing",
        Severity.CRITICAL,
        "quanheng_stream_missing",
        "事件总线缺少 {n} 个事件流，其数据可能已丢失；所属服务会自行重建并重新发布",
        "NATS lacks {n} streams, its store may be lost; their services make and fill them again",
    ),
    Concern(
        "QuanhengUnsignedEvents",
        Severity.CRITICAL,
        "quanheng_unsigned_events",
        "拒收了 {n} 个没有有效签名的来件，可能有人伪造事件",
        "{n} unsigned messages were refused; somebody may forge events",
    ),
    Concern(
        "QuanhengOutboxStuck",
        Severity.CRITICAL,
        "quanheng_outbox_oldest_seconds",
        "事件已 {n} 秒未能发布，其他服务看不到最近的变更",
        "Events have waited {n} s to be published; other services miss the latest changes",
        above=300,
    ),
    Concern(
        "QuanhengCasesStuck",
        Severity.CRITICAL,
        "quanheng_cases_stuck",
        "有 {n} 个案件的后续事项被拒绝，须人工处理",
        "The follow-through of {n} cases was refused and waits for a person",
    ),
    Concern(
        "QuanhengStrangerAtTemporal",
        Severity.CRITICAL,
        "quanheng_workflow_inputs_refused_total",
        "自进程启动以来，流程引擎中有 {n} 次内容不是本平台发出，已拒绝",
        "Since the process started, {n} inputs at Temporal were not this platform's; refused",
    ),
    Concern(
        "QuanhengTermsOverdue",
        Severity.CRITICAL,
        "quanheng_terms_due",
        "有 {n} 个案件已超过办理期限，请单位负责人督办",
        "{n} cases are past their term: the head of unit must see to them",
        labels={"window": "overdue"},
    ),
    Concern(
        "QuanhengWatchBehind",
        Severity.CRITICAL,
        "quanheng_watch_bureaus_behind",
        "有 {n} 个机关的每日监视落后，预警可能迟发",
        "The daily watch of {n} bureaus is behind; alerts may be late",
    ),
    Concern(
        "QuanhengRegradeOverdue",
        Severity.WARNING,
        "quanheng_regrade_overdue",
        "有 {n} 个主体应重新评级而未评",
        "{n} subjects were to be graded anew and were not",
    ),
    Concern(
        "QuanhengEventsFailing",
        Severity.WARNING,
        "quanheng_inbox_failing",
        "有 {n} 个事件处理失败，正在重试",
        "The handling of {n} events fails and is tried again",
    ),
    Concern(
        "QuanhengDeliveriesFailed",
        Severity.WARNING,
        "quanheng_notices",
        "有 {n} 份通知投递失败，当事人尚未被告知",
        "{n} notices could not be delivered; those concerned have not been told",
        labels={"state": "failed"},
    ),
    Concern(
        "QuanhengCertificateDue",
        Severity.WARNING,
        "quanheng_certificate_renewal_overdue_seconds",
        "服务的证书将在 30 天内到期或已经到期，须续期",
        "The certificate of the service ends within 30 days or has ended: renew it",
        largest=True,
    ),
    Concern(
        "QuanhengMailServerUnset",
        Severity.WARNING,
        "quanheng_notices_without_mail_server",
        "未设置发信服务器（QUANHENG_SMTP_URL），有 {n} 份通知在等待；设置并重启后自动投递",
        "No mail server is set (QUANHENG_SMTP_URL): {n} notices wait and are sent once it is set",
    ),
    Concern(
        "QuanhengDeliveriesLate",
        Severity.WARNING,
        "quanheng_notice_oldest_pending_seconds",
        "有通知已 {n} 秒未能投递，请检查发信服务器",
        "A notice has waited {n} s for delivery: look at the mail server",
        above=4 * 3600,
    ),
    Concern(
        "QuanhengBackupOld",
        Severity.WARNING,
        "quanheng_backup_overdue_seconds",
        "已有 {n} 小时没有备份；备份：quanheng backup create 目录",
        "There has been no backup for {n} hours; make one: quanheng backup create DIR",
        per=HOUR,
    ),
    Concern(
        "QuanhengAuditUnsealed",
        Severity.WARNING,
        "quanheng_audit_unsealed_oldest_seconds",
        "审计记录已 {n} 秒未封入审计链",
        "Audit entries have waited {n} s to be linked into the chain",
        above=60,
    ),
    Concern(
        "QuanhengFiguresStale",
        Severity.WARNING,
        "quanheng_collect_age_seconds",
        "指标已 {n} 秒未能更新，以上数字可能过时",
        "Figures have not been refreshed for {n} s; what is shown may be old",
        above=300,
        largest=True,
    ),
    Concern(
        "QuanhengTermsDueSoon",
        Severity.INFO,
        "quanheng_terms_due",
        "有 {n} 个案件的办理期限在下一工作日前届满",
        "The term of {n} cases ends by the next working day",
        labels={"window": "within_1"},
    ),
    Concern(
        "QuanhengNoAddress",
        Severity.INFO,
        "quanheng_notices",
        "有 {n} 份通知因没有登记邮箱而未投递",
        "{n} notices were not sent because no address is on file",
        labels={"state": "no_address"},
    ),
    Concern(
        "QuanhengUntoldReds",
        Severity.INFO,
        "quanheng_untold_red_seconds",
        "首次建档的红色警示最久已 {n} 天没有告知经营者",
        "Red alerts of a first load have been told to nobody for up to {n} days",
        per=DAY,
    ),
)


def findings(scrapes: Sequence[Scrape]) -> list[Finding]:
    """Returns every matter in the metrics that needs a person, the most serious first."""
    found = [finding for scrape in scrapes for finding in _of(scrape)]
    order = [*Severity]
    return sorted(found, key=lambda finding: order.index(finding.severity))


def engines_away(engines: Mapping[str, bool]) -> list[Finding]:
    """Returns a finding for each engine (NATS, Temporal) that does not answer."""
    return [
        Finding(engine, rule, Severity.CRITICAL, 1, zh, en)
        for engine, (rule, zh, en) in AWAY.items()
        if not engines[engine]
    ]


def _of(scrape: Scrape) -> Iterator[Finding]:
    if not scrape.up:
        zh, en = (
            f"进程没有应答（{scrape.address}）",
            f"The process does not answer ({scrape.address})",
        )
        yield Finding(scrape.service, DOWN, Severity.CRITICAL, 1, zh, en)
        return
    yield from _of_process(scrape)
    yield from _concerns(scrape)
    yield from _waiting(scrape)


def _of_process(scrape: Scrape) -> Iterator[Finding]:
    if not scrape.ready:
        zh, en = (
            "进程尚未就绪，可能在等待数据库、事件总线或流程引擎",
            "The process is not ready: it waits for the database, NATS or Temporal",
        )
        yield Finding(scrape.service, NOT_READY, Severity.WARNING, 1, zh, en)
    elif not scrape.sum("quanheng_nats_connected"):
        zh, en = "与事件总线的连接中断", "NATS is not connected"
        yield Finding(scrape.service, AWAY["nats"][0], Severity.CRITICAL, 1, zh, en)


def _concerns(scrape: Scrape) -> Iterator[Finding]:
    for concern in CONCERNS:
        value = _value(scrape, concern)
        if value > concern.above:
            zh, en = (
                text.format(n=f"{value / concern.per:.0f}") for text in (concern.zh, concern.en)
            )
            yield Finding(scrape.service, concern.rule, concern.severity, value, zh, en)


def _waiting(scrape: Scrape) -> Iterator[Finding]:
    for kind in WAITING:
        if value := scrape.sum("quanheng_awaiting_person", what=kind.what):
            zh, en = (text.format(n=f"{value:.0f}") for text in (kind.zh, kind.en))
            command = f"quanheng {kind.command}"
            yield Finding(scrape.service, AWAITING, kind.severity, value, zh, en, command)


def _value(scrape: Scrape, concern: Concern) -> float:
    ask = scrape.most if concern.largest else scrape.sum
    return ask(concern.metric, **concern.labels)
