"""The metrics that every service reads: outbox, inbox, dead letters, audit entries, the disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from sqlmodel import col

from plumbing.audit import AuditEntry
from plumbing.clock import Clock
from plumbing.database import Database, stored_bytes
from plumbing.events import inspection
from plumbing.events.inbox import InboxFailure
from plumbing.events.outbox import Outbox
from plumbing.events.subjects import Stream
from plumbing.full_disk import found_full_lately, has_room
from plumbing.metrics.figures import SELDOM_SECONDS, Look, Reading, age, ask, figure

OUTBOX_PENDING = figure("outbox_pending", "待发布的事件", "events committed and not yet published")
OUTBOX_AGE = figure(
    "outbox_oldest_seconds",
    "最早一个待发布事件已等待的秒数",
    "age in seconds of the oldest unpublished event, 0 without one",
)
AUDIT_UNSEALED = figure(
    "audit_unsealed", "未封入审计链的记录", "audit entries not yet linked into the chain"
)
AUDIT_AGE = figure(
    "audit_unsealed_oldest_seconds",
    "最早一条未封记录已等待的秒数",
    "age in seconds of the oldest unsealed entry, 0 without one",
)
CONSUMER_PENDING = figure(
    "consumer_pending",
    "尚未投递给消费者的事件",
    "events of the stream not yet delivered to the consumer",
    "consumer",
)
CONSUMER_UNACKNOWLEDGED = figure(
    "consumer_unacknowledged",
    "已投递而未确认的事件",
    "events delivered and under way, held back for order, or failing",
    "consumer",
)
CONSUMER_REDELIVERED = figure(
    "consumer_redelivered",
    "正在重复投递的事件",
    "events now delivered more than once and not acknowledged",
    "consumer",
)
INBOX_FAILING = figure(
    "inbox_failing",
    "处理失败、仍在重试的事件",
    "events whose handling failed and is tried again",
    "consumer",
)
DEAD_LETTERS = figure(
    "dead_letters", "已放弃而搁置的事件", "events given up, waiting for a person", "consumer"
)
UNSIGNED_EVENTS = figure(
    "unsigned_events",
    "因没有发布服务的有效签名而拒收的来件",
    "messages refused because the service that owns them had not signed them",
    "consumer",
)
# A service gives a value, which may be zero, for each kind of matter it can have.
AWAITING_PERSON = figure(
    "awaiting_person",
    "等待人工处理的事项，按种类",
    "matters that wait for a person to act, by what they are",
    "what",
)

_UNSEALED = sa.select(sa.func.count(), sa.func.min(AuditEntry.at)).where(
    col(AuditEntry.sequence).is_(None)
)
_FAILING = (
    sa.select(col(InboxFailure.consumer), sa.func.count())
    .where(col(InboxFailure.buried_at).is_(None))
    .group_by(col(InboxFailure.consumer))
)


STREAM_MISSING = figure(
    "stream_missing",
    "事件总线中是否缺少该事件流（1/0）：其数据已经丢失，或所属服务从未启动",
    "1 if NATS lacks the stream: its store was lost, or its service has never started; otherwise 0",
    "stream",
)
DISK_FREE = figure(
    "disk_free_bytes",
    "数据目录所在磁盘的可用字节数",
    "bytes that are free on the disk of the data directory",
)
DISK_FULL = figure(
    "disk_full",
    "磁盘是否已满（1/0）：可用空间不足 64 MiB，或者近一分钟内有写入因空间不足被拒",
    "1 if less than 64 MiB are free, or a write found no room within the last minute; otherwise 0",
)


STORED_BYTES = figure(
    "stored_bytes",
    "占用的字节数：database 为数据库，stream 为事件流",
    "bytes stored, by kind: database is the service's own, stream holds its events",
    "kind",
)
OLDEST_KEPT = figure(
    "oldest_event_seconds",
    "发件箱中最早一个事件的秒数；超过留存期而不减，说明有消费者尚未收到",
    "age in seconds of the oldest event kept, 0 without one; beyond its term a consumer lacks it",
)
_OLDEST = sa.select(col(Outbox.created_at)).order_by(col(Outbox.seq)).limit(1)


def storage_look(database: Database, js: JetStreamContext, clock: Clock, own: str) -> Look:
    """Returns the reader of how much a service stores; `own` is the stream with its events."""

    async def storage() -> list[Reading]:
        [oldest] = await ask(database, _OLDEST)
        state = (await js.stream_info(own)).state
        kept = age(clock.now(), oldest[0][0] if oldest else None)
        stored = {"database": await stored_bytes(database), "stream": state.bytes}
        return [*STORED_BYTES.of(stored), OLDEST_KEPT.at(kept)]

    return Look("storage", storage, SELDOM_SECONDS)


def disk_look(directory: Path) -> Look:
    """Returns the reader of the metrics of the disk on which a directory is."""

    async def disk() -> list[Reading]:
        full = not has_room(directory) or found_full_lately()
        return [DISK_FREE.at(shutil.disk_usage(directory).free), DISK_FULL.at(full)]

    return Look("disk", disk)


def looks(
    database: Database,
    js: JetStreamContext,
    clock: Clock,
    consumers: Mapping[str, str],
    own: str = "",
) -> list[Look]:
    """Returns the readers of the metrics all services have: outbox, audit, inbox, dead letters.

    `consumers` maps the name of each event consumer of the service to its stream; `own` is the
    stream with the service's own events.
    """

    async def outbox() -> list[Reading]:
        pending = await inspection.outbox_pending(database)
        waited = age(clock.now(), pending.oldest)
        return [OUTBOX_PENDING.at(pending.count), OUTBOX_AGE.at(waited)]

    async def audit() -> list[Reading]:
        [[(count, oldest)]] = await ask(database, _UNSEALED)
        return [AUDIT_UNSEALED.at(count), AUDIT_AGE.at(age(clock.now(), oldest))]

    async def failing() -> list[Reading]:
        [rows] = await ask(database, _FAILING)
        return INBOX_FAILING.of(dict(rows), consumers)

    async def events() -> list[Reading]:
        counts = await inspection.dead_letter_counts(js)
        dead = {name: counts.get(name, 0) for name in consumers}
        counts = await inspection.unsigned_counts(js)
        unsigned = {name: counts.get(name, 0) for name in consumers}
        letters = [*DEAD_LETTERS.of(dead), *UNSIGNED_EVENTS.of(unsigned)]
        return [*await _lags(js, consumers), *letters]

    async def streams() -> list[Reading]:
        used = {*consumers.values(), own, Stream.DEAD_LETTERS} - {""}
        missing = await inspection.missing_streams(js, used)
        return STREAM_MISSING.of(dict.fromkeys(missing, 1), used)

    ours = [Look("outbox", outbox), Look("audit", audit), Look("streams", streams)]
    return [*ours, Look("inbox", failing), Look("events", events)] if consumers else ours


async def _lags(js: JetStreamContext, consumers: Mapping[str, str]) -> list[Reading]:
    readings = list[Reading]()
    for name, stream in consumers.items():
        try:
            info = await js.consumer_info(stream, name)
        except NotFoundError:
            continue  # it has not subscribed yet
        readings += [
            CONSUMER_PENDING.at(info.num_pending or 0, name),
            CONSUMER_UNACKNOWLEDGED.at(info.num_ack_pending or 0, name),
            CONSUMER_REDELIVERED.at(info.num_redelivered or 0, name),
        ]
    return readings
