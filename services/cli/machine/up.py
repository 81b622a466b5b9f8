"""`quanheng up`: runs the platform on this machine until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import RenderableType
from rich.text import Text

from law.errors import InvalidInput
from plumbing.private_files import keep_new_files_private
from plumbing.settings import SERVICES, Settings
from plumbing.telemetry import ROUTINE
from services.cli.client import Client, fixed_token, log_in
from services.cli.machine.platform import PATIENCE_SECONDS, SANDBOX_START, NotReady, Platform
from services.cli.machine.readiness import accepts
from services.cli.output.console import PlainConsole, console, styled
from services.cli.output.options import Data
from services.cli.output.show import block_of, table_of
from services.cli.sample import cast, loading, subjects
from services.cli.sessions import ADMINISTRATOR, administrator_password

# Their lines are of no use on the screen; they are in the log files.
ENGINES = ("nats", "temporal")
_LINE = "\n"
_TOLD_ELSEWHERE = ("service", "timestamp")  # before the line, and in the log file
SMTP_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_ROUTINE = tuple(f'"event": "{event}"' for event in ROUTINE)


def readable(line: str) -> str:
    """A line of a log for people: what happened, then its details; of an error its last line."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict):
        return line
    event, level = str(fields.pop("event", "")).strip(), fields.pop("level", "info")
    error = str(fields.pop("exception", "")).strip().rpartition("\n")[2]
    details = [
        f"{name}={str(value).partition(_LINE)[0]}"
        for name, value in fields.items()
        if name not in _TOLD_ELSEWHERE
    ]
    return "  ".join(filter(None, ("" if level == "info" else level, event, *details, error)))


class Screen:
    """Prints news of the platform and, unless `quiet`, the output lines of its services."""

    def __init__(self, console: PlainConsole, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet

    def line(self, process: str, text: str) -> None:
        routine = process in ENGINES or any(event in text for event in _ROUTINE)
        if not self._quiet and not routine:
            self._print(styled((f"{process:>10} │ ", "dim"), readable(text)))

    def news(self, zh: str, en: str) -> None:
        self._print(styled(("  quanheng │ ", "bold cyan"), f"{zh}  {en}"))

    def summary(self, platform: Platform, mail: str) -> None:
        """Prints a summary of the ready platform: processes, addresses, first login, mail."""
        rows = [
            [styled(name), styled(address), styled(str(platform.processes[name].pid or ""))]
            for name, address in _places(platform).items()
        ]
        self._print(table_of("权衡 Quanheng", ["部件 part", "地址 address", "进程 pid"], rows))
        portal, data = platform.settings.portal_url, platform.data_dir
        tour = {"导览 tour": f"{portal}/sandbox/tour"} if platform.settings.sandbox else {}
        lines = {
            "门户网站 portal": portal,
            **tour,
            "数据目录 data": str(data),
            "日志 logs": f"{data / 'logs'}/<部件 part>.log",
            "管理员 administrator": _first_administrator(platform.settings),
            "邮件 mail": mail,
            "运行情况 status": f"quanheng status --data {data}",
            "停止 stop": "Ctrl-C",
        }
        self._print(block_of("", [(head, styled(text)) for head, text in lines.items()]))

    def _print(self, what: RenderableType) -> None:
        try:
            self._console.print(what, soft_wrap=isinstance(what, Text))
        except OSError:  # such as a full disk behind it: what comes later may be printed again
            return
        except SystemExit:  # rich ends the program when nobody reads it any more
            self._console.quiet = True  # the platform goes on, and must still stop in order


def up(
    data: Data = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="沙箱：自带时钟和收件箱，用于演示与培训 | a sandbox")
    ] = False,
    sandbox_start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="新沙箱的起始日期 | its first day")
    ] = datetime(SANDBOX_START.year, SANDBOX_START.month, SANDBOX_START.day),  # noqa: DTZ001
    sample: Annotated[
        bool, typer.Option("--sample", help="装入随附的样例登记册 | load the bundled register")
    ] = False,
    database: Annotated[
        str,
        typer.Option(
            "--database",
            metavar="URL",
            help="数据库地址，如 postgresql://用户@主机/quanheng_{service}；默认用数据目录中的文件"
            " | a URL with {service} in it; files in the data directory if not given",
        ),
    ] = "",
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="不显示各服务的日志行 | no lines of the services")
    ] = False,
) -> None:
    """在本机启动整个平台，Ctrl-C 停止。

    Starts the whole platform on this machine and runs it until Ctrl-C.
    """
    keep_new_files_private()
    screen = Screen(console, quiet=quiet)
    platform = Platform(
        data or Settings().data_dir,
        sandbox=sandbox,
        sandbox_start=sandbox_start.date(),
        database=database,
        portal=True,
        observer=screen,
    )
    asyncio.run(run(platform, screen, sample=sample))


