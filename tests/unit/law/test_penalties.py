"""Which published penalties rest on the law of metrology."""

from __future__ import annotations

import pytest

from law.penalties import cited_titles, under_metrology_law


@pytest.mark.parametrize(
    "basis",
    [
        "《中华人民共和国计量法》第二十五条；《计量法实施细则》第四十三条",
        "计量法第二十五条",
        "根据中华人民共和国计量法实施细则第四十六条",
        "违反《产品质量法》第五十条、《定量包装商品计量监督管理办法》第十八条",
        "商标法实施条例第九条、计量法第二十五条",
        "《集贸市场计量监督管理办法》第十一条",
    ],
)
def test_what_cites_a_text_of_metrology_counts(basis: str) -> None:
    assert under_metrology_law(basis)


@pytest.mark.parametrize(
    "basis",
    [
        "",
        "《中华人民共和国食品安全法》第一百二十四条",
        "食品安全法第一百二十四条",
        "依据《行业准入规定》",
        "《价格法》第十三条，未标明计量单位",  # the word alone, outside a title
    ],
)
def test_other_penalties_do_not(basis: str) -> None:
    assert not under_metrology_law(basis)


def test_the_texts_are_named_once_each() -> None:
    basis = "《食品安全法》第一条、《食品安全法》第二条；《广告法》第五十五条"
    assert cited_titles(basis) == ("食品安全法", "广告法")
    assert cited_titles("根据食品安全法第一百二十四条、广告法第五条") == ("食品安全法", "广告法")
