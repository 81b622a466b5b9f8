"""Pages of the files of long lists: how far one has come, and the file itself."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.portal import list_files
from services.portal.progress import Progress, events
from services.portal.sessions import COOKIE
from services.portal.tables import ListExport
from services.portal.visit import Visit
from services.portal.wording import N_


async def listing(visit: Visit) -> Response:
    """Shows the files that the visitor has asked for in this session, the newest first."""
    exports = await visit.portal.exports.of(visit.person.cookie_hash)
    return visit.page("exports/list.html", exports=exports)


async def one(visit: Visit) -> Response:
    """Shows a file: a bar while it is written, then the link to fetch it."""
    export = await _find(visit)
    return visit.page("exports/one.html", export=export, progress=_progress(visit, export))


async def progress(visit: Visit) -> Response:
    """Sends the events of a file that is being written."""

    async def ask_now() -> Progress:
        return _progress(visit, await _find(visit))

    return await events(visit, ask_now)


def _progress(visit: Visit, export: ListExport) -> Progress:
    words = N_("正在写文件：{done}，共 {total} 行") if export.total else N_("正在写文件：{done} 行")
    words = visit.say(words).format(done=f"{export.done:,}", total=f"{export.total:,}")
    return Progress(words, export.done, export.total, ended=export.state != "writing")


async def file(visit: Visit) -> Response:
    """Sends the file; 404 while it is not ready."""
    export = await _find(visit)
    if export.state != "ready":
        raise HTTPException(404)
    cookie = visit.request.cookies.get(COOKIE, "")
    content = visit.portal.exports.content(export.export_id, cookie)
    return list_files.sent(content, export.title, export.kind)


async def _find(visit: Visit) -> ListExport:
    owner = visit.person.cookie_hash
    export = await visit.portal.exports.find(visit.path("export_id"), owner)
    if export is None:
        raise HTTPException(404)
    return export
