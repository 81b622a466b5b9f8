"""What is perhaps the same: the list, and each with all sides, to join or to keep apart."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.registry.v1 import sameness_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    list_address,
    show,
)
from services.portal.pages.filters import of_import
from services.portal.pages.forms import told
from services.portal.pages.tasks import Task
from services.portal.punctuation import GAP
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/alike"
KINDS = {
    "subject": N_("同名主体"),
    "instrument": N_("器具"),
    "record": N_("信用记录"),
    "result": N_("同日不同的检定结果"),
}
STATES = {"waiting": N_("待核对"), "decided": N_("已核对")}


async def listing(visit: Visit) -> Response:
    """Shows what is perhaps the same in the visitor's bureau, the oldest first."""
    shown: Listing[pb.Likeness] = Listing(
        path=PATH,
        title=N_("疑似同一"),
        columns=[
            Column(N_("种类"), partial(_linked, visit)),
            Column(N_("主体"), lambda one: one.subject_name),
            Column(N_("共同之处"), partial(in_common, visit)),
            Column(N_("状态"), lambda one: visit.say(STATES[one.state])),
            Column(N_("发现时间"), lambda one: one.opened_at.ToDatetime(SHANGHAI)),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的疑似同一。导入时分不清是否同一的主体、器具、记录和检定结果列在这里。"),
        filters=[
            Filter("state", N_("状态"), [*STATES.items()]),
            Filter("kind", N_("种类"), [*KINDS.items()]),
            *of_import(visit),
        ],
        counted=N_("共 {total} 组，第 {first}–{last} 组"),
    )
    return await show(visit, shown)


def _linked(visit: Visit, one: pb.Likeness) -> Cell:
    return Cell(visit.say(KINDS[one.kind]), link=f"{PATH}/{one.likeness_id}")


def in_common(visit: Visit, one: pb.Likeness) -> str:
    """Returns in words what the sides have in common besides the subject."""
    words = visit.words
    parts = (
        words.instrument_type(one.type_code) if one.type_code else "",
        one.serial_no,
        words.record_kind(one.record_kind) if one.record_kind else "",
        words.day(one.day) if one.day else "",
    )
    return GAP.join(filter(None, parts))


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Likeness]:
    request = pb.ListLikenessesRequest(
        state=asked["state"], kind=asked["kind"], batch_id=asked["batch"], **asked.paging
    )
    answer = await ask(visit.services.sameness.ListLikenesses(request))
    return chunk_of(answer, list(answer.likenesses))


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if something waits to be joined or kept apart."""
    if not visit.has(Role.CASEWORKER):
        return []
    request = pb.ListLikenessesRequest(state="waiting", page_size=200)
    answer = await ask(visit.services.sameness.ListLikenesses(request))
    if not answer.likenesses:
        return []
    number = answer.total or answer.more_than or len(answer.likenesses)
    sentence = visit.say(N_("核对疑似同一的主体、器具和记录：{n} 组"))
    return [Task(sentence.format(n=number), f"{PATH}?state=waiting", "", (2, ""))]


async def one(visit: Visit) -> Response:
    """Shows all sides; the form joins the chosen ones or keeps all apart."""
    if visit.request.method == "GET":
        return await _page(visit)
    errors = _faults(visit)
    if errors:
        return await _page(visit, 422, errors=errors)
    try:
        proposal_id = await _decide(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    if proposal_id:
        return visit.redirect(f"/proposals/{proposal_id}")
    return visit.redirect(f"{PATH}/{visit.path('likeness_id')}?decided=yes")


def _faults(visit: Visit) -> dict[str, str]:
    errors, act = {}, visit.field("act")
    if act not in ("join", "apart", "stand"):
        errors["act"] = visit.say(N_("请选择要做什么"))
    if act in ("join", "stand") and not visit.field("kept_id"):
        errors["kept_id"] = visit.say(N_("请选择保留哪一方"))
    if act == "join" and not _joined(visit):
        errors["joined_ids"] = visit.say(N_("请选择哪些与保留的一方是同一的"))
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    return errors


def _joined(visit: Visit) -> list[str]:
    return [one for one in visit.fields("joined_ids") if one != visit.field("kept_id")]


async def _decide(visit: Visit) -> str:
    """Sends the decision; the id of the proposal if a second person has to release it."""
    given: dict[str, Any] = {
        "request_id": visit.request_id(),
        "likeness_id": visit.path("likeness_id"),
        "ground": visit.field("ground"),
        "seen": visit.field("seen"),
    }
    service, kept = visit.services.sameness, visit.field("kept_id")
    if visit.field("act") == "join":
        request = pb.JoinLikenessRequest(**given, kept_id=kept, joined_ids=_joined(visit))
        return str((await ask(service.JoinLikeness(request))).proposal.proposal_id)
    stands = kept if visit.field("act") == "stand" else ""
    answer = await ask(service.KeepApart(pb.KeepApartRequest(**given, stands_id=stands)))
    return str(answer.proposal.proposal_id)


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetLikenessRequest(likeness_id=visit.path("likeness_id"))
    answer = await ask(visit.services.sameness.GetLikeness(request))
    likeness = answer.likeness
    return visit.page(
        "alike/one.html",
        status=status,
        one=likeness,
        kind=visit.say(KINDS[likeness.kind]),
        state=visit.say(STATES[likeness.state]),
        common=in_common(visit, likeness),
        sides=[_Side(visit, side) for side in answer.sides],
        all_sides=answer.number,
        seen=answer.seen,
        chosen=visit.fields("joined_ids") if visit.form else [],
        may_decide=visit.has(Role.CASEWORKER),
        decided=visit.just_done("decided") == "yes",
        form=visit.form,
        back=list_address(visit, PATH),
        **values,
    )


class _Side:
    """One side as the page shows it: its id, its name, the link to its page, and its facts."""

    def __init__(self, visit: Visit, side: pb.LikeSide) -> None:
        self.kept_apart = side.kept_apart
        self.id, self.name, self.link, self.facts = _shown(visit, side)


Shown = tuple[str, str, str, list[tuple[str, str]]]


def _shown(visit: Visit, side: pb.LikeSide) -> Shown:
    for name, shown in _SHOWN.items():
        if side.HasField(name):  # type: ignore[arg-type]
            return shown(visit, side)
    return _result(visit, side)


def _subject(visit: Visit, side: pb.LikeSide) -> Shown:
    one = side.subject
    facts = [
        (visit.say(N_("统一社会信用代码")), one.credit_code),
        (visit.say(N_("类型")), visit.words.subject_kind(one.kind)),
        (visit.say(N_("地址")), one.address),
        (visit.say(N_("负责人")), one.person_in_charge),
        (visit.say(N_("计量器具")), str(side.instruments)),
        (visit.say(N_("信用记录")), str(side.records)),
    ]
    return one.subject_id, one.name, f"/subjects/{one.subject_id}", facts


def _instrument(visit: Visit, side: pb.LikeSide) -> Shown:
    one, words = side.instrument, visit.words
    facts = [
        (visit.say(N_("型号规格")), one.model),
        (visit.say(N_("单位自编号")), one.owner_no),
        (visit.say(N_("测量范围")), one.measuring_range),
        (visit.say(N_("准确度等级")), one.accuracy_class),
        (visit.say(N_("生产厂家")), one.manufacturer),
        (visit.say(N_("使用地点")), one.location),
        (visit.say(N_("使用状态")), words.instrument_state(one.state)),
    ]
    facts += [(visit.say(N_("检定")), _verified(visit, v)) for v in side.verifications]
    name = f"{words.instrument_type(one.type_code)} {one.serial_no}"
    return one.instrument_id, name, f"/instruments/{one.instrument_id}", facts


def _record(visit: Visit, side: pb.LikeSide) -> Shown:
    one, words = side.record, visit.words
    facts = [
        (visit.say(N_("信息类别")), words.record_kind(one.kind)),
        (visit.say(N_("发生日期")), one.occurred_on),
        (visit.say(N_("认定日期")), one.determined_on),
        (visit.say(N_("分值")), str(one.points) if one.HasField("points") else ""),
        (visit.say(N_("事实")), one.summary),
    ]
    return one.record_id, one.source_ref, f"/publication/{one.record_id}", facts


def _result(visit: Visit, side: pb.LikeSide) -> Shown:
    one = side.verifications[0]
    facts = [
        (visit.say(N_("枪号（通道、相）")), one.part),
        (visit.say(N_("有效期至")), one.valid_until),
        (visit.say(N_("检定机构")), one.institution),
        (visit.say(N_("证书编号")), one.certificate_no),
        (visit.say(N_("现在")), visit.say(N_("不作数") if one.set_aside else N_("以此为准"))),
    ]
    name = f"{one.verified_on} {visit.words.result(one.result)}"
    return one.verification_id, name, f"/verifications/{one.verification_id}", facts


def _verified(visit: Visit, one: Any) -> str:
    result = visit.words.result(one.result)
    parts = (one.verified_on, one.part, result, one.certificate_no, one.institution)
    return " ".join(filter(None, parts))


_SHOWN = {"subject": _subject, "instrument": _instrument, "record": _record}
