"""Pages of what did not arrive: notices that were not delivered, events that were given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
from protos.registry.v1 import registry_pb2 as registry
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
from services.portal.pages.forms import told
from services.portal.pages.platform_state import of_each_service
from services.portal.pages.reading import bureau_names, subject_names
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_, Tag

STATES = {
    "failed": Tag(N_("投递失败"), "■", "govuk-tag--red"),
    "no_address": Tag(N_("没有地址"), "▲", "govuk-tag--yellow"),
    "pending": Tag(N_("待投递"), "", "govuk-tag--blue"),
}
READERS = (Role.ADMINISTRATOR, Role.CASEWORKER, Role.UNIT_HEAD)
FAILURES = {"refused": N_("收件方拒收"), "unreachable": N_("邮件服务器未收下")}
CHANNELS = {"mail": N_("邮件"), "webhook": N_("程序接收")}
KINDS = {
    "digest": N_("预警汇总"),
    "rejected": N_("检定不合格"),
    "adverse_record": N_("失信信息告知"),
    "grade_fell": N_("等级下降告知"),
    "letter": N_("文书"),
    "term": N_("期限提醒"),
    "escalation": N_("督促"),
    "approvals": N_("待批准汇总"),
    "given_up": N_("无法处理的事件"),
    "batch": N_("导入"),
    "filing": N_("器具备案"),
    "account": N_("账号"),
    "proposal": N_("变更申请"),
    "checkpoint": N_("检查点"),
    "case": N_("案件办理"),
    "channel": N_("接收渠道停用"),
    "order": N_("检定申请"),
    "result": N_("检定结果和证书"),
    "calibration": N_("校准"),
    "ending": N_("许可、授权和资格到期"),
    "upkeep": N_("维护和签封记录"),
    "institution": N_("检定机构办理"),
    "subject": N_("登记信息变动"),
}
PATH = "/undelivered"
_OF_FILTERS = ("bureau", "state", "kind", "channel", "failure", "created_from")
Addressed = tuple[alerts.Notice, str]


async def undelivered(visit: Visit) -> Response:
    """Shows the notices in a state of trouble; its forms have chosen ones delivered again, or all.

    All that the filters name are delivered only after a second page has said how many they are.
    """
    if visit.request.method != "POST":
        return await _notices(visit)
    if visit.field("act") == "all":
        return await _all_of_the_filters(visit)
    retried = 0
    for notice_id in visit.fields("chosen"):
        request = alerts.RetryDeliveryRequest(
            request_id=_one_of(visit.request_id(), notice_id), notice_id=notice_id
        )
        try:
            await ask(visit.services.alerts.RetryDelivery(request))
        except Refusal as refusal:
            return await _notices(visit, retried=retried, **told(visit, refusal))
        retried += 1
    if not retried:
        errors = {"chosen": visit.say(N_("请至少选择一份通知"))}
        return await _notices(visit, errors=errors)
    return await _notices(visit, retried=retried, request_id=new_request_id())


async def _all_of_the_filters(visit: Visit) -> Response:
    asked = {name: visit.field(name) for name in _OF_FILTERS}
    of = alerts.Undelivered(**asked)
    try:
        count = alerts.CountRetriesRequest(of=of)
        found = await ask(visit.services.alerts.CountRetries(count))
        if visit.field("confirmed") != "yes":
            back = list_address(visit, PATH)  # as the list was filtered
            return visit.page("administration/retry.html", of=asked, found=found, back=back)
        retry = alerts.RetryDeliveriesRequest(request_id=visit.request_id(), of=of)
        started = await ask(visit.services.alerts.RetryDeliveries(retry))
    except Refusal as refusal:
        return await _notices(visit, **told(visit, refusal))
    new = new_request_id()
    return await _notices(visit, retried=started.retried, left=started.left, request_id=new)


def _one_of(request_id: str, notice_id: str) -> str:
    """The id of one of the changes that a form asks for; the same when the form is sent again."""
    return str(uuid5(NAMESPACE_URL, f"{request_id}/{notice_id}"))


async def _notices(visit: Visit, **values: Any) -> Response:
    bureaus = await bureau_names(visit)

    async def read(asked: Asked) -> Chunk[Addressed]:
        wanted: dict[str, Any] = {name: asked[name] for name in _OF_FILTERS}
        request = alerts.ListNoticesRequest(**wanted, order_by=asked.order_by, **asked.paging)
        answer = await ask(visit.services.alerts.ListNotices(request))
        firms = await subject_names(visit, (one.subject_id for one in answer.notices))
        return chunk_of(answer, [(one, addressee(one, firms, bureaus)) for one in answer.notices])

    def state(row: Addressed) -> Cell:
        tag = STATES[row[0].state]
        return Cell(tag=Tag(visit.say(tag.word), tag.shape, tag.style), note=row[0].error)

    choices = [(code, tag.word) for code, tag in STATES.items()]
    filters = (
        Filter("state", N_("状态"), choices, usual="failed"),
        Filter("failure", N_("原因"), [*FAILURES.items()]),
        Filter("kind", N_("种类"), [*KINDS.items()]),
        Filter("channel", N_("途径"), [*CHANNELS.items()]),
        Filter("bureau", N_("机关"), [*bureaus.items()]),
        Filter("created_from", N_("自（如 2026-09-01）")),
    )
    listing = Listing(
        path=PATH,
        title=N_("未送达的通知"),
        counted=N_("共 {total} 份，第 {first}–{last} 份"),
        columns=(
            Column(N_("通知"), _titled),
            Column(N_("给谁"), lambda row: Cell(row[1], note=row[0].address)),
            Column(N_("状态"), state),
            Column(N_("次数"), lambda row: row[0].attempts, numeric=True),
            Column(
                N_("产生时间"),
                lambda row: row[0].created_at.ToDatetime(SHANGHAI),
                order_by="created_at",
            ),
        ),
        filters=filters,
        key=lambda row: row[0].notice_id,
        read=read,
        empty=N_("没有这样的通知。投递失败的和没有地址的，请在“状态”里分别查看。"),
    )
    return await show(visit, listing, "administration/undelivered.html", **values)


def addressee(
    notice: alerts.Notice, firms: Mapping[str, registry.Subject], bureaus: Mapping[str, str]
) -> str:
    """Returns the name of whom a notice addresses: a firm, a bureau, or somebody outside."""
    if notice.subject_id in firms:
        return firms[notice.subject_id].name
    return notice.recipient or bureaus.get(notice.bureau, notice.bureau)


def _titled(row: Addressed) -> Cell:
    return Cell(row[0].title, link=f"/deliveries/{row[0].notice_id}")


async def events(visit: Visit) -> Response:
    """Shows the events that a service could not handle.

    Its forms have one service try again, or remove a message that no service has signed.
    """
    result, fault = None, dict[str, Any]()
    if visit.request.method == "POST":
        stub = visit.services.operations.get(visit.field("service"))
        try:
            result = await _dealt_with(visit, stub) if stub is not None else None
        except Refusal as refusal:
            fault = told(visit, refusal)
    answers = await of_each_service(visit, _letters)
    letters = [
        (service, letter)
        for service, answer in answers.items()
        for letter in (answer.letters if answer else ())
    ]
    away = [service for service, answer in answers.items() if answer is None]
    return visit.page(
        "administration/events.html",
        letters=letters,
        away=away,
        result=result,
        request_id=new_request_id() if result else visit.request_id(),
        **fault,
    )


async def _dealt_with(visit: Visit, stub: OperationsServiceStub) -> dict[str, int]:
    """Does what a form asks for; returns what the page says about it."""
    request_id = visit.request_id()
    sequences = [int(one) for one in visit.fields("sequence") if whole_number(one)]
    if visit.field("act") == "discard":
        ground = visit.field("ground")
        discarding = pb.DiscardDeadLettersRequest(
            request_id=request_id, sequences=sequences, ground=ground
        )
        return {"discarded": (await ask(stub.DiscardDeadLetters(discarding))).discarded}
    again = pb.ReplayDeadLettersRequest(request_id=request_id, sequences=sequences)
    answer = await ask(stub.ReplayDeadLetters(again))
    return {"handled": answer.handled, "failed": len(answer.failed)}


async def _letters(stub: OperationsServiceStub) -> pb.ListDeadLettersResponse:
    return await ask(stub.ListDeadLetters(pb.ListDeadLettersRequest()))
