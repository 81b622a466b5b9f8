"""The headers of a mail are right whatever text the register holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.alerts.languages import Language
from services.alerts.notices import mail
from services.alerts.notices.mail import MailError
from services.alerts.tables import Notice, NoticeKind, NoticeState

PORTAL = "https://quanheng.example"


def notice(address: str, title: str = "标题") -> Notice:
    return Notice(
        notice_id="n",
        kind=NoticeKind.REJECTED,
        key="k",
        subject_id="s",
        bureau="330106",
        address=address,
        title=title,
        body="正文",
        state=NoticeState.PENDING,
        attempts=0,
        error="",
        created_at=datetime(2026, 9, 14, tzinfo=UTC),
        language=Language.CHINESE,
    )


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\x85"])
def test_a_line_break_in_a_title_adds_no_header(line_break: str) -> None:
    title = f"一{line_break}Bcc: c@d.example"
    message = mail.compose(notice("a@b.example", title), "q@localhost", PORTAL)
    assert message["Subject"] == "一 Bcc: c@d.example"
    assert message["Bcc"] is None


@pytest.mark.parametrize("address", ["a@b\nBcc:c@d", "a\u2028@b", "=?utf-8?q?=0ABcc:?=@b"])
def test_a_text_that_is_not_an_address_fails_finally(address: str) -> None:
    with pytest.raises(MailError) as caught:
        mail.compose(notice(address), "q@localhost", PORTAL)
    assert caught.value.final
