"""Brings a ruleset into force: a person runs its impact, another reads it, then it is activated.

There is one function for each change. Separation of duties: the person who activates the ruleset
must not have run the impact.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from law.evidence import Sector
from law.reader.texts import TextStatus
from law.texts_in_force import load as texts
from law.texts_in_force.model import Ruleset
from plumbing import validation
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.short_ids import find_by_id
from protos.grading.v1 import rulesets_pb2 as pb
from protos.grading.v1.events_pb2 import RulesetActivated
from services.grading.rulesets import impacts, wire
from services.grading.rulesets.impacts import ImpactResult, Scope
from services.grading.tables import Activation, Impact, ImpactMove, ImpactState, Subject


def read_request(
    caller: Caller, request: pb.RunImpactRequest | pb.StartImpactRequest, today: date
) -> tuple[Scope, Ruleset, date]:
    """Returns the scope, the ruleset and the first day that a request for an impact names.

    Raises NotPermitted unless the bureau is a municipality in the caller's scope, InvalidInput for
    an unknown sector or a past day, NotFound for an unknown ruleset.
    """
    _require_municipality(caller, request.bureau)
    sectors = sorted(request.sectors)
    as_of = validation.day(request.as_of, "as_of") or today
    faults = _unknown_sectors(request) + _past("as_of", as_of, today)
    if faults:
        raise InvalidInput(faults=faults)
    return Scope(request.bureau, sectors), texts.load(request.ruleset_id), as_of


async def keep_impact(
    change: Change, request: pb.RunImpactRequest, *, result: ImpactResult, text: Ruleset
) -> pb.RunImpactResponse:
    """Stores the result of an impact run with every subject whose grade would change."""
    impact = Impact(
        impact_id=uuid4().hex,
        bureau=request.bureau,
        sectors=sorted(request.sectors),
        ruleset_id=text.id,
        ruleset_hash=text.hash,
        as_of=date.fromisoformat(request.as_of),
        evidence=result.evidence,
        subjects=result.subjects,
        moved=len(result.moves),
        counts=result.counts(),
        run_by=change.on_behalf_of,
        run_at=change.at,
    )
    change.session.add(impact)
    await _keep_moves(change, impact, result)
    change.audit("run_impact", f"impact/{impact.impact_id}", after=_values(impact))
    return pb.RunImpactResponse(impact=wire.impact(impact))


async def start_impact(change: Change, request: pb.StartImpactRequest) -> pb.StartImpactResponse:
    """Stores an impact that is to be run in the background. Raises the errors of `read_request`."""
    scope, text, as_of = read_request(change.caller, request, change.today)
    impact = Impact(
        impact_id=uuid4().hex,
        bureau=scope.bureau,
        sectors=list(scope.sectors),
        ruleset_id=text.id,
        ruleset_hash=text.hash,
        as_of=as_of,
        evidence="",
        subjects=await impacts.count_subjects(change.session, scope),
        moved=0,
        counts=[],
        run_by=change.on_behalf_of,
        run_at=change.at,
        state=ImpactState.RUNNING,
    )
    change.session.add(impact)
    change.audit("start_impact", f"impact/{impact.impact_id}", after=_values(impact))
    return pb.StartImpactResponse(impact=wire.impact(impact))


async def end_impact(change: Change, impact: Impact, result: ImpactResult | None) -> None:
    """Stores the result of an impact that ran in the background; None if it could not be computed.

    Does nothing if the impact has ended already.
    """
    if impact.state != ImpactState.RUNNING:
        return
    if result is None:
        impact.state = ImpactState.FAILED
    else:
        impact.state, impact.done = ImpactState.DONE, result.subjects
        impact.evidence, impact.subjects = result.evidence, result.subjects
        impact.moved, impact.counts = len(result.moves), result.counts()
        await _keep_moves(change, impact, result)
    action = "run_impact" if result else "fail_impact"
    change.audit(action, f"impact/{impact.impact_id}", after=_values(impact))


async def _keep_moves(change: Change, impact: Impact, result: ImpactResult) -> None:
    await change.session.flush()
    if result.moves:
        moves = [{**asdict(move), "impact_id": impact.impact_id} for move in result.moves]
        await (await change.session.connection()).execute(sa.insert(ImpactMove), moves)


async def acknowledge(
    change: Change, request: pb.AcknowledgeImpactRequest
) -> pb.AcknowledgeImpactResponse:
    """Stores that the caller has read an impact; only its first reader is stored.

    Raises WrongState if the impact is not done.
    """
    impact = await _impact(change, request.impact_id)
    if impact.state != ImpactState.DONE:
        raise WrongState("试算尚未完成，没有可查看的结果", "The impact has no result yet")
    if impact.seen_at is None:
        impact.seen_by, impact.seen_at = change.on_behalf_of, change.at
        change.audit("look_at_impact", f"impact/{impact.impact_id}", after=_values(impact))
    return pb.AcknowledgeImpactResponse(impact=wire.impact(impact))


async def activate(
    change: Change, request: pb.ActivateRulesetRequest
) -> pb.ActivateRulesetResponse:
    """Makes the ruleset of an impact govern from the day for which the impact was run.

    Raises InvalidInput for a past day; NotPermitted to the person who ran the impact; WrongState
    when nobody has read the impact, when the evidence has changed since it was run, or when the
    ruleset may not govern on that day (D-08).
    """
    impact = await _impact(change, request.impact_id)
    valid_from = validation.day(request.valid_from, "valid_from") or change.today
    if faults := _past("valid_from", valid_from, change.today):
        raise InvalidInput(faults=faults)
    if impact.run_by == change.on_behalf_of:
        raise NotPermitted(
            "试算人不得启用同一规则，请由他人启用",
            "Whoever ran the impact may not activate the text: another person must",
        )
    scope = Scope(impact.bureau, impact.sectors)
    await _lock(change.session, scope)
    await _require_fresh(change.session, impact, scope, valid_from)
    _require_valid(texts.load(impact.ruleset_id), valid_from, adopt=request.adopt_draft)
    activation = _activation(change, impact, request.ground)
    change.session.add(activation)
    await _make_due(change.session, scope, valid_from)
    await _announce(change, activation)
    return pb.ActivateRulesetResponse(activation=wire.activation(activation))


async def _impact(change: Change, impact_id: str) -> Impact:
    """An impact that the caller may act on, locked. Raises NotFound, NotPermitted."""
    impact = await find_by_id(change.session, Impact, impact_id, lock=True)
    if impact is None:
        raise NotFound("未找到该试算", "There is no such impact")
    _require_municipality(change.caller, impact.bureau)
    return impact


def _require_municipality(caller: Caller, bureau: str) -> None:
    """Raises NotPermitted unless the bureau is a municipal one in the caller's scope."""
    caller.require_bureau(bureau)
    if not (len(bureau) == 6 and bureau.endswith("00")):
        raise NotPermitted(
            "规则由市级机关在全市范围内启用，区县不单独启用",
            "A text is activated by a municipal bureau for its whole city, not for a district",
            bureau=bureau,
        )


