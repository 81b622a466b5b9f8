"""The sample register: clearly synthetic, valid by check digit, dated from the day of loading.

About 60 subjects of every sector in Hangzhou, Tianjin and Taizhou with 600 instruments, their
verifications and the credit records that yield every grade. It is imported from files, as the data
of a bureau would be.
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
    """One file of the sample register: family of data, file name and content."""

    family: str
    name: str
    content: bytes


def files(today: date) -> tuple[SampleFile, ...]:
    """Returns the files of the sample register as of the day `today`, in the order of import."""
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
