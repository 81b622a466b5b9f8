"""Helpers for the tests of broken data files: a packaged file to change, and its faults."""

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
    """A copy of the content of a packaged file, for a test to change."""
    document: Document = _apart(read(name))
    return document


def _apart(node: Any) -> Any:
    # No two places share an object, as anchors of the file would be changed together.
    if isinstance(node, dict):
        return {key: _apart(below) for key, below in node.items()}
    return [_apart(below) for below in node] if isinstance(node, list) else node


def faults(name: str, document: object) -> dict[str, str]:
    """The faults of a document: English messages by path. Fails if there are none."""
    with pytest.raises(InvalidInput) as refused:
        check(name, document)
    assert name in refused.value.zh
    assert name in refused.value.en
    assert all(fault.message_zh and fault.message_en for fault in refused.value.faults)
    return {fault.field: fault.message_en for fault in refused.value.faults}


def message_of(name: str, change: Change, field: str) -> str:
    """The English message of the fault of a field after a change of a packaged file."""
    document = fresh(name)
    change(document)
    return faults(name, document)[field]


def twice(figure: Document) -> list[Document]:
    """A figure twice, so that two versions hold on the same days."""
    return [figure, {**figure}]
