"""Long lists in parts."""

from __future__ import annotations

import pytest

from plumbing.chunks import chunks


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, []), (1, [[0]]), (3, [[0, 1, 2]]), (4, [[0, 1, 2], [3]]), (6, [[0, 1, 2], [3, 4, 5]])],
)
def test_the_last_chunk_may_be_shorter_and_none_is_empty(
    count: int, expected: list[list[int]]
) -> None:
    assert [*chunks(range(count), 3)] == expected
