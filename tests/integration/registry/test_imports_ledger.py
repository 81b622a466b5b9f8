"""A ledger of 3,000 rows with 300 planted faults of 30 kinds: each is named, none is silent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from uuid import uuid4

from plumbing.identity import Role
from tests.integration.registry.import_files import faults, table, upload
from tests.integration.registry.running_registry import DISTRICT, RunningRegistry

ROWS, OF_EACH = 3000, 10
ROWS_LISTED = re.compile(r"(?<=[第、])\d+(?=[、… ])")
HEAD = (
    *("使用单位", "计量器具名称", "出厂编号", "型号规格", "检定结果", "检定日期", "有效期至"),
    *("检定机构", "证书编号", "行业领域"),
)
OWNER, TYPE, SERIAL, MODEL, RESULT, DAY, UNTIL, INSTITUTION, NUMBER, SECTOR = range(len(HEAD))
Line = list[str]
Rows = list[Line]


def good(mark: str, n: int) -> Line:
    """A row without any fault."""
    owner = f"样例商户{n % 100}号{mark}"
    days = "2026-05-01", "2027-04-30"
    number = f"样检字第{mark}{n}"
    return [owner, "电子计价秤", f"S{n}{mark}", "ACS-30", "合格", *days, "样例院", number, "超市"]


def changed(column: int, value: str) -> Callable[[str, int], Rows]:
    """A planted row: a good one with another cell."""

    def planted(mark: str, n: int) -> Rows:
        row = good(mark, n)
        row[column] = value
        return [row]

    return planted


def pair(*columns: tuple[int, str]) -> Callable[[str, int], Rows]:
    """Two planted rows: a good one, and the same with other cells."""

    def planted(mark: str, n: int) -> Rows:
        first, second = good(mark, n), good(mark, n)
        for column, value in columns:
            second[column] = value
        return [first, second]

    return planted


def of_new_owner(name: str) -> Callable[[str, int], Rows]:
    """Two planted rows whose owners have nearly one name."""

    def planted(mark: str, n: int) -> Rows:
        first, second = good(mark, n), good(mark, n + 100_000)
        first[OWNER] = f"样例（近名{n}）有限公司{mark}"
        second[OWNER] = name.format(n=n) + mark
        return [first, second]

    return planted


def same_serial(mark: str, n: int) -> Rows:
    first, second = good(mark, n), good(mark, n + 100_000)
    second[SERIAL] = first[SERIAL]
    second[OWNER] = f"样例商户{(n + 1) % 100}号{mark}"
    return [first, second]


def other_instrument(mark: str, n: int) -> Rows:
    first, second = good(mark, n), good(mark, n)
    second[SERIAL] += "X"
    return [first, second]


def one_day(mark: str, n: int) -> Rows:
    first, second = good(mark, n), good(mark, n)
    first[NUMBER] = second[NUMBER] = ""
    second[RESULT], second[UNTIL] = "不合格", ""
    return [first, second]


def rejected(mark: str, n: int) -> Rows:
    row = good(mark, n)
    row[RESULT], row[UNTIL] = "不合格", ""
    return [row]


def rejected_until(mark: str, n: int) -> Rows:
    row = good(mark, n)
    row[RESULT] = "不合格"
    return [row]


def short(mark: str, n: int) -> Rows:
    return [good(mark, n)[:-1]]


def long(mark: str, n: int) -> Rows:
    return [[*good(mark, n), "多"]]


# Each kind with its reason and what plants it.
KINDS: dict[str, tuple[str, Callable[[str, int], Rows]]] = {
    "no serial number": ("MISSING", changed(SERIAL, "")),
    "no result": ("MISSING", changed(RESULT, "")),
    "no day": ("MISSING", changed(DAY, "")),
    "no institution": ("MISSING", changed(INSTITUTION, "")),
    "no type": ("MISSING", changed(TYPE, "")),
    "year of two digits": ("NOT_A_DATE", changed(DAY, "26.3.8")),
    "two days in a cell": ("NOT_A_DATE", changed(UNTIL, "2026-03-08至2027-03-07")),
    "only a month": ("NOT_A_DATE", changed(DAY, "2026年3月")),
    "no such day": ("NO_SUCH_DATE", changed(DAY, "2026-02-30")),
    "a day to come": ("CONTRADICTION", changed(DAY, "2030-01-01")),
    "valid before verified": ("CONTRADICTION", changed(UNTIL, "2026-04-30")),
    "pass without last day": ("CONTRADICTION", changed(UNTIL, "长期")),
    "rejected and valid": ("CONTRADICTION", rejected_until),
    "no known result": ("NOT_A_CHOICE", changed(RESULT, "良好")),
    "a doubtful result": ("DOUBTFUL", changed(RESULT, "降级使用")),
    "no known sector": ("NOT_A_CHOICE", changed(SECTOR, "火星")),
    "a scientific number": ("SCIENTIFIC", changed(SERIAL, "1.23457E+11")),
    "a control character": ("BAD_CHARACTER", changed(OWNER, "样例\x07店")),
    "a name too long": ("TOO_LONG", changed(OWNER, "长" * 301)),
    "an unknown type": ("UNKNOWN_TYPE", changed(TYPE, "随便写的器具")),
    "a cell too few": ("RAGGED_ROW", short),
    "a cell too many": ("RAGGED_ROW", long),
    "one certificate, two contents": ("DUPLICATE", pair((UNTIL, "2027-03-30"))),
    "a certificate of another": ("CERTIFICATE_OF_ANOTHER", other_instrument),
    "valid for ten years": ("BEYOND_CYCLE", changed(UNTIL, "2036-04-30")),
    "two results of one day": ("RESULTS_OF_ONE_DAY", one_day),
    "no number on it": ("NO_SERIAL_NUMBER", changed(SERIAL, "无")),
    "a serial number twice": ("REPEATED_SERIAL", same_serial),
    "nothing but a rejection": ("REJECTED_ALONE", rejected),
    "nearly one name": ("POSSIBLE_DUPLICATE_OWNER", of_new_owner("样例近名{n}有限公司")),
}


def ledger(mark: str) -> Iterator[tuple[str, Rows]]:
    """The lines of the ledger in order: a kind of fault, empty for a good row, and its rows."""
    number = 0
    for of_kind in range(OF_EACH):
        for kind, (_, plant) in KINDS.items():
            number += 1
            yield kind, plant(mark, number)
        for _ in range((ROWS // OF_EACH) - len(KINDS) - 6):
            number += 1
            yield "", [good(mark, number)]
        yield "a total", [["合计", str(of_kind), *[""] * (len(HEAD) - 2)]]


async def test_every_planted_fault_is_named_and_nothing_else(registry: RunningRegistry) -> None:
    await registry.bureau()
    mark, rows = uuid4().hex[:6], [[*HEAD]]
    planted: dict[str, list[list[int]]] = defaultdict(list)
    for kind, lines in ledger(mark):
        planted[kind].append([*range(len(rows) + 1, len(rows) + 1 + len(lines))])
        rows += lines
    assert len(rows) >= ROWS
    assert {kind: len(places) for kind, places in planted.items() if kind} == dict.fromkeys(
        [*KINDS, "a total"], OF_EACH
    )
    client = registry.client(Role.CASEWORKER)
    batch = await upload(
        client, "verifications", table(*rows), bureau=DISTRICT, file_missing=True, mode="check"
    )
    assert batch.left_out == OF_EACH
    told: dict[int, set[str]] = defaultdict(set)
    errors = await faults(client, batch)
    everything = [*errors, *await faults(client, batch, warnings=True)]
    for one in everything:
        told[one.row].add(one.reason)
        for row in map(int, ROWS_LISTED.findall(one.message_zh)):  # one hint for several rows
            told[row].add(one.reason)
    for kind, (reason, _) in KINDS.items():
        assert all(any(reason in told[row] for row in group) for group in planted[kind]), kind
    assert all("FOOTER" in told[row] for [row] in planted["a total"])
    good_rows = {row for [row] in planted[""]}
    assert good_rows.isdisjoint(one.row for one in errors)
    bad = {one.row for one in errors}
    assert batch.rejected == len(bad)
    assert (batch.rows, batch.changed) == (len(rows) - 1 - OF_EACH, batch.rows - len(bad))
