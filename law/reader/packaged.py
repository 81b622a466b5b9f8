"""Reads the YAML files that are packaged with the law. `law/` reads no other files."""

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
    """Returns the text of the file `law/rulesets/<name>.yaml`."""
    return files("law").joinpath("rulesets", f"{name}.yaml").read_text(encoding="utf-8")


@cache
def read(name: str) -> dict[str, Any]:
    """Returns the loaded content of `law/rulesets/<name>.yaml`.

    All callers share the same object, so it must not be changed.
    """
    loaded: dict[str, Any] = load_yaml(source(name), name)
    return loaded


def understood(name: str, parts: Callable[[Reader], T]) -> T:
    """Converts the file `law/rulesets/<name>.yaml` to typed values with the reader `parts`.

    Raises InvalidInput with every fault of the file.
    """
    return understand(read(name), name, parts)


def content_hash(name: str) -> str:
    """Returns the SHA-256 of the packaged file `law/rulesets/<name>.yaml`.

    A result contains it to identify the data that were used.
    """
    return f"sha256:{hashlib.sha256(source(name).encode()).hexdigest()}"
