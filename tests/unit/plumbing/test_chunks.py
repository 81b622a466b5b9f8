"""Long lists in chunks: nothing is lost, nothing comes twice, no chunk is too large."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from plumbing.chunks import chunks, pieces, weighed_chunks

SIZES = st.integers(min_value=1, max_value=7)


@given(items=st.lists(st.integers(), max_size=30), size=SIZES)
def test_every_chunk_is_full_but_the_last(items: list[int], size: int) -> None:
    cut = list(chunks(iter(items), size))
    assert [item for chunk in cut for item in chunk] == items
    assert all(len(chunk) == size for chunk in cut[:-1])
    assert all(cut)


@given(weights=st.lists(st.integers(0, 9), max_size=30), size=SIZES, heaviest=st.integers(0, 20))
def test_no_chunk_is_too_long_or_too_heavy_unless_one_item_is(
    weights: list[int], size: int, heaviest: int
) -> None:
    cut = list(weighed_chunks(weights, size, lambda weight: weight, heaviest))
    assert [weight for chunk in cut for weight in chunk] == weights
    assert all(len(chunk) == 1 or sum(chunk) <= heaviest for chunk in cut)
    for chunk, following in pairwise(cut):
        assert len(chunk) == size or sum(chunk) + following[0] > heaviest  # it was full


@given(content=st.binary(max_size=40), size=SIZES)
def test_pieces_make_the_content_again(content: bytes, size: int) -> None:
    cut = list(pieces(content, size))
    assert b"".join(cut) == content
    assert all(len(piece) == size for piece in cut[:-1])
    assert all(cut)


def test_the_limits_are_inclusive() -> None:
    assert list(chunks("abcd", 2)) == [["a", "b"], ["c", "d"]]
    assert list(weighed_chunks([3, 2, 1], 2, int, 5)) == [[3, 2], [1]]
    assert list(weighed_chunks([9, 1], 2, int, 5)) == [[9], [1]]
