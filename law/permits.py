"""Tells permits of metrology (计量行政许可) from others, by what they are called: S3 6(二).

The register has no other permits (S4 二(一)6). The national publication lists all permits of a
bureau, and does not tell on which law each of them rests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from law.figures import Version
from law.identity import folded
from law.reader.data_file import DATED, read_dated, read_header
from law.reader.packaged import understood
from law.reader.strict_reader import Reader

_AUTHORITY = re.compile("^.*(?:局|厅|署|委员会|政府)(?=.)")  # before the name of its decision


@dataclass(frozen=True, slots=True)
class Matter:
    """One kind of permit of metrology, and the names by which it is known.

    Of each word every part must stand in the name. `basis` says how the article was checked.
    """

    id: str
    zh: str
    en: str
    words: tuple[tuple[str, ...], ...]
    basis: str

    def is_named(self, text: str) -> bool:
        """Returns whether a folded text names this kind of permit."""
        return any(all(part in text for part in word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Names:
    """The kinds of permits of metrology, and the decisions and categories that name none of them.

    Of a decision `that_name_nothing` the content tells what is permitted; but that of a permit of a
    category `of_other_law` does not.
    """

    matters: tuple[Version[Matter], ...]
    that_name_nothing: frozenset[str]
    of_other_law: tuple[str, ...]


def matter_of(
    document: str, certificate: str = "", content: str = "", category: str = ""
) -> Version[Matter] | None:
    """Returns the kind of permit that is named, with its article and the days on which it holds.

    `document` and `certificate` are what the decision and the certificate are called; the content
    counts only where they name nothing. None for a permit that is not one of metrology. A kind that
    the law has let go of is returned too.
    """
    called = [folded(certificate), folded(document)]
    if not called[0] and _tells_by_content(called[1], folded(category)):
        called.append(folded(content))
    found = (one for text in called for one in matters() if one.value.is_named(text))
    return next(found, None)


def _tells_by_content(document: str, category: str) -> bool:
    """Whether a decision leaves it to its content what is permitted; its authority may be named."""
    names = _names()
    plain = _AUTHORITY.sub("", document)
    return plain in names.that_name_nothing and not category.startswith(names.of_other_law)


def matters() -> tuple[Version[Matter], ...]:
    """Returns all kinds of permits of metrology, each with the days on which it may be granted."""
    return _names().matters


@cache
def _names() -> Names:
    return understood("permits", read_permits)


def read_permits(reader: Reader) -> Names:
    """Reads `permits.yaml`. A kind without a word, and an id that occurs twice, is a fault."""
    read_header(reader, "matters", "that_name_nothing", "of_other_law")
    found = tuple(read_dated(item, _matter) for item in reader.each("matters"))
    ids = [version.value.id for version in found]
    for name in {name for name in ids if ids.count(name) > 1}:
        reader.fault(f"matters.{name}", "编号重复", f"repeats {name}")
    nothing = frozenset(map(folded, reader.texts("that_name_nothing")))
    return Names(found, nothing, tuple(map(folded, reader.texts("of_other_law"))))


def _matter(reader: Reader) -> Matter:
    reader.only("id", "zh", "en", "words", "basis", *DATED)
    words = reader.texts("words")
    if not words:
        reader.fault("words", "至少写一个名称", "has no name by which it is known")
    return Matter(
        id=reader.text("id"),
        zh=reader.text("zh"),
        en=reader.text("en"),
        words=tuple(tuple(map(folded, word.split())) for word in words),
        basis=reader.text("basis"),
    )
