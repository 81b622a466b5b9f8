"""The command that readies the streams of events for databases that were set back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import nats.errors
import typer
from nats.aio.client import Client

from law.errors import WrongState
from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.envelope import Attributes
from plumbing.events.refilling import prepare
from plumbing.events.signing import Signatures
from plumbing.settings import Settings
from services.cli.commands import choices
from services.cli.commands.platform import SERVICES
from services.cli.machine.directory import is_held
from services.cli.output import show
from services.cli.output.language import choose
from services.cli.output.options import AsJson, Data

CONNECT_SECONDS = 30.0


def events_prepare(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVICE]...",
            help=f"服务，不写则全部：{choices.listed(SERVICES)} | services, all if left out",
            parser=choices.parser(SERVICES),
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出事件流中已恢复的数据库没有的事件，并清空事件流；在全部服务停止时、启动前使用。

    Names the events that the streams have and the restored databases lack, and empties the streams,
    while no service runs. At its start each service publishes the events that it has. It needs the
    keys of the services and their databases, as these have them.
    """
    settings = Settings(data_dir=data) if data else Settings()
    if not settings.database and is_held(settings.data_dir):
        raise WrongState("平台正在运行，请先停机", "The platform is running; stop it first")
    lost: dict[str, list[dict[str, str]]] = {}

    def tell(service: str, events: Sequence[Attributes]) -> None:
        lost[service] = [_plain(one) for one in events]
        if not as_json:
            _tell(service, events)

    try:
        for service in services or SERVICES:
            asyncio.run(prepared(settings, service, partial(tell, service)))
            if not as_json:
                show.done(f"{service} 的事件流已清空", f"the stream of {service} is empty")
    finally:  # who is refused for one service learns what others have lost: nobody knows it later
        if as_json and lost:
            show.json_out(lost)


async def prepared(
    settings: Settings, service: str, tell: Callable[[list[Attributes]], None]
) -> None:
    """Empties the stream of a service; before, `tell` is given what the database does not know.

    Raises WrongState while services run, or when the database or NATS cannot be asked.
    """
    database = Database(settings.database_url(service))
    try:
        client = await _connected(settings, service)
        try:
            signatures = Signatures.of(settings.keys_dir)
            await prepare(database, client.jetstream(), service, signatures, tell)
        finally:
            await client.close()
    except (nats.errors.Error, TimeoutError) as error:
        raise WrongState(
            f"事件总线（{settings.nats_url}）没有应答：{error!r}；请再执行一次",
            f"NATS at {settings.nats_url} does not answer: {error!r}. Run this again",
        ) from error
    except DATABASE_AWAY as error:
        raise WrongState(
            f"{service} 的数据库（{database.address}）连不上：{error}；什么也没有改",
            f"The database of {service} at {database.address} cannot be asked: {error}. Nothing was"
            " changed",
        ) from error
    finally:
        await database.close()


async def _connected(settings: Settings, service: str) -> Client:
    credentials = Credentials.of(settings.keys_dir, service)
    async with asyncio.timeout(CONNECT_SECONDS):
        return await connect(settings.nats_servers, credentials, tls_of(settings))


def _tell(service: str, events: Sequence[Attributes]) -> None:
    if not events:
        show.done(
            f"{service} 的事件流中没有数据库不知道的事件",
            f"the stream of {service} has no event that the database lacks",
        )
        return
    title = choose(
        f"{service}：这 {len(events):,} 个事件发布过，恢复后的数据库没有，将随事件流清空",
        f"{service}: these {len(events):,} events were published and the restored database lacks"
        " them; they go with the stream",
    )
    heads = choose("时间 事件 对象 序号", "time event object number").split()
    show.table(title, heads, [[*_plain(one).values()] for one in events])


def _plain(event: Attributes) -> dict[str, str]:
    kind = event.type.rpartition(".")[2]
    return {
        "at": event.time.isoformat(timespec="seconds"),
        "event": kind,
        "aggregate": event.aggregate,
        "number": str(event.sequence),
    }
