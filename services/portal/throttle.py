"""Slows down those who guess: too many misses of one visitor, and the visitor must wait."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

REMEMBERED = 10_000  # visitors; the one who missed longest ago is forgotten first


class Throttle:
    """Counts the misses of each visitor within a period.

    A visitor who missed `most` times within `seconds` is refused until the first of these misses is
    over. What a visitor finds is never counted.
    """

    def __init__(
        self, most: int, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._now = most, seconds, now
        self._misses: OrderedDict[str, deque[float]] = OrderedDict()

    def refuses(self, visitor: str) -> bool:
        """Returns whether a visitor has missed too often and must wait."""
        misses = self._misses.get(visitor)
        return misses is not None and len(self._recent(misses)) >= self._most

    def miss(self, visitor: str) -> None:
        """Counts a miss of a visitor."""
        misses = self._misses.setdefault(visitor, deque(maxlen=self._most))
        misses.append(self._now())
        self._misses.move_to_end(visitor)
        if len(self._misses) > REMEMBERED:
            self._misses.popitem(last=False)

    def _recent(self, misses: deque[float]) -> deque[float]:
        while misses and misses[0] <= self._now() - self._seconds:
            misses.popleft()
        return misses
