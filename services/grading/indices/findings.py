"""Reads the findings of an area's inspection from JSON and scores them by the law's table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from law.errors import Fault, InvalidInput
from law.indices import rule as indices
from law.indices.rule import IndexAnswer

FIELD = "findings"
LARGEST = 999_999  # no count of anything found in an area has seven digits


def read(text: str) -> dict[str, object]:
    """Reads the findings from JSON: a value for each row of the table, by row name.

    Raises InvalidInput if `text` is not a JSON object or if a row appears twice.
    """
    repeated: list[str] = []

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        repeated.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return dict(pairs)

    try:
        findings = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise _refusal([Fault("findings_json", "不是JSON", "is not JSON")]) from error
    if not isinstance(findings, dict):
        raise _refusal([Fault("findings_json", "应为JSON对象", "must be a JSON object")])
    if repeated:
        raise _refusal([Fault(_path(key), "重复", "appears twice") for key in repeated])
    return findings


def assess(table_id: str, findings: dict[str, object], on: date) -> IndexAnswer:
    """Scores the findings by the table in force on the day `on`.

    Raises InvalidInput with every fault, each under the name of its row.
    """
    faults = [_too_large(key) for key, value in findings.items() if _is_huge(value)]
    try:
        answer = indices.assess(table_id, findings, on)
    except InvalidInput as error:
        faults += [
            Fault(_path(fault.field), fault.message_zh, fault.message_en, cite=fault.cite)
            for fault in error.faults
        ]
        raise _refusal(faults, error.cite) from error
    if faults:
        raise _refusal(faults, answer.table.cite)
    return answer


def _too_large(key: str) -> Fault:
    return Fault(_path(key), f"不得大于{LARGEST}", f"must be at most {LARGEST}")


def _is_huge(value: object) -> bool:
    return isinstance(value, int | float) and value > LARGEST


def _path(key: str) -> str:
    """The field of a row; the caller's key is shortened and made valid text."""
    return f"{FIELD}.{key[:64].encode(errors='replace').decode()}"


def _refusal(faults: Sequence[Fault], cite: str | None = None) -> InvalidInput:
    return InvalidInput(
        "检查结果不符合要求", "The findings are not valid.", cite=cite, faults=faults
    )
