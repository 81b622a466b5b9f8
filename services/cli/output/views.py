"""The screen layout of each message of the gRPC contract: which fields, in which order.

A response is shown in parts: a list as a table, a single message as a block, sentences and letters
as text. Fields are named as in the contract, with dots for nested messages; `cells` makes the few
columns that are not a field.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from services.cli.output.cells import cell, head
from services.cli.output.columns import paths_of
from services.cli.output.console import styled
from services.cli.output.headings import title
from services.cli.output.language import choose, language
from services.cli.output.names import Names
from services.cli.output.show import GAP, block_of, table_of
from services.cli.output.words import grade_name, ruleset_name, word

# The columns of a message in a list.
TABLES: Mapping[str, str] = {
    "Absence": "absence_id display_name from_on to_on substitute_name",
    "AccessEntry": "at kind name on_behalf_of method object rows times source code",
    "Account": "account_id name display_name roles bureau subject_id email closed",
    "Activation": "activation_id bureau sectors ruleset_id adopted_draft valid_from ground "
    "activated_by activated_at",
    "Alert": "colour due_on subject_id place type_code serial_no certificate_no reason_zh cite",
    "AuditEntry": "sequence at actor on_behalf_of action object ground",
    "Batch": "batch_id family file_name state rows changed rejected",
    "BatchEffect": "kind made altered",
    "Bureau": "code name division_code department phone email",
    "CalendarEdition": "edition_id arrangement.year arrangement.document state number loaded_at",
    "Case": "case_id number state subject_id bureau term.target_on term.remaining_days",
    "ContestedItem": "target id outcome",
    "Condition": "met text notes cite",
    "DeadLetter": "sequence consumer event_type aggregate error",
    "Escalation": "escalation_id subject_id bureau state step due_on",
    "EscalationStep": "step state number draft_version altered_by decided_by note cite",
    "Exposure": "published_at subject_name statement media cite",
    "FaultKind": "warning faults column message places",
    "Grade": "grade in_force_from in_force_to known_from receipt_id",
    "GradeCount": "ruleset_id grade subjects",
    "ImpactCount": "ruleset_before before after subjects",
    "ImpactMove": "subject_id bureau before after",
    "Index": "index_id area_name area_kind total state assessed_on",
    "IndexRow": "row points found standard cite",
    "Authorisation": "authorisation_id type_code valid_from valid_until document_no",
    "Institution": "institution_id name credit_code bureau contact phone",
    "Order": "order_id type_code serial_no institution state due_on late",
    "OrderStep": "at state appointed_on ground",
    "Verifier": "institution_id name contact phone open_orders",
    "Instrument": "instrument_id type_code serial_no model location state",
    "InstrumentColour": "colour subject_id place type_code serial_no valid_until days_left "
    "reason_zh cite",
    "Notice": "notice_id created_at kind title address state",
    "Outcome": "title grade not_graded",
    "UntoldAlert": "alert.alert_id days_untold alert.due_on subject_name address "
    "alert.type_code alert.serial_no own_load",
    "PartStanding": "name state result verified_on valid_until colour",
    "Problem": "object message",
    "Question": "question_id kind subject_name serial_no source_ref day state",
    "Registration": "registration_id number created_at firm_name person_name bureau state",
    "Record": "record_id kind determined_on points status marks source_ref summary",
    "RowFault": "row column value warning message",
    "Session": "session_id opened_at renewed_at source client present ended_at ended_by_name",
    "Ruleset": "ruleset_id title status version example_valued valid_from valid_to",
    "Step": "at step actor note cite",
    "Subject": "subject_id name credit_code sector bureau deregistered_on",
    "SubjectAct": "on act other_name ground by_name at undone_at act_id",
    "TypeName": "written type_code bureau ground named_at",
    "Verification": "verified_on part result valid_until institution certificate_no",
    "VerificationEntry": "type_code serial_no verification.part verification.verified_on "
    "verification.result "
    "verification.valid_until verification.certificate_no subject_id",
    "Watch": "bureau watched_through",
    "YearEnd": "year ruleset_id ran_at subjects moved moves",
}
# The lines of a single message; a message that is not named here shows all fields but `UNSHOWN`.
BLOCKS: Mapping[str, str] = {
    "Arrangement": "year document title published_on sha256 days_off make_up amends",
    "CalendarEdition": "edition_id state number arrangement loaded_by loaded_at decided_by "
    "decided_at ground",
    "Batch": "batch_id file_name encoding sheet family bureau state rows changed unchanged "
    "rejected merged left_out in_review to_decide repeated_serials alerts drops would_be_held seen "
    "imported_by imported_at decided_by reasons",
    "Question": "question_id kind state bureau subject_id instrument_id type_code serial_no "
    "record_id source_ref day provided_by summary batch_id answers answer ground opened_at "
    "decided_by decided_at",
    "Case": "number case_id kind state subject_id bureau record_ids grounds evidence lodged_by "
    "lodged_at caseworker repair.grade repair.spell_began_on repair.promise "
    "repair.supplement_requested supplement.missing acts_next term extension_requested_days "
    "extension_ground outcome reasons agent.name agent.until "
    "decided_by decided_at closed_at grade_after",
    "ContestedGrade": "receipt_id grade score grade_without score_without",
    "Escalation": "escalation_id subject_id bureau state step due_on example_values opened_at "
    "closed_at",
    "Grade": "subject_id grade not_graded ruleset_id in_force_from in_force_to known_from "
    "no_record example_values receipt_id",
    "Impact": "impact_id bureau sectors ruleset_id as_of state subjects moved run_by run_at "
    "seen_by",
    "Index": "area_name area_kind bureau total base bonus deduction assessed_on assessed_by state "
    "published_by published_at withdrawal_ground index_id",
    "Repair": "grade spell_began_on promise supplement_requested",
}
UNSHOWN = frozenset(
    {
        *("version", "removed", "ruleset_hash", "table_hash", "calendar_edition"),
        *("receipt_json", "outlook_json", "compare_json", "result_json", "next_page_token"),
        *("total", "title_en", "message_en", "not_graded_en", "explanation_zh", "explanation_en"),
    }
)
# Messages with a text that is shown below the table: the fields of its title and its body.
DOCUMENTS = {"Letter": ("title", "body"), "EscalationStep": ("title", "body")}


def view(response: Message, names: Names) -> RenderableType:
    """Builds the screen output for a response."""
    own = VIEWS.get(response.DESCRIPTOR.name)
    parts = [*(own(response, names) if own else _parts(response, names))]
    return Group(*chain.from_iterable((part, "") for part in parts[:-1]), *parts[-1:])


def table(messages: Sequence[Any], names: Names, of: Descriptor) -> RenderableType:
    """Builds a table of messages of one kind, with one row for each message."""
    if not messages:
        return block_of(title(of.name), [("", styled(choose("无", "none")))])
    columns = TABLES[of.name].split()
    rows = [[cell(message, column, names) for column in columns] for message in messages]
    filled = [n for n in range(len(columns)) if any(row[n].plain for row in rows)]
    heads = [head(of, columns[n]) for n in filled]
    return table_of(title(of.name), heads, [[row[n] for n in filled] for row in rows])


def block(message: Any, names: Names) -> RenderableType:
    """Builds a block for one message, with one line for each field that is set."""
    of = message.DESCRIPTOR
    lines = [(head(of, name), cell(message, name, names)) for name in _lines(of)]
    return block_of(
        title(of.name, single=True), [(name, text) for name, text in lines if text.plain]
    )


def _lines(of: Descriptor) -> list[str]:
    if of.name in BLOCKS:
        return BLOCKS[of.name].split()
    paths = [path for path in paths_of(of) if path[-1].name not in UNSHOWN]
    return [
        ".".join(field.name for field in path)
        for path in paths
        if not (path[-1].is_repeated and path[-1].message_type)
    ]


def _parts(message: Any, names: Names) -> Iterator[RenderableType]:
    """Every part of a response: its own scalars, single messages and lists."""
    scalars = [field for field in message.DESCRIPTOR.fields if not _holds_messages(field)]
    lines = [
        (head(message.DESCRIPTOR, field.name), cell(message, field.name, names))
        for field in scalars
        if field.name not in UNSHOWN
    ]
    if filled := [(name, text) for name, text in lines if text.plain]:
        yield block_of("", filled)
    yield from _sentences(message)
    for field in message.DESCRIPTOR.fields:
        if not _holds_messages(field):
            continue
        if field.is_repeated:
            yield from _list(field.message_type, getattr(message, field.name), names)
        elif message.HasField(field.name):
            yield from _single(getattr(message, field.name), names)


def _holds_messages(field: Any) -> bool:
    of = field.message_type
    return of is not None and not of.full_name.startswith("google.")


def _list(of: Descriptor, messages: Sequence[Any], names: Names) -> Iterator[RenderableType]:
    if of.name in TABLES:
        yield table(messages, names, of)
    if of.name in DOCUMENTS:
        title_field, body_field = DOCUMENTS[of.name]
        for message in messages:
            if body := getattr(message, body_field):
                yield _document(getattr(message, title_field), body)


def _single(message: Any, names: Names) -> Iterator[RenderableType]:
    yield block(message, names)
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated and _holds_messages(field) and getattr(message, field.name):
            if field.message_type.name in TABLES and field.name != "moves":
                yield table(getattr(message, field.name), names, field.message_type)
        elif field.name == "repair" and message.HasField("repair"):
            conditions = message.repair.conditions
            yield from _list(
                message.repair.DESCRIPTOR.fields_by_name["conditions"].message_type,
                conditions,
                names,
            )


def _document(name: str, body: str) -> RenderableType:
    return Group("", Rule(styled((name, "bold")), align="left"), styled(body))


def _sentences(message: Any) -> Iterator[RenderableType]:
    """The explanation of a response, a line for each sentence."""
    field = f"explanation_{language().value}"
    if sentences := getattr(message, field, ()):
        yield Group(*(styled(f"  {sentence}") for sentence in sentences))


def _case(response: Any, names: Names) -> Iterator[RenderableType]:
    """A case with the shop, the records it is about, its steps and its letters."""
    yield from _single(response.case, names)
    if shop := names.subjects.get(response.case.subject_id):
        yield block(shop, names)
    records = [names.records[one] for one in response.case.record_ids if one in names.records]
    if records:
        yield table(records, names, records[0].DESCRIPTOR)
    yield from _contested(response.case, names)
    yield from _list(
        response.DESCRIPTOR.fields_by_name["steps"].message_type, response.steps, names
    )
    yield from _list(
        response.DESCRIPTOR.fields_by_name["letters"].message_type, response.letters, names
    )


def _contested(case: Any, names: Names) -> Iterator[RenderableType]:
    """What a case contests, where that is more than records with one outcome, and the grade."""
    if any(one.target != "record" for one in case.items) or case.outcome == "by_item":
        yield table(case.items, names, case.items[0].DESCRIPTOR)
    if case.HasField("contested_grade"):
        yield block(case.contested_grade, names)
        yield from _sentences(case.contested_grade)


def _colours(response: Any, names: Names) -> Iterator[RenderableType]:
    """Instruments by bureau and colour."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for count in response.counts:
        counts[count.bureau][count.colour] = count.instruments
    order = ("red", "yellow", "green", "none")
    rows = [
        [styled(names.name("bureau", bureau) or bureau), *(_number(by.get(c, 0)) for c in order)]
        for bureau, by in sorted(counts.items())
    ]
    sums = [_number(sum(by.get(c, 0) for by in counts.values())) for c in order]
    heads = [choose("机关", "bureau"), *(choose(word("colour", c), c) for c in order)]
    heading = choose(f"器具颜色 {response.on}", f"colours of instruments {response.on}")
    yield table_of(heading, heads, [*rows, [styled(choose("合计", "total")), *sums]])


