"""Plans the import of permits of metrology in the columns of the national publication (双公示)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from services.registry.imports.rows.permit_cells import NAMES, SaidState
from services.registry.imports.rows.reader import Item
from services.registry.permits.authorities import Authorities
from services.registry.tables import Permit

_Key = tuple[str, str, str]  # subject, number and authority
PERMITS = present_rows(Permit)
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
    writing. One that is on file is changed to what the file says. What is said to be revoked or
    cancelled, and what was found by the name of its subject only, changes nothing: its row has a
    fault, so that a person looks at it. What nobody can settle is a hint: one that is not on file
    and not in force, and one whose dispute goes on.
    """
    plan = Plan()
    keys = Keys(context, plan)
    owners = await Owners.of(context, plan, context.all_named("owner"))
    owned = [(item, _owner_of(context, item, owners)) async for item in context.each()]
    subjects = {owner["subject_id"] for _, owner in owned if owner}
    on_file = await fetch(context.session, PERMITS, col(Permit.subject_id), subjects)
    known = _OnFile(on_file, (item.values for item, _ in owned))
    read = [(item, _content(context, item, owner)) for item, owner in owned if owner]
    told = [(item, content) for item, content in read if content]
    known.complete_numbers(told)
    for item, content in told:
        key, found = known.find(content, item.values)
        # One row of a file may have the code of the authority, and another not.
        compared = {name: value for name, value in content.items() if name != "authority_code"}
        compared["said"], _ = _said_state(item)
        if not keys.first(key, item.row, compared) or _is_twice(context, item, found):
            continue
        present = found[0] if found else None
        if _is_for_the_register(context, plan, item, content, present):
            _plan(context, plan, item, content, present)
    return plan


class _OnFile:
    """The permits of the subjects of a file, and the codes of the authorities that it names."""

    def __init__(self, rows: Collection[RegisterRow], items: Iterable[Mapping[str, Any]]) -> None:
        self._authorities = Authorities((*rows, *items))
        self._permits: dict[_Key, list[RegisterRow]] = defaultdict(list)
        self._numbered: dict[_Key, list[RegisterRow]] = defaultdict(list)
        # What is on file by name, and again by the code of that name, is one permit: the row that
        # is filed under what it is found by comes first.
        for row in sorted(rows, key=lambda row: row["permit_id"]):
            whose, authority = row["subject_id"], self._authorities.of(row)
            key = whose, row["number_key"], authority
            place = 0 if row["authority_key"] == authority else len(self._permits[key])
            self._permits[key].insert(place, row)
            if number := document_key(row["permit_no"]):
                self._numbered[whose, number, authority].append(row)

    def complete_numbers(self, told: Iterable[tuple[Item, dict[str, Any]]]) -> None:
        """Lets a row without the number of its decision have that of another row of the file.

        Both tell of one permit if they have its number and its day. Where several decisions have
        them, none is taken.
        """
        numbers: dict[tuple[Any, ...], dict[str, str]] = defaultdict(dict)
        unnumbered = []
        for item, content in told:
            whose, authority = content["subject_id"], self._authorities.of(content)
            number = document_key(content.get("permit_no", ""))
            permit = (whose, number, authority, content["decided_on"])
            if "document_no" in item.values:
                numbers[permit].setdefault(
                    document_key(content["document_no"]), content["document_no"]
                )
            else:
                unnumbered.append((content, permit))
        for content, permit in unnumbered:
            if len(numbers[permit]) == 1:
                [content["document_no"]] = numbers[permit].values()

    def find(
        self, content: Mapping[str, Any], written: Mapping[str, Any]
    ) -> tuple[_Key, Sequence[RegisterRow]]:
        """Returns what a permit is known by, and the rows of it that are on file, the surest first.

        One week a file has no number of the decision, and another week it has: what was filed under
        the number of the permit, or is found by it alone, is the one of the same day.
        """
        whose, authority = content["subject_id"], self._authorities.of(content)
        key = whose, document_key(content["document_no"]), authority
        if key in self._permits:
            return key, self._permits[key]
        by_number = whose, document_key(written.get("permit_no", "")), authority
        same = [
            row
            for row in self._numbered.get(by_number, ())
            if row["decided_on"] == content["decided_on"]
            and ("document_no" not in written or row["number_key"] == by_number[1])
        ]
        if len(same) != 1:
            return key, ()
        return (whose, same[0]["number_key"], authority), same


