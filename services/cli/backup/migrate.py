"""The command that brings tables to this release, for a job under the role of their owner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

import typer

from law.errors import Fault, InvalidInput, LawError, WrongState
from plumbing import migrations
from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY, bars, keeps_waiting
from plumbing.owned_tables import NotMigrated
from plumbing.settings import CALLERS, Settings
from plumbing.telemetry import start_logging
from plumbing.waiting import Waiting, once_there
from services.cli.machine.directory import is_held
from services.cli.output import show
from services.cli.output.options import Data

_LOCKED = "55P03"  # PostgreSQL's code for a lock that was not to be had in time


def migrate(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERVICE",
            help=f"服务，缺省为全部：{', '.join(CALLERS)} | services, default all",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="试做后全部撤销，只说会改什么 | undo it all again")
    ] = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait", help="数据库不在时等待，如任务中 | waits for a database that is away"
        ),
    ] = False,
    data: Data = None,
) -> None:
    """把数据表升级到本版本；以表所有者的身份、在各服务启动之前执行。

    Brings the tables to this release. Run it before the services start, under the role that owns
    the tables. With --dry-run every migration is run and undone, and its statements are listed; on
    PostgreSQL services wait meanwhile for the tables that it changes. With --wait it waits for a
    database that is away, and says so as the logs of services do; one that refuses the user or the
    password ends it at once.
    """
    settings = Settings(data_dir=data) if data else Settings()
    if unknown := set(services or ()) - set(CALLERS):
        known, named = ", ".join(CALLERS), ", ".join(sorted(unknown))
        raise InvalidInput(f"没有服务 {named}，有 {known}", f"No service {named} but {known}")
    if not settings.database and is_held(settings.data_dir):
        raise WrongState("平台正在运行，请先停机", "The platform is running; stop it first")
    if wait:
        start_logging("migrate", settings.log_level)
    for service in services or CALLERS:
        asyncio.run(_one(settings, service, dry_run=dry_run, wait=wait))


async def _one(settings: Settings, service: str, *, dry_run: bool, wait: bool) -> None:
    database = Database(settings.database_url(service))
    try:
        run = migrations.try_out if dry_run else migrations.migrate
        act: Callable[[], Awaitable[migrations.Trial | None]] = partial(run, database, service)
        waiting = Waiting("postgresql", database.address)
        trial = await (once_there(waiting, _passes, act) if wait else act())
        if trial is not None:
            _tell(service, trial)
        else:
            newest = migrations.revisions(service)[-1]
            show.done(f"{service} 的表为 {newest}", f"the tables of {service} are at {newest}")
    except NotMigrated as error:
        raise WrongState(
            f"{service} 的表不属于这个数据库角色：请以其所有者的身份执行",
            f"The tables of {service} belong to another database role: run this as their owner",
        ) from error
    except DATABASE_AWAY as error:
        if (refusal := _refusal(service, database.address, error)) is None:
            raise
        raise refusal from error
    finally:
        await database.close()


def _passes(error: BaseException) -> bool:
    return keeps_waiting(error) and not bars(error)


def _refusal(service: str, address: str, error: Exception) -> LawError | None:
    """What to tell of an error that is none of the migrations'; None for one that is."""
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "sqlstate", None) == _LOCKED:
        return WrongState(
            f"{service} 的表正在使用，等了 {migrations.LOCK_SECONDS} 秒；什么也没有改，请稍后再试",
            f"The tables of {service} are in use and were waited for {migrations.LOCK_SECONDS} s;"
            " nothing was changed, try again later",
        )
    if bars(error):
        zh = f"{service} 的数据库（{address}）不接受所给的用户或者密码：{cause}"
        en = f"the database of {service} at {address} refuses the user or the password: {cause}"
        return InvalidInput(faults=[Fault("QUANHENG_DATABASE", zh, en)])
    if keeps_waiting(error):
        return WrongState(
            f"{service} 的数据库（{address}）连不上：{cause}",
            f"The database of {service} at {address} cannot be asked: {cause}",
        )
    return None


def _tell(service: str, trial: migrations.Trial) -> None:
    if not trial.revisions:
        show.done(f"{service} 无须升级", f"{service} has nothing to migrate")
        return
    revisions, seconds = ", ".join(trial.revisions), f"{trial.seconds:.1f}"
    show.done(
        f"{service} 将升级 {revisions}；试做用了 {seconds} 秒，已撤销：",
        f"{service} would be migrated by {revisions}; tried in {seconds} s and undone:",
    )
    for statement in trial.statements:
        typer.echo(f"  {' '.join(statement.split())};")
