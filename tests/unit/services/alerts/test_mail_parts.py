"""The two parts of a mail say the same; what people wrote is never HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from services.alerts.notices import mail
from services.alerts.notices.links import check_path, path_of
from services.alerts.tables import Notice, NoticeKind, NoticeState
from services.portal.routes import ADDRESSES

PORTAL = "https://quanheng.example/"
HOSTILE = '<script src="https://evil.example/x.js"></script>&"\''


def notice(kind: NoticeKind = NoticeKind.LETTER, **more: str) -> Notice:
    given: dict[str, Any] = {
        "subject_id": "s",
        "title": "异议处理决定书",
        "body": f"某某：\n{HOSTILE}\n局\n日\n",
    }
    return Notice(
        notice_id="x",
        kind=kind,
        key="k",
        bureau="330106",
        address="a@b.example",
        state=NoticeState.PENDING,
        created_at=datetime(2026, 9, 14, tzinfo=UTC),
        **(given | more),
    )


def parts(of: Notice) -> tuple[str, str]:
    text, html = mail.compose(of, "q@localhost", PORTAL).iter_parts()
    assert text.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    return str(text.get_content()), str(html.get_content())


def test_the_html_escapes_what_people_wrote_and_fetches_nothing() -> None:
    _, html = parts(notice(title=HOSTILE))
    assert "<script" not in html
    assert "&lt;script src=" in html
    assert not re.search(r"<(?:img|link|iframe|style)|url\(|src=\"", html)


def test_both_parts_have_the_text_the_letter_and_the_links() -> None:
    text, html = parts(
        notice(
            about="case/c1",
            letter_id="l1",
            number="异议处理决定书〔2026〕1号",
            check_code="AAAA-BBBB",
        )
    )
    for part in (text, html):
        assert "异议处理决定书〔2026〕1号；校验码：AAAA-BBBB" in part
        assert "https://quanheng.example/cases/c1" in part
        assert "https://quanheng.example/check/letter?number=" in part
    assert text.startswith(f"某某：\n{HOSTILE}\n局\n日\n")


@pytest.mark.parametrize(
    ("kind", "more", "path"),
    [
        (NoticeKind.DIGEST, {}, "/instruments"),
        (NoticeKind.GRADE_FELL, {}, "/grade"),
        (NoticeKind.ESCALATION, {"about": "escalation/s/1"}, "/messages/x"),
        (NoticeKind.TERM, {"about": "case/c1", "subject_id": ""}, "/cases/c1"),
        (NoticeKind.BATCH, {"about": "batch/b1", "subject_id": ""}, "/imports/b1"),
        (NoticeKind.APPROVALS, {"subject_id": ""}, "/home"),
        (
            NoticeKind.APPROVALS,
            {"about": "escalation/s/1", "subject_id": ""},
            "/escalations/s/1",
        ),
        (NoticeKind.GIVEN_UP, {"subject_id": ""}, "/home"),
    ],
)
def test_a_mail_leads_to_the_page_of_its_matter(
    kind: NoticeKind, more: dict[str, str], path: str
) -> None:
    assert path_of(notice(kind, **more)) == path


def test_every_mail_leads_to_a_page_that_exists() -> None:
    known = {re.sub(r"\{[^}]+\}", "x", address.path) for address in ADDRESSES}
    led_to = {path_of(notice(kind, subject_id=whose)) for kind in NoticeKind for whose in ("s", "")}
    led_to |= {
        path_of(notice(about=f"{thing}/x", subject_id=whose))
        for thing in ("case", "escalation", "batch")
        for whose in ("s", "")
    }
    led_to.add(check_path("1", "2").partition("?")[0])
    assert led_to <= known
