"""A case file as one archive: for the subject of the case its own edition, for staff the whole."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from plumbing.archives import plain_name
from plumbing.papers.case_file.archive import Printing, case_archive, prepare
from plumbing.papers.case_file.reading import read_case_file
from services.portal.pages.transfers import attachment
from services.portal.visit import Visit


async def archive(visit: Visit) -> Response:
    """Sends the archive of a case, packed while it is sent."""
    settings = visit.portal.settings
    file = await read_case_file(visit.services, visit.path("case_id"))
    printing = Printing(settings.portal_url, settings.font_dir)
    contents = await run_in_threadpool(prepare, file, printing)
    headers = attachment(f"{plain_name(file.case.number)}.zip")
    content = case_archive(visit.services, file, contents)
    return StreamingResponse(content, media_type="application/zip", headers=headers)
