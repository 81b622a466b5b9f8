"""What the tests of broken data files share: a file to spoil, and the faults found in it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import yaml

from law.corpus import check
from law.errors import InvalidInput
from law.packaged import read

Document = dict[str, Any]
Change = Callable[[Document], object]


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def fresh(name: str) -> Document:
    """A packaged file, to be changed at will."""
    return copy.deepcopy(_plain(name))


@cache
def _plain(name: str) -> Document:
    # Through YAML and back, as anchors of the file would be shared by the changes of a test.
    plain: Document = yaml.safe_load(yaml.dump(read(name), Dumper=_NoAliases))
    return plain


def faults(name: str, document: object) -> dict[str, str]:
    """What is wrong with a document, by path; fails when nothing is."""
    with pytest.raises(InvalidInput) as refused:
        check(name, document)
    assert name in refused.value.zh
    assert name in refused.value.en
    assert all(fault.message_zh and fault.message_en for fault in refused.value.faults)
    return {fault.field: fault.message_en for fault in refused.value.faults}


def told(name: str, change: Change, field: str) -> str:
    """What is said of this field when a file is changed so."""
    document = fresh(name)
    change(document)
    return faults(name, document)[field]


def twice(figure: Document) -> list[Document]:
    """A figure and, in force with it, another version."""
    return [figure, {**figure}]
