"""What `make test` tries of a row of values, and what only `make whole` does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def at_length(values: Iterable[Any], *telling: Any) -> list[Any]:
    """Values for `parametrize`; those that are not among the telling ones are marked `long`."""
    values, long = list(values), pytest.mark.long
    assert all(one in values for one in telling), f"not all of {telling} are among {values}"
    return [one if one in telling else pytest.param(one, marks=long) for one in values]
