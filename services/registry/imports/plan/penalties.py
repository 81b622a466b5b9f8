"""Plans the import of penalties in the columns of the national publication (双公示).

A penalty becomes a record that is verified, since it was decided, and not final: the publication
does not tell whether the time for review and litigation has passed (S3 9(二)). A person says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from law.evidence import RecordKind
from law.identity import document_key, folded
from services.registry.imports.plan.instruments_and_records import note_writing
from services.registry.imports.plan.owners import Owners
from services.registry.imports.plan.penalties_on_file import PenaltiesOnFile
from services.registry.imports.plan.plan import (
    Context,
    Keys,
    Kind,
    Plan,
    Raised,
    RegisterRow,
)
from services.registry.imports.rows.penalty_cells import PublishedState
from services.registry.imports.rows.reader import Item
from services.registry.questions.asking import Found
from services.registry.questions.tables import Asked

LONGEST_SUMMARY = 1000
_NOT_NORMAL = {
    PublishedState.REVOKED: Asked.REVOKED,
    PublishedState.DISPUTED: Asked.DISPUTED,
    PublishedState.OTHER: Asked.OTHER_STATE,
}
# What remarks say of a penalty that is not simply in force; files of 2018 have no other column.
_REMARKED = {
    Asked.REVOKED: re.compile("撤销|撤回|注销公示|停止公示"),
    Asked.DISPUTED: re.compile("异议|复议|诉讼|起诉"),
}
_YUAN = re.compile(r"(\d[\d,]*(?:\.\d{1,2})?)(万)?元")


async def plan_penalties(context: Context) -> Plan:
    """Plans the import of published penalties.

    A penalty is identified by its subject and the number of its decision, in whatever writing: one
    that is on file is not entered again. What is said to be revoked or disputed, and what was found
    by the name of its subject only, is left for a person to decide.
    """
    plan = Plan()
    keys = Keys(context, plan)
    owners = await Owners.of(context, plan, context.all_named("owner"))
    owned = [(item, _owner_of(item, owners)) async for item in context.each()]
    known = await PenaltiesOnFile.of(
        context, {owner["subject_id"] for _, (owner, _) in owned if owner}
    )
    for item, (owner, by_name) in owned:
        if owner is None:
            continue
        number = document_key(item.values["source_ref"])
        if not number:
            zh, en = "处罚须有决定书文号", "a penalty has the number of its decision"
            context.fault(item.row, "source_ref", item.values["source_ref"], "NO_NUMBER", zh, en)
            continue
        compared = {**_content(item.values), "said": _state_of(item.values)}
        if not keys.first((owner["subject_id"], number), item.row, compared):
            continue
        _note_doubts(context, item)
        present = known.find(owner["subject_id"], number)
        if found := _question(item, owner, present, by_name=by_name):
            _raise(context, plan, item, found, known)
        else:
            _plan(context, plan, item, owner, present)
    return plan


Owner = tuple[RegisterRow | None, bool]  # and whether it was found by its name only


def _owner_of(item: Item, owners: Owners) -> Owner:
    if item.values.get("credit_code") and owners.knows(item.values["credit_code"]):
        return owners.owner_of(item), False
    return owners.find(item.row, item.values["owner"]), True


def _question(
    item: Item, owner: RegisterRow, present: RegisterRow | None, *, by_name: bool
) -> Found | None:
    """The question that a row raises, if it raises one."""
    kind = _state_of(item.values) or (Asked.BY_NAME if by_name and present is None else None)
    if kind is None:
        return None
    content = _content(item.values)
    return Found(
        kind,
        subject_id=owner["subject_id"],
        bureau=owner["bureau"],
        day=item.values["determined_on"],
        record_id=present["record_id"] if present else "",
        source_ref=content["source_ref"],
        provided_by=content["provided_by"],
        summary=content["summary"],
        severity=content.get("severity", ""),
    )


def _state_of(values: Mapping[str, Any]) -> Asked | None:
    if kind := _NOT_NORMAL.get(values.get("published_state")):  # type: ignore[arg-type]
        return kind
    remarks = values.get("remarks", "")
    return next((kind for kind, words in _REMARKED.items() if words.search(remarks)), None)


def _raise(context: Context, plan: Plan, item: Item, found: Found, known: PenaltiesOnFile) -> None:
    if known.were_asked(found):
        plan.unchanged.add(item.row)
        return
    plan.questions.append(Raised(item.row, found))
    plan.in_review.add(item.row)
    name = "owner" if found.kind is Asked.BY_NAME else "published_state"
    zh, en = _ASKED[found.kind]
    value = item.values["owner" if found.kind is Asked.BY_NAME else "source_ref"]
    column = context.file.column(name)
    context.notes.warn(item.row, "TO_DECIDE", zh, en, column=column, value=value)


_ASKED = {
    Asked.REVOKED: (
        "此处罚已撤销：未录入，由办案人员决定",
        "the penalty is revoked: not entered, a caseworker decides",
    ),
    Asked.DISPUTED: (
        "此处罚有异议、复议或者诉讼：未录入，由办案人员决定",
        "the penalty is disputed: not entered, a caseworker decides",
    ),
    Asked.OTHER_STATE: (
        "此处罚的状态为其他：未录入，由办案人员决定",
        "the penalty is in another state: not entered, a caseworker decides",
    ),
    Asked.BY_NAME: (
        "没有代码或者代码未登记，只按名称找到主体：未录入，由办案人员决定",
        "found by name only, without a code on file: not entered, a caseworker decides",
    ),
}


def _plan(
    context: Context, plan: Plan, item: Item, owner: RegisterRow, present: RegisterRow | None
) -> None:
    content = _content(item.values)
    if present is None:
        bureau = context.header.bureau or owner["bureau"]
        values = content | {
            "kind": RecordKind.PENALTY,
            "verified": True,
            "final": False,
            "entered_on": context.change.today,
            "subject_id": owner["subject_id"],
            "bureau": bureau,
            "entered_by": context.caller.account_id,
        }
        record_id = plan.make(Kind.RECORD, item.row, values)
        plan.questions.append(Raised(item.row, _whether_final(owner, content, record_id)))
        return
    if present["determined_on"] != content["determined_on"]:
        zh = f"该文号已录入，认定日期为 {present['determined_on']}；更正请按更正程序办理"
        en = "this decision is on file with another day; a correction is not an import"
        value = content["determined_on"]
        context.fault(item.row, "determined_on", value, "ALREADY_ENTERED", zh, en)
        return
    note_writing(context, item, "source_ref", present)
    if present["summary"] != content["summary"]:
        zh, en = "该处罚已录入，事实写法不同：未改动", "on file with another summary: not changed"
        column = context.file.column("facts")
        context.notes.warn(item.row, "ON_FILE_OTHERWISE", zh, en, column=column)
    plan.unchanged.add(item.row)


def _whether_final(owner: RegisterRow, content: Mapping[str, Any], record_id: str) -> Found:
    return Found(
        Asked.NOT_FINAL,
        subject_id=owner["subject_id"],
        bureau=owner["bureau"],
        day=content["determined_on"],
        record_id=record_id,
        source_ref=content["source_ref"],
        provided_by=content["provided_by"],
        summary=content["summary"],
        severity=content.get("severity", ""),
    )


def _content(values: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the record that a row of the publication makes.

    The publication has no day of the fact: that of the decision stands for it.
    """
    day = values["determined_on"]
    return {
        "source_ref": values["source_ref"],
        "occurred_on": day,
        "determined_on": day,
        "provided_by": values.get("provided_by") or values.get("authority", "")[:200],
        "summary": _summary(values),
        **({"severity": values["severity"]} if values.get("severity") else {}),
    }


