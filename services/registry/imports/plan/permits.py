"""Plans the import of permits of metrology in the columns of the national publication (双公示)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlmodel import col

from law.identity import document_key, folded
from law.permits import matter_of
from services.registry.imports.plan.instruments_and_records import note_writing
from services.registry.imports.plan.owners import Owners
from services.registry.imports.plan.plan import (
    Context,
    Keys,
    Kind,
    Plan,
    RegisterRow,
    fetch,
    present_rows,
)
from services.registry.imports.rows.days import NO_END
from services.registry.imports.rows.permit_cells import SaidState
from services.registry.imports.rows.reader import Item
from services.registry.tables import Permit

PERMITS = present_rows(Permit)
_NAMES = ("document_name", "certificate_name", "content", "category")
_COPIED = (
    *("document_name", "category", "certificate_name", "permit_no", "content", "decided_on"),
    *("valid_from", "authority", "authority_code", "provided_by"),
)
# What remarks say of a permit that is not simply in force; some files have no other column.
_REMARKED = {
    SaidState.REVOKED: re.compile("撤销|撤回|吊销"),
    SaidState.CANCELLED: re.compile("注销|停止公示"),
    SaidState.DISPUTED: re.compile("异议|复议|诉讼|起诉"),
}
_SAID = {
    SaidState.REVOKED: ("已撤销", "revoked"),
    SaidState.CANCELLED: ("已注销或者失效", "cancelled"),
    SaidState.DISPUTED: ("有异议", "disputed"),
    SaidState.OTHER: ("状态为其他", "in another state"),
}


async def plan_permits(context: Context) -> Plan:
    """Plans the import of published permits.

    A permit is identified by its subject, its authority and the number of its decision, in whatever
    writing. One that is on file is changed to what the file says. What is said to be revoked,
    cancelled or disputed, and what was found by the name of its subject only, changes nothing: its
    row has a fault, so that a person looks at it.
    """
    plan = Plan()
    keys = Keys(context, plan)
    owners = await Owners.of(context, plan, context.all_named("owner"))
    owned = [(item, _owner_of(context, item, owners)) async for item in context.each()]
    subjects = {owner["subject_id"] for _, owner in owned if owner}
    on_file = await fetch(context.session, PERMITS, col(Permit.subject_id), subjects)
    known = _OnFile(on_file, (item.values for item, _ in owned))
    for item, owner in owned:
        if owner is None:
            continue
        content = _content(context, item)
        if content is None:
            continue
        subject_id, number = owner["subject_id"], document_key(content["document_no"])
        key = (subject_id, number, known.authority_of(content))
        # One row of a file may have the code of the authority, and another not.
        compared = {name: value for name, value in content.items() if name != "authority_code"}
        if not keys.first(key, item.row, compared):
            continue
        present = known.find(*key)
        if _is_ended(item, present):
            plan.unchanged.add(item.row)
        elif _is_in_force(context, item, present):
            _plan(context, plan, item, content | {"subject_id": subject_id}, present)
    return plan


class _OnFile:
    """The permits of the subjects of a file, and the codes of the authorities that it names."""

    def __init__(self, rows: Collection[RegisterRow], items: Iterable[Mapping[str, Any]]) -> None:
        codes: dict[str, set[str]] = defaultdict(set)
        for values in (*rows, *items):
            if code := values.get("authority_code"):
                codes[folded(values.get("authority", ""))].add(code)
        self._codes = {name: found.pop() for name, found in codes.items() if len(found) == 1}
        self._permits = {
            (row["subject_id"], row["number_key"], self.authority_of(row)): row for row in rows
        }

    def authority_of(self, values: Mapping[str, Any]) -> str:
        """Returns the code of an authority; of one without a code that of its name, or the name."""
        name = folded(values.get("authority", ""))
        return values.get("authority_code") or self._codes.get(name, name)

    def find(self, subject_id: str, number: str, authority: str) -> RegisterRow | None:
        """Returns the permit on file; None if there is none."""
        return self._permits.get((subject_id, number, authority))


def _owner_of(context: Context, item: Item, owners: Owners) -> RegisterRow | None:
    """The subject that a row names by its code. One found by name only is a fault for a person."""
    code = item.values.get("credit_code")
    if code and owners.knows(code):
        return owners.owner_of(item)
    named = owners.find(item.row, item.values["owner"])
    if named is not None:
        zh = f"没有代码或者代码未登记，只按名称找到“{named['name']}”：核对后请补入代码再导入"
        en = f"only the name is that of {named['name']}: look at it, and add the code"
        field, value = ("credit_code", code) if code else ("owner", item.values["owner"])
        context.fault(item.row, field, value, "BY_NAME", zh, en)
    return None


def _content(context: Context, item: Item) -> dict[str, Any] | None:
    """The content of the permit that a row tells of; None, with a fault, if it tells of none."""
    values = item.values
    number = values.get("document_no") or values.get("permit_no", "")
    if not document_key(number):
        zh, en = "须有行政许可决定文书号，或者许可编号", "a permit has a number"
        context.fault(item.row, "document_no", number, "NO_NUMBER", zh, en)
        return None
    matter = matter_of(*(values.get(name, "") for name in _NAMES))
    if matter is None:
        zh, en = "不是计量行政许可", "no permit of metrology"
        context.fault(item.row, "document_name", values["document_name"], "OTHER_PERMIT", zh, en)
        return None
    if not matter.validity.holds(values["decided_on"]):
        zh = f"作出决定时法律已无“{matter.value.zh}”这项许可，请核对"
        en = f"on that day the law had no {matter.value.en}"
        context.fault(item.row, "decided_on", values["decided_on"], "NOT_IN_LAW", zh, en)
        return None
    content = {name: values[name] for name in _COPIED if name in values}
    content |= {"document_no": number, "matter": matter.value.id}
    if end := values.get("valid_until"):
        is_open = end >= NO_END
        content |= {"valid_until": None if is_open else end, "open_ended": is_open}
    return content


def _said_state(item: Item) -> tuple[SaidState, str]:
    """The state in which a row says that the permit is, and the field that says so."""
    said: SaidState = item.values.get("published_state", SaidState.NORMAL)
    if said is not SaidState.NORMAL:
        return said, "published_state"
    remarks = item.values.get("remarks", "")
    found = (state for state, words in _REMARKED.items() if words.search(remarks))
    return next(found, SaidState.NORMAL), "remarks"


def _is_ended(item: Item, present: RegisterRow | None) -> bool:
    """Whether a person has said already what the row says: that the permit has ended."""
    told = _said_state(item)[0] in (SaidState.REVOKED, SaidState.CANCELLED)
    return told and present is not None and bool(present["ended"])


def _is_in_force(context: Context, item: Item, present: RegisterRow | None) -> bool:
    """Whether a permit is simply in force; if not, adds a fault, and nothing is changed.

    A file does not bring back to life what a person has ended.
    """
    said, told_by = _said_state(item)
    if said is SaidState.NORMAL and present is not None and present["ended"]:
        zh = f"该许可已于 {present['ended_on']} 登记为终止：未改动，由办案人员核对"
        en = f"the permit ended on {present['ended_on']}, as a person said: not changed"
        context.fault(item.row, "document_no", present["document_no"], "ENDED", zh, en)
        return False
    if said is SaidState.NORMAL:
        return True
    zh, en = _SAID[said]
    kept = ("登记内容未改动", "the one on file stays") if present else ("未录入", "not entered")
    zh, en = (
        f"此许可{zh}：{kept[0]}，由办案人员核对决定书后办理",
        f"the permit is {en}: {kept[1]}, a caseworker looks at the decision",
    )
    context.fault(item.row, told_by, item.values[told_by], "NOT_IN_FORCE", zh, en)
    return False


def _plan(
    context: Context,
    plan: Plan,
    item: Item,
    content: Mapping[str, Any],
    present: RegisterRow | None,
) -> None:
    if present is None:
        entered = {"entered_on": context.change.today, "entered_by": context.caller.account_id}
        plan.make(Kind.PERMIT, item.row, {**content, **entered})
        return
    if "document_no" in item.values:
        note_writing(context, item, "document_no", present)
    different = {name: value for name, value in content.items() if not _same(value, present[name])}
    different.pop("document_no", None)
    plan.alter(Kind.PERMIT, item.row, present["permit_id"], different, present)


def _same(value: Any, on_file: Any) -> bool:
    """Whether a value is what is on file, in whatever writing."""
    if isinstance(value, str):
        return folded(value) == folded(on_file or "")
    return bool(value == on_file)
