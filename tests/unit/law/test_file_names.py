"""By the number in the name of its file a certificate finds its result."""

from __future__ import annotations

import pytest

from law.identity.file_names import MOST_WORDS, number_of, numbers_in

ISSUED = ("检字2026-0001", "检字2026-00012", "测检(2026)7", "a-7", "2026-0001", "17", "0001")


@pytest.mark.parametrize(
    ("stem", "numbers"),
    [
        ("检字2026-0001", ["检字2026-0001"]),
        ("检字2026-00012", ["检字2026-00012"]),
        ("检字 2026-0001", ["检字2026-0001"]),  # not also 2026-0001, which is within it
        ("样例加油站 检字2026-0001 正本", ["检字2026-0001"]),
        ("样例加油站_检字2026-0001_（1）", ["检字2026-0001"]),
        ("测检〔2026〕第007号", ["测检(2026)7"]),
        ("样例加油站，测检〔2026〕7号", ["测检(2026)7"]),
        ("A－7", ["a-7"]),
        ("17", ["17"]),
        ("加油机_17", []),  # so short a number may be anything but that of the certificate
        ("检字2026-0002", []),  # 0001 of another number, or of a day, is none
        ("2026-0001-0001", []),
        ("检字2026-0001 检字2026-00012", ["检字2026-0001", "检字2026-00012"]),
    ],
)
def test_a_number_is_the_whole_name_or_apart_from_other_words(
    stem: str, numbers: list[str]
) -> None:
    assert number_of(stem, ISSUED) == numbers


def test_a_name_of_very_many_words_is_looked_through_only_so_far() -> None:
    stem = " ".join(f"word{one}" for one in range(3000))
    assert len(numbers_in(stem)) <= MOST_WORDS * (MOST_WORDS + 1) // 2 + 1