def _summary(values: Mapping[str, Any]) -> str:
    """What was done and how it was punished, in at most 1000 characters."""
    text = "；".join(part.strip("。；; ") for part in _parts(values) if part)
    return text if len(text) <= LONGEST_SUMMARY else text[: LONGEST_SUMMARY - 1] + "…"


def _parts(values: Mapping[str, Any]) -> Iterator[str]:
    yield values.get("facts") or values.get("offence", "")
    yield values.get("penalty_content") or values.get("penalty_kind", "")
    said = _amounts_said(values)
    for name, word in (("fine", "罚款"), ("confiscated", "没收")):
        if values.get(name) and Decimal(values[name]) not in said:
            yield f"{word} {values[name]} 元"
    if permit := values.get("revoked_permit"):
        yield f"暂扣或者吊销：{permit}"


def _note_doubts(context: Context, item: Item) -> None:
    """Warns of an amount that its words contradict, and of a publication that ends early."""
    fine, said = item.values.get("fine"), _amounts_said(item.values)
    if fine and said and Decimal(fine) not in said:
        zh = f"罚款金额为 {fine} 元（列的单位是万元），与处罚内容不符，请核对"
        en = f"the fine is {fine} yuan, which the words of the penalty do not say: check it"
        column = context.file.column("fine")
        context.notes.warn(item.row, "AMOUNT_DIFFERS", zh, en, column=column, value=fine)
    ends = item.values.get("public_until")
    if ends and ends < context.change.today:
        zh = f"公示截止期 {ends} 已过：录入后不要再公开"
        en = f"its publication ended on {ends}: do not disclose it after entering"
        column = context.file.column("public_until")
        context.notes.warn(item.row, "PUBLIC_UNTIL", zh, en, column=column, value=str(ends))


def _amounts_said(values: Mapping[str, Any]) -> set[Decimal]:
    """The amounts in yuan that the words of a penalty name."""
    words = folded(values.get("penalty_content", ""))
    return {_yuan(*found) for found in _YUAN.findall(words)}


def _yuan(number: str, unit: str) -> Decimal:
    return Decimal(number.replace(",", "")) * (10_000 if unit else 1)