def _is_twice(context: Context, item: Item, found: Sequence[RegisterRow]) -> bool:
    """Whether a permit is in force twice on file; if so, adds a fault that names both."""
    rivals = [row for row in found[1:] if not row["ended"]]
    if not rivals:
        return False
    one, other = found[0], rivals[0]
    zh = (
        f"登记中有两条：“{one['document_no']}”（{one['authority']}）和“{other['document_no']}”"
        f"（{other['authority']}）：请把后一条登记为注销，依据写明重复，再导入"
    )
    en = (
        f"it is on file twice, of {one['authority']} and of {other['authority']}: say that the"
        " latter is cancelled, since it is there twice, and import again"
    )
    value = item.values.get("authority", "")
    context.fault(item.row, "authority", value, "TWICE_ON_FILE", zh, en)
    return True


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


def _content(context: Context, item: Item, owner: RegisterRow) -> dict[str, Any] | None:
    """The content of the permit that a row tells of; None, with a fault, if it tells of none."""
    values = item.values
    number = values.get("document_no") or values.get("permit_no", "")
    if not document_key(number):
        zh, en = "须有行政许可决定文书号，或者许可编号", "a permit has a number"
        context.fault(item.row, "document_no", number, "NO_NUMBER", zh, en)
        return None
    matter = matter_of(*(values.get(name, "") for name in NAMES))
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
    content["subject_id"] = owner["subject_id"]
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


def _is_for_the_register(
    context: Context,
    plan: Plan,
    item: Item,
    content: Mapping[str, Any],
    present: RegisterRow | None,
) -> bool:
    """Whether the register takes what a row says; if not, the row has a fault or is unchanged.

    A file does not bring back to life what a person has ended. A fault is only what a person can
    settle: the decision that ends a permit on file, and what differs from one that was ended.
    """
    said, told_by = _said_state(item)
    if said is SaidState.NORMAL:
        if present is None or not present["ended"]:
            return True
        if _different(content, present):
            _fault_ended(context, item, present)
            return False
        zh = f"该许可已于 {present['ended_on']} 登记为终止，保持不变"
        en = f"the permit ended on {present['ended_on']}, as a person said: it stays so"
        _pass_over(context, plan, item, ("document_name", "ENDED", zh, en))
    elif present is None:
        zh, en = f"此许可{_SAID[said][0]}，未录入", f"the permit is {_SAID[said][1]}: not entered"
        _pass_over(context, plan, item, (told_by, "NOT_ENTERED", zh, en))
    elif said is SaidState.DISPUTED:
        zh = "此许可有异议，登记内容未改动：许可因此撤销的，凭决定书在该许可的页面登记终止"
        en = "the permit is disputed, the one on file stays: if it is revoked, say so on its page"
        _pass_over(context, plan, item, (told_by, "DISPUTED", zh, en))
    elif present["ended"] and said in (SaidState.REVOKED, SaidState.CANCELLED):
        plan.unchanged.add(item.row)  # a person has said so already
    else:
        zh = f"此许可{_SAID[said][0]}：登记内容未改动，请核对决定书，在该许可的页面登记终止再导入"
        en = f"the permit is {_SAID[said][1]}: the one on file stays until its page says it ended"
        context.fault(item.row, told_by, item.values[told_by], "NOT_IN_FORCE", zh, en)
    return False


def _fault_ended(context: Context, item: Item, present: RegisterRow) -> None:
    day = present["ended_on"]
    zh = (
        f"该许可已于 {day} 登记为终止，文件内容与登记不同：未改动，请核对；"
        "终止登记有误的，先在该许可的页面恢复有效"
    )
    en = (
        f"the permit ended on {day}, as a person said, and the file differs: look at it, and"
        " reinstate the permit on its page if it has not ended"
    )
    context.fault(item.row, "document_no", present["document_no"], "ENDED", zh, en)


def _pass_over(context: Context, plan: Plan, item: Item, hint: tuple[str, str, str, str]) -> None:
    """Leaves the register as it is, and tells why: field, code, and both languages."""
    name, *reason = hint
    column, value = context.file.column(name), str(item.values.get(name, ""))
    context.notes.warn(item.row, *reason, column=column, value=value)
    plan.unchanged.add(item.row)


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
    different = _different(content, present)
    if "document_no" in item.values and "document_no" not in different:
        note_writing(context, item, "document_no", present)
    plan.alter(Kind.PERMIT, item.row, present["permit_id"], different, present)


def _different(content: Mapping[str, Any], present: RegisterRow) -> dict[str, Any]:
    """What a row says otherwise than the register, but not how it writes the number.

    The number is another one if the permit was filed under the number of its certificate; one that
    has the number of its decision keeps it.
    """
    different = {name: value for name, value in content.items() if not _same(value, present[name])}
    number = document_key(content["document_no"])
    filed_by_certificate = present["number_key"] == document_key(present["permit_no"])
    if number == present["number_key"] or not filed_by_certificate:
        different.pop("document_no", None)
    return different


def _same(value: Any, on_file: Any) -> bool:
    """Whether a value is what is on file, in whatever writing."""
    if isinstance(value, str):
        return folded(value) == folded(on_file or "")
    return bool(value == on_file)
