"""Pages of calibrations: certificates that were sent, one of them, what is confirmed, the cycle."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import grpc
from starlette.datastructures import UploadFile
from starlette.responses import Response, StreamingResponse

from plumbing.client import Refusal, ask
from plumbing.file_kinds import FileKind
from plumbing.identity import Role
from protos.registry.v1 import calibrations_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal import calibration_words as named
from services.portal import certificate_words
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.forms import file_name, told
from services.portal.pages.reading import subject
from services.portal.pages.transfers import UPLOAD_SECONDS, attachment, parts_of, pieces_of
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_

PATH, NEW_PATH = "/calibrations", "/calibrations/new"
_ENTERED = ("certificate_no", "laboratory", "calibrated_on", "ground")
_SENDERS = (Role.VERIFICATION_INSTITUTION, Role.CASEWORKER)


async def listing(visit: Visit) -> Response:
    """Shows the certificates of calibration that the visitor may see, the newest first."""
    states = [(code, visit.say(word)) for code, (word, _) in named.STATES.items()]
    shown: Listing[pb.Dcc] = Listing(
        path=PATH,
        title=N_("校准证书（DCC）"),
        columns=[
            Column(N_("证书编号"), partial(_number, visit)),
            Column(N_("校准实验室"), lambda row: row.laboratory),
            Column(N_("校准日期"), lambda row: row.calibrated_on),
            Column(N_("签名"), partial(_signature, visit)),
            Column(N_("状态"), lambda row: Cell(tag=named.state(visit.say, row.state))),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的校准证书。"),
        filters=[Filter("state", N_("状态"), states)],
        counted=N_("共 {total} 份，第 {first}–{last} 份"),
    )
    return await show(visit, shown, "calibrations/list.html", may_send=visit.has(*_SENDERS))


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Dcc]:
    request = pb.ListDccsRequest(state=asked["state"], **asked.paging)
    answer = await ask(visit.services.calibrations.ListDccs(request))
    return chunk_of(answer, list(answer.dccs))


def _number(visit: Visit, row: pb.Dcc) -> Cell:
    number = row.certificate_no or visit.say(N_("没有编号"))
    return Cell(number, link=f"{PATH}/{row.dcc_id}", note=row.file_name)


def _signature(visit: Visit, row: pb.Dcc) -> str:
    return named.word(visit.say, named.SIGNATURES, row.signature.state)


async def upload(visit: Visit) -> Response:
    """Takes a DCC, and goes on to the result of a verification if it is sent for one.

    One that is refused leaves the form.
    """
    if visit.request.method == "GET":
        return await _upload_page(visit)
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _upload_page(
            visit, 422, errors={"file": visit.say(N_("请选择校准证书的文件"))}
        )
    header = pb.DccHeader(request_id=visit.request_id(), file_name=file_name(file))
    call = visit.services.calibrations.UploadDcc(
        parts_of(pb.UploadDccRequest, header, file), timeout=UPLOAD_SECONDS
    )
    try:
        answer = await ask(call)
    except Refusal as refusal:
        faults = told(visit, refusal)
        text = " ".join([faults["refusal"], *faults["errors"].values()])
        return await _upload_page(visit, 422, errors={"file": text})
    if instrument := _of_result(visit):
        query = urlencode({"instrument": instrument, "dcc": answer.dcc.dcc_id})
        return visit.redirect(f"/verifications/new?{query}")
    return visit.redirect(f"{PATH}/{answer.dcc.dcc_id}?sent=yes")


def _of_result(visit: Visit) -> str:
    """The instrument whose verification is recorded next, with the certificate that is sent."""
    if not visit.has(Role.VERIFICATION_INSTITUTION):
        return ""
    return visit.field("instrument") or visit.query("instrument")


async def _upload_page(visit: Visit, status: int = 200, **values: Any) -> Response:
    longest = visit.portal.settings.certificate_max_bytes >> 20
    values |= {"longest": longest, "instrument": _of_result(visit)}
    values["versions"] = await _versions(visit)
    return visit.page("calibrations/new.html", status=status, **values)


async def _versions(visit: Visit) -> Sequence[str]:
    try:
        asked = visit.services.calibrations.ListDccVersions(pb.ListDccVersionsRequest())
        return (await ask(asked)).schema_versions
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.UNIMPLEMENTED:  # the registry is older than this page
            return ()
        raise


async def one(visit: Visit) -> Response:
    """Shows a certificate: what was found, what it proposes.

    Sets it aside or takes it up again, or takes a calibration of it back.
    """
    if visit.request.method == "GET":
        return await _page(visit)
    found = await _found(visit)  # a form on the page of another's certificate does nothing
    request_id, ground = visit.request_id(), visit.field("ground")
    if not ground:
        error = {"ground": visit.say(N_("请写明理由"))}
        return await _page(visit, 422, errors=error)
    try:
        if calibration_id := visit.field("calibration_id"):
            withdrawal = pb.WithdrawCalibrationRequest(
                request_id=request_id, calibration_id=calibration_id, ground=ground
            )
            await ask(visit.services.calibrations.WithdrawCalibration(withdrawal))
        elif visit.field("act") == "resume":
            resumed = pb.ResumeDccRequest(
                request_id=request_id, dcc_id=found.dcc.dcc_id, ground=ground
            )
            await ask(visit.services.calibrations.ResumeDcc(resumed))
        else:
            dismissal = pb.DismissDccRequest(
                request_id=request_id, dcc_id=found.dcc.dcc_id, ground=ground
            )
            await ask(visit.services.calibrations.DismissDcc(dismissal))
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{visit.path('dcc_id')}?changed=yes")


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    found = await _found(visit)
    return visit.page(
        "calibrations/one.html",
        status=status,
        found=found,
        dcc=found.dcc,
        named=named,
        unit=certificate_words.unit,
        signer=certificate_words.signer(visit, found.dcc.signature.signer),
        tag=named.state(visit.say, found.dcc.state),
        may_confirm=visit.has(*_SENDERS) and found.dcc.signature.state != "broken",
        may_act=visit.has(*_SENDERS),
        records=visit.has(Role.VERIFICATION_INSTITUTION) and found.dcc.signature.state != "broken",
        form=visit.form,
        **values,
    )


async def _found(visit: Visit) -> pb.GetDccResponse:
    request = pb.GetDccRequest(dcc_id=visit.path("dcc_id"))
    answer: pb.GetDccResponse = await ask(visit.services.calibrations.GetDcc(request))
    return answer


async def confirm(visit: Visit) -> Response:
    """Confirms that an item of a certificate is an instrument, which the page shows beside it."""
    found, number = await _found(visit), visit.whole("item") or whole_number(visit.query("item"))
    given = visit.field("instrument_id") or visit.query("instrument")
    item = next((one for one in found.items if one.item == number), None)
    if item is None or not given:
        return visit.redirect(f"{PATH}/{found.dcc.dcc_id}")
    try:
        wanted = registry.GetInstrumentRequest(instrument_id=given)
        instrument = (await ask(visit.services.registry.GetInstrument(wanted))).instrument
    except Refusal as refusal:
        error = {"instrument": visit.say(N_("没有这件器具，请核对它的平台编号"))}
        if refusal.reason not in ("NOT_FOUND", "NOT_PERMITTED", "INVALID_INPUT"):
            raise
        return await _page(visit, 422, errors=error)
    if visit.request.method == "GET":
        return await _confirm_page(visit, found, item, instrument)
    request = pb.ConfirmCalibrationRequest(
        request_id=visit.request_id(),
        dcc_id=found.dcc.dcc_id,
        item=item.item,
        instrument_id=instrument.instrument_id,
        **{name: visit.field(name) for name in _ENTERED},
    )
    try:
        answer = await ask(visit.services.calibrations.ConfirmCalibration(request))
    except Refusal as refusal:
        return await _confirm_page(visit, found, item, instrument, 422, **told(visit, refusal))
    done = {"changed": "yes"}
    if answer.correction.proposal_id:
        done["correction"] = answer.correction.proposal_id
    return visit.redirect(f"{PATH}/{found.dcc.dcc_id}?{urlencode(done)}")


async def _confirm_page(
    visit: Visit,
    found: pb.GetDccResponse,
    item: pb.DccItem,
    instrument: registry.Instrument,
    status: int = 200,
    **values: Any,
) -> Response:
    return visit.page(
        "calibrations/confirm.html",
        status=status,
        found=found,
        dcc=found.dcc,
        item=item,
        instrument=instrument,
        owner=await subject(visit, instrument.subject_id),
        form=visit.form if visit.request.method == "POST" else {},
        **values,
    )


async def file(visit: Visit) -> Response:
    """Sends the file of a certificate, which a browser stores and does not open."""
    first = await _piece(visit, 0)
    headers = attachment(first.dcc.file_name) | {"content-length": str(first.dcc.size)}
    media = FileKind.DCC.media_type
    pieces = pieces_of(first.content, first.dcc.size, partial(_piece, visit))
    return StreamingResponse(pieces, media_type=media, headers=headers)


async def _piece(visit: Visit, offset: int) -> pb.ReadDccResponse:
    request = pb.ReadDccRequest(dcc_id=visit.path("dcc_id"), offset=offset)
    answer: pb.ReadDccResponse = await ask(visit.services.calibrations.ReadDcc(request))
    return answer


async def cycle(visit: Visit) -> Response:
    """Sets after how many months the owner has an instrument calibrated again."""
    instrument_id = visit.path("instrument_id")
    if visit.request.method == "GET":
        return await _cycle_page(visit, instrument_id)
    written = visit.field("months")
    months = visit.whole("months") or 0
    if written not in ("", "0") and not 1 <= months <= 240:
        error = {"months": visit.say(N_("请填写 1 至 240 之间的月数，例如 12；不设周期的填 0"))}
        return await _cycle_page(visit, instrument_id, 422, errors=error)
    request = pb.SetCalibrationCycleRequest(
        request_id=visit.request_id(), instrument_id=instrument_id, months=months
    )
    try:
        await ask(visit.services.calibrations.SetCalibrationCycle(request))
    except Refusal as refusal:
        return await _cycle_page(visit, instrument_id, 422, **told(visit, refusal))
    return visit.redirect(f"/instruments/{instrument_id}?changed=yes")


async def _cycle_page(
    visit: Visit, instrument_id: str, status: int = 200, **values: Any
) -> Response:
    request = registry.GetInstrumentRequest(instrument_id=instrument_id)
    answer = await ask(visit.services.registry.GetInstrument(request))
    return visit.page(
        "calibrations/cycle.html",
        status=status,
        instrument=answer.instrument,
        calibrations=await of_instrument(visit, instrument_id),
        form=visit.form if visit.request.method == "POST" else {},
        **values,
    )


async def of_instrument(visit: Visit, instrument_id: str) -> pb.ListCalibrationsResponse:
    """Reads the calibrations in force of an instrument, the latest first, with its cycle."""
    request = pb.ListCalibrationsRequest(instrument_id=instrument_id)
    answer: pb.ListCalibrationsResponse = await ask(
        visit.services.calibrations.ListCalibrations(request)
    )
    return answer
