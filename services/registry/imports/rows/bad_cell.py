"""Says why a cell is not a value of its field."""

from __future__ import annotations


class BadCell(Exception):
    """Raised when a cell is not a valid value of its field; `reason` is a stable code."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason, self.zh, self.en = reason, zh, en
