"""Pages to check and import files, and to decide on batches that wait for approval."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import grpc
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages import import_columns, import_faults
from services.portal.pages.forms import file_name
from services.portal.pages.transfers import UPLOAD_SECONDS, parts_of
from services.portal.progress import Progress, events
from services.portal.visit import Visit, faults_by_field, message_of, whole_number
from services.portal.wording import BATCH_STATES, N_

FAMILIES = (
    "bureaus",
    "subjects",
    "instruments",
    "verifications",
    "records",
    "penalties",
    "permits",
)
RECOGNISED = "auto"
_SENDERS = (Role.CASEWORKER, Role.VERIFICATION_INSTITUTION)
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


def _families(visit: Visit) -> tuple[str, ...]:
    """The families of data of which the visitor may fill in files.

    An institution has its verifications only, and an operator the new instruments that it files.
    """
    if visit.has(Role.CASEWORKER, Role.UNIT_HEAD):
        return FAMILIES
    return ("instruments",) if visit.has(Role.OPERATOR) else ("verifications",)


def _choices(visit: Visit) -> tuple[str, ...]:
    """The families as the form offers them: whoever may import several can have them recognised."""
    families = _families(visit)
    return (*families, RECOGNISED) if len(families) > 1 else families


async def listing(visit: Visit) -> Response:
    """Shows the import batches that the visitor may see, newest first."""
    words = visit.words
    states = [(code, words.batch_state(code)) for code in BATCH_STATES]
    shown: Listing[pb.Batch] = Listing(
        path="/imports",
        title=N_("导入"),
        columns=[
            Column(N_("文件"), _file_name),
            Column(N_("内容"), lambda one: words.family(one.family)),
            Column(N_("状态"), lambda one: words.batch_state(one.state)),
            Column(
                N_("时间"), lambda one: one.imported_at.ToDatetime(SHANGHAI), order_by="imported_at"
            ),
            Column(N_("行数"), lambda one: one.rows, numeric=True),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的导入。由办案人员或者检定机构导入文件，先检查再导入。"),
        filters=[Filter("state", N_("状态"), states)],
    )
    told = {
        "started": whole_number(visit.query("started")),
        "skipped": visit.query("skipped")[:500],
    }
    return await show(visit, shown, "imports/list.html", **told)


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Batch]:
    request = pb.ListBatchesRequest(state=asked["state"], order_by=asked.order_by, **asked.paging)
    answer = await ask(visit.services.imports.ListBatches(request))
    return chunk_of(answer, answer.batches)


def _file_name(batch: pb.Batch) -> Cell:
    return Cell(batch.file_name, link=f"/imports/{batch.batch_id}", note=batch.sheet)


async def new(visit: Visit) -> Response:
    """Shows the upload form and takes the file; its columns are then shown to be confirmed."""
    if visit.request.method == "GET":
        return _form(visit)
    file = visit.form.get("file")
    errors = _missing(visit, file)
    if errors or not isinstance(file, UploadFile):
        return _form(visit, errors, 422)
    header = pb.ImportHeader(
        request_id=new_request_id(),
        family=visit.field("family"),
        file_name=file_name(file),
        mode="check",
        baseline=visit.field("baseline") == "yes",
        confirm_columns=True,
        sheets=_sheets(visit),
        all_sheets=visit.field("sheets") == "all",
    )
    try:
        call = visit.services.imports.StartImport(
            parts_of(pb.StartImportRequest, header, file), timeout=UPLOAD_SECONDS
        )
        started = await ask(call)
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        return _form(visit, {"file": _in_words(visit, refusal)}, 422)
    if len(started.batches) < 2 and not started.skipped_sheets:
        return visit.redirect(f"/imports/{started.batch.batch_id}")
    skipped = visit.words.listed(started.skipped_sheets)
    return visit.redirect(
        f"/imports?{urlencode({'started': len(started.batches), 'skipped': skipped})}"
    )


def _sheets(visit: Visit) -> list[str]:
    """The sheets that the form names, if it names some."""
    if visit.field("sheets") != "named":
        return []
    return list(dict.fromkeys(visit.lines("sheet_names")))  # a name may hold a comma


async def one(visit: Visit) -> Response:
    """Shows a batch: its state, the faults of its rows, and the acts that are possible.

    A submitted form performs one of the acts.
    """
    if visit.request.method == "POST":
        return await _act(visit)
    return await _page(visit)


async def progress(visit: Visit) -> Response:
    """Sends the events of a batch that is being processed."""

    async def ask_now() -> Progress:
        request = pb.GetBatchRequest(batch_id=visit.path("batch_id"))
        return _progress(visit, (await ask(visit.services.imports.GetBatch(request))).batch)

    return await events(visit, ask_now)


def _progress(visit: Visit, batch: pb.Batch) -> Progress:
    """How far the processing of a batch has come, in words and as a part of its rows."""
    now = batch.progress
    words = visit.say(_STEPS.get(now.step, N_("正在排队，前面还有文件在处理")))
    if now.total:
        words = visit.say(N_("{step}：{done}，共 {total} 行")).format(
            step=words, done=f"{now.done:,}", total=f"{now.total:,}"
        )
    return Progress(words, now.done, now.total, ended=batch.state != "waiting")


_STEPS = {
    "read": N_("正在读取文件"),
    "compare": N_("正在与登记内容比对"),
    "estimate": N_("正在估计会引起多少预警和降级"),
    "apply": N_("正在导入"),
}


async def rejected_rows(visit: Visit) -> Response:
    """Sends the rejected rows of a batch, with the reasons, as a CSV file to correct."""
    request = pb.GetRejectedRowsRequest(batch_id=visit.path("batch_id"))
    answer = await ask(visit.services.imports.GetRejectedRows(request))
    return _download(answer.content, f"rejected-{visit.path('batch_id')[:8]}.csv", "csv")


async def template(visit: Visit) -> Response:
    """Sends an empty import file for one family of data, with its columns explained."""
    family, kind = visit.path("family"), visit.path("format")
    if family not in _families(visit) or kind not in FORMATS:
        raise HTTPException(404)
    request = pb.GetTemplateRequest(family=family, format=kind)
    answer = await ask(visit.services.imports.GetTemplate(request))
    return _download(answer.content, f"{family}.{kind}", kind)


def _download(content: bytes, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=FORMATS[kind], headers=headers)


def _form(visit: Visit, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return visit.page(
        "imports/new.html",
        status=status,
        errors=errors or {},
        families=_families(visit),
        choices=_choices(visit),
        form=visit.form,
        asked=visit.query("family"),
    )


def _missing(visit: Visit, file: Any) -> dict[str, str]:
    errors = {}
    if visit.field("family") not in _choices(visit):
        errors["family"] = visit.say(N_("请选择文件里是什么"))
    if not isinstance(file, UploadFile) or not file.filename:
        errors["file"] = visit.say(N_("请选择一个 .xlsx 或 .csv 文件"))
    if visit.field("sheets") == "named" and not _sheets(visit):
        errors["sheet_names"] = visit.say(N_("请写明工作表的名称"))
    return errors


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetBatchRequest(batch_id=visit.path("batch_id"))
    batch = (await ask(visit.services.imports.GetBatch(request))).batch
    if batch.state == "matching":
        return visit.redirect(f"/imports/{batch.batch_id}/columns")
    return visit.page(
        "imports/one.html",
        status=status,
        batch=batch,
        kinds=await import_faults.kinds(visit, batch.batch_id),
        acts=_acts(visit, batch),
        progress=_progress(visit, batch),
        columns=await import_columns.confirmed(visit, batch),
        form=visit.form,
        **values,
    )


def _acts(visit: Visit, batch: pb.Batch) -> list[str]:
    if batch.state == "awaiting_approval" and visit.has(Role.UNIT_HEAD):
        return ["approve", "reject"]
    if batch.state in ("waiting", "matching", "awaiting_approval") and visit.has(*_SENDERS):
        return ["discard"]
    return ["undo"] if batch.state == "applied" and visit.has(Role.CASEWORKER) else []


async def _act(visit: Visit) -> Response:
    act, errors = _ACTS.get(visit.field("act")), {}
    if act is None:
        errors["act"] = visit.say(N_("请选择要做什么"))
    if not visit.field("reasons"):
        errors["reasons"] = visit.say(N_("请写明理由"))
    if act is None or errors:
        return await _page(visit, 422, errors=errors)
    try:
        proposal_id = await act(visit)
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        told = faults_by_field(refusal, visit.language)
        return await _page(visit, 422, errors=told, refusal=message_of(refusal, visit.language))
    if proposal_id:
        return visit.redirect(f"/proposals/{proposal_id}")
    return visit.redirect(f"/imports/{visit.path('batch_id')}")


def _which(visit: Visit) -> dict[str, str]:
    return {"request_id": visit.request_id(), "batch_id": visit.path("batch_id")}


async def _approve(visit: Visit) -> None:
    request = pb.ApproveBatchRequest(
        **_which(visit), seen=visit.field("seen"), reasons=visit.field("reasons")
    )
    await ask(visit.services.imports.ApproveBatch(request, timeout=UPLOAD_SECONDS))


async def _reject(visit: Visit) -> None:
    request = pb.RejectBatchRequest(**_which(visit), reasons=visit.field("reasons"))
    await ask(visit.services.imports.RejectBatch(request))


async def _discard(visit: Visit) -> None:
    request = pb.DiscardBatchRequest(**_which(visit), reasons=visit.field("reasons"))
    await ask(visit.services.imports.DiscardBatch(request))


async def _undo(visit: Visit) -> str:
    """Proposes to undo the batch; the id of the proposal."""
    request = pb.UndoBatchRequest(**_which(visit), ground=visit.field("reasons"))
    answer = await ask(visit.services.imports.UndoBatch(request, timeout=UPLOAD_SECONDS))
    return str(answer.proposal.proposal_id)


_ACTS: dict[str, Callable[[Visit], Awaitable[str | None]]] = {
    "approve": _approve,
    "reject": _reject,
    "discard": _discard,
    "undo": _undo,
}


def _in_words(visit: Visit, refusal: Refusal) -> str:
    told = faults_by_field(refusal, visit.language)
    return visit.words.listed([message_of(refusal, visit.language), *told.values()], "；")
