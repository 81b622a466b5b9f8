"""Changes that one person proposes and another releases: the list, and each with its content."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from law.separation import Act, release_of
from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import proposals_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.forms import told
from services.portal.pages.proposed_objects import Named, facts, named, new_owners
from services.portal.pages.reading import HIDDEN, account_names, bureau_names
from services.portal.pages.tasks import Task
from services.portal.pages.transfers import UPLOAD_SECONDS
from services.portal.visit import Visit
from services.portal.wording import N_, Words

PATH = "/proposals"
TO_DECIDE = f"{PATH}?to_decide=yes"
SHOWN = 30  # of those that wait, on the page of a person; their list has the others
STATES = {
    "waiting": N_("待批准"),
    "released": N_("已批准"),
    "declined": N_("未批准"),
    "withdrawn": N_("已撤回"),
}
# Where the page of the object is; a record stands on the page of its subject.
_PAGES = {
    "instrument": "/instruments",
    "import": "/imports",
    "account": "/accounts",
    "likeness": "/alike",
    "question": "/questions",
    "subject": "/subjects",
    "qualification": "/qualifications",
    "institution": "/institutions",
}
_FIELDS = {
    "kind": N_("信息类别"),
    "severity": N_("情节"),
    "occurred_on": N_("发生日期"),
    "determined_on": N_("认定日期"),
    "verified": N_("已经核实"),
    "final": N_("已经生效"),
    "points": N_("分值"),
    "source_ref": N_("文书编号"),
    "provided_by": N_("提供单位"),
    "summary": N_("事实"),
    "status": N_("状态"),
    "state": N_("状态"),
    "subject_id": N_("使用单位"),
    "type_code": N_("器具类型"),
    "serial_no": N_("出厂编号"),
    "model": N_("型号规格"),
    "owner_no": N_("单位自编号"),
    "measuring_range": N_("测量范围"),
    "accuracy_class": N_("准确度等级"),
    "non_compulsory_ground": N_("非强制检定的理由"),
    "manufacturer": N_("生产厂家"),
    "location": N_("使用地点"),
    "rotate_on": N_("轮换日期"),
    "maker_code": N_("制造商码"),
    "result": N_("结果"),
    "parts_pass": N_("合格的部件"),
    "parts_reject": N_("不合格的部件"),
    "parts_repaired": N_("修理后尚未检定合格的部件"),
    "parts_pending": N_("结果待定的部件"),
    "verified_on": N_("检定日期"),
    "valid_until": N_("有效期至"),
    "institution": N_("检定机构"),
    "certificate_no": N_("证书编号"),
    "certificate_sha256": N_("证书文件的校验值"),
    "method": N_("检定依据"),
    "laboratory": N_("实验室"),
    "worked_from": N_("检定开始时间"),
    "worked_until": N_("检定结束时间"),
    "roles": N_("角色"),
    "bureau": N_("机关"),
    "closed": N_("已关闭"),
    "file_name": N_("文件"),
    "rows": N_("行数"),
    "kept": N_("保留"),
    "joined": N_("并入"),
    "name": N_("名称"),
    "number": N_("证书编号"),
    "consent": N_("怎样同意公开"),
    "sites": N_("地址"),
    "division_code": N_("所在地的行政区划代码"),
    "contact": N_("联系方式"),
    "phone": N_("对外公开的电话"),
    "website": N_("网址"),
    "credit_code": N_("统一社会信用代码"),
    "deregistered_on": N_("注销日期"),
    "instruments": N_("划出的器具"),
    "records": N_("划出的信用记录"),
    "accounts": N_("划出的账号"),
    "acceptance_days": N_("收到申请后受理或者不予受理的期限"),
    "completion_days": N_("受理后完成检定的期限"),
    "valid_from": N_("启用日"),
    "source": N_("依据"),
}


@dataclass(frozen=True)
class Difference:
    """One field that a proposal changes, in words."""

    field: str
    before: str
    after: str


async def listing(visit: Visit) -> Response:
    """Shows the proposed changes that the visitor may see: all, or those in a chosen state."""
    shown: Listing[tuple[pb.Proposal, Named]] = Listing(
        path=PATH,
        title=N_("变更申请"),
        columns=[
            Column(N_("变更"), lambda row: _named(visit, row[0])),
            Column(N_("主体"), lambda row: row[1].owner),
            Column(N_("对象"), lambda row: row[1].thing),
            Column(N_("提出人"), lambda row: row[0].proposed_by_name),
            Column(N_("理由"), lambda row: row[0].ground),
            Column(N_("状态"), lambda row: visit.say(STATES[row[0].state])),
            Column(N_("决定理由"), lambda row: row[0].reasons),
            Column(N_("提出时间"), lambda row: row[0].proposed_at.ToDatetime(SHANGHAI)),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的变更申请。更正、撤销失信信息等须经他人批准的变更，提出以后列在这里。"),
        filters=[
            Filter("state", N_("状态"), [*STATES.items()]),
            Filter("to_decide", N_("只看待我审批的"), box=True),
        ],
        counted=N_("共 {total} 件，第 {first}–{last} 件"),
    )
    return await show(visit, shown)


def _named(visit: Visit, one: pb.Proposal) -> Cell:
    return Cell(act_name(one, visit.words), link=f"{PATH}/{one.proposal_id}")


async def _read(visit: Visit, asked: Asked) -> Chunk[tuple[pb.Proposal, Named]]:
    request = pb.ListProposalsRequest(
        state=asked["state"], to_decide=bool(asked["to_decide"]), **asked.paging
    )
    answer = await ask(visit.services.proposals.ListProposals(request))
    about = await named(visit, answer.proposals)
    return chunk_of(answer, [(one, about[one.proposal_id]) for one in answer.proposals])


async def number_to_decide(visit: Visit) -> int:
    """Returns how many proposals wait for the visitor's decision."""
    return _number(await _to_decide(visit, 1))