def _grades(response: Any, _names: Names) -> Iterator[RenderableType]:
    """Subjects by text and grade."""
    by_text: dict[str, list[str]] = defaultdict(list)
    for count in response.counts:
        grade = grade_name(count.ruleset_id, count.grade) or choose("主体", "subjects")
        by_text[count.ruleset_id].append(f"{grade} {count.subjects:,}")
    for ruleset_id, counts in by_text.items():
        name = styled((ruleset_name(ruleset_id) or choose("不评价", "not graded"), "bold"))
        yield Group(name, Padding(styled(" · ".join(counts)), (0, 0, 0, GAP), expand=False))


def _what_if(response: Any, names: Names) -> Iterator[RenderableType]:
    """The grade before and after some changes."""
    rows = [
        [styled(choose(zh, en)), cell(outcome, "grade", names), cell(outcome, "title", names)]
        for zh, en, outcome in (
            ("现状", "now", response.before),
            ("变更后", "after", response.after),
        )
    ]
    heads = ["", choose("等级", "grade"), choose("文件", "text")]
    yield table_of(choose(f"假设（{response.as_of}）", f"what if ({response.as_of})"), heads, rows)
    yield from _sentences(response)


def _explained(response: Any, _names: Names) -> Iterator[RenderableType]:
    yield from _sentences(response)


