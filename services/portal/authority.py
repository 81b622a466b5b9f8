"""The bureaus that a page names: in its header that of the visitor, in its footer the host."""

from __future__ import annotations

from dataclasses import dataclass

from plumbing.settings import Settings
from services.portal.tables import PortalSession

CHINESE, ENGLISH = "zh-CN", "en"


@dataclass(frozen=True)
class Authority:
    """The name of a bureau, and the language of that name; both are empty where none is known."""

    name: str = ""
    language: str = ""


def authority(settings: Settings, session: PortalSession | None, language: str) -> Authority:
    """Returns the bureau of the account; for everybody else the bureau that runs the platform.

    The register knows the Chinese names of bureaus, which English pages show too. The bureau that
    runs the platform has both names in the settings.
    """
    own = session.bureau_name if session else ""
    if own not in ("", settings.bureau_name):
        return Authority(own, CHINESE)
    if language == ENGLISH and settings.bureau_name_en:
        return Authority(settings.bureau_name_en, ENGLISH)
    return Authority(settings.bureau_name, CHINESE) if settings.bureau_name else Authority()
