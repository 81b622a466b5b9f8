"""Pages of a verification institution: what waits, due dates, results by form, its certificates."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from law.colours.parts import severest
from law.colours.rule import VerificationResult
from law.identity import folded
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import laboratories_pb2 as room_pb
from protos.registry.v1 import orders_pb2 as order_pb
from protos.registry.v1 import registry_pb2 as pb
from services.portal import calibration_words
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages import results_of_dccs, results_of_parts
from services.portal.pages.forms import told
from services.portal.pages.reading import (
    certificate_cell,
    last_day_cell,
    subject,
    subject_names,
    today,
)
from services.portal.pages.results_of_parts import RESULTS
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

COLOURS = ("red", "yellow", "green")
_MOMENTS = ("worked_from", "worked_until")
ALL = 200
_FIELDS = (
    *("result", "verified_on", "valid_until", "certificate_no", "method"),
    *("laboratory", *_MOMENTS),
)
# What the certificate says of the instrument itself.
_DETAILS = {
    "owner_no": N_("单位自编号"),
    "measuring_range": N_("测量范围"),
    "accuracy_class": N_("准确度等级"),
}
Owned = tuple[alerts.InstrumentColour, str]


async def own_name(visit: Visit) -> str:
    """Reads the name of the institution for which the visitor acts; empty if none is named."""
    answer = await ask(visit.services.identity.GetCaller(identity.GetCallerRequest()))
    return answer.account.institution


async def tasks(visit: Visit) -> list[Task]:
    """Returns what waits for an institution: refused files, and instruments that are due."""
    if not visit.has(Role.VERIFICATION_INSTITUTION):
        return []
    batches, counts, orders = await asyncio.gather(
        ask(visit.services.imports.ListBatches(pb.ListBatchesRequest(page_size=ALL))),
        ask(visit.services.alerts.SummariseColours(alerts.SummariseColoursRequest())),
        _of_orders(visit),
    )
    found = [
        Task(
            visit.say(N_("改正 {file} 里的错误后再上传")).format(file=batch.file_name),
            f"/imports/{batch.batch_id}",
            "",
            (0, ""),
        )
        for batch in _newest_of_each_file(batches.batches)
        if batch.state == "refused"
    ]
    numbers = dict.fromkeys(COLOURS, 0)
    for count in counts.counts:
        if count.colour in numbers:
            numbers[count.colour] += count.instruments
    return (
        found
        + orders
        + [
            Task(
                visit.say(_DUE[colour]).format(number=f"{number:,}"),
                f"/due?colour={colour}",
                "",
                (COLOURS.index(colour) + 1, ""),
            )
            for colour, number in numbers.items()
            if number
        ]
    )


async def _of_orders(visit: Visit) -> list[Task]:
    """How many orders are past their last day, and how many wait for acceptance: as their lists."""
    overdue, new = await asyncio.gather(
        _orders(visit, overdue=True), _orders(visit, open=True, state="applied")
    )
    tasks = []
    if overdue.orders:
        text = visit.say(N_("办理 {number} 件已超过期限的检定申请"))
        text = text.format(number=_number(overdue))
        tasks.append(Task(text, "/orders?which=overdue", "", (0, "")))
    if new.orders:
        text = visit.say(N_("受理 {number} 件新的检定申请")).format(number=_number(new))
        tasks.append(Task(text, "/orders?state=applied", "", (0, new.orders[0].due_on)))
    return tasks


def _number(found: order_pb.ListOrdersResponse) -> str:
    """How many orders a list has; 10,000+ where they are not counted further."""
    number = found.total or found.more_than or len(found.orders)
    return f"{number:,}{'+' if found.more_than else ''}"


async def _orders(visit: Visit, **which: Any) -> order_pb.ListOrdersResponse:
    request = order_pb.ListOrdersRequest(page_size=1, **which)
    return await ask(visit.services.orders.ListOrders(request))


_DUE = {
    "red": N_("安排 {number} 台红色警示器具的检定"),
    "yellow": N_("安排 {number} 台黄色预警器具的检定"),
    "green": N_("准备 {number} 台绿色提示器具的检定"),
}


def _newest_of_each_file(batches: Any) -> list[pb.Batch]:
    """Only the newest batch of each file name counts: a corrected file settles the earlier one."""
    newest: dict[str, pb.Batch] = {}
    for batch in batches:
        newest.setdefault(batch.file_name, batch)
    return list(newest.values())


async def due(visit: Visit) -> Response:
    """Shows the instruments that are due, the most severe colour first, with a link to record."""
    words, day = visit.words, await today(visit)

    async def read(asked: Asked) -> Chunk[Owned]:
        request = alerts.ListColoursRequest(
            colour=asked["colour"], text=asked["q"], order_by=asked.order_by, **asked.paging
        )
        answer = await ask(visit.services.alerts.ListColours(request))
        firms = await subject_names(visit, (row.subject_id for row in answer.instruments))
        rows = [
            (row, firms[row.subject_id].name if row.subject_id in firms else "")
            for row in answer.instruments
        ]
        return chunk_of(answer, rows)

    def name(row: Owned) -> Cell:
        text = f"{words.instrument_type(row[0].type_code)} {row[0].serial_no}"
        return Cell(text, link=f"/verifications/new?instrument={row[0].instrument_id}")

    listing = Listing(
        path="/due",
        title=N_("期限"),
        counted=N_("共 {total} 台，第 {first}–{last} 台"),
        columns=(
            Column(N_("器具"), name, order_by="serial_no"),
            Column(N_("使用单位"), lambda row: row[1]),
            Column(N_("状态"), lambda row: Cell(tag=words.colour(row[0].colour))),
            Column(
                N_("有效期至"),
                lambda row: last_day_cell(words, row[0], day),
                order_by="valid_until",
            ),
        ),
        filters=(
            Filter("q", N_("编号或类型中有"), asks="text"),
            Filter("colour", N_("状态"), [(code, words.colour(code).word) for code in COLOURS]),
        ),
        read=read,
        empty=N_("没有这样的器具。"),
    )
    return await show(visit, listing, "institution/due.html")


async def certificates(visit: Visit) -> Response:
    """Shows the verifications that the institution has issued, newest first."""
    words, own = visit.words, await own_name(visit)

    async def read(asked: Asked) -> Chunk[tuple[pb.VerificationEntry, str]]:
        if not own:
            return Chunk([])
        request = pb.ListVerificationsRequest(institution=own, **asked.paging)
        answer = await ask(visit.services.registry.ListVerifications(request))
        firms = await subject_names(visit, (one.subject_id for one in answer.verifications))
        rows = [
            (one, firms[one.subject_id].name if one.subject_id in firms else "")
            for one in answer.verifications
        ]
        return chunk_of(answer, rows)

    listing = Listing(
        path="/certificates",
        title=N_("证书"),
        counted=N_("共 {total} 份，第 {first}–{last} 份"),
        columns=(
            Column(N_("证书编号"), lambda row: certificate_cell(visit, row[0].verification)),
            Column(
                N_("器具"),
                lambda row: f"{words.instrument_type(row[0].type_code)} {row[0].serial_no}",
            ),
            Column(N_("使用单位"), lambda row: row[1]),
            Column(N_("结果"), lambda row: words.result(row[0].verification.result)),
            Column(N_("检定日期"), lambda row: day_of(row[0].verification.verified_on)),
            Column(N_("有效期至"), lambda row: day_of(row[0].verification.valid_until)),
        ),
        read=read,
        empty=N_("还没有登记过本机构的检定结果。"),
    )
    return await show(visit, listing, "institution/certificates.html", own=own)


async def record(visit: Visit) -> Response:
    """Records one verification: find the instrument, fill in the result, check, and submit."""
    if not (visit.query("instrument") or visit.field("instrument_id")):
        return visit.redirect("/due?why=instrument")
    if visit.request.method == "GET":
        return await _form(visit)
    errors = _missing(visit)
    if errors:
        return await _form(visit, 422, errors=errors)
    request = await _request(visit)
    try:
        answer = await ask(visit.services.registry.RecordVerification(request))
    except Refusal as refusal:
        return await _form(visit, 422, **told(visit, refusal))
    if request.check_only:
        late = answer.late if answer.HasField("late") else None
        return await _form(visit, checking=True, waits=answer.HasField("proposal"), late=late)
    if answer.HasField("proposal"):
        return visit.redirect(f"/proposals/{answer.proposal.proposal_id}")
    return await _done(visit, answer)


async def _request(visit: Visit) -> pb.RecordVerificationRequest:
    request = pb.RecordVerificationRequest(
        request_id=visit.request_id(), check_only=visit.field("checked") != "yes"
    )
    request.dcc_id = visit.field(results_of_dccs.FIELD)
    request.verification.instrument_id = visit.field("instrument_id")
    request.verification.institution = await own_name(visit)
    for name in _FIELDS:
        # A browser that shows a moment as plain text may send it with a blank.
        value = visit.field(name)
        setattr(request.verification, name, value.replace(" ", "T") if name in _MOMENTS else value)
    for name in _DETAILS:
        setattr(request, name, visit.field(name))
    parts, _ = results_of_parts.written(visit)
    if parts:
        request.parts.extend(parts)
        request.verification.result = severest([VerificationResult(one.result) for one in parts])
    return request


def _missing(visit: Visit) -> dict[str, str]:
    errors = {}
    parts, wrong = results_of_parts.written(visit)
    if wrong:
        errors[results_of_parts.FIELD] = wrong
    elif not parts and visit.field("result") not in RESULTS:
        errors["result"] = visit.say(N_("请选择检定结果"))
    if not visit.field("verified_on"):
        errors["verified_on"] = visit.say(N_("请填写检定日期，例如 2026-09-01"))
    if not visit.field("certificate_no"):
        errors["certificate_no"] = visit.say(N_("请填写证书编号，例如 检字第2026-0001号"))
    return errors


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    instrument_id = visit.field("instrument_id") or visit.query("instrument")
    request = pb.GetInstrumentRequest(instrument_id=instrument_id)
    found = await ask(visit.services.registry.GetInstrument(request))
    owner, own, rooms, dcc = await asyncio.gather(
        subject(visit, found.instrument.subject_id),
        own_name(visit),
        ask(visit.services.laboratories.ListLaboratories(room_pb.ListLaboratoriesRequest())),
        results_of_dccs.named(visit),
    )
    is_new = visit.request.method == "GET"
    return visit.page(
        "institution/record.html",
        status=status,
        instrument=found.instrument,
        earlier=found.verifications[:3],
        owner=owner,
        own=own,
        laboratories=[one.name for one in rooms.laboratories if one.institution == own],
        results=RESULTS,
        part_lines=results_of_parts.lines_of(found.parts),
        parts_found=results_of_parts.written(visit)[0],
        form=results_of_dccs.proposed(dcc, found.instrument) if is_new else visit.form,
        dcc=dcc.dcc if dcc else None,
        dcc_item=results_of_dccs.item_of(dcc, found.instrument) if dcc else None,
        named=calibration_words,
        details={name: visit.say(text) for name, text in _DETAILS.items()},
        compared=_compared(visit, found.instrument),
        **values,
    )


def _compared(visit: Visit, instrument: pb.Instrument) -> list[tuple[str, str, str, bool]]:
    """What the certificate says of the instrument, what is on file, and whether both are one."""
    given = {name: visit.field(name) for name in _DETAILS if visit.field(name)}
    filed = {name: getattr(instrument, name) for name in given}
    return [
        (visit.say(_DETAILS[name]), value, filed[name], folded(value) == folded(filed[name]))
        for name, value in given.items()
    ]


async def _done(visit: Visit, answer: pb.RecordVerificationResponse) -> Response:
    own = order_pb.ListOrdersRequest(instrument_id=answer.instrument.instrument_id, open=True)
    owner, orders, dcc = await asyncio.gather(
        subject(visit, answer.instrument.subject_id),
        ask(visit.services.orders.ListOrders(own)),
        results_of_dccs.named(visit),
    )
    return visit.page(
        "institution/recorded.html",
        verification=answer.verification,
        results=answer.verifications,
        instrument=answer.instrument,
        owner=owner,
        still_open=orders.orders,
        lacks_file=dcc is not None and dcc.dcc.sha256 != answer.verification.certificate_sha256,
        differing=[(visit.say(_DETAILS[one.field]), one) for one in answer.differing],
        correction=answer.correction.proposal_id,
    )
