"""The page of the access log, for auditors: sign-ins, refusals, exports, and who read what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from plumbing.client import ask
from plumbing.clock import SHANGHAI
from plumbing.settings import SERVICES
from protos.operations.v1 import operations_pb2 as pb
from services.portal.access_words import KINDS, OUTCOMES, THINGS
from services.portal.browsers import browser_named
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.reading import account_names
from services.portal.visit import Visit
from services.portal.wording import N_, SERVICE_NAMES, Tag

PATH = "/access"
_SHAPES = {
    "sign_in_failed": ("■", "govuk-tag--red"),
    "refused": ("■", "govuk-tag--red"),
    "export": ("▲", "govuk-tag--yellow"),
}
_SHORT = 8  # characters of an id that a page shows

Named = tuple[pb.AccessEntry, Mapping[str, str]]


async def entries(visit: Visit) -> Response:
    """Shows the access log of a service, newest first, filtered by person, object and day."""
    service = visit.query("service") if visit.query("service") in SERVICES else SERVICES[0]

    async def read(asked: Asked) -> Chunk[Named]:
        request = pb.ListAccessRequest(
            account=asked["account"],
            kind=asked["kind"],
            object=asked["object"],
            source=asked["source"],
            from_day=asked["from_day"],
            to_day=asked["to_day"],
            **asked.paging,
        )
        answer = await ask(visit.services.operations[service].ListAccess(request))
        people = (entry.on_behalf_of or entry.account_id for entry in answer.entries)
        names = await account_names(visit, people)
        return chunk_of(answer, [(one, names) for one in answer.entries])

    listing = Listing(
        path=PATH,
        title=N_("访问日志"),
        counted=N_("共 {total} 条，第 {first}–{last} 条"),
        columns=(
            Column(N_("时间"), lambda row: row[0].at.ToDatetime(SHANGHAI)),
            Column(N_("类别"), lambda row: _kind(visit, row[0])),
            Column(N_("谁"), lambda row: _who(visit, service, row)),
            Column(N_("看了什么"), lambda row: _object(visit, service, row[0])),
            Column(N_("条数"), lambda row: row[0].rows or None, numeric=True),
            Column(N_("次数"), lambda row: row[0].times, numeric=True),
            Column(N_("从哪里"), lambda row: _source(visit, row[0])),
            Column(N_("方法"), lambda row: Cell(row[0].method, note=_outcome(visit, row[0]))),
        ),
        filters=(
            Filter("service", N_("服务"), [(name, SERVICE_NAMES[name]) for name in SERVICES]),
            Filter("kind", N_("类别"), list(KINDS.items())),
            Filter("account", N_("用户名或账号编号")),
            Filter("object", N_("对象（如 subject/编号）")),
            Filter("source", N_("网络地址")),
            Filter("from_day", N_("自（如 2026-09-01）")),
            Filter("to_day", N_("至（如 2026-09-30）")),
        ),
        read=read,
        empty=N_("没有这样的访问记录。"),
    )
    return await show(visit, listing, "administration/access.html")


def _kind(visit: Visit, one: pb.AccessEntry) -> Cell:
    shape, style = _SHAPES.get(one.kind, ("", "govuk-tag--grey"))
    return Cell(tag=Tag(visit.say(KINDS[one.kind]), shape, style))


def _who(visit: Visit, service: str, row: Named) -> Cell:
    """The account, with a link to everything that it read; for a service, for whom it asked."""
    one, names = row
    whose = one.on_behalf_of or one.account_id
    if not whose:
        return Cell(one.name or visit.say(N_("未登录")))
    asked = urlencode({"service": service, "account": whose})
    roles = visit.words.listed(visit.words.role(role) for role in one.roles if role != "service")
    by = visit.say(N_("由平台代办")) if one.on_behalf_of else roles
    return Cell(names.get(whose) or one.name or whose, link=f"{PATH}?{asked}", note=by)


def _object(visit: Visit, service: str, one: pb.AccessEntry) -> Cell:
    kind, _, identity = one.object.partition("/")
    word = visit.say(THINGS[kind]) if kind in THINGS else kind
    if not identity:
        return Cell(word + visit.say(N_("（列表）")) if word else "")
    asked = urlencode({"service": service, "object": one.object})
    return Cell(f"{word} {identity[:_SHORT]}", link=f"{PATH}?{asked}")


def _source(visit: Visit, one: pb.AccessEntry) -> Cell:
    named: Callable[[str], str] = browser_named(visit.say)
    return Cell(one.source, note=named(one.client) if one.client else "")


def _outcome(visit: Visit, one: pb.AccessEntry) -> str:
    return visit.say(OUTCOMES[one.code]) if one.code in OUTCOMES else ""
