"""The identity of subjects: the credit code, else the bureau, the name and the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from law.errors import InvalidInput
from law.identifiers import check_credit_code
from law.identity.folding import folded, letters
from law.identity.verdict import Verdict

Row = Mapping[str, Any]
BLANK = "空白"  # what stands for a name that was left blank
# Names that evidently stand for nobody; a file may have more of its own.
EVIDENT_PLACEHOLDERS = (
    "不详", "未知", "无", "未填写", "空白", "暂无", "待补", "其他", "个人", "用户", "使用单位",
    "na", "none", "null", "unknown", "n/a", "owner", "test", "测试",
)  # fmt: skip


def code_key(written: str, *, digit: bool = True) -> str:
    """Returns the normal form of a credit code; empty for what is none.

    With `digit=False` its check digit may disagree: some registers issued such codes.
    """
    try:
        return check_credit_code(written, digit=digit)
    except InvalidInput:
        return ""


def placeholders(further: Iterable[str] = ()) -> dict[str, str]:
    """Returns the names that stand for nobody, by their letters; a blank name is one too."""
    found = {letters(name): name.strip() for name in (*EVIDENT_PLACEHOLDERS, *further)}
    return found | {"": BLANK}


_EVIDENT = frozenset(placeholders())


def is_placeholder(name: str) -> bool:
    """Returns whether a name evidently stands for nobody, such as 不详."""
    return letters(name) in _EVIDENT


def subject_key(row: Row) -> tuple[str, ...]:
    """Returns what a subject is known by.

    The credit code; else its number in the bureau's own system; else its name and address in the
    bureau.
    """
    if code := row.get("credit_code"):
        return ("code", code)
    if ref := row.get("external_ref"):
        return ("ref", row["bureau"], ref)
    return ("name", row["bureau"], folded(row["name"]), letters(row.get("address") or ""))


def may_be_one_address(one: str, other: str) -> bool:
    """Returns whether two addresses may be one: one of them is not known, or ends with the other.

    The division at the beginning is often left out.
    """
    left, right = letters(one), letters(other)
    return left.endswith(right) or right.endswith(left)


def compare_subjects(one: Row, other: Row) -> Verdict:
    """Compares two subjects by credit code, bureau, name, own number and address.

    Two codes are two legal persons, whatever their names. Namesakes without a code are one in one
    bureau, unless their numbers or addresses differ. All other namesakes are PERHAPS one, and so
    are those whose name is a placeholder.
    """
    codes = one.get("credit_code") or "", other.get("credit_code") or ""
    if all(codes):
        return Verdict.SAME if codes[0] == codes[1] else Verdict.DIFFERENT
    if folded(one["name"]) != folded(other["name"]):
        return Verdict.DIFFERENT
    of_one_bureau = one["bureau"] == other["bureau"] and not any(codes)
    known = of_one_bureau and not is_placeholder(one["name"]) and _no_other(one, other)
    return Verdict.SAME if known else Verdict.PERHAPS


def _no_other(one: Row, other: Row) -> bool:
    """Whether neither the numbers nor the addresses of two namesakes tell them apart."""
    refs = {row.get("external_ref") or "" for row in (one, other)} - {""}
    addresses = [row.get("address") or "" for row in (one, other)]
    return len(refs) < 2 and may_be_one_address(*addresses)