def _differences(response: Any, _names: Names) -> Iterator[RenderableType]:
    """How a receipt that was recomputed differs from what was kept."""
    same = choose("✓ 重新计算一致", "✓ recomputes to itself")
    yield Group(*map(styled, response.differences or [same]))


def _check_repair(response: Any, names: Names) -> Iterator[RenderableType]:
    """Every condition of a repair, and from when it may be applied for."""
    conditions = response.repair.conditions
    of = response.repair.DESCRIPTOR.fields_by_name["conditions"].message_type
    yield from _list(of, conditions, names)
    if response.may_lodge:
        yield styled(choose("现在可以申请", "may be applied for now"))
    elif response.may_lodge_from:
        day = response.may_lodge_from
        yield styled(choose(f"自 {day} 起可以申请", f"may be applied for from {day} on"))
    else:
        yield styled(choose("本文件没有申请修复", "this text knows no application for repair"))


def _number(count: int) -> Text:
    return styled(f"{count:,}")


View = Callable[[Any, Names], Iterator[RenderableType]]
# Responses that are not shown part by part.
VIEWS: Mapping[str, View] = {
    "CheckRepairResponse": _check_repair,
    "GetCaseResponse": _case,
    "GetReceiptResponse": _explained,
    "OutlookResponse": _explained,
    "SummariseColoursResponse": _colours,
    "SummariseGradesResponse": _grades,
    "VerifyReceiptResponse": _differences,
    "WhatIfResponse": _what_if,
}
