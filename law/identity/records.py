"""The identity of credit records: subject, kind, number of the document, and days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from law.identity.folding import folded, is_no_number
from law.identity.verdict import Verdict

Key = tuple[Any, ...]
# 测罚〔2026〕02号 and 测罚〔2026〕第2号 are 测罚(2026)2.
_DOCUMENT = re.compile(r"(.*\(\d{4}\))第?0*(\d+)号?")


def document_key(number: str) -> str:
    """Returns the number of a document so that all writings of it are the same.

    In a number with the year in brackets, the zeros before the last number, 第 and 号 are left out.
    Other numbers are only folded: their zeros may tell two documents apart. The result is empty for
    what says that there is no number, such as 无.
    """
    plain = folded(number)
    if found := _DOCUMENT.fullmatch(plain):
        return found[1] + found[2]
    return "" if is_no_number(plain) else plain


def record_key(row: Mapping[str, Any]) -> Key:
    """Returns what a record of a subject is known by: its kind, its document and the day of it.

    A record whose document has no number is known by what it tells: its days and its summary.
    """
    known = row["kind"], document_key(row["source_ref"]), row["determined_on"]
    if known[1]:
        return known
    return *known, row["occurred_on"], folded(row.get("summary") or "")


def compare_records(one: Mapping[str, Any], other: Mapping[str, Any]) -> Verdict:
    """Compares two records by `subject_id`, kind, document, days and summary.

    Of one subject, kind and days, another document is PERHAPS the same fact, told twice.
    """
    if one["subject_id"] != other["subject_id"]:
        return Verdict.DIFFERENT
    if record_key(one) == record_key(other):
        return Verdict.SAME
    days = ("kind", "occurred_on", "determined_on")
    alike = all(one[name] == other[name] for name in days)
    return Verdict.PERHAPS if alike else Verdict.DIFFERENT
