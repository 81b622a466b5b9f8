"""Metrics that the code counts while it works, in this process, since its start."""

from __future__ import annotations

from plumbing.metrics.metric import counter, gauge, histogram

# In seconds: a person waits for a call, a batch may take longer.
_CALL = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
_WORK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

BUILD = gauge(
    "build_info", "程序版本，值恒为 1", "version of the program, always 1", "service", "version"
)
READY = gauge("ready", "是否就绪（1/0）", "whether the process serves, 1 or 0")
PROCESS = gauge("process_id", "进程号", "process id")
CERTIFICATE_OVERDUE = gauge(
    "certificate_renewal_overdue_seconds",
    "本进程的证书应续期而未续期的时间（秒，自到期前 30 天起计）；0 为无需续期",
    "seconds since the certificate of this process was due for renewal, 30 days before it ends",
)
NATS_CONNECTED = gauge(
    "nats_connected", "是否连着事件总线（1/0）", "whether NATS is connected, 1 or 0"
)

RPC_SECONDS = histogram(
    "rpc_seconds",
    "接口调用用时（秒），按方法与结果",
    "seconds a call took, by method and status code",
    "method",
    "code",
    buckets=_CALL,
)
TRANSACTION_SECONDS = histogram(
    "transaction_seconds",
    "数据库事务用时（秒）：change 为写入，snapshot 为读取",
    "seconds a transaction was open: change writes, snapshot reads",
    "kind",
    buckets=_WORK,
)
CHANGE_RETRIES = counter(
    "change_retries_total",
    "因并发写入而重做的事务",
    "changes begun anew because another was there first",
)

EVENTS_PUBLISHED = counter(
    "events_published_total", "已发布到事件总线的事件", "events NATS has taken from the outbox"
)
RELAY_LEADER = gauge(
    "relay_leader",
    "本进程是否负责发布事件（1/0），每个服务恰有一个",
    "whether this process publishes the outbox, 1 or 0: one of each service does",
)
EVENT_SECONDS = histogram(
    "event_seconds",
    "处理一个事件的用时（秒），按消费者、事件类型与结果",
    "seconds an event was worked on, by consumer, type and outcome",
    "consumer",
    "event",
    "outcome",
    buckets=_WORK,
)
EVENTS_GIVEN_UP = counter(
    "events_given_up_total",
    "本进程放弃处理而搁置的事件",
    "events this process gave up and put among the dead letters",
    "consumer",
)
AUDIT_SEALED = counter(
    "audit_sealed_total",
    "本进程封入审计链的记录",
    "audit entries this process linked into the chain",
)
WORKFLOW_INPUTS_REFUSED = counter(
    "workflow_inputs_refused_total",
    "流程引擎中不是本平台发出而被拒绝的内容：payload 数据、signal 信号、run 整个流程",
    "what reached workflows and was not sealed by this platform: payload, signal, or a whole run",
    "what",
)
WORKFLOWS_STARTED_AGAIN = counter(
    "workflows_started_again_total",
    "不在运行而由平台自行重新启动的流程",
    "workflows that did not run, and that the platform started again by itself",
)
GRADES_COMPUTED = counter(
    "grades_computed_total",
    "已计算的评级（含结果未变的）",
    "subjects graded, also where the grade stayed the same",
)

ROWS_PRUNED = counter(
    "rows_pruned_total",
    "按期清理的旧行，按种类",
    "old rows that were removed because nothing needs them any more, by kind",
    "kind",
)

COLLECT_ERRORS = counter(
    "collect_errors_total",
    "查取指标失败的次数；失败时沿用上次的值",
    "figures that could not be looked up; the last known value stands",
    "look",
)
COLLECT_SECONDS = gauge(
    "collect_seconds",
    "最近一次查取指标的用时（秒）",
    "seconds the last look at figures took",
    "look",
)
