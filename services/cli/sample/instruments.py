"""The instruments of the sample register and their verifications, dated from the day of loading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from law.colours.rule import Colour, Mode, latest_valid_until
from law.evidence import Sector
from law.instruments import instrument_type
from law.periods import add_months
from services.cli.sample.subjects import SampleSubject

PER_SUBJECT = 10
CYCLE_WHERE_UNKNOWN = 12  # months; example: true
INSTITUTION = "样例·计量检定院"
SECOND_INSTITUTION = "样例·计量检测所"
LABORATORY = "样例·力学实验室"
_WORK_HOURS = ("09", "10", "11")
# The numbers of an instrument that was last verified in the laboratory, and of one that its bureau
# states to be under no compulsory verification; both are of firms of the cast's bureau.
_IN_LABORATORY, _EXEMPT = 121, 48
# What the plates say, by type; the sample shows it for some.
_PLATES = {
    "FUEL": ("(5~70) L/min", "0.3级"),
    "NAWI-D": ("(0~30) kg", "Ⅲ级"),
    "BP-A": ("(0~300) mmHg", "±3 mmHg"),
    "THERM-E": ("(35~42) ℃", "±0.2 ℃"),
    "EVC-DC": ("(200~750) V", "1级"),
}

SCALES = ("NAWI-A", "NAWI-D", "WTS")  # and weights, which a market keeps beside its scales
TYPES = {
    Sector.FUEL_STATION: ("FUEL",) * 9 + ("PG-P",),
    Sector.MARKET: ("NAWI-D",) * 9 + ("WTS",),
    Sector.RETAIL: ("NAWI-D",) * 10,
    Sector.CATERING: ("NAWI-D",) * 8 + ("NAWI-A",) * 2,
    Sector.MEDICAL: ("BP-A", "ECG", "MULTI-MON", "THERM-E", "XRAY-DR") * 2,
    Sector.OPTICAL: ("LENSM", "REFRACT", "TRIAL", "PHORO", "PD") * 2,
    Sector.TRANSPORT: ("PARK",) * 7 + ("TAXI",) * 3,
    Sector.UTILITY: ("WATER-L",) * 6 + ("WATER-S25",) * 2 + ("GAS-IND",) * 2,
    Sector.CHARGING_STATION: ("EVC-DC",) * 5 + ("EVC-AC",) * 5,
}
# What is out of the ordinary, by the place of an instrument among sixty.
_STANDING = {
    3: "overdue",
    7: "rejected",
    11: "red_tomorrow",
    13: "spare",
    17: "stopped",
    19: "yellow",
    23: "never_verified",
    29: "scrapped",
    31: "yellow_tomorrow",
    37: "repaired",
    41: "green",
    43: "overdue",
    47: "green_tomorrow",
    53: "yellow",
    59: "green",
}
_STATES = {"spare": "备用", "stopped": "停用", "scrapped": "报废"}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SampleVerification:
    """One verification of a sample instrument."""

    result: str
    verified_on: date
    valid_until: date | None


@dataclass(frozen=True)
class SampleInstrument:
    """One sample instrument with its past verifications."""

    owner: SampleSubject
    number: int
    type_code: str
    state: str
    rotate_on: date | None = None
    history: tuple[SampleVerification, ...] = field(default=())

    @property
    def in_laboratory(self) -> bool:
        """True for the instrument that was last verified in the sample's laboratory."""
        return self.number == _IN_LABORATORY

    @property
    def exempt(self) -> bool:
        """True for the instrument that the sandbox states to need no verification."""
        return self.number == _EXEMPT

    @property
    def hours(self) -> tuple[str, ...]:
        """The hours of its last verification, without minutes, such as 2026-03-02T09."""
        day = self.history[-1].verified_on.isoformat()
        return tuple(f"{day}T{hour}" for hour in _WORK_HOURS)

    @property
    def serial_no(self) -> str:
        """The serial number of the instrument."""
        return f"YL{self.number:06d}"

    def row(self) -> dict[str, str]:
        """Returns the row of this instrument in the import file of instruments."""
        plate = _PLATES.get(self.type_code, ("", ""))
        return {
            "使用单位": self.owner.key,
            "器具类型": self.type_code,
            "型号规格": f"样例-{self.type_code}",
            "出厂编号": self.serial_no,
            "单位自编号": f"JL-{self.number % PER_SUBJECT + 1:02d}",
            "测量范围": plate[0],
            "准确度等级": plate[1],
            "生产厂家": "样例·仪器厂",
            "使用地点": f"{self.number % PER_SUBJECT + 1}号位",
            "状态": self.state,
            "轮换日期": _iso(self.rotate_on),
        }

    def verification_rows(self) -> Iterator[dict[str, str]]:
        """Yields the rows of this instrument in the import file of verifications."""
        for n, verification in enumerate(self.history, 1):
            inside = self.in_laboratory and n == len(self.history)
            yield {
                "使用单位": self.owner.key,
                "器具类型": self.type_code,
                "出厂编号": self.serial_no,
                "检定结果": verification.result,
                "检定日期": verification.verified_on.isoformat(),
                "有效期至": _iso(verification.valid_until),
                "检定机构": INSTITUTION,
                "证书编号": f"YL-{self.number:06d}-{n}",
                "检定依据": instrument_type(self.type_code).jjg or "",
                "实验室": LABORATORY if inside else "",
                "检定开始时间": f"{self.hours[0]}:00" if inside else "",
                "检定结束时间": f"{self.hours[-1]}:30" if inside else "",
            }


