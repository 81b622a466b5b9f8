"""The packaged YAML of the law, read once: the only input of `law/`."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

# libyaml where it is built in: the catalogue alone takes the loader in Python 0.14 s.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def _bytes(name: str) -> bytes:
    return files("law").joinpath("rulesets", f"{name}.yaml").read_bytes()


@cache
def read(name: str) -> dict[str, Any]:
    """The parsed content of `law/rulesets/<name>.yaml`; dates are dates. Not to be changed."""
    loaded: dict[str, Any] = yaml.load(_bytes(name), Loader=_LOADER)  # noqa: S506 - both are safe
    return loaded


def content_hash(name: str) -> str:
    """SHA-256 of the file as packaged, so that a result can name the data it used."""
    return f"sha256:{hashlib.sha256(_bytes(name)).hexdigest()}"
