"""Whom a bureau tells by circulars: the list of authorities, and the form of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from law.errors import NotFound
from law.escalation import CircularSource, circular_rules, circular_uses
from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import circulars_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.forms import told
from services.portal.pages.reading import account_names, bureau_names, today
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/authorities"
MOST = 1000  # the longest page that a service gives; a bureau tells a few dozen
_TEXTS = ("name", "address", "contact", "email", "feed_account")


async def listing(visit: Visit) -> Response:
    """Shows the authorities that the visitor's bureaus tell, and who changed each last."""
    uses, names = await use_names(visit), await bureau_names(visit)
    keeps = visit.has(Role.UNIT_HEAD)

    async def read(asked: Asked) -> Chunk[tuple[pb.Authority, str]]:
        request = pb.ListAuthoritiesRequest(
            include_retired=asked["retired"] == "yes", **asked.paging
        )
        answer = await ask(visit.services.circulars.ListAuthorities(request))
        people = await account_names(visit, (one.changed_by for one in answer.authorities))
        rows = [(one, people.get(one.changed_by, one.changed_by)) for one in answer.authorities]
        return chunk_of(answer, rows)

    def name(one: pb.Authority) -> Cell:
        note = visit.say(N_("已停止通报")) if one.retired else ""
        return Cell(one.name, f"{PATH}/{one.authority_id}" if keeps else "", note=note)

    shown: Listing[tuple[pb.Authority, str]] = Listing(
        path=PATH,
        title=N_("通报对象"),
        columns=(
            Column(N_("单位"), lambda row: name(row[0])),
            Column(
                N_("地址、电话、联系人"),
                lambda row: Cell(row[0].address, note=row[0].contact),
            ),
            Column(N_("电子邮箱"), lambda row: row[0].email),
            Column(
                N_("供其考虑的事项"),
                lambda row: visit.words.listed(uses.get(use, use) for use in row[0].uses),
            ),
            Column(N_("机关"), lambda row: names.get(row[0].bureau, row[0].bureau)),
            Column(
                N_("最近更改"),
                lambda row: Cell(row[0].changed_at.ToDatetime(SHANGHAI), note=row[1]),
            ),
        ),
        read=read,
        empty=N_("还没有登记通报对象。由单位负责人登记。"),
        filters=(Filter("retired", N_("含已停止通报的"), box=True),),
    )
    return await show(visit, shown, "circulars/authorities.html", keeps=keeps)


async def use_names(visit: Visit) -> dict[str, str]:
    """Returns what authorities may be told for, by id, in the visitor's language."""
    uses = circular_uses(date.fromisoformat(await today(visit)))
    is_zh = visit.words.lang == "zh"
    return {use: zh if is_zh else en for use, (zh, en) in uses.items()}


def pushed_for(on: str) -> set[str]:
    """Returns what platforms are told of a grade for, by id (S4 四(五)E3)."""
    rules = circular_rules(CircularSource.GRADE, date.fromisoformat(on))
    return {use for rule in rules for use in rule.uses}


async def of_bureau(visit: Visit, bureau: str) -> list[pb.Authority]:
    """Returns the authorities that a bureau tells, by name."""
    request = pb.ListAuthoritiesRequest(bureau=bureau, page_size=MOST)
    answer = await ask(visit.services.circulars.ListAuthorities(request))
    return [one for one in answer.authorities if one.bureau == bureau]


async def new(visit: Visit) -> Response:
    """Asks for a new authority, and enters it in the list of the visitor's bureau."""
    return await _keep(visit, pb.Authority(bureau=visit.person.bureau))


async def change(visit: Visit) -> Response:
    """Shows an authority with the form that changes it, or that it is told no more."""
    request = pb.ListAuthoritiesRequest(include_retired=True, page_size=MOST)
    answer = await ask(visit.services.circulars.ListAuthorities(request))
    wanted = visit.path("authority_id")
    found = next((one for one in answer.authorities if one.authority_id == wanted), None)
    if found is None:
        raise NotFound("没有这个通报对象", "There is no such authority")
    return await _keep(visit, found)


async def _keep(visit: Visit, present: pb.Authority) -> Response:
    if visit.request.method == "GET":
        form: dict[str, Any] = {name: getattr(present, name) for name in _TEXTS}
        return await _form(visit, present, form, present.uses)
    texts: dict[str, Any] = {name: visit.field(name) for name in _TEXTS}
    content = pb.Authority(
        authority_id=present.authority_id,
        bureau=present.bureau,
        uses=visit.fields("uses"),
        retired=visit.field("retired") == "yes",
        version=visit.whole("version") or 0,
        **texts,
    )
    account = content.feed_account
    if account and not await account_names(visit, [account]):
        errors = {"feed_account": visit.say(N_("没有这个账号；请向平台管理员索取账号的 id"))}
        return await _form(visit, present, visit.form, content.uses, 422, errors=errors)
    request = pb.PutAuthorityRequest(request_id=visit.request_id(), authority=content)
    try:
        await ask(visit.services.circulars.PutAuthority(request))
    except Refusal as refusal:
        refused = told(visit, refusal)
        of_form = {
            name.removeprefix("authority."): text for name, text in refused["errors"].items()
        }
        shown = {**refused, "errors": of_form}
        return await _form(visit, present, visit.form, content.uses, 422, **shown)
    return visit.redirect(PATH)


async def _form(
    visit: Visit, present: pb.Authority, form: Any, chosen: Any, status: int = 200, **values: Any
) -> Response:
    people = await account_names(visit, [present.changed_by])
    return visit.page(
        "circulars/authority.html",
        status=status,
        authority=present,
        changed_by=people.get(present.changed_by, present.changed_by),
        uses=await use_names(visit),
        form=form,
        chosen=list(chosen),
        **{"errors": {}, "refusal": None, **values},
    )
