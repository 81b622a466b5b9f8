"""Mails come in the language that their recipient wants; letters under law are Chinese."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from law.colours.basis import Basis
from law.colours.rule import Colour, VerificationResult
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import registry_pb2
from services.alerts.escalation.texts import RedLine
from services.alerts.languages import Language
from services.alerts.notices import (
    account_mails,
    compulsion_notices,
    english,
    mail,
    owner_notices,
    result_texts,
)
from services.alerts.notices.texts import Contact, Line, RecordFact, Text
from services.alerts.tables import Notice, NoticeKind, NoticeState

ON = date(2026, 9, 15)
FIRM, BUREAU = "Sample Station", Contact("Sample Bureau", "Metrology", "0571-0", "a@b.example")
FACT = RecordFact("penalty", "a false measure", "2026-1", date(2026, 9, 10))
LINES = [
    Line("FUEL", f"S{place}", colour, basis, until)
    for place, (colour, basis, until) in enumerate(
        [
            (Colour.GREEN, Basis.DATED, date(2026, 11, 1)),
            (Colour.YELLOW, Basis.DATED, date(2026, 9, 30)),
            (Colour.RED, Basis.DATED, date(2026, 9, 1)),
            (Colour.RED, Basis.REJECTED, None),
            (Colour.RED, Basis.UNVERIFIED, None),
            (Colour.RED, Basis.REPAIRED, None),
        ]
    )
]
RED_LINES = [
    RedLine("FUEL", "S7", Basis.DATED, date(2027, 9, 1), notified=True, red=False),
    RedLine("FUEL", "S8", Basis.REJECTED, None, notified=True, red=False, gone=True),
]
FREE = registry_pb2.Instrument(
    type_code="FUEL", serial_no="S9", non_compulsory_ground="used for a process of its own only"
)
RESULTS = [
    result_texts.Line(
        "v", "FUEL", "NO-9", "2", result, ON, ON, "JD-1", "Lab", passed, certificate, "wrong"
    )
    for result, passed, certificate in (
        (VerificationResult.PASS, True, 1),
        (VerificationResult.PASS, False, 2),
        (VerificationResult.REJECT, False, 1),
    )
]
ENGLISH = {
    "digest": english.digest(FIRM, ON, LINES, BUREAU),
    "rejected": english.rejected(FIRM, ON, LINES[3], BUREAU),
    "adverse_record": english.adverse_record(FIRM, ON, FACT, BUREAU),
    "grade_fell": english.grade_fell(FIRM, ON, ("B", "D"), "receipt-1", [FACT], BUREAU),
    "closed": english.closed(FIRM, ON, RED_LINES, BUREAU, interview_cancelled=True),
    "free": compulsion_notices.free_en(FIRM, [FREE], BUREAU),
    "bound": compulsion_notices.bound_en(FIRM, [FREE, FREE], BUREAU),
    "results": result_texts.in_english(FIRM, ON, RESULTS),
    "gone": owner_notices.gone_en(FIRM, [FREE], BUREAU),
    "come": owner_notices.come_en(FIRM, [FREE, FREE], BUREAU),
    **{
        kind: account_mails._in_english(
            registry.AccountMailDue(
                kind=kind, person_name="Li", account_name="li", firm_name=FIRM, link_id="l",
                remark="Wang",
            )
        )
        for kind in ("reset", "opened", "invited", "known", "rejected")
    },
}  # fmt: skip


def notice(language: Language, **more: Any) -> Notice:
    given: dict[str, Any] = {
        "kind": NoticeKind.DIGEST,
        "title": "计量器具检定预警",
        "body": "某某：\n一台\n",
        "title_en": "Verification of instruments",
        "body_en": "Somebody:\none\n",
    }
    return Notice(
        notice_id="n",
        key="k",
        subject_id="s",
        bureau="330106",
        address="a@b.example",
        state=NoticeState.PENDING,
        created_at=datetime(2026, 9, 14, tzinfo=UTC),
        language=language,
        **(given | more),
    )


def composed(of: Notice) -> tuple[str, str, str]:
    message = mail.compose(of, "q@b.example", "https://quanheng.example")
    text, html = (str(part.get_content()) for part in message.iter_parts())
    return str(message["Subject"]), text, html


@pytest.mark.parametrize(
    ("language", "chinese", "in_english"),
    [(Language.CHINESE, True, False), (Language.ENGLISH, False, True), (Language.BOTH, True, True)],
)
def test_subject_and_both_parts_are_in_the_wanted_language(
    language: Language, chinese: bool, in_english: bool
) -> None:
    title, text, html = composed(notice(language))
    assert (("预警" in title), ("Verification" in title)) == (chinese, in_english)
    for part in (text, html):
        assert ("一台" in part, "在平台上查看" in part) == (chinese, chinese)
        assert ("one" in part, "See it on the platform" in part) == (in_english, in_english)
    assert ('lang="zh-CN"' in html, 'lang="en"' in html) == (chinese, in_english)


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.BOTH])
def test_a_letter_under_law_stays_chinese_and_an_english_line_says_so(language: Language) -> None:
    letter = notice(language, kind=NoticeKind.LETTER, title_en="", body_en="", title="决定书")
    title, text, html = composed(letter)
    assert title == "决定书"
    for part in (text, html):
        assert "The text of this message is Chinese" in part
        assert "一台" in part


@pytest.mark.parametrize("text", ENGLISH.values(), ids=ENGLISH.keys())
def test_english_texts_have_no_chinese_and_no_codes(text: Text) -> None:
    for said in (text.title, text.body):
        numbered = re.sub(r"[一二三四五六七八九十]+(?:\([一二三四五六七八九十]\))*", "", said)
        assert numbered.replace("→", "").replace("·", "").isascii()
        assert not re.search(r"\b[CRD]-\d|\bS\d \S", said)


def test_english_says_what_chinese_says() -> None:
    assert "3 red alerts" not in ENGLISH["digest"].title
    assert "4 red alerts, 1 yellow warning, 1 green notice" in ENGLISH["digest"].title
    assert "5 working days" in ENGLISH["adverse_record"].body
    assert "receipt-1" in ENGLISH["grade_fell"].body
    assert "interview is cancelled" in ENGLISH["closed"].body