def _unknown_sectors(request: pb.RunImpactRequest | pb.StartImpactRequest) -> list[Fault]:
    unknown = [sector for sector in request.sectors if sector not in set(Sector)]
    return [Fault("sectors", f"未知领域：{name}", f"unknown sector: {name}") for name in unknown]


def _past(field: str, day: date, today: date) -> list[Fault]:
    if day >= today:
        return []
    return [Fault(field, "不能早于今日", "must not be before today", cite="D-08")]


async def _lock(session: AsyncSession, scope: Scope) -> None:
    """Locks the subjects of the scope, in the order of their ids as everywhere.

    No change of a subject and no other activation can then come between check and change.
    """
    key = col(Subject.subject_id)
    await session.exec(select(key).where(*scope.where()).order_by(key).with_for_update())


async def _require_fresh(
    session: AsyncSession, impact: Impact, scope: Scope, valid_from: date
) -> None:
    """Raises WrongState for an impact that nobody has read, that was used, or that is outdated."""
    if impact.seen_at is None:
        raise WrongState(
            "试算结果尚未有人查看确认", "Nobody has looked at the impact yet", cite="D-08"
        )
    if valid_from != impact.as_of:
        raise WrongState(
            f"该试算的启用日为 {impact.as_of}，请按新的启用日重新试算",
            f"The impact was run for {impact.as_of}; run it again for the other day",
        )
    used = select(Activation.activation_id).where(Activation.impact_id == impact.impact_id)
    if (await session.exec(used)).first() is not None:
        raise WrongState("该试算已用于启用规则", "The impact has led to an activation already")
    if await impacts.evidence_digest(session, scope) != impact.evidence:
        raise WrongState(
            "试算后记录或规则已有变化，请重新试算",
            "The register or the texts have changed since; run the impact again",
        )


def _require_valid(text: Ruleset, day: date, *, adopt: bool) -> None:
    """Raises WrongState for a text not valid on its first day, and for a draft not adopted."""
    begun = text.valid_from is None or text.valid_from <= day
    if not begun or (text.valid_to is not None and day > text.valid_to):
        raise WrongState(
            f"{day} 该规则不在有效期内", f"The text is not valid on {day}", cite="D-08"
        )
    if text.status is TextStatus.DRAFT and not adopt:
        raise WrongState(
            "该规则是征求意见稿，启用须明确声明采用",
            "The text is a draft; say explicitly that it is adopted",
            cite="D-08",
        )


def _activation(change: Change, impact: Impact, ground: str) -> Activation:
    text = texts.load(impact.ruleset_id)
    return Activation(
        activation_id=uuid4().hex,
        bureau=impact.bureau,
        sectors=impact.sectors,
        ruleset_id=text.id,
        ruleset_hash=text.hash,
        valid_from=impact.as_of,
        impact_id=impact.impact_id,
        adopted_draft=text.status is TextStatus.DRAFT,
        ground=ground,
        activated_by=change.on_behalf_of,
        activated_at=change.at,
    )


async def _make_due(session: AsyncSession, scope: Scope, day: date) -> None:
    """Makes every subject of the scope due on that day; a missed day is made up for later."""
    due = col(Subject.next_change_on)
    later = [*scope.where(), sa.or_(due.is_(None), due > day)]
    await session.exec(sa.update(Subject).where(*later).values(next_change_on=day))


async def _announce(change: Change, activation: Activation) -> None:
    await change.announce(
        RulesetActivated(activation=wire.activation(activation)),
        aggregate=f"jurisdiction/{activation.bureau}",
        bureau=activation.bureau,
    )
    change.audit(
        "activate_ruleset",
        f"activation/{activation.activation_id}",
        after=activation.model_dump(
            mode="json",
            include={"bureau", "sectors", "ruleset_id", "ruleset_hash", "valid_from",
                     "impact_id", "adopted_draft"},
        ),
        ground=activation.ground,
    )  # fmt: skip


def _values(impact: Impact) -> dict[str, object]:
    return impact.model_dump(
        mode="json",
        include={"bureau", "sectors", "ruleset_id", "as_of", "subjects", "moved", "seen_by"},
    )
