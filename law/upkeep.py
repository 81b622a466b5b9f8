"""What is noted of the upkeep of an instrument, and after what it must be verified again.

S2 附件2-3, 附件2-6, 附件2-13; S4 二(三); C-43.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from law.colours.rule import Mode
from law.figures import Version
from law.instruments import mode_of
from law.reader.ambiguities import read_readings
from law.reader.data_file import DATED, read_dated, read_header, read_requirements
from law.reader.packaged import understood
from law.reader.strict_reader import Reader


@dataclass(frozen=True, slots=True)
class UpkeepKind:
    """One kind of entry, such as a repair.

    After one that says `verify_again` an instrument must pass a verification before it is used.
    """

    id: str
    zh: str
    en: str
    verify_again: bool


@cache
def kinds() -> tuple[Version[UpkeepKind], ...]:
    """Returns the kinds of entries, each with its article."""
    return understood("upkeep", read_upkeep)


def kind_of(id_: str) -> Version[UpkeepKind] | None:
    """Returns a kind by its id, with its article; None if the law has no such kind."""
    return next((one for one in kinds() if one.value.id == id_), None)


def verify_again(id_: str, type_code: str, on: date, *, compulsory: bool = True) -> bool:
    """Returns whether an instrument of a type must be verified again after such an entry of a day.

    One of a type that only needs type approval is not verified, before or after, nor is one that is
    not `compulsory` (S4 二(三); C-44).
    """
    kind = kind_of(id_)
    verified = compulsory and mode_of(type_code, on) is not Mode.TYPE_APPROVAL_ONLY
    return kind is not None and kind.value.verify_again and verified


def read_upkeep(reader: Reader) -> tuple[Version[UpkeepKind], ...]:
    """Reads `upkeep.yaml`. An id that occurs twice is a fault."""
    read_header(reader, "kinds", "ambiguities", "requirements")
    read_requirements(reader)
    read_readings(reader)
    found = tuple(read_dated(item, _kind) for item in reader.each("kinds"))
    ids = [version.value.id for version in found]
    for name in {name for name in ids if ids.count(name) > 1}:
        reader.fault(f"kinds.{name}", "编号重复", f"repeats {name}")
    return found


def _kind(reader: Reader) -> UpkeepKind:
    reader.only("id", "zh", "en", "verify_again", *DATED)
    return UpkeepKind(
        id=reader.text("id"),
        zh=reader.text("zh"),
        en=reader.text("en"),
        verify_again=reader.flag("verify_again"),
    )
