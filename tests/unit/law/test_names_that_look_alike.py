"""Which names of subjects look alike, and which differ by their number."""

import pytest

from law.identity.names import alike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("杭州样例加油站", "杭州样例加油站"),
        ("杭州样例加油站有限公司", "杭州样例加油站有限责任公司"),
        ("杭州样例加油站（滨江）", "杭州样例加油站(滨江)"),
        ("样例加油站ＡＢ", "样例 加油站ab"),
        ("样例加油站Oil", "样例加油站Оil"),  # a Cyrillic О
        ("样例HZ-01", "样例HZ-O1"),
        ("末来眼镜店", "未来眼镜店"),
        ("己发超市", "已发超市"),
        ("样例\u200b加油站", "样例加油站"),
        ("样例加油站", "样例加油店"),
        ("样例大加油站", "样例加油站"),
    ],
)
def test_names_that_people_take_for_the_same_are_alike(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("样例第一加油站", "样例第二加油站"),
        ("样例加油站HZ-01", "样例加油站HZ-02"),
        ("样例加油站1", "样例加油站11"),
        ("样例加油站A", "样例加油站B"),
        ("城东农贸市场", "城西农贸市场"),
        ("样例加油站", "样例农贸市场"),
        ("甲店", "乙店"),
    ],
)
def test_names_that_differ_by_a_number_or_more_are_not(one: str, other: str) -> None:
    assert not alike(one, other)
