"""The cases of `cases/*.yaml`: read once for all tests of a process, by the quick reader in C."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases"


@cache
def documents() -> Mapping[str, Any]:
    """What each file holds, by its name."""
    return {
        path.stem: yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        for path in sorted(CASES.glob("*.yaml"))
    }
