"""Errors of the law and of every command, without a transport.

The docstring of a class is its default English message; `message_zh` is the same in Chinese.
`reason` does not change, so that programs can test it. Each edge of the platform (gRPC, Temporal,
pages) has one table that translates these errors (D-12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one input: where, what, and by which rule."""

    field: str  # path of the field, e.g. "subject.credit_code"
    message_zh: str
    message_en: str
    row: int | None = None  # 1-based data row, for files
    column: str | None = None  # header of the column, for files
    cite: str | None = None

    def __post_init__(self) -> None:
        _require_both(self.message_zh, self.message_en)


def _require_both(zh: str | None, en: str | None) -> None:
    """Raises ValueError for a message that is missing in Chinese or in English."""
    if not (zh and en):
        raise ValueError(f"a message in Chinese and English, not {zh!r} and {en!r}")


class LawError(Exception):
    """The request cannot be carried out."""

    reason: ClassVar[str] = "LAW_ERROR"
    message_zh: ClassVar[str] = "请求无法办理"

    def __init__(
        self,
        zh: str | None = None,
        en: str | None = None,
        *,
        cite: str | None = None,
        faults: Sequence[Fault] = (),
        **facts: str,
    ) -> None:
        if zh is not None or en is not None:
            _require_both(zh, en)
        self.zh = zh or self.message_zh
        self.en = en or (type(self).__doc__ or "").splitlines()[0]
        self.cite = cite
        self.faults = tuple(faults)
        self.facts = facts  # details for programs, such as case="…", state="closed"
        super().__init__(self.en)


class InvalidInput(LawError):
    """The input is not valid; every fault is listed."""

    reason = "INVALID_INPUT"
    message_zh = "输入不符合要求"


class NotInForce(InvalidInput):
    """No figure is in force on that day; an ended one never stands in."""

    reason = "NOT_IN_FORCE"
    message_zh = "该日没有有效的数值；已失效的不得沿用"


class NotFound(LawError):
    """There is no such thing."""

    reason = "NOT_FOUND"
    message_zh = "未找到"


class AlreadyExists(LawError):
    """It exists already, with other content."""

    reason = "ALREADY_EXISTS"
    message_zh = "已存在且内容不同"


class NotPermitted(LawError):
    """You may not do this."""

    reason = "NOT_PERMITTED"
    message_zh = "无权办理"


class WrongState(LawError):
    """The present state does not permit this step."""

    reason = "WRONG_STATE"
    message_zh = "当前状态不允许此操作"
