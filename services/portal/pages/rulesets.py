"""Pages on which a city brings a text into force: texts, trial runs (impacts), activation."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.grading.v1 import rulesets_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.forms import told
from services.portal.pages.reading import account_names, bureau_names, subject_names, today
from services.portal.progress import Progress, events
from services.portal.visit import Visit
from services.portal.wording import N_, SECTORS, Tag

PATH = "/rulesets"
RUNNERS = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
_STATES = {
    "running": Tag(N_("正在试算"), "", "govuk-tag--blue"),
    "done": Tag(N_("已完成"), "", "govuk-tag--green"),
    "failed": Tag(N_("未能完成"), "", "govuk-tag--red"),
}
_DIRECTIONS = {
    "up": Tag(N_("上升"), "▲", "govuk-tag--green"),
    "down": Tag(N_("下降"), "▼", "govuk-tag--red"),
    "same": Tag(N_("不变"), "", "govuk-tag--grey"),
    "incomparable": Tag(N_("等级不同套"), "", "govuk-tag--yellow"),
    "": Tag(N_("一方不评价"), "", "govuk-tag--grey"),
}


async def listing(visit: Visit) -> Response:
    """Shows the texts, since when each governs where, and the trial runs, newest first."""
    texts, activations, bureaus = await asyncio.gather(
        ask(visit.services.rulesets.ListRulesets(pb.ListRulesetsRequest())),
        ask(visit.services.rulesets.ListActivations(pb.ListActivationsRequest())),
        bureau_names(visit),
    )
    names = await account_names(visit, (one.activated_by for one in activations.activations))
    return await show(
        visit,
        _impacts(visit),
        "rulesets/list.html",
        texts=texts.rulesets,
        activations=activations.activations,
        names=names,
        bureaus=bureaus,
    )


def _impacts(visit: Visit) -> Listing[pb.Impact]:
    words = visit.words

    async def read(asked: Asked) -> Chunk[pb.Impact]:
        request = pb.ListImpactsRequest(**asked.paging)
        answer = await ask(visit.services.rulesets.ListImpacts(request))
        return chunk_of(answer, answer.impacts)

    return Listing(
        path=PATH,
        title=N_("规则启用"),
        columns=(
            Column(
                N_("试算的规则"),
                lambda one: Cell(
                    words.text_title(one.ruleset_id), link=f"{PATH}/impacts/{one.impact_id}"
                ),
            ),
            Column(N_("启用日"), lambda one: one.as_of),
            Column(N_("状态"), lambda one: Cell(tag=_state(visit, one))),
            Column(N_("主体数"), lambda one: one.subjects, numeric=True),
            Column(N_("等级变动"), lambda one: one.moved, numeric=True),
        ),
        read=read,
        empty=N_("还没有试算过。试算一部规则，可以先看等级会怎样变。"),
    )


def _state(visit: Visit, impact: pb.Impact) -> Tag:
    if impact.activation_id:
        return Tag(visit.say(N_("已启用")), "✓", "govuk-tag--green")
    tag = _STATES[impact.state or "done"]
    return Tag(visit.say(tag.word), tag.shape, tag.style)


async def start(visit: Visit) -> Response:
    """Shows the form of a trial run, and starts the run in the background."""
    if visit.request.method == "GET":
        return await _form(visit)
    errors = {}
    if not visit.field("ruleset_id"):
        errors["ruleset_id"] = visit.say(N_("请选择要试算的规则"))
    if not visit.field("as_of"):
        errors["as_of"] = visit.say(N_("请填写从哪一天起启用，例如 2027-01-01"))
    if errors:
        return await _form(visit, 422, errors=errors)
    request = pb.StartImpactRequest(
        request_id=visit.request_id(),
        bureau=visit.person.bureau,
        sectors=visit.fields("sectors"),
        ruleset_id=visit.field("ruleset_id"),
        as_of=visit.field("as_of"),
    )
    try:
        impact = (await ask(visit.services.rulesets.StartImpact(request))).impact
    except Refusal as refusal:
        return await _form(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/impacts/{impact.impact_id}")


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    texts = await ask(visit.services.rulesets.ListRulesets(pb.ListRulesetsRequest()))
    return visit.page(
        "rulesets/new.html",
        status=status,
        texts=texts.rulesets,
        sectors=SECTORS,
        form=visit.form,
        today=await today(visit),
        **values,
    )


async def impact(visit: Visit) -> Response:
    """Shows a trial run: how far it has come or whose grade would change; notes that it was read.

    Its form states that the visitor has looked at the result.
    """
    if visit.request.method == "POST":
        request = pb.AcknowledgeImpactRequest(
            request_id=visit.request_id(), impact_id=visit.path("impact_id")
        )
        await ask(visit.services.rulesets.AcknowledgeImpact(request))
        return visit.redirect(f"{PATH}/impacts/{visit.path('impact_id')}")
    found = await _read(visit)
    names = await account_names(visit, (found.run_by, found.seen_by))
    values: dict[str, Any] = {
        "impact": found,
        "names": names,
        "progress": _progress(visit, found),
    }
    if found.state not in ("", "done"):
        return visit.page("rulesets/running.html", **values)
    return await show(
        visit,
        _moves(visit, found),
        "rulesets/impact.html",
        counts=[(count, _direction(visit, count), _pair(count)) for count in found.counts],
        may_read=visit.has(Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER) and not found.seen_by,
        may_activate=visit.has(Role.UNIT_HEAD) and _can_be_activated(visit, found),
        **values,
    )


async def progress(visit: Visit) -> Response:
    """Sends the events of a trial run in progress."""

    async def ask_now() -> Progress:
        return _progress(visit, await _read(visit))

    return await events(visit, ask_now)


def _progress(visit: Visit, found: pb.Impact) -> Progress:
    words = visit.say(N_("正在试算：{done} 家，共 {total} 家主体")).format(
        done=f"{found.done:,}", total=f"{found.subjects:,}"
    )
    return Progress(words, found.done, found.subjects, ended=found.state != "running")


async def _read(visit: Visit) -> pb.Impact:
    request = pb.GetImpactRequest(impact_id=visit.path("impact_id"))
    return (await ask(visit.services.rulesets.GetImpact(request))).impact


def _can_be_activated(visit: Visit, found: pb.Impact) -> bool:
    own = found.run_by == visit.person.account_id
    return bool(found.seen_by) and not found.activation_id and not own


def _direction(visit: Visit, one: pb.ImpactCount | pb.ImpactMove) -> Tag:
    tag = _DIRECTIONS[one.direction]
    return Tag(visit.say(tag.word), tag.shape, tag.style)


def _pair(one: pb.ImpactCount) -> str:
    return f"{one.ruleset_before}|{one.before}|{one.after}"


def _moves(visit: Visit, found: pb.Impact) -> Listing[tuple[pb.ImpactMove, str, str]]:
    """The subjects whose grade would change, with their name and the name of their bureau."""
    words, path = visit.words, f"{PATH}/impacts/{found.impact_id}"

    async def read(asked: Asked) -> Chunk[tuple[pb.ImpactMove, str, str]]:
        request = pb.ListImpactMovesRequest(impact_id=found.impact_id, **asked.paging)
        if asked["pair"]:
            request.one_pair = True
            request.ruleset_before, request.before, request.after = asked["pair"].split("|")
        answer = await ask(visit.services.rulesets.ListImpactMoves(request))
        firms = await subject_names(visit, (move.subject_id for move in answer.moves))
        bureaus = await bureau_names(visit)
        rows = [
            (
                move,
                firms[move.subject_id].name if move.subject_id in firms else move.subject_id,
                bureaus.get(move.bureau, move.bureau),
            )
            for move in answer.moves
        ]
        return chunk_of(answer, rows)

    def change(one: pb.ImpactCount) -> str:
        before = words.grade(one.ruleset_before, one.before)
        return f"{before} → {words.grade(found.ruleset_id, one.after)}"

    changed = [count for count in found.counts if count.before != count.after]
    return Listing(
        path=path,
        title=N_("等级会变的主体"),
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
        columns=(
            Column(N_("名称"), lambda row: Cell(row[1], link=f"/subjects/{row[0].subject_id}")),
            Column(N_("监管机关"), lambda row: row[2]),
            Column(N_("现在"), lambda row: words.grade(row[0].ruleset_before, row[0].before)),
            Column(N_("启用后"), lambda row: words.grade(found.ruleset_id, row[0].after)),
            Column(N_("升降"), lambda row: Cell(tag=_direction(visit, row[0]))),
        ),
        filters=(Filter("pair", N_("变动"), [(_pair(one), change(one)) for one in changed]),),
        read=read,
        empty=N_("没有主体的等级会变。"),
    )


async def activate(visit: Visit) -> Response:
    """Asks for the ground, shows what will happen, and activates the text of a trial run."""
    if visit.request.method == "GET":
        return await _activation(visit)
    errors = {}
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据，例如局务会决定的文号"))
    if errors:
        return await _activation(visit, 422, errors=errors)
    found = await _read(visit)
    request = pb.ActivateRulesetRequest(
        request_id=visit.request_id(),
        impact_id=found.impact_id,
        valid_from=found.as_of,
        ground=visit.field("ground"),
        adopt_draft=visit.field("adopt_draft") == "yes",
        check_only=visit.field("checked") != "yes",
    )
    try:
        await ask(visit.services.rulesets.ActivateRuleset(request))
    except Refusal as refusal:
        return await _activation(visit, 422, **told(visit, refusal))
    if request.check_only:
        return await _activation(visit, checking=True)
    return visit.redirect(f"{PATH}/impacts/{found.impact_id}")


async def _activation(visit: Visit, status: int = 200, **values: Any) -> Response:
    found = await _read(visit)
    texts = await ask(visit.services.rulesets.ListRulesets(pb.ListRulesetsRequest()))
    chosen = next((one for one in texts.rulesets if one.ruleset_id == found.ruleset_id), None)
    return visit.page(
        "rulesets/activate.html",
        status=status,
        impact=found,
        is_draft=chosen is not None and chosen.status == "draft",
        form=visit.form,
        **values,
    )
