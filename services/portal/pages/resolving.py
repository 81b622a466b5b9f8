"""Where a scanned code leads: the GS1 Digital Links of instruments, and their links for machines.

The requirements of GS1 on resolvers are kept as docs/operations.md says. A code leads to the public
page of the instrument unless another kind of link is asked for.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import grpc
from starlette.responses import HTMLResponse, RedirectResponse, Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal import linkset
from services.portal.authority import authority
from services.portal.pages import scanning
from services.portal.visit import Visit
from services.portal.wording import N_

_KEYS = ("01", "8004")
_ERRORS = {
    grpc.StatusCode.NOT_FOUND: (404, N_("没有器具登记了这个码，请核对后再试")),
    grpc.StatusCode.INVALID_ARGUMENT: (400, N_("这不是有效的码，请核对后再试")),
}
# What the query says to the resolver itself, and is not passed on.
_OURS = ("linkType", "context")
# Anybody may read this from a page of their own: it is public, and no cookie has a say in it.
_OPEN = {"access-control-allow-origin": "*"}
_METHODS = {
    "allow": "GET, HEAD, OPTIONS",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "Accept, Accept-Language",
    "access-control-expose-headers": "Link, Location",
}


async def gs1_link(visit: Visit) -> Response:
    """Leads from a GS1 Digital Link to what is asked for: the page, a kind of link, or all links.

    A key that is not valid gets 400, one of no instrument 404; whoever tries very many keys has to
    wait, since serial numbers of makers can be guessed.
    """
    if visit.request.method == "OPTIONS":
        return _open(Response(status_code=204))
    if visit.portal.makers.refuses(visit.visitor):
        return _told(visit, visit.say("查询次数过多，请十分钟后再试"), 429)
    path = visit.request.scope["raw_path"].decode("ascii")
    query = urlencode([one for one in visit.request.query_params.multi_items() if one[0].isdigit()])
    try:
        found = await _found(visit, f"{path}?{query}" if query else path)
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.NOT_FOUND:
            visit.portal.makers.miss(visit.visitor)
        return _refused(visit, refusal)
    return _answer(visit, found, path.rstrip("/"), _kind(visit))


async def instrument(visit: Visit) -> Response:
    """Shows what anybody may know of the instrument whose label was scanned (S4 二(四)).

    Machines that ask for its links get them.
    """
    if visit.request.method == "OPTIONS":
        return _open(Response(status_code=204))
    if not scanning.may_be_of_label(visit.path("code")):
        return _open(await scanning.instrument(visit))
    try:
        if not (kind := _kind(visit)):
            return _with_links(visit, await scanning.instrument(visit), visit.request.url.path)
        found = await _found(visit, visit.path("code"))
    except Refusal as refusal:
        return _refused(visit, refusal)
    return _answer(visit, found, visit.request.url.path, kind)


async def description(visit: Visit) -> Response:
    """Says to machines which keys this resolver knows, as resolvers of GS1 do."""
    if visit.request.method == "OPTIONS":
        return _open(Response(status_code=204))
    named = authority(visit.portal.settings, None, visit.language).name
    known: dict[str, Any] = {
        "name": named or visit.say("计量信用监管平台"),
        "resolverRoot": _base(visit),
        "supportedPrimaryKeys": [*_KEYS],
        "supportedLinkType": [
            {"namespace": linkset.GS1, "prefix": "gs1:", "profile": f"{linkset.GS1}?show=linktypes"}
        ],
        "linkTypeDefaultCanBeLinkset": False,
    }
    return _json(known, "application/json")


def _answer(visit: Visit, found: registry.ScannedInstrument, path: str, kind: str) -> Response:
    """The answer to who asks for a kind of link, the default one, or all of them."""
    links = linkset.links_of(found, _base(visit))
    if kind == linkset.LINKSET:
        name = f"{visit.words.instrument_type(found.type_code)} {found.serial_no}".strip()
        content = linkset.document(_base(visit) + path, name, links)
        return _with_links(visit, _json(content, linkset.MEDIA_TYPE), path)
    link = linkset.link_of(links, kind)
    if link is None:
        return _with_links(visit, _told(visit, visit.say("这台器具没有这种链接"), 404), path)
    return _with_links(visit, RedirectResponse(_passed_on(visit, link.href), 307), path)


def _passed_on(visit: Visit, href: str) -> str:
    """An address with what the query says to whoever is there."""
    given = [one for one in visit.request.query_params.multi_items() if one[0] not in _OURS]
    address, mark, part = href.partition("#")
    return f"{address}?{urlencode(given)}{mark}{part}" if given else href


async def _found(visit: Visit, code: str) -> registry.ScannedInstrument:
    request = registry.ScanInstrumentRequest(code=code)
    return (await ask(visit.services.registry.ScanInstrument(request))).instrument


def _refused(visit: Visit, refusal: Refusal) -> Response:
    """The page for a code that leads nowhere, with what the register says of it."""
    if refusal.code not in _ERRORS:
        raise refusal
    status, message = _ERRORS[refusal.code]
    return _open(_told(visit, visit.say(message), status))


def _told(visit: Visit, message: str, status: int) -> Response:
    return HTMLResponse(scanning.page(visit, "scan/told.html", message=message), status)


def _with_links(visit: Visit, answer: Response, path: str) -> Response:
    """The answer, which names the address of the links of its thing."""
    address = f"{_base(visit)}{path}?linkType={linkset.LINKSET}"
    answer.headers["link"] = f'<{address}>; rel="linkset"; type="{linkset.MEDIA_TYPE}"'
    answer.headers.add_vary_header("accept")
    return _open(answer)


def _open(answer: Response) -> Response:
    answer.headers.update(_OPEN | _METHODS)
    return answer


def _json(content: dict[str, Any], media_type: str) -> Response:
    written = json.dumps(content, ensure_ascii=False, indent=1)
    return _open(Response(written, media_type=media_type))


def _kind(visit: Visit) -> str:
    accepted = visit.request.headers.get("accept", "")
    return linkset.wanted_kind(visit.query("linkType"), accepted, _base(visit))


def _base(visit: Visit) -> str:
    return visit.portal.settings.portal_url.rstrip("/")
