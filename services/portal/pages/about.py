"""The page about the portal itself: how people with disabilities can use it."""

from __future__ import annotations

from starlette.responses import Response

from services.portal.visit import Visit


async def accessibility(visit: Visit) -> Response:
    """Shows the accessibility statement: what holds, how it is checked, and where to turn."""
    return visit.page("public/accessibility.html", public=True)
