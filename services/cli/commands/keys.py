"""The command that changes a key of the platform, without the platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plumbing.workflow_key_rotation import Step, rotate
from services.cli.commands.platform import ServiceName
from services.cli.output import show

_NEXT = {
    Step.ADD: (
        "全部副本取得此文件并重启后，再执行 use",
        "give it to every replica, restart, then use",
    ),
    Step.USE: (
        "全部副本取得此文件并重启；旧流程都结束后，再执行 drop",
        "give it to every replica, restart; when no workflow from before is left, drop",
    ),
    Step.DROP: ("全部副本取得此文件并重启", "give it to every replica and restart"),
}


def keys_rotate(
    service: ServiceName,
    step: Annotated[Step, typer.Argument(help="步骤：add 新增，use 启用，drop 去旧 | step")],
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys", file_okay=False, help="密钥目录，默认本机的 | directory; else this machine's"
        ),
    ] = None,
) -> None:
    """分三步更换封存工作流内容的密钥：add、use、drop，每步之后全部副本重启。

    Changes the key that seals a service's workflows: add, use, drop, with a restart of all
    replicas after each.
    """
    if keys is None:
        from plumbing.settings import Settings  # noqa: PLC0415 - slow to load

        keys = Settings().keys_dir
    file = rotate(keys, service, step)
    zh, en = _NEXT[step]
    show.done(f"{file}：{zh}", f"{file}: {en}")
