"""Which bureau a page names, and in which language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from plumbing.settings import Settings
from services.portal.authority import Authority, authority
from services.portal.tables import PortalSession

CITY, DISTRICT = "测试市市场监督管理局", "测试区市场监督管理局"
NOW = datetime(2026, 9, 14, tzinfo=UTC)
NAMED = {"bureau_name": CITY, "bureau_name_en": "Testville Regulator"}


def session(bureau_name: str) -> PortalSession:
    return PortalSession(
        cookie_hash="合成",
        token="",
        account_id="a1",
        display_name="合成",
        roles=["caseworker"],
        bureau="330102",
        bureau_name=bureau_name,
        subject_id="",
        form_token="",
        opened_at=NOW,
        seen_at=NOW,
        token_ends_at=NOW,
    )


@pytest.mark.parametrize(
    ("settings", "own", "language", "shown"),
    [
        ({}, None, "zh-CN", ("", "")),
        ({}, "", "en", ("", "")),
        ({}, DISTRICT, "en", (DISTRICT, "zh-CN")),
        (NAMED, None, "zh-CN", (CITY, "zh-CN")),
        (NAMED, None, "en", ("Testville Regulator", "en")),
        (NAMED, "", "en", ("Testville Regulator", "en")),
        (NAMED, CITY, "en", ("Testville Regulator", "en")),
        (NAMED, DISTRICT, "zh-CN", (DISTRICT, "zh-CN")),
        ({"bureau_name": CITY}, None, "en", (CITY, "zh-CN")),
    ],
)
def test_the_bureau_of_the_account_comes_before_that_of_the_platform(
    settings: dict[str, Any], own: str | None, language: str, shown: tuple[str, str]
) -> None:
    of = None if own is None else session(own)
    assert authority(Settings(**settings), of, language) == Authority(*shown)
