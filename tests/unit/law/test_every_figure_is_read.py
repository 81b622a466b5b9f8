"""Every figure of a data file is read: to change, remove or add one makes a difference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from law.corpus import READERS
from law.errors import InvalidInput
from law.figures import Version
from law.reader.data_file import understand
from tests.unit.law.broken_files import fresh

Path = tuple[str | int, ...]
# Changes a place of a file, knowing what stands in all places of its shape; false: not applicable.
Spoil = Callable[[Any, Path, Iterable[Any]], bool]
REFUSED = object()


def outcome(name: str, document: object) -> object:
    """The values of a file with this content; REFUSED if it is not valid."""
    try:
        return understand(document, name, READERS[name])
    except InvalidInput:
        return REFUSED


def nodes(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, node
    if isinstance(node, dict | list):
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, below in pairs:
            yield from nodes(below, (*path, key))


def shape(node: Any, path: Path) -> Iterator[str]:
    """A path in which the places in lists, and in mappings of mappings, are replaced by `*`."""
    for depth, key in enumerate(path):
        rows = isinstance(node, list) or (depth and all(isinstance(v, dict) for v in node.values()))
        yield "*" if rows else str(key)
        node = node[key]


@cache
def places(name: str) -> dict[str, dict[Path, Any]]:
    """For every shape of a path, the places of that shape with their values."""
    document, found = fresh(name), dict[str, dict[Path, Any]]()
    for path, value in nodes(document):
        if path:
            found.setdefault(".".join(shape(document, path)), {})[path] = value
    return found


def some_of_each(name: str) -> Iterator[tuple[str, Path]]:
    """For every shape of a path, the first and the last place of that shape."""
    for text, found in places(name).items():
        yield from ((text, path) for path in {next(iter(found)), next(reversed(found))})


def other(key: str | int, value: Any) -> Any:
    """Another value of the same kind; for a citation, one that cites another known text."""
    if key == "cite":
        return f"{value}; D-08"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, date):
        return value + timedelta(days=1)
    if value is None:
        return date(2998, 1, 1)
    return f"{value}改"


def at(document: Any, path: Path) -> tuple[Any, Any]:
    for key in path[:-1]:
        document = document[key]
    return document, path[-1]


# What changes no result, and why that is right.
IDLE = [
    r"id|version",  # of files that no result names
    r"ambiguities\.\*(\.\w+)?",  # told by law.corpus, for the page of the law
    r"(.+\.)?requirements(\.\*)?",  # our own numbers, for the page of the law
    r"audiences\.\*\.name_..",  # for people
    r"reminder_points\.\*\.reason_..",  # for people
    r"suspension\.rule_..",  # for people
    r"(severity_caps|national)_source\..+",  # where the figure was looked up
    r"(review|undertaking)\.example",  # said to whoever reads the file
    r"good\.\*\.cite",
    r"exposure\.media\.\*\.cite",
    r"reminder_points\.\*\.cite",
    r"suspension\.cite",
    r".+\.kinds\.\*\.cite",
    r"query_needs_authority\..+",
    r"cite",
    r"editions\.\*\.title",
    # As long as the text around it:
    r"(grades|base|bonus|deduction|types|reminder_points|editions)\.\*\.valid_(from|to)",
    r"(suspension\.|rulesets\.\*\.validity\.)?valid_(from|to)",
]
# What may be left out: it then is every bureau, every sector, no floor, no example, none.
OPTIONAL = [
    r"sectors\.only",
    r"entries\.\*\.\w+",
    r".+\.at_least_percent",
    r"(review|undertaking)\.example",
    r"periods\.\*\.deletes",
    r"types\.\*\.note",
    r"definitions\.\*\.ambiguities",
]
# What may be exchanged: the two totals that a term is capped by are of as many days.
ALIKE = [r"definitions\.\*\.cap_by"]


def changed(document: Any, path: Path, alike: Iterable[Any]) -> bool:
    holder, key = at(document, path)
    if isinstance(holder[key], dict | list):
        return False
    holder[key] = other(key, holder[key])
    return True


def lessened(document: Any, path: Path, alike: Iterable[Any]) -> bool:
    holder, key = at(document, path)
    if type(holder[key]) is not int:
        return False
    holder[key] -= 1
    return True


def exchanged(document: Any, path: Path, alike: Iterable[Any]) -> bool:
    """Puts the value of another place of the same shape here, such as another valid choice."""
    holder, key = at(document, path)
    if not isinstance(holder[key], str):
        return False
    others = {value for value in alike if isinstance(value, str)} - {holder[key]}
    holder[key] = min(others, default=holder[key])
    return bool(others)


def left_out(document: Any, path: Path, alike: Iterable[Any]) -> bool:
    holder, key = at(document, path)
    del holder[key]
    return True


def added_to(document: Any, path: Path, alike: Iterable[Any]) -> bool:
    holder, key = at(document, path)
    if not isinstance(holder[key], dict):
        return False
    holder[key]["surprise"] = 1
    return True


MAY_BE: dict[Spoil, list[str]] = {left_out: OPTIONAL, exchanged: ALIKE}
SPOILED = [changed, lessened, exchanged, left_out, added_to]


def one_of(text: str, patterns: list[str]) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in patterns)


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("name", READERS)
def test_every_place_of_a_file_makes_a_difference(name: str, spoil: Spoil) -> None:
    known, idle = outcome(name, fresh(name)), set()
    assert known is not REFUSED
    for text, path in some_of_each(name):
        document = fresh(name)
        if spoil(document, path, places(name)[text].values()) and outcome(name, document) == known:
            idle.add(text)
    may_be = [*IDLE, *MAY_BE.get(spoil, [])]
    assert [text for text in idle if not one_of(text, may_be)] == []


def parts(value: Any) -> Iterator[Any]:
    """A value that was read, and all values inside it."""
    yield value
    below: Iterable[Any] = ()
    if is_dataclass(value):
        below = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, Mapping):
        below = value.values()
    elif isinstance(value, tuple | list):
        below = value
    for one in below:
        yield from parts(one)


def test_a_figure_cites_the_article_it_is_dated_by() -> None:
    dated = [
        figure
        for name in READERS
        for figure in parts(outcome(name, fresh(name)))
        if isinstance(figure, Version) and hasattr(figure.value, "cite")
    ]
    assert dated
    assert [figure for figure in dated if figure.value.cite != figure.cite] == []


# Figures that may be nothing at all, and magnitudes that may be less than nothing.
MAY_BE_ZERO = {
    "base.points", "direct.*.points_at_least", "kinds.*.points", "base.*.floor",
    "base.*.threshold_percent", "reminder_points.*.local_hour",
    "rulesets.*.classes.*.at_least_percent", "national.*.months.minor", "reminders.*.months_before",
}  # fmt: skip
MAY_BE_BELOW = {"base.points", "base.*.each"}
FIRST_EDITION = ("editions", 0, "number")  # it is number -1
# Figures that must fit others beside them; every other one may be 1.
BOUND = re.compile(
    r"(base|bonus|deduction)\.\*\.(points|each)|totals\..+|bands\..+|editions\..+"
    r"|months_before\..+|review\.at_most_days"
)


@pytest.mark.parametrize("name", READERS)
def test_every_whole_number_has_its_bounds(name: str) -> None:
    def taken(path: Path, value: int) -> bool:
        document = fresh(name)
        holder, key = at(document, path)
        holder[key] = value
        return outcome(name, document) is not REFUSED

    document = fresh(name)
    for text, path in some_of_each(name):
        holder, key = at(document, path)
        if type(holder[key]) is int:
            assert taken(path, 0) == (text in MAY_BE_ZERO), text
            assert taken(path, -1) == (text in MAY_BE_BELOW or path == FIRST_EDITION), text
            assert taken(path, 1) or BOUND.fullmatch(text), text
            assert not taken(path, 1_000_000), text
