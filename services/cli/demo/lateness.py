"""A further act of the demo: an institution is late with an application, then with a result."""

from __future__ import annotations

from datetime import date, timedelta

from law.instruments import instrument_type
from law.periods import add_months
from plumbing.client import new_request_id
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.platform import advance_clock
from services.cli.demo.scene import Scene
from services.cli.sample.instruments import CYCLE_WHERE_UNKNOWN, INSTITUTION
from services.cli.sample.order_book import REPORTED_AFTER

_DAY = timedelta(days=1)


async def be_late(scene: Scene) -> None:
    """Shows an application that nobody accepts in time, and a result that is reported too late."""
    stage = scene.stage
    stage.act("检定机构逾期受理、逾期报送：如实记录，并告知机构和监管机关", "S4 二(四)")
    order = await _applied(scene)
    last = date.fromisoformat(order.due_on)
    stage.say(f"经营者为 {order.type_code} {order.serial_no} 申请检定，应于 {last} 前受理")
    await advance_clock(scene.administrator, last + _DAY - await scene.today())
    await stage.until(
        f"时钟拨到 {await scene.today()}：没有受理，写明检定机构已超过期限",
        "the day after, the order says that the institution is late",
        lambda: _is_late(scene, order.order_id),
    )
    await stage.until("监管机关收到检定机构逾期的通知", "the bureau is told", lambda: _told(scene))
    await _accept(scene, order.order_id)
    verified_on = await scene.today()
    await advance_clock(scene.administrator, REPORTED_AFTER)
    result = await _report(scene, order, verified_on)
    stage.holds(
        result.late.days_late > 0,
        f"{verified_on} 检定的结果应于 {result.late.report_by} 前报送，逾期"
        f" {result.late.days_late} 天；仍然收下",
        f"the result is {result.late.days_late} days late, and is taken all the same",
    )
    asked = institutions.GetPunctualityRequest()
    found = await scene.clients["caseworker"].institutions.GetPunctuality(asked)
    own = next(one for one in found.institutions if one.institution == INSTITUTION)
    stage.holds(
        own.results_late > 0 and own.steps_late > 0,
        f"报送期限的统计：结果逾期 {own.results_late} 次，申请步骤逾期 {own.steps_late} 次",
        "the figures of the institution count both",
    )


async def _applied(scene: Scene) -> pb.Order:
    operator = scene.clients["operator"]
    listed = await operator.registry.ListInstruments(registry.ListInstrumentsRequest())
    instrument = next(one for one in listed.instruments if one.state == "in_use")
    request = pb.ApplyForVerificationRequest(
        request_id=new_request_id(),
        instrument_ids=[instrument.instrument_id],
        institution_id=INSTITUTION,
    )
    [order] = (await operator.orders.ApplyForVerification(request)).orders
    return order


async def _is_late(scene: Scene, order_id: str) -> bool | None:
    asked = pb.GetOrderRequest(order_id=order_id)
    order = (await scene.clients["institution"].orders.GetOrder(asked)).order
    return order.late in ("institution", "both") or None


async def _told(scene: Scene) -> bool | None:
    return any(one.title.startswith("检定机构逾期") for one in scene.mails()) or None


async def _accept(scene: Scene, order_id: str) -> None:
    request = pb.MoveOrdersRequest(
        request_id=new_request_id(), order_ids=[order_id], state="accepted"
    )
    await scene.clients["institution"].orders.MoveOrders(request)


async def _report(
    scene: Scene, order: pb.Order, verified_on: date
) -> registry.RecordVerificationResponse:
    kind = instrument_type(order.type_code)
    until = add_months(verified_on, kind.cycle_months or CYCLE_WHERE_UNKNOWN) - _DAY
    result = registry.Verification(
        instrument_id=order.instrument_id,
        result="pass",
        verified_on=verified_on.isoformat(),
        valid_until=until.isoformat(),
        institution=INSTITUTION,
        certificate_no="样例合格证书逾期001",
        method=kind.jjg or "",
    )
    request = registry.RecordVerificationRequest(request_id=new_request_id(), verification=result)
    return await scene.clients["institution"].registry.RecordVerification(request)
