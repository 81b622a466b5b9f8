"""Reads the cells of the national publication of permits (双公示) and what its codes mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from law.identity import folded
from services.registry.imports.rows import cells, labels
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.penalty_cells import PASSED_OVER_IN_BOTH

# The fields that tell what is permitted.
NAMES = ("document_name", "certificate_name", "content", "category")
# What stands in the name of the decision of a row that was turned away before it was stored.
OTHER_PERMIT = "（非计量许可，未保存）"
NO_NAME = "（未写明许可事项，未保存）"
_CATEGORIES = ("普通", "特许", "认可", "核准", "登记", "其他")
# Columns of the publication that the register does not read, as headings are compared. Those of
# persons are not even stored (`published_file`).
PASSED_OVER = PASSED_OVER_IN_BOTH | frozenset({
    *("xk_xdr_gszc", "xk_xdr_zzjg", "xk_xdr_swdj", "xk_xdr_sydw", "xk_xdr_shzz", "xk_frdb"),
    *("xk_fr_zjlx", "xk_fr_zjhm", "xk_xdr_zjlx", "xk_xdr_zjhm", "xk_lydwdm"),
    # The edition of 2015.
    *("xk_fr", "xk_xdr_zdm", "xk_xdr_gsdj", "xk_xdr_sfz", "dfbm", "sjc"),
})  # fmt: skip


class SaidState(StrEnum):
    """The state in which a file says that a permit is (XK_ZT, 当前状态)."""

    NORMAL = "normal"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"
    OTHER = "other_state"


_STATES: Mapping[SaidState, Sequence[str]] = {
    SaidState.NORMAL: ("正常", "0", "有效"),
    SaidState.REVOKED: ("撤销", "已撤销", "撤回", "已撤回", "吊销", "已吊销"),
    SaidState.CANCELLED: ("注销", "已注销", "无效", "失效", "已失效"),
    SaidState.DISPUTED: ("异议", "2", "有异议", "异议中"),
    SaidState.OTHER: ("其他（备注说明）", "3", "其他"),
}
_said_state = cells.Choice(labels.Labels(_STATES))


def said_state(cell: str) -> StrEnum:
    """Reads the state of a permit by its word, or by 0, 2 or 3.

    Raises BadCell for 1: it is 撤销 in the edition of 2015, and 有效 in files of later years.
    """
    if folded(cell) == "1":
        zh = "“1”在不同版本中指“撤销”或者“有效”，请写明文字，或者导入时指明此值的含义"
        en = "1 means 撤销 in one edition and 有效 in another: write the word"
        raise BadCell("DOUBTFUL", zh, en)
    return _said_state(cell)


def category(cell: str) -> str:
    """Reads the kind of permit (许可类别): 普通, 特许, 认可, 核准, 登记, or 其他 with what it is.

    Raises BadCell for another word, and for 其他 alone.
    """
    word = folded(cell)
    if word == "其他":
        zh, en = "“其他”须注明具体类别，如“其他-备案”", "其他 has to say which, such as 其他-备案"
        raise BadCell("INCOMPLETE", zh, en)
    if not word.startswith(_CATEGORIES):
        listed = "、".join(_CATEGORIES)
        zh, en = f"应为以下之一：{listed}", f"must be one of: {listed}"
        raise BadCell("NOT_A_CHOICE", zh, en)
    return cells.text(cell)