async def run(platform: Platform, screen: Screen, *, sample: bool = False) -> None:
    """Starts the platform and stops it when this process receives SIGINT, SIGTERM or SIGHUP.

    Also stops it, and raises the fault, if a process is no longer supervised.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    begun = time.monotonic()
    if sample and platform.settings.sandbox:
        platform.settings = _run_by_a_bureau(platform.settings)
    await platform.start()
    try:
        if await _ready_before(stop, platform, screen):
            took = time.monotonic() - begun
            screen.news(f"全部就绪，用时 {took:.1f} 秒", f"everything is ready after {took:.1f} s")
            if sample:
                await _load_sample(platform, screen)
            screen.summary(platform, await mail_state(platform.settings))
            await _until_stop_or_fault(stop, platform)
    finally:
        begun = time.monotonic()
        screen.news("正在停止", "stopping")
        await platform.stop()
        took = time.monotonic() - begun
        screen.news(f"已全部停止，用时 {took:.1f} 秒", f"everything has stopped after {took:.1f} s")


def _run_by_a_bureau(settings: Settings) -> Settings:
    """The settings of a sandbox whose pages name a bureau of the sample, if no other was given."""
    names = {"bureau_name": subjects.CITY_NAME, "bureau_name_en": subjects.CITY_NAME_EN}
    return settings if settings.bureau_name else settings.model_copy(update=names)


async def _load_sample(platform: Platform, screen: Screen) -> None:
    """Loads the bundled register into an empty platform; leaves any other as it is."""
    settings = platform.settings
    try:
        password = administrator_password(settings.keys_dir)
        session = await log_in(settings, ADMINISTRATOR, password)
    except (OSError, InvalidInput):
        screen.news(
            "样例未装入：先以 quanheng login administrator 改好初始密码",
            "the sample was not loaded: replace the first password by quanheng login administrator",
        )
        return
    client = Client(settings, fixed_token(session.token))
    try:
        if await loading.is_empty(client):
            async for batch in loading.load(client):
                screen.news(f"{batch.file_name}：{batch.changed} 行", f"{batch.changed} rows")
            if settings.sandbox:
                await cast.engage(client, settings)
    finally:
        await client.close()


async def _ready(platform: Platform, screen: Screen) -> None:
    """Waits until every process answers; says now and then which one does not."""
    while True:
        try:
            return await platform.wait_ready()
        except NotReady as error:
            screen.news(f"仍在等待。{error.zh}", f"still waiting. {error.en}")
            await asyncio.sleep(PATIENCE_SECONDS)


async def _ready_before(stop: asyncio.Event, platform: Platform, screen: Screen) -> bool:
    """Waits for readiness or for the request to stop; True when the platform is ready."""
    ready = asyncio.create_task(_ready(platform, screen))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not ready.done():
        ready.cancel()
        return False
    ready.result()
    return True


async def _until_stop_or_fault(stop: asyncio.Event, platform: Platform) -> None:
    waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(platform.failed())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def _places(platform: Platform) -> dict[str, str]:
    settings = platform.settings
    places = {name: settings.address(name) for name in SERVICES}
    places |= {"nats": settings.nats_url, "temporal": settings.temporal_address}
    places |= {"mailbox": settings.smtp_url}
    return {name: place for name, place in places.items() if name in platform.processes}


def _first_administrator(settings: Settings) -> str:
    """The login name of the first administrator, and the file with the password it began with."""
    file = settings.keys_dir / f"{ADMINISTRATOR}.password"
    missing = "密码文件已移走  its password file was moved away"
    return f"{ADMINISTRATOR}  {file if file.exists() else missing}"


async def mail_state(settings: Settings) -> str:
    """Describes where the platform delivers mail, and whether the mail server answers."""
    if settings.sandbox:
        return f"沙箱收件箱，不外发  kept, not sent: {settings.mailbox_dir}"
    if not settings.smtp_url:
        return "未设置发信服务器，通知将等待  not set, notices wait (QUANHENG_SMTP_URL)"
    url = urlsplit(settings.smtp_url)
    address = f"{url.hostname}:{url.port or SMTP_PORTS.get(url.scheme, 25)}"
    if await accepts(address):
        return f"{address} 有应答  answers"
    return f"{address} 没有应答，通知将等待  no answer, notices wait (QUANHENG_SMTP_URL)"
