"""The sample register: clearly synthetic, valid by check digit, dated from the day of loading.

About 60 subjects of every sector in Hangzhou, Tianjin and Taizhou with 600 instruments, their
verifications and the credit records that yield every grade. It is imported from files, as the data
of a bureau would be.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from plumbing.identity import scope_prefix
from services.cli.sample import instruments, records, subjects

CITIES = ("330100", "120000", "331000")


@dataclass(frozen=True)
class SampleFile:
    """One file of the sample register: family of data, file name and content."""

    family: str
    name: str
    content: bytes
    bureau: str = ""  # the bureau for which it is imported; empty for the whole register


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


def portions(today: date) -> tuple[SampleFile, ...]:
    """Returns the same register as files of single bureaus, in the order of import.

    The file of bureaus comes first. Subjects, instruments and verifications are those of a city;
    records are those of the bureau of their subject, which is the one that enters them.
    """
    bureaus, *others = files(today)
    return (bureaus, *(portion for file in others for portion in _portions(file)))


def city_of(bureau: str) -> str:
    """Returns the code of the city to which a bureau of the sample belongs."""
    return next(city for city in CITIES if bureau.startswith(scope_prefix(city)))


def _portions(file: SampleFile) -> Iterator[SampleFile]:
    owners = {key: owner for owner in subjects.subjects() for key in (owner.key, owner.ref)}
    parts: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))):
        bureau = owners[row.get("使用单位") or row["主体编号"]].bureau
        parts[bureau if file.family == "records" else city_of(bureau)].append(row)
    for bureau, rows in parts.items():
        yield SampleFile(file.family, f"{file.family}-{bureau}.csv", _csv(rows), bureau)


def _csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    listed = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(listed[0]))
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue().encode("utf-8-sig")
