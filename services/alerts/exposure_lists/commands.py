"""The acts on exposure lists: one compiles, another reviews, the unit head releases (S1 18, 19).

Every entry is checked when the list is compiled and again when it is released; a list of which one
entry fails is refused whole, and names it. Every function is one transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import col, select

from law.disclosure.publication import review_rule
from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from law.escalation import Step, exposure_rules, rung
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import exposure_lists_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.escalation.steps import stripped
from services.alerts.exposure_lists import publishing, wire
from services.alerts.exposure_lists.endings import end, standing_on
from services.alerts.exposure_lists.grounds import (
    Ground,
    Obstacle,
    candidates_among,
    grounds_of_entries,
)
from services.alerts.exposure_lists.tables import (
    Ended,
    EntryState,
    ExposureEntry,
    ExposureList,
    ListState,
)
from services.alerts.tables import Subject

UNRELEASED = (ListState.COMPILED, ListState.REVIEWED)
Public = Mapping[str, Grade]


async def compile_list(
    change: Change, request: pb.CompileExposureListRequest, *, public: Public
) -> pb.CompileExposureListResponse:
    """Compiles a list from one or several subjects that have a ground; nothing is public yet.

    `public` are their grades as the public is shown them. Raises InvalidInput with every fault
    of the request, WrongState with what speaks against a subject, and NotPermitted outside the
    caller's scope.
    """
    await exclusively(change.session, "escalations")
    verified_how = stripped("verified_how", request.verified_how)
    subjects = await _to_list(change, request.subject_ids)
    grounds = await _grounds_to_list(change, subjects, public)
    row = ExposureList(
        list_id=str(uuid.uuid4()),
        bureau=subjects[0].bureau,
        state=ListState.COMPILED,
        verified_how=verified_how,
        compiled_by=change.on_behalf_of,
        compiled_at=change.at,
    )
    change.session.add(row)
    for subject, ground in zip(subjects, grounds, strict=True):
        entry = ExposureEntry(
            list_id=row.list_id,
            subject_id=subject.subject_id,
            bureau=row.bureau,
            statement=await publishing.statement_of(change, subject, ground),
            state=EntryState.LISTED,
            **asdict(ground),
        )
        change.session.add(entry)
    await change.session.flush()
    listed = {"subject_ids": [*request.subject_ids], "verified_how": row.verified_how}
    _audit(change, row, "compile_exposure_list", listed, exposure_rules(change.today).verified_cite)
    return pb.CompileExposureListResponse(list=await wire.whole(change.session, row))


async def _to_list(change: Change, subject_ids: Sequence[str]) -> list[Subject]:
    """The subjects of a new list, in the requested order, all of one bureau."""
    rows = await change.session.exec(
        select(Subject).where(col(Subject.subject_id).in_(subject_ids))
    )
    known = {subject.subject_id: subject for subject in rows}
    bureaus = [known[subject_id].bureau for subject_id in subject_ids if subject_id in known]
    faults = list[Fault]()
    for place, subject_id in enumerate(subject_ids):
        field, subject = f"subject_ids[{place}]", known.get(subject_id)
        if subject is None:
            faults.append(Fault(field, "没有这个主体", "There is no such subject"))
            continue
        change.caller.require_bureau(subject.bureau)
        if subject_id in subject_ids[:place]:
            zh, en = f"{subject.name}：一份名单中只列一次", f"{subject.name}: is named twice"
            faults.append(Fault(field, zh, en))
        elif subject.bureau != bureaus[0]:
            zh, en = "属于另一机关，请另列名单", "belongs to another bureau; make another list"
            faults.append(Fault(field, f"{subject.name}：{zh}", f"{subject.name}: {en}"))
    if faults:
        raise InvalidInput(faults=faults)
    return [known[subject_id] for subject_id in subject_ids]


async def _grounds_to_list(
    change: Change, subjects: Sequence[Subject], public: Public
) -> list[Ground]:
    """For what each subject is listed; raises WrongState with whatever speaks against any."""
    found = await candidates_among(change.session, subjects, public, change.today)
    _require_clear(change, subjects, [obstacles for _, obstacles in found], "subject_ids")
    return [ground for ground, _ in found if ground is not None]


async def _grounds_still(
    change: Change, entries: Sequence[ExposureEntry], subjects: Sequence[Subject], public: Public
) -> list[Ground]:
    """The grounds of entries as they are now; raises WrongState with what speaks against any."""
    found = await grounds_of_entries(change.session, entries, subjects, public, change.today)
    _require_clear(change, subjects, [obstacles for _, obstacles in found], "entries")
    return [ground for ground, _ in found if ground is not None]


def _require_clear(
    change: Change,
    subjects: Sequence[Subject],
    against: Sequence[Sequence[Obstacle]],
    field: str,
) -> None:
    """Raises WrongState with whatever speaks `against` exposing one of these subjects."""
    faults = [
        Fault(
            f"{field}[{place}]",
            f"{subject.name}：{one.zh}",
            f"{subject.name}: {one.en}",
            cite=one.cite,
        )
        for place, (subject, obstacles) in enumerate(zip(subjects, against, strict=True))
        for one in obstacles
    ]
    if faults:
        zh, en = "有的主体现在不能公开曝光", "Some subjects cannot be exposed now"
        raise WrongState(zh, en, cite=exposure_rules(change.today).verified_cite, faults=faults)


async def review_list(
    change: Change, request: pb.ReviewExposureListRequest
) -> pb.ReviewExposureListResponse:
    """Records the confidentiality review of a compiled list, by somebody else (S1 18).

    Raises NotPermitted for whoever compiled it, and WrongState for a list that was reviewed.
    """
    row = await _of_bureau(change, request.list_id, ListState.COMPILED)
    rule = review_rule(change.today)
    if not change.caller.has(*map(Role, rule.by)):
        zh, en = "保密审查由办案人员或单位负责人进行", "Caseworkers and unit heads review lists"
        raise NotPermitted(zh, en, cite=rule.cite)
    if change.on_behalf_of == row.compiled_by:
        zh = "不能审查本人编制的名单，请由另一人审查"
        raise NotPermitted(zh, "Somebody else reviews a list that you compiled", cite=rule.cite)
    row.state, row.findings = ListState.REVIEWED, stripped("findings", request.findings)
    row.reviewed_by, row.reviewed_at = change.on_behalf_of, change.at
    change.session.add(row)
    _audit(change, row, "review_exposure_list", {"findings": row.findings}, rule.cite)
    return pb.ReviewExposureListResponse(list=await wire.whole(change.session, row))


async def release_list(
    change: Change, request: pb.ReleaseExposureListRequest, *, public: Public
) -> pb.ReleaseExposureListResponse:
    """Makes a reviewed list public and tells its subjects, if every entry still passes.

    `public` are the grades of the subjects as the public is shown them. Raises NotPermitted for
    anybody but the approver of exposures, and for whoever compiled or reviewed the list; WrongState
    for a list that is not reviewed, has no entry left, or has one against which something speaks.
    """
    await exclusively(change.session, "escalations")
    row = await _of_bureau(change, request.list_id, ListState.REVIEWED)
    _require_releaser(change, row)
    rules = exposure_rules(change.today)
    if not request.media or not rules.media.keys() >= set(request.media):
        zh = f"公开方式应为{'、'.join(rules.media)}"
        en = f"must be of {', '.join(rules.media.values())}"
        raise InvalidInput(faults=[Fault("media", zh, en, cite=rules.verified_cite)])
    entries = await standing_on(change.session, row)
    if not entries:
        raise WrongState("名单中已没有主体", "No subject is left on the list", list=row.list_id)
    subjects = [await change.session.get_one(Subject, one.subject_id) for one in entries]
    grounds = await _grounds_still(change, entries, subjects, public)
    await _require_as_reviewed(change, entries, subjects, grounds)
    await publishing.number(change, row)
    row.state, row.media = ListState.RELEASED, [*request.media]
    row.released_by, row.released_at = change.on_behalf_of, change.at
    change.session.add(row)
    for entry, subject, ground in zip(entries, subjects, grounds, strict=True):
        entry.escalation_id, entry.receipt_id = ground.escalation_id, ground.receipt_id
        await publishing.publish(change, row, entry, subject)
    after = {"number": row.number, "media": row.media, "entries": len(entries)}
    _audit(change, row, "release_exposure_list", after, rules.verified_cite)
    return pb.ReleaseExposureListResponse(list=await wire.whole(change.session, row))


async def _require_as_reviewed(
    change: Change,
    entries: Sequence[ExposureEntry],
    subjects: Sequence[Subject],
    grounds: Sequence[Ground],
) -> None:
    """Raises WrongState with every entry that would not say any more what was reviewed (S1 18).

    The case that follows up, and the receipt of the same grade, may have changed meanwhile.
    """
    faults, rule = list[Fault](), review_rule(change.today)
    together = zip(entries, subjects, grounds, strict=True)
    for place, (entry, subject, ground) in enumerate(together):
        now = (*_reviewed_part(ground), await publishing.statement_of(change, subject, ground))
        if now != (*_reviewed_part(entry), entry.statement):
            zh = f"{subject.name}：公开的内容在编制之后变动，请先撤下这一项，再另行编制"
            en = f"{subject.name}: its text has changed since; strike it and compile it anew"
            faults.append(Fault(f"entries[{place}]", zh, en, cite=rule.cite))
    if faults:
        zh, en = "有的内容与审查时不同", "Some of the text is not what was reviewed"
        raise WrongState(zh, en, cite=rule.cite, faults=faults)


def _reviewed_part(of: Ground | ExposureEntry) -> tuple[str, ...]:
    return of.course, of.cite, of.ruleset_id, of.grade


def _require_releaser(change: Change, row: ExposureList) -> None:
    step = rung(Step.EXPOSURE, change.today)
    if not change.caller.has(Role(step.approver)):
        zh, en = "名单由单位负责人批准公开", "The unit head releases a list"
        raise NotPermitted(zh, en, cite=step.cite)
    if change.on_behalf_of in (row.compiled_by, row.reviewed_by):
        zh = "编制、审查和批准公开应为三个人，请由没有编制或者审查过的负责人批准"
        en = "Three people compile, review and release a list; you have done one of these"
        raise NotPermitted(zh, en, cite="S1 18; D-16")


async def discard_list(
    change: Change, request: pb.DiscardExposureListRequest
) -> pb.DiscardExposureListResponse:
    """Discards a list that is not public; raises WrongState for any other."""
    await exclusively(change.session, "escalations")
    row = await _of_bureau(change, request.list_id, *UNRELEASED)
    row.state, row.discard_reasons = ListState.DISCARDED, stripped("reasons", request.reasons)
    row.discarded_by, row.discarded_at = change.on_behalf_of, change.at
    change.session.add(row)
    for entry in await standing_on(change.session, row):
        await end(change, entry, Ended.LIST, row.discard_reasons, change.on_behalf_of)
    cite = exposure_rules(change.today).verified_cite
    _audit(change, row, "discard_exposure_list", {"reasons": row.discard_reasons}, cite)
    return pb.DiscardExposureListResponse(list=await wire.whole(change.session, row))


async def take_down(
    change: Change, request: pb.TakeDownExposureEntryRequest
) -> pb.TakeDownExposureEntryResponse:
    """Takes an entry down with reasons, or strikes it from a list that is not public yet.

    Raises NotFound if there is none, NotPermitted outside the caller's scope, and WrongState for
    one that ended.
    """
    await exclusively(change.session, "escalations")
    entry = await change.session.get(ExposureEntry, int(request.entry_id), with_for_update=True)
    if entry is None:
        raise NotFound("没有这一项", "There is no such entry", entry=request.entry_id)
    change.caller.require_bureau(entry.bureau)
    if entry.ended_at is not None:
        raise WrongState("这一项已经撤下", "This entry was taken down", entry=request.entry_id)
    reasons = stripped("reasons", request.reasons)
    await end(change, entry, Ended.PERSON, reasons, change.on_behalf_of)
    row = await change.session.get_one(ExposureList, entry.list_id)
    return pb.TakeDownExposureEntryResponse(list=await wire.whole(change.session, row))


async def _of_bureau(change: Change, list_id: str, *states: ListState) -> ExposureList:
    """A list in one of these states, locked; raises NotFound, NotPermitted or WrongState."""
    row = await find_by_id(change.session, ExposureList, list_id, lock=True)
    if row is None:
        raise NotFound("没有这份名单", "There is no such list", list=list_id)
    change.caller.require_bureau(row.bureau)
    if row.state not in states:
        zh, en = "名单的状态已经不同，请重新查看", "The list is in another state; look at it again"
        raise WrongState(zh, en, list=row.list_id, state=row.state)
    return row


def _audit(
    change: Change, row: ExposureList, action: str, after: dict[str, Any], ground: str
) -> None:
    object_ = f"exposure-list/{row.list_id}"
    change.audit(action, object_, after=after, ground=ground, bureau=row.bureau)
