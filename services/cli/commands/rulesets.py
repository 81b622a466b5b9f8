"""Commands about which text governs from when: rehearse, look, activate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from protos.grading.v1 import rulesets_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

ruleset_app = typer.Typer(no_args_is_help=True, help="规则启用 | which text governs from when")
RulesetId = Annotated[str, typer.Argument(metavar="RULESET", help="规则 id，见 ruleset list")]
ImpactId = Annotated[str, typer.Argument(metavar="IMPACT", help="试算 id，见 ruleset impact")]
STATUS = {"issued": "已发布", "draft": "征求意见稿"}


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(ruleset_app, name="ruleset")


@ruleset_app.command("list")
def ruleset_list(
    bureau: Bureau = "",
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出各规则及其启用情况。 Lists the texts, and where which was activated from when."""
    wanted = pb.ListActivationsRequest(bureau=bureau, page_size=limit)
    if export:
        listed(lambda client: client.rulesets.ListActivations, wanted, data, export)

    async def work(client: Client) -> tuple[pb.ListRulesetsResponse, pb.ListActivationsResponse]:
        texts = await client.rulesets.ListRulesets(pb.ListRulesetsRequest())
        return texts, await client.rulesets.ListActivations(wanted)

    texts, activated = with_client(data, work)
    if as_json:
        show.json_out({**show.plain(texts), **show.plain(activated)})
        return
    heads = ("规则", "名称", "状态", "版本", "含示例分值", "有效期", "哈希")
    show.table("规则", heads, [_text_row(one) for one in texts.rulesets])
    heads = ("启用 id", "机关", "领域", "规则", "自", "依据", "启用人")
    show.table("启用情况", heads, [_activation_row(one) for one in activated.activations])


@ruleset_app.command("impact")
def ruleset_impact(
    ruleset: RulesetId,
    bureau: Annotated[str, typer.Option("--bureau", help="市级机关代码 | municipal bureau")],
    as_of: Annotated[str, typer.Option("--as-of", help="拟启用日 YYYY-MM-DD | first day")],
    sector: Annotated[
        list[str] | None, typer.Option("--sector", help="只限该领域，可重复 | only this sector")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """试算：若自某日起启用某规则，哪些主体的等级会变。 Rehearses a text; changes nothing."""
    wanted = pb.RunImpactRequest(
        request_id=new_request_id(),
        bureau=bureau,
        sectors=sector or [],
        ruleset_id=ruleset,
        as_of=as_of,
    )
    answer = with_client(data, lambda client: client.rulesets.RunImpact(wanted))
    _show_impact(answer.impact, as_json=as_json)


@ruleset_app.command("show")
def ruleset_show(
    impact: ImpactId,
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """显示试算结果和等级变化的主体。 Shows an impact and the subjects it moves."""
    wanted = pb.ListImpactMovesRequest(impact_id=impact, page_size=limit)
    if export:
        listed(lambda client: client.rulesets.ListImpactMoves, wanted, data, export)

    async def work(client: Client) -> tuple[pb.Impact, pb.ListImpactMovesResponse]:
        found = await client.rulesets.GetImpact(pb.GetImpactRequest(impact_id=impact))
        return found.impact, await client.rulesets.ListImpactMoves(wanted)

    found, moves = with_client(data, work)
    if as_json:
        show.json_out({"impact": show.plain(found), **show.plain(moves)})
        return
    _show_impact(found, as_json=False)
    rows = [(m.subject_id, m.bureau, m.before or "—", m.after or "—") for m in moves.moves]
    more = "（未列全，用 --limit）" if moves.next_page_token else ""
    show.table(f"等级变化的主体{more}", ("主体", "机关", "现规则", "新规则"), rows)


@ruleset_app.command("acknowledge")
def ruleset_acknowledge(impact: ImpactId, data: Data = None, as_json: AsJson = False) -> None:
    """确认已查看试算结果；启用之前必须有人查看。 States that you have looked at an impact."""
    wanted = pb.AcknowledgeImpactRequest(request_id=new_request_id(), impact_id=impact)
    answer = with_client(data, lambda client: client.rulesets.AcknowledgeImpact(wanted))
    _show_impact(answer.impact, as_json=as_json)


@ruleset_app.command("activate")
def ruleset_activate(
    impact: ImpactId,
    valid_from: Annotated[str, typer.Option("--from", help="启用日 YYYY-MM-DD | first day")],
    ground: Annotated[str, typer.Option("--ground", help="启用依据 | on what ground")],
    adopt_draft: Annotated[
        bool, typer.Option("--adopt-draft", help="采用征求意见稿 | adopt a text not issued")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """自某日起启用已查看试算的规则；试算人不得启用。 Brings a text into force."""
    wanted = pb.ActivateRulesetRequest(
        request_id=new_request_id(),
        impact_id=impact,
        valid_from=valid_from,
        ground=ground,
        adopt_draft=adopt_draft,
    )
    answer = with_client(data, lambda client: client.rulesets.ActivateRuleset(wanted))
    if as_json:
        show.json_out(answer.activation)
    else:
        said = answer.activation
        show.console.print(f"✓ {said.bureau} 自 {said.valid_from} 起适用 {said.ruleset_id}")


def _show_impact(impact: pb.Impact, *, as_json: bool) -> None:
    if as_json:
        show.json_out(impact)
        return
    show.card(
        "试算",
        {
            "试算 id": impact.impact_id,
            "机关": impact.bureau,
            "领域": _sectors(impact.sectors),
            "规则": impact.ruleset_id,
            "拟启用日": impact.as_of,
            "主体数": impact.subjects,
            "等级变化": impact.moved,
            "试算人": impact.run_by,
            "查看人": impact.seen_by or "尚未查看（ruleset acknowledge）",
        },
    )
    rows = [
        (one.ruleset_before or "不评价", one.before or "—", one.after or "—", one.subjects)
        for one in impact.counts
    ]
    show.table("等级变化统计", ("现规则", "现等级", "新等级", "主体数"), rows)


def _text_row(text: pb.Ruleset) -> tuple[object, ...]:
    period = f"{text.valid_from or '—'} 至 {text.valid_to or '—'}"
    example = "是" if text.example_valued else "否"
    status = STATUS.get(text.status, text.status)
    return text.ruleset_id, text.title_zh, status, text.version, example, period, text.hash[:19]


def _activation_row(one: pb.Activation) -> tuple[object, ...]:
    by = f"{one.activated_by}，{one.activated_at.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M}"
    ruleset = f"{one.ruleset_id}{'（采用征求意见稿）' if one.adopted_draft else ''}"
    sectors = _sectors(one.sectors)
    return one.activation_id, one.bureau, sectors, ruleset, one.valid_from, one.ground, by


def _sectors(sectors: Iterable[str]) -> str:
    return "、".join(sectors) or "全部"
