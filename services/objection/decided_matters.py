"""The results that stand in the way of a new objection to a record (S3 27).

A result concerns what the record said: as it was when the case was lodged or, where the decision
corrected it, as corrected. What a record says after a later change was never decided about, so it
can be objected to. A result that a reconsideration revoked by sending the matter back is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.contested import OF_RECORDS, Target
from law.errors import WrongState
from law.objection import OBJECTION_CITE, CaseKind, CaseState, Outcome, may_reconsider
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.contested.items import Item, items_of, target_of
from services.objection.tables import Case
from services.objection.wire import related_message

_KINDS = (CaseKind.OBJECTION, CaseKind.RECONSIDERATION)
_HAVE_RESULT = tuple(state for state in CaseState if may_reconsider(state))
_CONTENT = ("kind", "severity", "occurred_on", "determined_on", "source_ref", "summary")


def as_lodged(records: Iterable[Record]) -> list[dict[str, str]]:
    """Returns the contents of records on the day of lodging, by the names of their fields.

    The letters of the case answer to them, and its result concerns them. Points that the bureau did
    not set are an empty text.
    """
    return [{"record_id": record.record_id, **_content(record)} for record in records]


async def check(
    view: View, request: pb.CheckObjectionRequest, *, records: Sequence[Record]
) -> pb.CheckObjectionResponse:
    """Returns which of `records`, those of the subject, have a result against a new objection."""
    found = await _decided(view.session, request.subject_id, records)
    decided = [
        pb.DecidedRecord(record_id=record_id, case=related_message(case))
        for record_id, case in found.items()
    ]
    return pb.CheckObjectionResponse(decided=decided)


async def refuse_decided_matter(
    session: AsyncSession, subject_id: str, records: Sequence[Record], items: Sequence[Item]
) -> None:
    """Raises WrongState, with the number of the case, if what an item says was decided about.

    After an objection its reconsideration can be applied for; a reconsideration is the last word.
    """
    disclosed = {item.id for item in items if item.target is Target.DISCLOSURE}
    found = await _decided(session, subject_id, records, disclosed)
    found |= await _decided_entries(session, subject_id, items)
    for name, case in found.items():
        what = "" if "/" in name else "记录"
        zh, en = _way_on(case)
        raise WrongState(
            f"对{what}{name}的异议（{case.number}）已有处理结果；{zh}",
            f"The objection to record {name} already has a result ({case.number}); {en}",
            cite=OBJECTION_CITE,
            case=case.case_id,
            number=case.number,
        )


def _way_on(case: Case) -> tuple[str, str]:
    if case.kind is CaseKind.RECONSIDERATION:
        return "同一处理结果只复核一次", "a result is reconsidered only once"
    return (
        "不服该结果的，请打开该案件申请复核",
        "who does not accept it applies for its reconsideration",
    )


async def _decided(
    session: AsyncSession,
    subject_id: str,
    records: Sequence[Record],
    disclosed: Collection[str] = (),
) -> dict[str, Case]:
    """The latest case that decided about the present content of each of the records, if any.

    Of those in `disclosed` it is about their disclosure.
    """
    standing = await _with_result(session, subject_id)
    return {
        record.record_id: case
        for record in records
        for case in standing
        if _concerns(case, record, _target(record, disclosed))
    }


async def _decided_entries(
    session: AsyncSession, subject_id: str, items: Sequence[Item]
) -> dict[str, Case]:
    """The latest case that decided about what each of the entries says now, if any."""
    entries = [item for item in items if item.target not in OF_RECORDS]
    if not entries:
        return {}
    standing = await _with_result(session, subject_id)
    return {
        item.name: case
        for item in entries
        for case in standing
        for one in items_of(case)
        if one.name == item.name and one.stands_as == item.facts
    }


async def _with_result(session: AsyncSession, subject_id: str) -> list[Case]:
    """The objections and reconsiderations of a subject whose result stands, the earliest first."""
    query = (
        select(Case)
        .where(Case.subject_id == subject_id, col(Case.kind).in_(_KINDS))
        .where(col(Case.state).in_(_HAVE_RESULT))
        .order_by(col(Case.lodged_at), col(Case.case_id))
    )
    return _not_revoked((await session.exec(query)).all())


async def was_withdrawn(
    session: AsyncSession, subject_id: str, records: Sequence[Record], items: Sequence[Item]
) -> bool:
    """Returns whether the subject withdrew an objection to what one of the records says now."""
    disclosed = {item.id for item in items if item.target is Target.DISCLOSURE}
    query = select(Case).where(
        Case.subject_id == subject_id,
        Case.kind == CaseKind.OBJECTION,
        Case.state == CaseState.WITHDRAWN,
    )
    withdrawn = (await session.exec(query)).all()
    return any(
        _concerns(case, record, _target(record, disclosed))
        for case in withdrawn
        for record in records
    )


def _target(record: Record, disclosed: Collection[str]) -> Target:
    return Target.DISCLOSURE if record.record_id in disclosed else Target.RECORD


def _not_revoked(cases: Sequence[Case]) -> list[Case]:
    sent_back = {case.case_id: case.follows for case in cases if case.outcome is Outcome.SEND_BACK}
    revoked = {*sent_back, *sent_back.values()}
    return [case for case in cases if case.case_id not in revoked]


def _concerns(case: Case, record: Record, target: Target) -> bool:
    """Whether the result of a case is about what a record says now, or about its disclosure.

    Cases of earlier releases have stored less of the content; only that is compared.
    """
    if target_of(case, record.record_id) is not target:
        return False
    now = _content(record)
    corrections = {one["record_id"]: one for one in case.corrections}
    for lodged in case.records_as_lodged:
        if lodged["record_id"] == record.record_id:
            then = {**lodged, **corrections.get(record.record_id, {})}
            return all(str(then[name]).strip() == now[name] for name in now if name in then)
    return False


def _content(record: Record) -> dict[str, str]:
    content = {name: str(getattr(record, name)).strip() for name in _CONTENT}
    return {**content, "points": str(record.points) if record.HasField("points") else ""}
