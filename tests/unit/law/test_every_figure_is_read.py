"""No figure of a data file is idle: whatever is changed, left out or added makes a difference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from law.corpus import READERS
from law.data_file import Dated, understand
from law.errors import InvalidInput
from tests.unit.law.spoiling import fresh

Path = tuple[str | int, ...]
REFUSED = object()


def outcome(name: str, document: object) -> object:
    """What a file with this content comes to; REFUSED if it is none."""
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
    """A path without its rows: those of a list, and of a mapping that holds mappings alone."""
    for depth, key in enumerate(path):
        rows = isinstance(node, list) or (depth and all(isinstance(v, dict) for v in node.values()))
        yield "*" if rows else str(key)
        node = node[key]


def some_of_each(name: str) -> Iterator[tuple[str, Path]]:
    """For every shape of a path the first and the last place that have it."""
    document, found = fresh(name), dict[str, list[Path]]()
    for path, _ in nodes(document):
        if path:
            found.setdefault(".".join(shape(document, path)), []).append(path)
    for text, paths in found.items():
        yield from ((text, path) for path in {paths[0], paths[-1]})


def other(key: str | int, value: Any) -> Any:
    """Another value of the same kind; of a citation another that cites a known text."""
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
IDLE = re.compile(
    r"""
    id | version                              # of files that no result names
    | ambiguities\.\*(\.\w+)?                # told by law.corpus, for the page of the law
    | (.+\.)?requirements(\.\*)?             # our own numbers, for the page of the law
    | audiences\.\*\.name_.. | reminder_points\.\*\.reason_.. | suspension\.rule_..  # for people
    | severity_caps_source\..+                # where the figure was looked up
    | review\.example                         # said to whoever reads the file
    | (good|reminder_points)\.\*\.cite | suspension\.cite
    | .+\.kinds\.\*\.cite | query_needs_authority\..+ | cite | editions\.\*\.title
    | (grades|base|bonus|deduction|types|reminder_points|editions)\.\*\.valid_(from|to)
    | (suspension\.|rulesets\.\*\.validity\.)?valid_(from|to)  # as long as the text around it
    """,
    re.VERBOSE,
)
# What may be left out: it then is every bureau, every sector, no floor, no example, none.
OPTIONAL = re.compile(
    r"""
    sectors\.only | entries\.\*\.\w+ | .+\.at_least_percent | review\.example
    | periods\.\*\.deletes | types\.\*\.note | definitions\.\*\.ambiguities
    """,
    re.VERBOSE,
)


def changed(document: Any, path: Path) -> bool:
    holder, key = at(document, path)
    if isinstance(holder[key], dict | list):
        return False
    holder[key] = other(key, holder[key])
    return True


def left_out(document: Any, path: Path) -> bool:
    holder, key = at(document, path)
    del holder[key]
    return True


def added_to(document: Any, path: Path) -> bool:
    holder, key = at(document, path)
    if not isinstance(holder[key], dict):
        return False
    holder[key]["surprise"] = 1
    return True


@pytest.mark.parametrize("spoil", [changed, left_out, added_to])
@pytest.mark.parametrize("name", READERS)
def test_every_place_of_a_file_makes_a_difference(
    name: str, spoil: Callable[[Any, Path], bool]
) -> None:
    known, idle = outcome(name, fresh(name)), []
    assert known is not REFUSED
    for text, path in some_of_each(name):
        document = fresh(name)
        if spoil(document, path) and outcome(name, document) == known:
            idle.append(text)
    may_be = (IDLE, OPTIONAL) if spoil is left_out else (IDLE,)
    unread = [text for text in idle if not any(known.fullmatch(text) for known in may_be)]
    assert unread == []


def parts(value: Any) -> Iterator[Any]:
    """A value read and all that it is made of."""
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
        if isinstance(figure, Dated) and hasattr(figure.value, "cite")
    ]
    assert dated
    assert [figure for figure in dated if figure.value.cite != figure.cite] == []


# Figures that may be nothing at all, and magnitudes that may be less than nothing.
MAY_BE_ZERO = {
    "base.points", "direct.*.points_at_least", "kinds.*.points", "base.*.floor",
    "base.*.threshold_percent", "reminder_points.*.local_hour",
    "rulesets.*.classes.*.at_least_percent",
}  # fmt: skip
MAY_BE_BELOW = {"base.points", "base.*.each"}


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
            assert taken(path, -1) == (text in MAY_BE_BELOW), text
            assert not taken(path, 1_000_000), text
