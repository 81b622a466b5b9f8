"""Queries of the templates of bureaus, and the preview of one."""

from __future__ import annotations

from sqlmodel import select

from plumbing import paging, row_scope
from plumbing.view import View
from protos.alerts.v1 import templates_pb2 as pb
from services.alerts.notices.issue import contact_of
from services.alerts.templates import own, wire
from services.alerts.templates.commands import require_whole
from services.alerts.templates.tables import NoticeTemplate
from services.alerts.templates.words import Places, filled

_EXAMPLE = "（此处是平台按规则写出的内容：事实、依据、期限和救济途径）"
_EXAMPLE_EN = "(Here stands what the platform writes: facts, grounds, terms and remedies)"


async def list_templates(view: View, request: pb.ListTemplatesRequest) -> pb.ListTemplatesResponse:
    """Returns a page of the templates proposed in the caller's scope, the newest first."""
    rows = select(NoticeTemplate).where(row_scope.covered(view.caller, NoticeTemplate.bureau))
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, NoticeTemplate.bureau))
    order = (NoticeTemplate.proposed_at, NoticeTemplate.template_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    holding = set()
    for bureau in {row.bureau for row in page}:
        found = await own.in_force(view.session, bureau)
        holding |= {row.template_id for row in found.values()}
    templates = [wire.template(row, in_force=row.template_id in holding) for row in page]
    return pb.ListTemplatesResponse(templates=templates, next_page_token=token, **count)


async def preview(view: View, request: pb.PreviewTemplateRequest) -> pb.PreviewTemplateResponse:
    """Shows the words of a bureau around an example; raises InvalidInput with every fault.

    Raises NotPermitted outside the caller's scope.
    """
    view.caller.require_bureau(request.bureau)
    require_whole(request)
    contact = await contact_of(view.session, request.bureau)
    places = Places("示例单位", contact.name, view.today)
    english = Places("Example Ltd", contact.name, view.today).english(_EXAMPLE_EN)
    return pb.PreviewTemplateResponse(
        text=filled(request.words.strip() or "{正文}", places.chinese(_EXAMPLE)),
        text_en=filled(request.words_en.strip(), english),
    )
