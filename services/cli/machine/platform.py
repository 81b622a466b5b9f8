"""Runs the platform on one machine: starts, restarts and stops engines and services in order.

    async with Platform(data_dir, sandbox=True) as platform:
        await platform.wait_ready()
        …                       # platform.settings has the address of each process
        await platform.kill_everything()
        await platform.wait_ready()

Use it on the main thread: when the thread that started a process ends, the kernel ends the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from law.errors import InvalidInput, LawError
from plumbing import certificates
from plumbing.clock import SHANGHAI, SandboxClock, SystemClock, open_clock
from plumbing.events.positions import require_one_moment
from plumbing.plain_links import refuse_plain_links
from plumbing.settings import Settings
from services.cli.machine.directory import (
    DirectoryLock,
    publish,
    remember_databases,
    withdraw,
)
from services.cli.machine.engines import (
    HOST,
    NATS,
    choose_ports,
    engine_specs,
    is_free,
    nats_certificates,
    portal_spec,
    replica_specs,
    service_specs,
    settings_on,
    usual_ports,
)
from services.cli.machine.launcher import Launcher
from services.cli.machine.port_holders import holder_of
from services.cli.machine.privacy import tighten
from services.cli.machine.reserved_ports import ReservedPorts
from services.cli.machine.supervisor import Backoff, Observer, ProcessSpec, Silent, Supervised

SANDBOX_START = date(2026, 9, 14)
SANDBOX_OPENS = time(9, 0)  # the working day has begun, and the night's watch is over
PATIENCE_SECONDS = 60.0  # without progress
LOOK_EVERY_SECONDS = 1.0
RENEW_EVERY_SECONDS = 6 * 3600.0
FAILED_STARTS, CPU_SECONDS = 5, 300.0  # a process that needs more will not become ready


class NotReady(LawError):
    """A process of the platform does not become ready."""

    reason = "NOT_READY"
    message_zh = "平台未能就绪"


class Platform:
    """All processes of the platform that uses one data directory."""

    def __init__(
        self,
        data_dir: Path,
        *,
        sandbox: bool = False,
        sandbox_start: date = SANDBOX_START,
        database: str = "",
        usual_ports: bool = True,
        portal: bool = False,
        services: Callable[[Settings], Iterable[ProcessSpec]] = service_specs,
        observer: Observer | None = None,
        backoff: Backoff | None = None,
        launcher: type[Launcher] = Launcher,
    ) -> None:
        self.settings = Settings(data_dir=data_dir.resolve(), sandbox=sandbox)
        if database:  # else the environment names it
            self.settings = self.settings.model_copy(update={"database": database})
        self.monitor = ""  # host:port of the monitor of NATS; known from `start` on
        self._sandbox_start = sandbox_start
        self._usual_ports = usual_ports
        self._services = services
        self._portal = portal
        self._observer = observer or Silent()
        self._backoff = backoff or Backoff()
        self._lock = DirectoryLock(self.settings.data_dir)
        self._ports = ReservedPorts()
        self._launching = launcher
        self._launcher = launcher(self.data_dir, [])
        self._parts: dict[str, Supervised] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._renewal: asyncio.Task[None] | None = None

    @property
    def processes(self) -> Mapping[str, Supervised]:
        """The supervised processes, by name."""
        return MappingProxyType(self._parts)

    @property
    def data_dir(self) -> Path:
        """The directory with all data of the platform."""
        return self.settings.data_dir

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Locks the data directory and starts every process, without waiting until they answer.

        Raises NotPrivate if other users can read the data directory and this cannot be changed, and
        NotOfOneMoment if the database of a service is older than those of others.
        """
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tighten()
        (self.data_dir / "logs").mkdir(exist_ok=True)
        self._lock.acquire()
        try:
            certificates.provide(self.settings.tls_dir, SystemClock())
            self._renewal = asyncio.create_task(self._renew_certificates(), name="certificates")
            await self._provide_databases()
            prepare_clock(self.settings, self._sandbox_start)
            specs = self._specs()
            refuse_plain_links(self.settings, "alerts")  # which makes every kind of connection
            self._run(specs)
        except BaseException:
            self._leave()
            raise

    def _tighten(self) -> None:
        """Takes from other users what they could read of the data or of the keys, and says so."""
        keys = self.settings.keys_dir
        exposed = tighten(self.data_dir)
        if keys.exists() and not keys.is_relative_to(self.data_dir):
            exposed += tighten(keys)
        if exposed:
            self._observer.news(
                f"{len(exposed)} 个文件或目录曾可被本机其他用户访问（如 {exposed[-1]}），已收紧",
                f"other users of this machine could reach {len(exposed)} files or directories; "
                "this was ended. If they were untrusted, replace keys and passwords",
            )

    async def _renew_certificates(self) -> None:
        """Renews certificates that end soon; services use them from the next connection on."""
        while True:
            await asyncio.sleep(RENEW_EVERY_SECONDS)
            try:
                renewed = self._provide_certificates()
            except OSError as error:
                self._observer.news(f"证书未能续期：{error}", "certificates were not renewed")
                continue
            if renewed:
                self._observer.news("证书已续期", "certificates were renewed")

    def _provide_certificates(self) -> bool:
        """Renews what is due; NATS, unlike the services, has to be told of a new certificate."""
        clock = SystemClock()
        renewed = certificates.provide(self.settings.tls_dir, clock)
        if certificates.provide(nats_certificates(self.settings), clock, [NATS]):
            self._parts[NATS].reload()
            return True
        return renewed

    async def _provide_databases(self) -> None:
        remember_databases(self.settings)
        if not self.settings.database or self.settings.database.startswith("sqlite"):
            require_one_moment(self.data_dir)
            return  # SQLite creates its files by itself
        from services.cli.machine import databases  # noqa: PLC0415 - slow to load

        for name in await databases.provide(self.settings):
            self._observer.news(f"已新建数据库 {name}", f"created the database {name}")
        if self.settings.sandbox and not self.settings.clock_file.exists():
            await databases.refuse_used(self.settings)

    async def wait_ready(self, patience: float = PATIENCE_SECONDS) -> None:
        """Waits until every process answers, however long that takes on a busy machine.

        Raises NotReady if there is no progress for `patience` seconds: no process was started or
        became ready, and none used another second of processor time. Also raises NotReady if a
        process fails to start again and again, or works without end.
        """
        loop = asyncio.get_running_loop()
        ready = asyncio.create_task(self._all_ready())
        before, moved_at = self._progress(), loop.time()
        try:
            while not await self._settled(ready, min(LOOK_EVERY_SECONDS, patience)):
                if (now := self._progress()) != before:
                    before, moved_at = now, loop.time()
                if loop.time() - moved_at >= patience or any(map(_is_hopeless, self._late())):
                    raise self._not_ready()
        finally:
            ready.cancel()

    async def _settled(self, ready: asyncio.Task[None], within: float) -> bool:
        """Waits for readiness at most so many seconds; an error of our own comes out."""
        waiting = {ready, *self._tasks.values()}
        await asyncio.wait(waiting, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            self._raise_faults()
        return ready.done()

    def _progress(self) -> list[tuple[str, int, int]]:
        """Figures of the processes that are not ready; they change while a process gets ready."""
        return [(part.spec.name, part.starts, int(part.cpu_seconds)) for part in self._late()]

    def _late(self) -> list[Supervised]:
        return [part for part in self._parts.values() if not part.ready.is_set()]

    async def failed(self) -> None:
        """Waits until a process is no longer supervised, for a fault of this code.

        `stop` then raises that fault.
        """
        await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)

    async def kill(self, *names: str) -> None:
        """Ends the named processes with SIGKILL; each is restarted after a pause."""
        await asyncio.gather(*(self._parts[name].kill() for name in names))

    async def kill_everything(self) -> None:
        """Ends every process with SIGKILL, NATS and Temporal included; all are restarted."""
        await self.kill(*self._parts)

    async def stop(self) -> None:
        """Stops the services, then Temporal, then NATS, and unlocks the data directory."""
        for rank in sorted({part.spec.stop_rank for part in self._parts.values()}):
            await self._stop_rank(rank)
        await self._launcher.close()
        self._leave()
        self._raise_faults()

    async def _all_ready(self) -> None:
        while late := self._late():
            await late[0].ready.wait()  # then look again, as another may have died meanwhile

    def _specs(self) -> list[ProcessSpec]:
        usual = usual_ports(self.settings)
        take = self._ports.taking(is_free)
        chosen = choose_ports(usual, insist_on_others=not self._usual_ports, take=take)
        self.settings = settings_on(self.settings, chosen)
        self.monitor = f"{HOST}:{chosen['nats_monitor']}"
        for name in usual if self._usual_ports else ():
            if usual[name] != chosen[name]:
                self._report_moved(name, usual[name], chosen[name])
        publish(self.settings, self.monitor)
        portal = [portal_spec(self.settings)] if self._portal else []
        copies = replica_specs(self.settings, chosen)
        services = [*self._services(self.settings), *portal]
        return [*engine_specs(self.settings, chosen), *services, *copies]

    def _run(self, specs: Iterable[ProcessSpec]) -> None:
        specs = list(specs)
        modules = [spec.module for spec in specs if spec.module]
        self._launcher = self._launching(self.data_dir, modules)
        for spec in specs:
            log = self.data_dir / "logs" / f"{spec.name}.log"
            self._parts[spec.name] = Supervised(
                spec,
                self._launcher,
                log,
                self._observer,
                self._backoff,
                self.settings.log_files,
                self.settings.log_days,
            )
        for name, part in self._parts.items():
            self._tasks[name] = asyncio.create_task(part.keep_running(self._parts), name=name)

    async def _stop_rank(self, rank: int) -> None:
        names = [name for name, part in self._parts.items() if part.spec.stop_rank == rank]
        for name in names:
            self._tasks[name].cancel()
        await asyncio.wait({self._tasks[name] for name in names})

    def _leave(self) -> None:
        if self._renewal:
            self._renewal.cancel()
        withdraw(self.data_dir)
        self._ports.release()
        self._lock.release()

    def _raise_faults(self) -> None:
        """Raises the error of a task that ended by itself: such an end is a fault of this code."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled():
                task.result()

    def _not_ready(self) -> NotReady:
        late = [part.spec.name for part in self._late()]
        logs = self.data_dir / "logs"
        held = [one for part in self._late() for one in part.strangers()]
        named = [(port, who, self._setting_of(port)) for port, who in held]
        zh = [
            f"端口 {port} 被进程 {who} 占用" + (f"（{name}）" if name else "")
            for port, who, name in named
        ]
        en = [
            f"port {port} is held by process {who}" + (f" ({name})" if name else "")
            for port, who, name in named
        ]
        return NotReady(
            "；".join([f"未能就绪：{'、'.join(late)}", *zh, f"日志在 {logs}"]),
            "; ".join([f"Not ready: {', '.join(late)}", *en, f"the logs are in {logs}"]),
        )

    def _setting_of(self, port: int) -> str:
        """The variable that names a port, by which another can be given; empty if there is none."""
        fields = type(self.settings).model_fields
        addresses = (name for name in fields if name.endswith(("_address", "_url")))
        ends = f":{port}"
        found = (one for one in addresses if str(getattr(self.settings, one)).endswith(ends))
        return next((f"QUANHENG_{one.upper()}" for one in found), "")

    def _report_moved(self, name: str, usual: int, chosen: int) -> None:
        zh, en = f"端口 {usual} 已被占用", f"port {usual} is taken"
        if who := holder_of(usual):
            zh, en = f"端口 {usual} 已被进程 {who} 占用", f"{en} by process {who}"
        self._observer.news(f"{zh}，{name} 改用 {chosen}", f"{en}, {name} uses {chosen}")


def _is_hopeless(part: Supervised) -> bool:
    return part.failed_starts >= FAILED_STARTS or part.cpu_seconds > CPU_SECONDS


def prepare_clock(settings: Settings, start: date) -> None:
    """Creates the clock file of a new sandbox, which starts on the day `start` at 9:00.

    Raises InvalidInput if the directory of a real platform is opened as a sandbox, or the reverse.
    """
    if settings.sandbox and not settings.clock_file.exists():
        if any(settings.data_dir.glob("*.db")) or (settings.data_dir / "temporal").exists():
            raise InvalidInput(
                f"{settings.data_dir} 是正式运行的数据目录，不能作为沙箱",
                f"{settings.data_dir} holds real data and cannot become a sandbox",
            )
        SandboxClock.create(
            settings.clock_file, datetime.combine(start, SANDBOX_OPENS, tzinfo=SHANGHAI)
        )
    open_clock(settings.clock_file, sandbox=settings.sandbox)
