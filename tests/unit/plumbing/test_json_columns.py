"""Rows that are encoded by columns have the same JSON as each row alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbing.json_columns import encode_rows

ENCODERS = [
    json.JSONEncoder(sort_keys=True),
    json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")),
]
VALUES = st.one_of(
    st.sampled_from(["", "权衡", '"\\\n', "null"]),
    st.sampled_from([None, True, False, 0, 1, 1.0, -3]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.booleans(), max_size=2),
)
ROWS = st.lists(st.fixed_dictionaries({"b": VALUES, "权": VALUES, "a": VALUES}), max_size=6)


@pytest.mark.parametrize("encoder", ENCODERS)
@given(rows=ROWS, blank=st.dictionaries(st.sampled_from(["a", "权"]), VALUES))
def test_rows_have_the_json_of_each_alone(
    encoder: json.JSONEncoder, rows: list[dict[str, Any]], blank: dict[str, Any]
) -> None:
    columns = {name: [row[name] for row in rows] for name in ("b", "权", "a")}
    alone = [
        {name: v for name, v in row.items() if name not in blank or v != blank[name]}
        for row in rows
    ]
    assert encode_rows(columns, blank, encoder) == [encoder.encode(row) for row in alone]
