"""Authorities of permits as they are compared, whether a permit has their code or their name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from law.identity import folded
from services.registry.permits.tables import authority_key


class Authorities:
    """The codes of the authorities that some permits name, by name.

    One permit has the code of its authority, and another only the name. A name with several codes
    tells none.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        codes: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            if code := row.get("authority_code"):
                codes[folded(row.get("authority", ""))].add(code)
        self._codes = {name: found.pop() for name, found in codes.items() if len(found) == 1}

    def of(self, row: Mapping[str, Any]) -> str:
        """Returns the code of an authority; of one without a code that of its name, or the name."""
        key = authority_key(row.get("authority_code", ""), row.get("authority", ""))
        return self._codes.get(key, key)
