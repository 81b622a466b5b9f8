"""Which permits are permits of metrology."""

from __future__ import annotations

from datetime import date

import pytest

from law.permits import matter_of, matters
from law.reader.texts import is_citation
from tests.unit.law.broken_files import faults, fresh


@pytest.mark.parametrize(
    ("names", "matter"),
    [
        (("计量标准考核证书",), "measurement_standard"),
        (("准予行政许可决定书", "社会公用计量标准证书"), "measurement_standard"),
        (("准予行政许可决定书", "", "计量标准器具 核准：电子秤检定装置"), "measurement_standard"),
        (("计量器具型式批准证书",), "type_approval"),
        (("准予计量器具型式批准决定书",), "type_approval"),
        (("准予行政许可决定书", "", "型式批准：电子计价秤（计量器具）"), "type_approval"),
        (("样例市市场监督管理局准予行政许可决定书", "", "计量授权：电能表"), "authorisation"),
        (("准予行政许可决定书", "计量授权证书", "考核：计量标准考核"), "authorisation"),
        (("计量授权证书",), "authorisation"),
        (("检验检测机构资质认定证书",), "testing_body"),
        (("制造计量器具许可证",), "manufacture"),
    ],
)
def test_a_permit_is_known_by_what_it_is_called(names: tuple[str, ...], matter: str) -> None:
    found = matter_of(*names)
    assert found is not None
    assert found.value.id == matter
    assert found.cite.startswith("METROLOGY-LAW ")


@pytest.mark.parametrize(
    "names",
    [
        ("营业执照", "", "销售：计量器具、衡器；计量技术服务"),
        ("营业执照", "", "制造：衡器（凭《制造计量器具许可证》经营）"),
        ("准予行政许可决定书", "营业执照", "制造：衡器（凭《制造计量器具许可证》经营）"),
        ("准予行政许可决定书", "", "计量认证咨询", "登记"),
        ("准予设立登记通知书", "", "计量认证咨询"),
        ("食品经营准予行政许可决定书", "", "计量认证咨询"),
        ("食品经营许可证",),
        ("无线电发射设备型号核准证",),
        ("特种设备型式批准",),
        ("",),
    ],
)
def test_other_permits_are_none_of_metrology(names: tuple[str, ...]) -> None:
    assert matter_of(*names) is None


def test_a_kind_that_the_law_let_go_of_is_known_and_no_longer_granted() -> None:
    found = matter_of("修理计量器具许可证")
    assert found is not None
    assert found.validity.holds(date(2017, 12, 27))
    assert not found.validity.holds(date(2017, 12, 28))


def test_every_kind_has_its_article_and_how_it_was_checked() -> None:
    for version in matters():
        assert is_citation(version.cite)
        assert version.value.basis.startswith(("checked: ", "recalled"))


def test_a_kind_without_a_name_and_one_that_is_there_twice_are_refused() -> None:
    document = fresh("permits")
    document["matters"][0]["words"] = []
    document["matters"][1]["id"] = document["matters"][2]["id"]
    assert set(faults("permits", document)) == {"matters[0].words", "matters.authorisation"}
