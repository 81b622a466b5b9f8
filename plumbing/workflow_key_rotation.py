"""Changes the key with which a service seals its workflows, in three steps (ADR 0017).

After each step every replica of the service gets the file and is restarted: a replica that lacks a
key drops the signals that another one sealed with it.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from law.errors import NotFound, WrongState
from plumbing.private_files import write_private
from plumbing.workflow_seals import KEY_BYTES, key_file


class Step(StrEnum):
    """A step of the change; they are taken in this order."""

    ADD = "add"
    USE = "use"
    DROP = "drop"


def rotate(keys_dir: Path, service: str, step: Step) -> Path:
    """Takes one step of a change of the service's key; returns the file of its keys.

    `add` makes a second key, which only opens; `use` makes it the one that seals; `drop` removes
    the former one. Raises NotFound without a file of keys, and WrongState for a step whose turn it
    is not.
    """
    file = key_file(keys_dir, service)
    if not file.exists():
        raise NotFound(f"没有密钥文件 {file}", f"There is no file of keys {file}")
    keys = file.read_text().split()
    if len(keys) != _KEYS_BEFORE[step]:
        raise WrongState(
            f"{file} 中有 {len(keys)} 把密钥，{step} 要求有 {_KEYS_BEFORE[step]} 把",
            f"{file} has {len(keys)} keys, and {step} needs {_KEYS_BEFORE[step]}",
        )
    write_private(file, "".join(f"{key}\n" for key in _STEPS[step](keys)))
    return file


def _add(keys: list[str]) -> list[str]:
    return [*keys, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()]


def _use(keys: list[str]) -> list[str]:
    return keys[::-1]


def _drop(keys: list[str]) -> list[str]:
    return keys[:1]


_KEYS_BEFORE = {Step.ADD: 1, Step.USE: 2, Step.DROP: 2}
_STEPS: Mapping[Step, Callable[[list[str]], list[str]]] = {
    Step.ADD: _add,
    Step.USE: _use,
    Step.DROP: _drop,
}
