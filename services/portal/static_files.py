"""Style sheets, scripts and pictures of the portal: read once, compressed once, cached for good.

Their addresses contain a digest of their content, so a browser asks again only for what changed.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent / "static"
VERSION = "v"  # the query parameter that holds the digest
_FOREVER = "public, max-age=31536000, immutable"
_CHECKED = "public, max-age=60"


@dataclass(frozen=True)
class StaticFile:
    """A file as it is sent: its media type, its bytes plain and compressed, and its digest."""

    media_type: str
    plain: bytes
    compressed: bytes
    digest: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Reads every file under `static/`, by its path below that directory."""
    paths = (path for path in FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(FOLDER).as_posix(): _read(path) for path in paths}


def static_address(name: str) -> str:
    """Returns the address of a file under `static/`; raises KeyError if there is no such file."""
    return f"/static/{name}?{VERSION}={static_files()[name].digest}"


async def serve_static(request: Request) -> Response:
    """Sends a file under `static/`; 404 if there is no such file."""
    file = static_files().get(request.path_params["name"])
    if file is None:
        return PlainTextResponse("没有这个文件 | There is no such file", 404)
    is_exact = request.query_params.get(VERSION) == file.digest
    headers = {
        "cache-control": _FOREVER if is_exact else _CHECKED,
        "etag": f'"{file.digest}"',
        "vary": "accept-encoding",
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.plain, media_type=file.media_type, headers=headers)
    headers["content-encoding"] = "gzip"
    return Response(file.compressed, media_type=file.media_type, headers=headers)


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    digest = hashlib.sha256(content).hexdigest()[:16]
    return StaticFile(media_type, content, gzip.compress(content, 9, mtime=0), digest)
