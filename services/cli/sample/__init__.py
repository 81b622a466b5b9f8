"""The bundled register: plainly synthetic, valid by check digit, dated from the day of loading.

About 60 subjects of every sector in Hangzhou, Tianjin and Taizhou with 600 instruments, their
verifications and the credit records that yield every grade. It comes in as files, the way a
bureau's own data would.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.cli.sample import instruments, records, subjects


@dataclass(frozen=True)
class SampleFile:
    """One file to import."""

    family: str
    name: str
    content: bytes


def files(today: date) -> tuple[SampleFile, ...]:
    """The register as of a day, in the order in which it must be imported."""
    owners = subjects.subjects()
    fleet = instruments.instruments(owners, today)
    tables = {
        "bureaus": subjects.bureau_rows(),
        "subjects": (owner.row() for owner in owners),
        "instruments": (instrument.row() for instrument in fleet),
        "verifications": (row for instrument in fleet for row in instrument.verification_rows()),
        "records": records.rows(today),
    }
    return tuple(SampleFile(family, f"{family}.csv", _csv(rows)) for family, rows in tables.items())


def _csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    listed = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(listed[0]))
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue().encode("utf-8-sig")