def instruments(owners: Sequence[SampleSubject], today: date) -> tuple[SampleInstrument, ...]:
    """Returns every sample instrument of the owners, with verifications as of the day `today`."""
    return tuple(
        _instrument(owner, place * PER_SUBJECT + n, type_code, today)
        for place, owner in enumerate(owners)
        for n, type_code in enumerate(TYPES[owner.sector])
    )


def _instrument(owner: SampleSubject, number: int, code: str, today: date) -> SampleInstrument:
    standing = _STANDING.get(number % 60, "valid")
    state = _STATES.get(standing, "在用")
    if instrument_type(code).mode is not Mode.PERIODIC:
        return _first_only(owner, number, code, state, today)
    history = (
        () if standing in ("never_verified", "spare") else _history(standing, number, code, today)
    )
    return SampleInstrument(owner, number, code, state, history=history)


def _first_only(
    owner: SampleSubject, number: int, code: str, state: str, today: date
) -> SampleInstrument:
    """Verified once, when new; replaced when its time is over."""
    installed = today - timedelta(days=200 + number)
    rotate_on = add_months(installed, _cycle(code))
    first = SampleVerification("合格", installed, None)
    return SampleInstrument(owner, number, code, state, rotate_on, (first,))


def _history(standing: str, number: int, code: str, today: date) -> tuple[SampleVerification, ...]:
    if standing in ("rejected", "repaired"):
        earlier = _pass(today + timedelta(days=5), code)
        rejected = SampleVerification("不合格", today - timedelta(days=10), None)
        repaired = SampleVerification("修理", today - timedelta(days=3), None)
        return (earlier, rejected, repaired) if standing == "repaired" else (earlier, rejected)
    last = _pass(_valid_until(standing, number, code, today), code)
    before = _pass(last.verified_on + timedelta(days=6), code)
    return (before, last)


def _valid_until(standing: str, number: int, code: str, today: date) -> date:
    days = {"overdue": -5 - number % 60, "yellow": 4 + number % 20, "green": 40 + number % 15}
    if standing in days:
        return today + timedelta(days=days[standing])
    tomorrow = today + _DAY
    turns = {
        "red_tomorrow": Colour.RED,
        "yellow_tomorrow": Colour.YELLOW,
        "green_tomorrow": Colour.GREEN,
    }
    if standing in turns:
        return latest_valid_until(turns[standing], tomorrow)
    spread = _cycle(code) * 30 - 85
    return today + timedelta(days=75 + number * 37 % spread)


def _pass(valid_until: date, code: str) -> SampleVerification:
    return SampleVerification("合格", add_months(valid_until, -_cycle(code)) + _DAY, valid_until)


def _cycle(code: str) -> int:
    return instrument_type(code).cycle_months or CYCLE_WHERE_UNKNOWN


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
