"""The JSON of many rows at once: by columns, in which every different value is encoded once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

_NONE = object()
# Values of these types are equal only if they are encoded alike; 1 and True are equal and are not.
_TELLING = tuple(frozenset({one, type(None)}) for one in (str, int, bool))


def encode_rows(
    columns: Mapping[str, Sequence[Any]], blank: Mapping[str, Any], encoder: json.JSONEncoder
) -> list[str]:
    """Returns the JSON object of each row, as `encoder` with sorted keys would encode it.

    `columns` has the values of all rows by name, as JSON has them. A value that equals that in
    `blank` is left out of its row.
    """
    between, count = encoder.item_separator, len(next(iter(columns.values()), ()))
    parts: list[Sequence[str]] = []
    gaps = False
    for name in sorted(columns):
        begin = encoder.encode(name) + encoder.key_separator
        part = _encoded(columns[name], begin, blank.get(name, _NONE), encoder)
        if any(part):  # else it is left out of every row
            gaps = gaps or "" in part
            parts.append(part)
    if not parts:
        return ["{}"] * count
    rows = zip(*parts, strict=True)
    if gaps:
        return ["{" + between.join(filter(None, row)) + "}" for row in rows]
    return ["{" + between.join(row) + "}" for row in rows]


def _encoded(
    column: Sequence[Any], begin: str, blank: Any, encoder: json.JSONEncoder
) -> Sequence[str]:
    """Each value with its name before it; empty where it is left out."""
    types = {*map(type, column)}
    encode: Callable[[Any], str] = encoder.encode
    if types == {str}:
        encode = encode_basestring_ascii if encoder.ensure_ascii else encode_basestring
    if not any(types <= telling for telling in _TELLING):
        return ["" if value == blank else begin + encode(value) for value in column]
    texts = {value: "" if value == blank else begin + encode(value) for value in {*column}}
    return [texts[value] for value in column]
