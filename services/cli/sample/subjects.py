"""The bureaus and subjects of the sample register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from law.evidence import Sector
from law.identifiers import credit_code_check_digit

# The bureau that a sandbox with the sample says it is run by.
CITY_NAME = "样例·杭州市市场监督管理局"
CITY_NAME_EN = "Sample: Hangzhou Administration for Market Regulation"

# Code, name, division. A bureau is not a division: 景区分局 has none.
BUREAUS = (
    ("330100", CITY_NAME, "330100"),
    ("330102", "样例·上城区市场监督管理局", "330102"),
    ("330106", "样例·西湖区市场监督管理局", "330106"),
    ("330110", "样例·余杭区市场监督管理局", "330110"),
    ("330100-JQ", "样例·景区分局", ""),
    ("120000", "样例·天津市市场监督管理委员会", "120000"),
    ("120101", "样例·和平区市场监督管理局", "120101"),
    ("120104", "样例·南开区市场监督管理局", "120104"),
    ("120116", "样例·滨海新区市场监督管理局", "120116"),
    ("331000", "样例·台州市市场监督管理局", "331000"),
    ("331002", "样例·椒江区市场监督管理局", "331002"),
    ("331081", "样例·温岭市市场监督管理局", "331081"),
)

SECTOR_NAMES = {
    Sector.FUEL_STATION: "加油站",
    Sector.MARKET: "农贸市场",
    Sector.RETAIL: "超市",
    Sector.CATERING: "餐饮店",
    Sector.MEDICAL: "医院",
    Sector.OPTICAL: "眼镜店",
    Sector.TRANSPORT: "停车场",
    Sector.UTILITY: "供水公司",
    Sector.CHARGING_STATION: "充电站",
}

# District bureaus of each city, and the sectors of its subjects in turn.
_CITIES = (
    ("HZ", ("330102", "330106", "330110", "330100-JQ"), tuple(SECTOR_NAMES), 28),
    (
        "TJ",
        ("120101", "120104", "120116"),
        (Sector.FUEL_STATION, Sector.OPTICAL, Sector.FUEL_STATION, Sector.MARKET),
        16,
    ),
    ("TZ", ("331002", "331081"), tuple(SECTOR_NAMES), 16),
)
# A stall may have no credit code; a village co-operative's begins with N.
_WITHOUT_CODE = frozenset({"HZ-20"})
_CO_OPERATIVES = frozenset({"HZ-02", "TZ-02"})


@dataclass(frozen=True)
class SampleSubject:
    """One subject of the sample register."""

    ref: str
    name: str
    credit_code: str
    bureau: str
    sector: Sector

    @property
    def key(self) -> str:
        """The credit code of the subject, or its number if it has no credit code.

        The other import files refer to the subject by this key.
        """
        return self.credit_code or self.ref

    def row(self) -> dict[str, str]:
        """Returns the row of this subject in the import file of subjects."""
        return {
            "主体编号": self.ref,
            "主体类型": "法人和非法人组织" if self.credit_code else "个体工商户",
            "名称": self.name,
            "统一社会信用代码": self.credit_code,
            "监管机关代码": self.bureau,
            "行业领域": self.sector.value,
            "负责人": f"样例负责人{self.ref}",
            "地址": f"样例路{int(self.ref[3:])}号",
            "电子邮箱": f"{self.ref.lower()}@subjects.example",
        }


def subjects() -> tuple[SampleSubject, ...]:
    """Returns every subject of the sample register, in a fixed order."""
    return tuple(_subjects())


def bureau_rows() -> Iterator[dict[str, str]]:
    """Yields the rows of the import file of bureaus."""
    for code, name, division in BUREAUS:
        yield {
            "机关代码": code,
            "机关名称": name,
            "行政区划代码": division,
            "受理部门": "计量科",
            "电话": "000-00000000",
            "电子邮箱": f"objections-{code.lower()}@bureaus.example",
        }


def _subjects() -> Iterator[SampleSubject]:
    for city, bureaus, sectors, count in _CITIES:
        for n in range(1, count + 1):
            ref, sector = f"{city}-{n:02d}", sectors[(n - 1) % len(sectors)]
            bureau = bureaus[(n - 1) % len(bureaus)]
            name = f"样例·{SECTOR_NAMES[sector]}{ref}"
            yield SampleSubject(ref, name, _credit_code(ref, bureau, n), bureau, sector)


def _credit_code(ref: str, bureau: str, n: int) -> str:
    if ref in _WITHOUT_CODE:
        return ""
    department = "N2" if ref in _CO_OPERATIVES else "91"
    first17 = f"{department}{bureau[:6]}MA0{ref[:1]}{'ABCDEFGHJK'[n % 10]}{n:04d}"
    return first17 + credit_code_check_digit(first17)
