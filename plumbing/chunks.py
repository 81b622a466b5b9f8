"""Splits long lists into chunks that fit in one query, one message or one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yields the items in lists of `size` items; the last list may be shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def weighed_chunks(
    items: Iterable[T], size: int, weight: Callable[[T], int], heaviest: int
) -> Iterator[list[T]]:
    """Yields the items in lists of at most `size` items with a total weight of at most `heaviest`.

    An item that weighs more than `heaviest` gets a list of its own.
    """
    chunk: list[T] = []
    total = 0
    for item in items:
        weighs = weight(item)
        if chunk and (len(chunk) == size or total + weighs > heaviest):
            yield chunk
            chunk, total = [], 0
        chunk.append(item)
        total += weighs
    if chunk:
        yield chunk


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    """Yields the content in pieces of `size` bytes; the last piece may be shorter."""
    return (content[start : start + size] for start in range(0, len(content), size))
