"""The check that a receipt recomputes to itself: anyone can make it, offline (D-08)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from law.errors import Fault, NotFound
from law.evidence import read_dossier
from law.grading.engine import grade
from law.grading.receipt import Receipt
from law.reader.strict_reader import Reader, refuse
from law.texts_in_force.load import load


def verify(receipt: Receipt) -> list[str]:
    """Recompute a receipt from its own inputs and list what differs; empty when it agrees."""
    return verify_document(receipt.to_json())


def verify_document(document: object) -> list[str]:
    """Recompute a written receipt and list every place where it differs, as path: stated, found.

    Only the ruleset's id, the day and the inputs must be readable; the rest is compared.
    """
    faults: list[Fault] = []
    reader = Reader(document, "", faults)
    ruleset_id, as_of = reader.text("ruleset"), reader.day("as_of")
    inputs = read_dossier(reader.below("inputs"))
    refuse(faults, "评价凭据不符合要求", "The receipt is not valid.")
    try:
        ruleset = load(ruleset_id)
    except NotFound as error:
        return [f"ruleset: {error.en}"]
    return list(_differences("", document, grade(inputs, ruleset, as_of).to_json()))


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
