"""The limits on the memory, time and size that reading a file may use.

A refusal names the setting that changes the limit.
"""

from __future__ import annotations

from dataclasses import dataclass

from plumbing.settings import Settings

MIB = 1024 * 1024


class BadFile(Exception):
    """Raised when a file cannot be read, or not to its end; `reason` is a stable code."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason, self.zh, self.en = reason, zh, en


@dataclass(frozen=True)
class FileLimits:
    """The limits on reading a file, from the settings `import_max_…`.

    Sizes are in bytes, processor time in seconds, a cell's length in characters; the others are
    counts.
    """

    unpacked: int = 512 * MIB
    ratio: int = 200
    memory: int = 1024 * MIB
    seconds: int = 120
    rows: int = 1_000_000
    columns: int = 500
    cell: int = 131_072
    faults: int = 100_000

    @classmethod
    def of(cls, settings: Settings) -> FileLimits:
        """Returns the limits that the deployment's settings give."""
        return cls(
            unpacked=settings.import_max_unpacked_bytes,
            ratio=settings.import_max_ratio,
            memory=settings.import_max_memory_bytes,
            seconds=settings.import_max_seconds,
            rows=settings.import_max_rows,
            columns=settings.import_max_columns,
            cell=settings.import_max_cell_characters,
            faults=settings.import_max_faults,
        )

    def exceeded(self, reason: str, zh: str, en: str, setting: str) -> BadFile:
        """Returns the error for a file that exceeds a limit; it names the setting of the limit."""
        variable = f"QUANHENG_IMPORT_MAX_{setting.upper()}"
        return BadFile(reason, f"{zh}（上限由 {variable} 设定）", f"{en} (set by {variable})")
