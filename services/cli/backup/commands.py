"""The commands for backups: create, check, restore, and rebuild of a service set back alone."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from law.errors import WrongState
from plumbing.client import new_request_id
from plumbing.events.positions import RESTORE_ALL
from plumbing.private_files import keep_new_files_private
from plumbing.settings import Settings
from plumbing.state import agreement
from protos.operations.v1 import operations_pb2 as operations
from services.cli.backup.create import SECRETS, Backup, Place, create
from services.cli.backup.manifest import Manifest, holds_a_backup
from services.cli.backup.restore import put_back
from services.cli.backup.trial import Trial, try_out
from services.cli.client import Client, with_client
from services.cli.commands.platform import ServiceName, agreement_json, show_agreement
from services.cli.health.agreement import Agreement
from services.cli.machine.privacy import tighten
from services.cli.machine.replica import restore_newer
from services.cli.output import show
from services.cli.output.options import AsJson, Data

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", file_okay=False, help="备份的目录 | folder of the backup")
]
Secrets = Annotated[
    Path | None,
    typer.Option(
        "--secrets",
        file_okay=False,
        help="密钥与证书另放的目录，默认 DIR/secrets | another folder for keys and certificates",
    ),
]
Key = Annotated[
    Path | None,
    typer.Option(
        "--key",
        dir_okay=False,
        exists=True,
        help="先前交存的公钥 registry.pub | the public key that was handed over before",
    ),
]


def backup_create(
    folder: Folder, secrets: Secrets = None, data: Data = None, as_json: AsJson = False
) -> None:
    """备份本机的平台，运行中也可；备好即试恢复一次。

    Backs up the platform of this machine, also while it runs, and tries the backup out.
    """
    keep_new_files_private()
    settings = Settings(data_dir=data) if data else Settings()
    with _tidy_when_stopped():
        made = create(settings, Place(folder.absolute(), secrets.absolute() if secrets else None))
    if as_json:
        show.json_out(_json(made))
        return
    show.done(f"已备份到 {folder}，并试恢复成功", f"backed up to {folder}, and restored as a trial")
    _show_trial(made.trial)
    place = made.place.secrets
    show.done(
        f"{place} 中是密钥，须与数据分开保管",
        f"{place} holds the keys: keep them apart from the data",
    )
    if url := made.manifest.files_url:
        show.done(f"证书文件在 {url}，未复制", f"certificates are in {url} and were not copied")


def backup_check(folder: Folder, secrets: Secrets = None, key: Key = None) -> None:
    """试恢复一份备份，看是否完好。

    Restores a backup as a trial, and says whether it is sound.
    """
    keep_new_files_private()
    with _tidy_when_stopped():
        trial = try_out(folder, _private(folder, secrets), _text(key))
    show.done(f"{folder} 完好", f"{folder} is sound")
    _show_trial(trial)


def backup_restore(
    folder: Folder,
    data: Annotated[
        Path, typer.Option("--data", file_okay=False, help="新的数据目录 | new data directory")
    ],
    replica_url: Annotated[
        str,
        typer.Option(
            "--replica",
            metavar="URL",
            help="数据库取自连续副本（QUANHENG_REPLICA_URL），其余取自备份"
            " | databases from the replica, the rest from the backup",
        ),
    ] = "",
    secrets: Secrets = None,
    key: Key = None,
) -> None:
    """把备份恢复为新的数据目录。

    Restores a backup as a new data directory.
    """
    keep_new_files_private()

    def newer(held: Manifest, fresh: Path) -> None:
        restore_newer(Settings(), held.databases, replica_url, fresh)

    chosen = newer if replica_url else None
    with _tidy_when_stopped():
        held = put_back(folder, _private(folder, secrets), data, _text(key), chosen)
    of = replica_url or held.moment
    show.done(f"已恢复到 {data}：{of} 的数据", f"restored to {data}: the data of {of}")
    sandbox = " --sandbox" if held.sandbox else ""
    start, check = f"quanheng up{sandbox} --data {data}", f"quanheng check --data {data}"
    show.done(f"接下来：{start}，然后 {check}", f"next: {start}, then {check}")


def rebuild(service: ServiceName, data: Data = None, as_json: AsJson = False) -> None:
    """一个服务的数据库恢复得较旧时，补处理它缺少的事件；仍不一致时退出码为 1。

    Has a service whose database was set back handle the events that it lacks; exits with 1 if the
    services do not agree afterwards.
    """
    result = with_client(data, lambda client: _rebuilt(client, service))
    if as_json:
        show.json_out(agreement_json(result))
    else:
        show_agreement(result)
    if not result.holds:
        raise typer.Exit(1)


async def _rebuilt(client: Client, service: str) -> Agreement:
    if service in await agreement.set_back(client.operations):
        raise WrongState(
            f"{service} 已告知其他服务的事，自己的数据库里没有，补不回来。{RESTORE_ALL[0]}",
            f"Other services know of {service} what its own database lacks, and nothing can bring "
            f"that back. {RESTORE_ALL[1]}",
        )
    request = operations.RebuildRequest(request_id=new_request_id())
    await client.operations[service].Rebuild(request)
    return await agreement.check(client.operations)


@contextmanager
def _tidy_when_stopped() -> Iterator[None]:
    """On SIGTERM too, what is not complete is removed: it has the keys together with the data."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _private(folder: Path, secrets: Path | None) -> Path:
    """The folder of secrets; takes from other users what they could read of the backup.

    A folder that is named by mistake, and holds no backup, is left as it is.
    """
    place = secrets or folder / SECRETS
    if not holds_a_backup(folder, place):
        return place
    exposed = [path for one in {folder, place} for path in tighten(one)]
    if exposed:
        show.done(
            f"备份中 {len(exposed)} 个文件或目录曾可被其他用户读取，已收紧；如其不可信，请更换密钥",
            f"other users could read {len(exposed)} files or folders of the backup; this was "
            "ended. If they were untrusted, replace the keys",
        )
    return place


def _text(key: Path | None) -> str:
    return key.read_text(encoding="utf-8").strip() if key else ""


def _show_trial(trial: Trial) -> None:
    show.done(
        f"数据库 {trial.databases} 个，同一时刻；审计记录 {trial.audit_entries} 条，审计链完整",
        f"{trial.databases} databases of one moment; {trial.audit_entries} audit entries, every "
        "chain holds",
    )


def _json(made: Backup) -> dict[str, object]:
    return {
        "folder": str(made.place.folder),
        "secrets": str(made.place.secrets),
        "audit_entries": made.trial.audit_entries,
        **made.manifest.model_dump(mode="json", include={"moment", "version", "databases"}),
    }
