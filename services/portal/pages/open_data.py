"""The page of open data, its files, and the description of all of them as a Data Package."""

from __future__ import annotations

import hashlib
import json

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from services.portal.clients import use_token
from services.portal.open_data.catalogue import DATASETS
from services.portal.open_data.dataset import FORMATS
from services.portal.open_data.package import datapackage
from services.portal.pages.reading import today
from services.portal.visit import Visit

_CACHE = "public, max-age=300"
_FORMER_NAMES = {"exposures": "exposed"}  # addresses that others may keep (ADR 0055)


async def contents(visit: Visit) -> Response:
    """Shows every public data set with its files and the meaning of its fields."""
    return visit.page(
        "public/data.html", public=True, datasets=DATASETS.values(), formats=tuple(FORMATS)
    )


async def package(visit: Visit) -> Response:
    """Sends the description of every public file as a Frictionless Data Package."""
    home = f"{visit.portal.settings.portal_url}/data"
    body = json.dumps(datapackage(home), ensure_ascii=False, indent=1).encode()
    headers = _headers(f'"{hashlib.sha256(body).hexdigest()[:32]}"')
    if visit.request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=FORMATS["json"], headers=headers)


async def file(visit: Visit) -> Response:
    """Sends a data set as a file, with an ETag by which a cache checks it again.

    It is read as a visitor reads it, also for somebody who has signed in.
    """
    name, kind = visit.path("name"), visit.path("format")
    dataset = DATASETS.get(_FORMER_NAMES.get(name, name))
    if dataset is None or kind not in FORMATS:
        raise HTTPException(404)
    use_token(await visit.portal.visitor())
    found = await visit.portal.open_data.get(dataset, kind, visit.services, await today(visit))
    headers = _headers(found.etag)
    if visit.request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    return FileResponse(
        found.path, media_type=FORMATS[kind], filename=dataset.file(kind), headers=headers
    )


def _headers(etag: str) -> dict[str, str]:
    return {"etag": etag, "cache-control": _CACHE}
