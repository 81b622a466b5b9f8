"""The commands that change keys of the platform, without the platform."""

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
_NEXT_OF_TOKENS = {
    Step.ADD: (
        "全部服务取得此文件后，再执行 use；不必重启",
        "give it to every service, then use; no restart is needed",
    ),
    Step.USE: (
        "全部服务取得此文件，重启登记服务；令牌有效期过后，再执行 drop",
        "give it to every service, restart the registry; when tokens of before have ended, drop",
    ),
    Step.DROP: ("全部服务取得此文件", "give it to every service"),
}
StepName = Annotated[Step, typer.Argument(help="步骤：add 新增，use 启用，drop 去旧 | step")]
KeysDirectory = Annotated[
    Path | None,
    typer.Option(
        "--keys", file_okay=False, help="密钥目录，默认本机的 | directory; else this machine's"
    ),
]


def keys_rotate(service: ServiceName, step: StepName, keys: KeysDirectory = None) -> None:
    """分三步更换封存工作流内容的密钥：add、use、drop，每步之后全部副本重启。

    Changes the key that seals a service's workflows: add, use, drop, with a restart of all
    replicas after each.
    """
    file = rotate(_directory(keys), service, step)
    zh, en = _NEXT[step]
    show.done(f"{file}：{zh}", f"{file}: {en}")


def keys_rotate_tokens(step: StepName, keys: KeysDirectory = None) -> None:
    """分三步更换签发令牌的密钥：add、use、drop；没有人因此须重新登录。

    Changes the key with which the registry signs tokens: add, use, drop. Nobody has to sign in
    again for it.
    """
    from plumbing.token_keys import rotate_signing_key  # noqa: PLC0415 - slow to load

    file = rotate_signing_key(_directory(keys), step)
    zh, en = _NEXT_OF_TOKENS[step]
    show.done(f"{file}：{zh}", f"{file}: {en}")


def _directory(keys: Path | None) -> Path:
    if keys is not None:
        return keys
    from plumbing.settings import Settings  # noqa: PLC0415 - slow to load

    return Settings().keys_dir
