"""Errors raised by the law and by every command, independent of the transport (such as gRPC).

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
    """One error in one field of an input: the field, the message and the article that it breaks."""

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
    """The request cannot be carried out.

    Base class of all errors of the law and of the commands. The first line of the docstring of each
    class is its default message.
    """

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
    """The input is not valid; every fault is listed.

    Raised for an input that breaks a rule; `faults` lists the wrong fields.
    """

    reason = "INVALID_INPUT"
    message_zh = "输入不符合要求"


class NotInForce(InvalidInput):
    """No figure is in force on that day; an ended one never stands in.

    Raised when a figure of the law has no version for the day that was asked for.
    """

    reason = "NOT_IN_FORCE"
    message_zh = "该日没有有效的数值；已失效的不得沿用"


class NotFound(LawError):
    """There is no such thing.

    Raised for an id, a code or a name that does not exist.
    """

    reason = "NOT_FOUND"
    message_zh = "未找到"


class AlreadyExists(LawError):
    """It exists already, with other content.

    Raised when an id is used a second time with other content.
    """

    reason = "ALREADY_EXISTS"
    message_zh = "已存在且内容不同"


class NotPermitted(LawError):
    """You may not do this.

    Raised when a person is not allowed to perform an action.
    """

    reason = "NOT_PERMITTED"
    message_zh = "无权办理"


class WrongState(LawError):
    """The present state does not permit this step.

    Raised when, for example, the state of a case or of a term does not allow a step.
    """

    reason = "WRONG_STATE"
    message_zh = "当前状态不允许此操作"
