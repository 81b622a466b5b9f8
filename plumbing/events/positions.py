"""How far each service has followed the events of the others, to find one that was set back.

The owner of a stream knows the number of the last event of each aggregate; a consumer knows the
last number that it has passed. At rest both are equal. A consumer that has passed an event which
its owner does not know shows that the owner's database is older than the consumer's: the owner
would give the number again, to another event, which the consumer would not take.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, LawError
from plumbing.events.access import CONSUMERS
from plumbing.events.inbox import InboxPosition
from plumbing.events.outbox import AggregateSequence
from plumbing.events.subjects import Stream, stream_of
from plumbing.settings import SERVICES
from protos.operations.v1 import operations_pb2 as pb

TOPIC = "events."  # and the name of the owner: what `check` compares
RESTORE_ALL = (
    (
        "请停机；它较新的数据库文件还在的，放回原处，否则用同一份备份恢复全部数据库："
        "quanheng backup restore 备份目录 --data 新目录，再 quanheng up --data 新目录"
        "（PostgreSQL 用其自身的备份把全部数据库恢复到同一时刻）"
    ),
    (
        "Stop the platform. Put its newer database back if you still have it; otherwise restore all"
        " databases from one backup, quanheng backup restore BACKUP --data NEW, and start that,"
        " quanheng up --data NEW (PostgreSQL: restore all databases to one moment by its own means)"
    ),
)
_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
# Without effect where the owner has its table.
_NOTHING_KNOWN = "CREATE TABLE IF NOT EXISTS owner.aggregate_sequence (aggregate, last_seq)"
_AHEAD = (
    "SELECT count(*), min(passed.aggregate) FROM inbox_position AS passed"
    " LEFT JOIN owner.aggregate_sequence AS known ON known.aggregate = passed.aggregate"
    " WHERE passed.consumer = ? AND passed.last_seq > coalesce(known.last_seq, 0)"
)


class NotOfOneMoment(LawError):
    """The databases are not of one moment: one of them is older than the others.

    Raised before anything starts on such databases; `faults` name each pair.
    """

    reason = "NOT_OF_ONE_MOMENT"
    message_zh = "各数据库不是同一时刻的：其中有的较旧"


@dataclass(frozen=True)
class Older:
    """A database that lacks events which another service has handled."""

    owner: str
    follower: str
    aggregates: int  # of which events are lacking
    example: str  # one of them

    @property
    def fault(self) -> Fault:
        """The finding as a fault, in both languages."""
        zh = f"{self.follower} 处理过它没有的事件：{self.aggregates} 个对象，如 {self.example}"
        en = (
            f"{self.follower} has handled events that it lacks, of {self.aggregates} objects such "
            f"as {self.example}"
        )
        return Fault(f"{self.owner}.db", zh, en)


def require_one_moment(folder: Path) -> None:
    """Raises NotOfOneMoment if a service's SQLite file in a folder is older than another's."""
    if older := older_in(folder):
        first = older[0]
        zh = f"{first.owner} 的数据库比 {first.follower} 的旧，不能启动。{RESTORE_ALL[0]}"
        en = (
            f"The database of {first.owner} is older than that of {first.follower}; the platform "
            f"does not start on them. {RESTORE_ALL[1]}"
        )
        raise NotOfOneMoment(zh, en, faults=[one.fault for one in older])


def older_in(folder: Path) -> list[Older]:
    """Returns the SQLite files of services in a folder that are older than those of others."""
    found = []
    for follower, owner, consumer in _followed():
        if (folder / f"{follower}.db").exists():
            count, example = _compared(folder, follower, owner, consumer)
            found += [Older(owner, follower, count, example)] if count else []
    return found


async def hold_positions(session: AsyncSession, service: str) -> list[pb.Digest]:
    """Returns how far a service is: in its own events, and in those of each other service."""
    last, known = col(AggregateSequence.last_seq), col(InboxPosition.last_seq)
    digests = [await _digest(session, service, last)]
    for follower, owner, consumer in _followed():
        if follower == service:
            of_consumer = col(InboxPosition.consumer) == consumer
            digests.append(await _digest(session, owner, known, of_consumer))
    return digests


def is_older(owner: str, held: Mapping[str, pb.Digest]) -> bool:
    """Returns whether another service has handled more events of `owner` than it has recorded."""
    known = held[owner].count if owner in held else 0
    return any(one.count > known for one in held.values())


def advice(owner: str, held: Mapping[str, pb.Digest]) -> tuple[str, str]:
    """Returns what to do where services are not equally far in the events of `owner`."""
    known = held[owner].count if owner in held else 0
    if is_older(owner, held):
        zh, en = f"{owner} 的数据库较旧。", f"The database of {owner} is older. "
        return zh + RESTORE_ALL[0], en + RESTORE_ALL[1]
    behind = [service for service, one in held.items() if one.count < known]
    commands = "、".join(f"quanheng rebuild {service}" for service in behind)
    return f"补上缺少的事件：{commands}", f"Have the missing events handled: {commands}"


def _followed() -> Iterator[tuple[str, str, str]]:
    """Each consumer that follows another service: whose it is, whom it follows, and its name."""
    owners = {stream_of(service): service for service in SERVICES}
    for follower, consumers in CONSUMERS.items():
        for name, stream in consumers.items():
            if stream is not Stream.DEAD_LETTERS and owners[stream] != follower:
                yield follower, owners[stream], name


def _compared(folder: Path, follower: str, owner: str, consumer: str) -> tuple[int, str]:
    """How many aggregates a consumer has passed further than their owner knows, and one of them."""
    with closing(_open(folder / f"{follower}.db")) as connection:
        if not _has_table(connection, "inbox_position"):
            return 0, ""
        connection.execute("ATTACH ? AS owner", (_place_of_owner(folder / f"{owner}.db"),))
        connection.execute(_NOTHING_KNOWN)
        count, example = connection.execute(_AHEAD, (consumer,)).fetchone()
        return int(count), str(example or "")


def _place_of_owner(file: Path) -> str:
    """Where the owner's sequences are: nowhere if its file is lost, or was never begun."""
    if file.exists():
        with closing(_open(file)) as connection:
            if _has_table(connection, "aggregate_sequence"):
                return _uri(file)
    return ":memory:"


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(_uri(file), uri=True)


def _uri(file: Path) -> str:
    return f"{file.resolve().as_uri()}?mode=rw"


def _has_table(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute(_TABLE, (table,)).fetchone() is not None


async def _digest(session: AsyncSession, owner: str, last: Any, *where: Any) -> pb.Digest:
    squares = sa.func.sum(last * last)
    query = sa.select(sa.func.count(), sa.func.sum(last), squares).where(*where)
    if not where:
        query = query.select_from(AggregateSequence)
    aggregates, events, check = (await session.exec(query)).one()  # type: ignore[call-overload]
    digest = f"{aggregates}/{int(check or 0)}"
    return pb.Digest(topic=f"{TOPIC}{owner}", count=int(events or 0), digest=digest)