def _number(answer: pb.ListProposalsResponse) -> int:
    return answer.total or answer.more_than or len(answer.proposals)


async def _to_decide(visit: Visit, most: int) -> pb.ListProposalsResponse:
    request = pb.ListProposalsRequest(state="waiting", to_decide=True, page_size=most)
    return await ask(visit.services.proposals.ListProposals(request))


async def tasks(visit: Visit) -> list[Task]:
    """Returns the proposals that wait longest for the visitor's decision, as sentences.

    A last sentence tells how many more there are, and leads to their list.
    """
    answer = await _to_decide(visit, SHOWN)
    waits, others = answer.proposals, _number(answer) - len(answer.proposals)
    about, sentence = await named(visit, waits), visit.say(N_("审批{person}提出的变更：{act}"))

    def said(one: pb.Proposal) -> str:
        act = sentence.format(person=one.proposed_by_name, act=act_name(one, visit.words))
        return visit.words.with_note(act, what) if (what := str(about[one.proposal_id])) else act

    shown = [Task(said(one), f"{PATH}/{one.proposal_id}", "", (1, "")) for one in waits]
    more = visit.say(N_("另有 {n} 项变更待您审批，见变更申请列表")).format(n=others)
    return [*shown, Task(more, TO_DECIDE, "", (3, ""))] if others else shown


async def about(visit: Visit, object_: str) -> list[pb.Proposal]:
    """Returns the proposals about an object, or a part of it, that wait for a decision."""
    request = pb.ListProposalsRequest(state="waiting", object=object_)
    return list((await ask(visit.services.proposals.ListProposals(request))).proposals)


def act_name(one: pb.Proposal, words: Words) -> str:
    """Returns what a proposal does, in words; also of an act that only a newer release knows."""
    if one.act not in {*Act}:
        return words.say(N_("平台新版本才有的一种变更"))
    rule = release_of(Act(one.act))
    return rule.zh if words.lang == "zh" else rule.en


