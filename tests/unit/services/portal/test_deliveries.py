"""The page of a delivery names whom a notice addresses, and shows it as it was sent."""

from __future__ import annotations

import pytest

from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.deliveries import as_sent
from services.portal.pages.platform_mail import addressee


@pytest.mark.parametrize(
    ("language", "body_en", "sent"),
    [
        ("zh", "", ["zh-CN"]),
        ("en", "text", ["en"]),
        ("en", "", ["zh-CN"]),
        ("both", "text", ["zh-CN", "en"]),
        ("", "text", ["zh-CN", "en"]),
    ],
)
def test_a_notice_is_shown_in_the_language_it_was_sent_in(
    language: str, body_en: str, sent: list[str]
) -> None:
    notice = alerts.Notice(title="标题", body="正文", body_en=body_en, language=language)
    assert [lang for lang, _, _ in as_sent(notice)] == sent


def test_whom_a_notice_addresses() -> None:
    firms = {"s1": registry.Subject(name="某某加油站")}
    bureaus = {"330106": "西湖区市场监管局"}
    to_firm = alerts.Notice(subject_id="s1", bureau="330106")
    to_institution = alerts.Notice(bureau="330106", recipient="合成检定院")
    assert addressee(to_firm, firms, bureaus) == "某某加油站"
    assert addressee(to_institution, firms, bureaus) == "合成检定院"
    assert addressee(alerts.Notice(bureau="330106"), firms, bureaus) == "西湖区市场监管局"
    assert addressee(alerts.Notice(bureau="330110"), firms, bureaus) == "330110"
