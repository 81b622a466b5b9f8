"""Reads the cells of the national publication of penalties (双公示) and what its codes mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from law.evidence import Severity
from law.identity import folded
from services.registry.imports.rows import cells, labels
from services.registry.imports.rows.bad_cell import BadCell

# What stands in the basis of a row that was turned away before anything of it was stored.
NATURAL_PERSON = "（自然人，未保存）"
UNKNOWN_PARTY = "（未写明是单位还是自然人，未保存）"
OTHER_LAW = "（非计量法律"  # the titles follow
NO_BASIS = "（未写明处罚依据，未保存）"
# Columns of the publication that the register does not read, as headings are compared. Those of
# persons are not even stored (`published_file`). First those that permits have too.
PASSED_OVER_IN_BOTH = frozenset({
    *(f"行政相对人代码_{n}({name})" for n, name in enumerate(
        ("工商注册号", "组织机构代码", "税务登记号", "事业单位证书号", "社会组织登记证号"), 2)),
    *("法定代表人", "法定代表人证件类型", "法定代表人证件号码", "法定代表人身份证号"),
    *("证件类型", "证件号码", "数据来源单位统一社会信用代码"),
})  # fmt: skip
PASSED_OVER = PASSED_OVER_IN_BOTH | {"处罚有效期", "处罚机关统一社会信用代码"}


class PublishedState(StrEnum):
    """The state of a published penalty (CF_ZT)."""

    NORMAL = "normal"
    REVOKED = "revoked"
    DISPUTED = "disputed"
    OTHER = "other_state"


_STATES: Mapping[PublishedState, Sequence[str]] = {
    PublishedState.NORMAL: ("正常", "0", "有效"),
    PublishedState.REVOKED: ("撤销", "1", "已撤销"),
    PublishedState.DISPUTED: ("异议", "2", "有异议", "异议中"),
    PublishedState.OTHER: ("其他（备注说明）", "3", "其他"),
}
published_state = cells.Choice(labels.Labels(_STATES))
# 失信严重程度 (CF_SXYZCD). 2, 较重, lies between two of the register's: a person decides.
_SEVERITIES = {
    **dict.fromkeys(("0", "未定"), None),
    **dict.fromkeys(("1", "一般", "general"), Severity.GENERAL),
    **dict.fromkeys(("3", "严重", "serious"), Severity.SERIOUS),
}
_BETWEEN = frozenset({"2", "较重"})
_NO_CODE = re.compile("0{8,18}X?")
_AMOUNT = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(?:万元?)?")
YUAN = 10_000  # amounts are published in 万元


def is_no_code(cell: str) -> bool:
    """Returns whether a cell has zeros, as exports have where there is no code."""
    return bool(_NO_CODE.fullmatch(cell.strip()))


def published_code(cell: str) -> str | None:
    """Reads a credit code; None for what stands for none, such as zeros. Raises BadCell."""
    if is_no_code(cell):
        return None
    return cells.owner_code(cell)


def published_severity(cell: str) -> Severity | None:
    """Reads the degree of 失信; None for 未定. Raises BadCell for 较重 and for unknown words."""
    word = folded(cell)
    if word in _BETWEEN:
        zh, en = "“较重”介于一般和严重之间，请按决定书填写一般或者严重", "lies between two degrees"
        raise BadCell("DOUBTFUL", zh, en)
    if word not in _SEVERITIES:
        zh, en = "应为未定、一般、较重或者严重，或其代码 0–3", "must be 0, 1, 2 or 3"
        raise BadCell("NOT_A_CHOICE", zh, en)
    return _SEVERITIES[word]


def amount(cell: str) -> str | None:
    """Reads an amount in 万元, with at most six decimals, as yuan; None for nothing or zero.

    Raises BadCell for what is no such amount.
    """
    plain = unicodedata.normalize("NFKC", cell).replace(",", "").replace(" ", "")
    if plain in ("/", "-", "无"):
        return None
    found = _AMOUNT.fullmatch(plain)
    if not found:
        zh, en = "应为以万元计的数，如 0.1", "must be a number of 10,000 yuan, such as 0.1"
        raise BadCell("NOT_AN_AMOUNT", zh, en)
    yuan = Decimal(found[1]) * YUAN
    return f"{yuan.normalize():f}" if yuan else None