async def one(visit: Visit) -> Response:
    """Shows a proposal with what it changes; its form releases, declines or takes it back."""
    if visit.request.method == "GET":
        return await _page(visit)
    act, errors = _ACTS.get(visit.field("act")), dict[str, str]()
    if act is None:
        errors["act"] = visit.say(N_("请选择要做什么"))
    if act is not _withdraw and not visit.field("reasons"):
        errors["reasons"] = visit.say(N_("请写明理由"))
    if act is None or errors:
        return await _page(visit, 422, errors=errors)
    try:
        await act(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{visit.path('proposal_id')}")


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetProposalRequest(proposal_id=visit.path("proposal_id"))
    proposal = (await ask(visit.services.proposals.GetProposal(request))).proposal
    owners = await new_owners(visit, proposal)
    return visit.page(
        "proposals/one.html",
        status=status,
        proposal=proposal,
        title=act_name(proposal, visit.words),
        state=visit.say(STATES[proposal.state]),
        differences=[_difference(visit, proposal, change, owners) for change in proposal.changes],
        about=_about(visit, proposal),
        concerned=await _concerned(visit, proposal),
        acts=_acts(visit, proposal),
        form=visit.form,
        **values,
    )


async def _concerned(visit: Visit, proposal: pb.Proposal) -> list[tuple[str, str]]:
    """What a proposal is about; of an account whose it is, and of which bureau.

    Of an account outside of their bureaus the visitor is told the name alone.
    """
    kind, account_id = proposal.object.split("/")[:2]
    if kind != "account":
        return await facts(visit, proposal)
    request = identity.GetAccountRequest(account_id=account_id)
    try:
        account = (await ask(visit.services.identity.GetAccount(request))).account
    except Refusal as refusal:
        if refusal.code not in HIDDEN:
            raise
        named = await account_names(visit, [account_id])
        return [(visit.say(N_("账号")), name) for name in named.values()]
    bureaus = await bureau_names(visit)
    return [
        (visit.say(N_("账号")), visit.words.with_note(account.display_name, account.name)),
        (visit.say(N_("机关")), bureaus.get(account.bureau, account.bureau)),
    ]


def _about(visit: Visit, proposal: pb.Proposal) -> str:
    """The path of the page of what the proposal changes."""
    kind, identity = proposal.object.split("/")[:2]
    if kind == "order_terms":
        return "/order-terms"
    if kind in _PAGES:
        return f"{_PAGES[kind]}/{identity}"
    return "/records" if visit.person.subject_id else f"/subjects/{proposal.subject_id}"


def _acts(visit: Visit, proposal: pb.Proposal) -> list[str]:
    if proposal.state != "waiting":
        return []
    if proposal.proposed_by == visit.person.account_id:
        return ["withdraw"]
    return ["release", "decline"] if _may_decide(visit, proposal) else []


def _may_decide(visit: Visit, proposal: pb.Proposal) -> bool:
    own = proposal.proposed_by == visit.person.account_id
    return not own and proposal.released_by in visit.person.roles


def _difference(
    visit: Visit, proposal: pb.Proposal, change: pb.ProposedChange, owners: Mapping[str, str]
) -> Difference:
    name = visit.say(_FIELDS[change.field]) if change.field in _FIELDS else change.field
    if change.field == "subject_id":
        ids = (change.before, change.after)
        return Difference(name, *(owners.get(one, one[:8]) for one in ids))
    before = _value(visit, proposal, change.field, change.before)
    return Difference(name, before, _value(visit, proposal, change.field, change.after))


def _value(visit: Visit, proposal: pb.Proposal, field: str, text: str) -> str:
    words = visit.words
    if field == "state":
        is_batch = proposal.object.startswith("import/")
        return words.batch_state(text) if is_batch else words.instrument_state(text)
    spoken: Mapping[str, Callable[[str], str]] = {
        "kind": words.record_kind,
        "severity": words.severity,
        "status": words.record_status,
        "type_code": words.instrument_type,
        "result": words.result,
        "roles": lambda codes: words.listed(map(words.role, codes.split())),
    }
    if text and field in spoken:
        return spoken[field](text)
    if text and field in ("acceptance_days", "completion_days"):
        sentence = N_("{n} 个工作日") if text != "0" else N_("不另规定")
        return visit.say(sentence).format(n=text)
    return {"true": visit.say(N_("是")), "false": visit.say(N_("否"))}.get(text, text)


async def _release(visit: Visit) -> None:
    request = pb.ReleaseProposalRequest(**_decided(visit))
    # A large batch takes long to be undone.
    await ask(visit.services.proposals.ReleaseProposal(request, timeout=UPLOAD_SECONDS))


async def _decline(visit: Visit) -> None:
    request = pb.DeclineProposalRequest(**_decided(visit))
    await ask(visit.services.proposals.DeclineProposal(request))


async def _withdraw(visit: Visit) -> None:
    request = pb.WithdrawProposalRequest(**_which(visit))
    await ask(visit.services.proposals.WithdrawProposal(request))


def _which(visit: Visit) -> dict[str, str]:
    return {"request_id": visit.request_id(), "proposal_id": visit.path("proposal_id")}


def _decided(visit: Visit) -> dict[str, str]:
    return {**_which(visit), "reasons": visit.field("reasons")}


_ACTS: dict[str, Callable[[Visit], Awaitable[None]]] = {
    "release": _release,
    "decline": _decline,
    "withdraw": _withdraw,
}
