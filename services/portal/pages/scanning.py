"""The pages of an instrument for whoever scans its label, made for a phone on a slow line."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

import grpc
from starlette.responses import HTMLResponse, Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.authority import authority
from services.portal.rendering import render
from services.portal.visit import Visit

_LONGEST_CODE = 40
_LETTERS = 18  # of the code of a label, without what people write between them
_BETWEEN = re.compile(r"[\s\-－—]")
_KEY = re.compile(r"/(?:01/\d{14}|8004/)[^#\s]*")


async def look_up(visit: Visit) -> Response:
    """Asks for the code on a label, and leads to the page of its instrument."""
    typed = visit.query("code")
    if key := _KEY.search(typed):  # the path of a GS1 Digital Link, of whatever host
        return visit.redirect(quote(key[0], safe="/%?=&"))
    code = code_in(typed)
    if code:
        return visit.redirect(f"/i/{quote(code, safe='')}")
    errors = {"code": visit.say("请填写标签上的编号，例如：3f9a01c2d4-7k3m9qxb")} if typed else {}
    status = 422 if errors else 200
    return visit.page("scan/look_up.html", public=True, status=status, typed=typed, errors=errors)


def code_in(typed: str) -> str:
    """Returns the code in what a person typed: the code itself, or the whole address of the label.

    Returns an empty text if it can be neither.
    """
    code = re.split(r"[?#]", typed, maxsplit=1)[0].rpartition("/")[2]
    bare = _BETWEEN.sub("", code)
    return code.strip() if bare.isascii() and bare.isalnum() and len(code) <= _LONGEST_CODE else ""


def may_be_of_label(code: str) -> bool:
    """Returns whether a text can be the code of a label; GS1 keys of instruments are longer.

    Serial numbers of makers can be guessed, so such a key is only taken where guesses are counted.
    """
    return len(_BETWEEN.sub("", unicodedata.normalize("NFKC", code))) <= _LETTERS


async def instrument(visit: Visit) -> Response:
    """Shows what anybody may know of the instrument whose label was scanned (S4 二(四))."""
    return await _shown(visit, "scan/instrument.html")


async def fault(visit: Visit) -> Response:
    """Shows to whom a fault of the instrument is told, and writes down which instrument it is."""
    return await _shown(visit, "scan/fault.html")


async def _shown(visit: Visit, template: str) -> Response:
    try:
        if may_be_of_label(visit.path("code")):
            return await visit.published(lambda: _rendered(visit, template))
    except Refusal as refusal:
        if refusal.code not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            raise
    # Guesses need no limit here: a code has 80 bits, and phones of many people share an address.
    message = visit.say("没有这个标签编号，请核对后再试")
    return HTMLResponse(page(visit, "scan/told.html", message=message), 404)


async def _rendered(visit: Visit, template: str) -> str:
    request = registry.ScanInstrumentRequest(code=visit.path("code"))
    found = (await ask(visit.services.registry.ScanInstrument(request))).instrument
    return page(visit, template, found=found)


def page(visit: Visit, template: str, **values: object) -> str:
    """Renders a small page for phones."""
    settings = visit.portal.settings
    values |= {
        "here": visit.request.url.path,
        "sandbox": settings.sandbox,
        "authority": authority(settings, None, visit.language),
    }
    return render(template, visit.language, values)
