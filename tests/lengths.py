"""What `make test` tries of a row of values, and what only `make whole` does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def at_length(values: Iterable[Any], *telling: Any) -> list[Any]:
    """Values for `parametrize`; those that are not among the telling ones are marked `long`."""
    long = pytest.mark.long
    return [one if one in telling else pytest.param(one, marks=long) for one in values]
