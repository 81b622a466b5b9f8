"""Long lists in parts, for queries and messages that have a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in order, at most `size` in each list; no list is empty."""
    rest = iter(items)
    while chunk := [*islice(rest, size)]:
        yield chunk
