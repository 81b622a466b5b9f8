"""The command that takes the tables of a service back, for the release before."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from law.errors import InvalidInput, WrongState
from plumbing import migrations
from plumbing.database import Database
from plumbing.settings import Settings
from services.cli.commands.platform import ServiceName
from services.cli.machine.directory import is_held
from services.cli.output import show
from services.cli.output.options import Data


def downgrade(
    service: ServiceName,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="退回到的表结构版本，如 0008 | such as 0008")
    ],
    data: Data = None,
) -> None:
    """停机后退回一个服务的表结构，供较早的版本使用。新列中的内容会丢失，先备份。

    Takes the tables of a service back, for an earlier release, while nothing runs. What newer
    columns hold is lost, so make a backup first.
    """
    settings = Settings(data_dir=data) if data else Settings()
    if is_held(settings.data_dir):
        raise WrongState("平台正在运行，请先停机", "The platform is running; stop it first")
    asyncio.run(_downgrade(settings, service, revision))
    show.done(
        f"{service} 的表已退回到 {revision}；现在可以启动较早的版本",
        f"the tables of {service} are at {revision}; the earlier release can start now",
    )


async def _downgrade(settings: Settings, service: str, revision: str) -> None:
    if revision not in migrations.revisions(service):
        known = ", ".join(migrations.revisions(service))
        raise InvalidInput(
            f"{service} 没有表结构版本 {revision}，有 {known}",
            f"{service} has no revision {revision} but {known}",
        )
    database = Database(settings.database_url(service))
    try:
        await migrations.downgrade(database, service, revision)
    finally:
        await database.close()
