"""An operator files its new instruments from a file: what was read is shown before it is sent.

Nothing depends on filing (C-20).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from protos.registry.v1 import registry_pb2 as pb
from services.portal.pages.instrument_forms import FILING_CITE
from services.portal.pages.transfers import UPLOAD_SECONDS, chosen_file, of_rows
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/instruments/import"
_TEMPLATE = "instruments/import.html"
_COLUMNS: Mapping[str, Callable[[pb.Instrument], str]] = {
    N_("型号规格"): lambda one: one.model,
    N_("测量范围"): lambda one: one.measuring_range,
    N_("准确度等级"): lambda one: one.accuracy_class,
    N_("生产厂家"): lambda one: one.manufacturer,
    N_("单位自编号"): lambda one: one.owner_no,
    N_("使用地点"): lambda one: one.location,
    N_("轮换日期"): lambda one: one.rotate_on,
    N_("制造商码"): lambda one: one.maker_code,
}


async def from_file(visit: Visit) -> Response:
    """Files the instruments of a workbook or CSV file: form, check, and what was filed."""
    if visit.request.method == "GET" or visit.field("step") == "again":
        return _page(visit)
    sends = visit.field("step") == "send"
    content, error = _checked(visit) if sends else await chosen_file(visit)
    if error:
        return _page(visit, 422, errors={"file": error})
    request = pb.ImportInstrumentsRequest(
        request_id=visit.request_id(), content=content, check_only=not sends
    )
    try:
        answer = await ask(
            visit.services.imports.ImportInstruments(request, timeout=UPLOAD_SECONDS)
        )
    except Refusal as refusal:
        return _page(visit, 422, **of_rows(visit, refusal))
    if sends:  # another file is another request
        return _page(visit, done=True, answer=answer, request_id=new_request_id())
    if answer.refused:
        errors = {"file": visit.say(N_("文件有误，还没有登记任何器具"))}
        return _page(visit, 422, answer=answer, faults=_said(visit, answer), errors=errors)
    return _page(visit, answer=answer, content=urlsafe_b64encode(content).decode())


def _checked(visit: Visit) -> tuple[bytes, str]:
    """The content of the file that was checked before, as its page sends it back."""
    try:
        content = urlsafe_b64decode(visit.field("content"))
    except ValueError:
        content = b""
    return content, "" if content else visit.say(N_("请选择文件"))


def _said(visit: Visit, answer: pb.ImportInstrumentsResponse) -> Sequence[str]:
    is_chinese = visit.words.lang == "zh"
    return [one.message_zh if is_chinese else one.message_en for one in answer.refused]


def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    return visit.page(_TEMPLATE, status=status, columns=_COLUMNS, cite=FILING_CITE, **values)
