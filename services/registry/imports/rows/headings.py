"""The headings by which the columns of a file are recognised, in one row or in two."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells, labels, penalty_cells, permit_cells
from services.registry.imports.rows.families import FAMILIES, FamilyName, Field

_PASSED_OVER: Mapping[FamilyName, Collection[str]] = {
    FamilyName.PENALTIES: penalty_cells.PASSED_OVER,
    FamilyName.PERMITS: permit_cells.PASSED_OVER,
}


def plain(heading: str) -> str:
    """Returns a heading without width, case, blanks and the stars of required fields."""
    narrow = unicodedata.normalize("NFKC", heading)
    return "".join(narrow.split()).strip("*").lower()


@dataclass(frozen=True)
class Headings:
    """The headings of the fields of a family that one import may use.

    `learned` are headings that a bureau has confirmed before, each with its field. `likely` also
    takes headings that mean a field in most files; only for columns that a person then confirms.
    """

    header: pb.ImportHeader
    learned: Mapping[str, str] = field(default_factory=dict)
    likely: bool = False

    def of(self, one: Field) -> list[str]:
        """Returns the headings under which a field may stand, the surest first.

        It is the mapped one alone if the header of the import maps the field.
        """
        mapped = self.header.columns.get(one.name)
        if mapped is not None:
            return [plain(mapped)]
        learned = [heading for heading, name in self.learned.items() if name == one.name]
        likely = labels.LIKELY_HEADINGS.get(one.name, ()) if self.likely else ()
        return [*map(plain, one.headings), *learned, *map(plain, likely)]

    def fields(self) -> Iterable[Field]:
        """Returns the fields of the family."""
        return FAMILIES[FamilyName(self.header.family)].fields.values()

    @property
    def passed_over(self) -> Collection[str]:
        """Returns the headings of columns that are known and not read, so that nobody is told."""
        return _PASSED_OVER.get(FamilyName(self.header.family), ())

    def known(self) -> set[str]:
        """Returns every heading of any field."""
        return {heading for one in self.fields() for heading in self.of(one)}

    def found(self, row: Sequence[str]) -> int:
        """Counts the fields that a row would name if it were the row of the headings."""
        names = {plain(cells.clean(cell)) for cell in row}
        return sum(not names.isdisjoint(self.of(one)) for one in self.fields())

    def joined(self, upper: Sequence[str], lower: Sequence[str]) -> list[str]:
        """Returns the headings that two rows make together.

        It is the lower cell, the upper where the lower is blank, or both where both together are a
        known heading: 日期 below 检定, which stands over several columns, is 检定日期.
        """
        known = self.known()
        length = max(len(upper), len(lower))
        above, below = ([*row, *[""] * (length - len(row))] for row in (upper, lower))
        over: Iterable[str] = accumulate(above, _nearest)
        return [_joined(*three, known) for three in zip(above, over, below, strict=True)]


def _nearest(left: str, cell: str) -> str:
    return cell if cell.strip() else left


def _joined(upper: str, over: str, lower: str, known: set[str]) -> str:
    if not lower.strip():
        return upper
    together = over + lower
    return lower if plain(lower) in known or plain(together) not in known else together
