"""The check that a receipt recomputes to itself: anyone can make it, offline (D-08)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from law.errors import NotFound
from law.grading.engine import grade
from law.grading.receipt import Receipt
from law.ruleset import load


def verify(receipt: Receipt) -> list[str]:
    """Recompute a receipt from its own inputs and list what differs; empty when it agrees."""
    return verify_document(receipt.to_json())


def verify_document(document: object) -> list[str]:
    """Recompute a written receipt and list every place where it differs, as path: stated, found."""
    stated = Receipt.from_json(document)
    try:
        ruleset = load(stated.ruleset_id)
    except NotFound as error:
        return [f"ruleset: {error.en}"]
    found = grade(stated.inputs, ruleset, stated.as_of).to_json()
    return list(_differences("", document, found))


def _differences(path: str, stated: object, found: object) -> Iterator[str]:
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys((*stated, *found)):
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(below, stated.get(key), found.get(key))
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for index, (one, other) in enumerate(zip(stated, found, strict=True)):
            yield from _differences(f"{path}[{index}]", one, other)
    elif stated != found or type(stated) is not type(found):
        yield f"{path}: stated {stated!r}, recomputed {found!r}"
