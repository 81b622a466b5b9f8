"""The packaged YAML of the law, loaded once. `law/` reads nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from law.reader.data_file import load_yaml, understand
from law.reader.strict_reader import Reader

T = TypeVar("T")


@cache
def source(name: str) -> str:
    """The text of `law/rulesets/<name>.yaml`."""
    return files("law").joinpath("rulesets", f"{name}.yaml").read_text(encoding="utf-8")


@cache
def read(name: str) -> dict[str, Any]:
    """The plain content of `law/rulesets/<name>.yaml`, shared by all callers: do not change it."""
    loaded: dict[str, Any] = load_yaml(source(name), name)
    return loaded


def understood(name: str, parts: Callable[[Reader], T]) -> T:
    """`law/rulesets/<name>.yaml` as typed values. Raises InvalidInput with every fault."""
    return understand(read(name), name, parts)


def content_hash(name: str) -> str:
    """SHA-256 of the file as packaged, so that a result can name the data it used."""
    return f"sha256:{hashlib.sha256(source(name).encode()).hexdigest()}"
