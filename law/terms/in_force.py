"""The calendar in force on this platform: the editions of the release, and those loaded since.

There is one calendar for everybody, and it only grows. So each process has it in one place, which
`plumbing.calendars` fills from the database of its service. Whatever counts by another calendar is
given that edition.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from law.terms.arrangement import Arrangement, continued
from law.terms.calendar import Edition, packaged

_loaded: list[Arrangement] = []


def editions() -> tuple[Edition, ...]:
    """Returns the editions in force, oldest first; each contains all earlier ones."""
    return _chain(tuple(_loaded))


def put_in_force(arrangements: Iterable[Arrangement]) -> bool:
    """Sets the arrangements that were applied, in order; returns whether they are new."""
    wanted = list(arrangements)
    if wanted == _loaded:
        return False
    _loaded[:] = wanted
    return True


@cache
def _chain(loaded: tuple[Arrangement, ...]) -> tuple[Edition, ...]:
    return continued(packaged(), loaded)
