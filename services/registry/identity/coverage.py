"""Which accounts an administrator governs: those of the bureaus, and of their firms, in scope."""

from __future__ import annotations

from plumbing.change import Change
from plumbing.view import View
from services.registry.scope import PLATFORM_WIDE
from services.registry.tables import Subject


async def require_covered(by: Change | View, bureau: str, subject_id: str) -> None:
    """Raises NotPermitted unless the caller covers the bureau of an account, or of its firm."""
    if subject_id:
        firm = await by.session.get(Subject, subject_id)
        bureau = firm.bureau if firm else PLATFORM_WIDE
    by.caller.require_bureau(bureau or PLATFORM_WIDE)
