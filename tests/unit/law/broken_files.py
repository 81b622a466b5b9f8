"""What the tests of broken data files share: a file to spoil, and the faults found in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from law.corpus import check
from law.errors import InvalidInput
from law.reader.packaged import read

Document = dict[str, Any]
Change = Callable[[Document], object]


def fresh(name: str) -> Document:
    """A packaged file, to be changed at will."""
    document: Document = _apart(read(name))
    return document


def _apart(node: Any) -> Any:
    # No two places share an object, as anchors of the file would be changed together.
    if isinstance(node, dict):
        return {key: _apart(below) for key, below in node.items()}
    return [_apart(below) for below in node] if isinstance(node, list) else node


def faults(name: str, document: object) -> dict[str, str]:
    """What is wrong with a document, by path; fails when nothing is."""
    with pytest.raises(InvalidInput) as refused:
        check(name, document)
    assert name in refused.value.zh
    assert name in refused.value.en
    assert all(fault.message_zh and fault.message_en for fault in refused.value.faults)
    return {fault.field: fault.message_en for fault in refused.value.faults}


def message_of(name: str, change: Change, field: str) -> str:
    """What is said of this field when a file is changed so."""
    document = fresh(name)
    change(document)
    return faults(name, document)[field]


def twice(figure: Document) -> list[Document]:
    """A figure and, in force with it, another version."""
    return [figure, {**figure}]
