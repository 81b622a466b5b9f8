"""Reads a data file of the law from YAML into typed values; a file with a fault is rejected.

Every file under `law/rulesets/` is read to its end; if it has any fault, it is rejected in one
error that lists each fault with its path. This module also reads the fields that every figure must
have: its article, and the days on which it holds. Reading a figure for any other day raises
NotInForce; an ended figure never replaces a missing one (D-08).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from itertools import combinations
from typing import Any, TypeVar

import yaml

from law.errors import Fault
from law.figures import Validity, Version
from law.reader.strict_reader import Reader, refuse
from law.reader.texts import is_citation

T = TypeVar("T")

DATED = ("cite", "valid_from", "valid_to")
"""The fields that every figure has."""

# libyaml where it is built in: the loader written in Python needs 0.14 s for the catalogue.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_LOADER):  # type: ignore[valid-type, misc]
    """A YAML loader that refuses a key written twice, where the usual one takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"written twice: {', '.join(sorted(twice))}", node.start_mark
            )
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def understand(document: object, name: str, read: Callable[[Reader], T]) -> T:
    """Converts the loaded content of a data file with `read`. Raises InvalidInput with every fault.

    `name` is the name of the file in the error message.
    """
    faults: list[Fault] = []
    value = read(Reader(document, "", faults))
    _refuse(faults, name)
    return value


def load_yaml(source: str, name: str) -> Any:
    """Loads YAML text. Raises InvalidInput for invalid YAML and for a key written twice.

    `name` is the name of the file in the error message.
    """
    try:
        return yaml.load(source, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        _refuse([Fault("", "不是有效的YAML", f"is not valid YAML: {error}")], name)
        raise AssertionError from error  # _refuse has raised


def _refuse(faults: list[Fault], name: str) -> None:
    refuse(faults, f"规则数据{name}不符合要求", f"The data file {name} of the law is not valid.")


def canonical_hash(document: object) -> str:
    """Returns the SHA-256 of a document as canonical JSON, independent of layout and comments."""
    text = json.dumps(
        document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=date.isoformat
    )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def read_header(reader: Reader, *parts: str) -> None:
    """Reads the id and the version of a data file.

    `parts` are the other fields that the file may have; any other field is a fault.
    """
    reader.only("id", "version", *parts)
    reader.text("id")
    reader.text("version")


def read_cite(reader: Reader) -> str:
    """Reads the citation of the article on which a figure is based.

    A missing citation, or one of an unknown text, is a fault.
    """
    cite = reader.text("cite")
    if cite and not is_citation(cite):
        reader.fault("cite", f"引用不明：{cite}", f"cites no known text: {cite}")
    return cite


def read_validity(reader: Reader) -> Validity:
    """Reads the first and the last day on which a value of the law is in force; null is no limit.

    A missing field is a fault.
    """
    for key in ("valid_from", "valid_to"):
        if key not in reader.data:
            reader.fault(key, "缺少（可为null）", "is missing (null where open)")
    start, end = reader.day_or_none("valid_from"), reader.day_or_none("valid_to")
    if start and end and end < start:
        reader.fault("valid_to", "早于valid_from", "is before valid_from")
    return Validity(start, end)


def read_period(reader: Reader) -> Validity:
    """Reads the first and the last day of a whole legal text from the field `validity`."""
    days = reader.below("validity")
    days.only("valid_from", "valid_to")
    return read_validity(days)


def read_dated(reader: Reader, read: Callable[[Reader], T]) -> Version[T]:
    """Reads one figure: its article, the days on which it holds, and its value (with `read`)."""
    cite, validity = read_cite(reader), read_validity(reader)
    return Version(read(reader), cite, validity)


def read_lasting(reader: Reader, whole: Validity, read: Callable[[Reader], T]) -> T:
    """Reads a figure without versions. It must hold on every day of the validity `whole`."""
    figure = read_dated(reader, read)
    if not figure.validity.covers(whole):
        zh, en = "应与所属整体同期有效", "must hold as long as the whole it is part of"
        reader.fault("valid_to", zh, en, cite="D-08")
    return figure.value


def read_versions(reader: Reader, key: str, read: Callable[[Reader], T]) -> tuple[Version[T], ...]:
    """Reads the versions of a figure: one figure, or a list of figures for different days."""
    if isinstance(reader.data.get(key), list):
        return tuple(read_dated(item, read) for item in reader.each(key))
    return (read_dated(reader.below(key), read),)


def read_figure(reader: Reader, key: str, read: Callable[[Reader], T]) -> tuple[Version[T], ...]:
    """Reads all versions of one figure. Two versions for the same day are a fault."""
    versions = read_versions(reader, key, read)
    note_rivals(reader, key, [version.validity for version in versions])
    return versions


def note_each(reader: Reader, names: Iterable[str]) -> None:
    """Records a fault for each of the names that is missing, and for every other field."""
    known = list(names)
    reader.only(*known)
    for name in known:
        if name not in reader.data:
            reader.fault(name, "未规定", "is not said")


def note_rivals(reader: Reader, key: str, periods: Sequence[Validity]) -> None:
    """Records a fault if two versions of one figure hold on the same day."""
    if any(first.meets(second) for first, second in combinations(periods, 2)):
        reader.fault(key, "同一日有多个数值有效", "several versions hold on one day", cite="D-08")


def read_requirements(reader: Reader) -> tuple[str, ...]:
    """Reads the numbers (R-nnn) of the requirements that a figure fulfils."""
    numbers = reader.texts("requirements")
    for number in numbers:
        if not (number.startswith("R-") and is_citation(number)):
            reader.fault(
                "requirements", f"应为R-编号：{number}", f"must be a number R-nnn: {number}"
            )
    return numbers
