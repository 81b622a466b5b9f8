"""A letter as PDF in the manner of GB/T 9704-2012, made from the text that its service stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from google.protobuf.timestamp_pb2 import Timestamp

from law.periods import SHANGHAI, local_day
from plumbing.papers.day_names import day_zh
from plumbing.papers.letter_text import parts_of
from plumbing.papers.typesetting import qr_svg, typeset
from protos.alerts.v1 import circulars_pb2 as circulars
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.objection.v1 import objection_pb2 as objection


@dataclass(frozen=True)
class Letter:
    """A letter to typeset; `number` and `check_code` are empty if it cannot be checked.

    `sha256` is the digest of `body`, which the page that checks letters also shows.
    """

    title: str
    body: str
    issued_on: date
    number: str
    check_code: str
    sha256: str


def letter_of_case(letter: objection.Letter) -> Letter:
    """Returns a letter of an objection or repair as it is typeset."""
    of_letter = letter.title, letter.body, _day(letter.issued_at), letter.number
    return Letter(*of_letter, letter.check_code, letter.sha256)


def letters_of_step(step: escalations.EscalationStep) -> dict[str, Letter]:
    """Returns the letters of an escalation step as they are typeset, by id.

    An interview that was moved has several.
    """
    letters = {
        one.letter_id: Letter(
            one.title, one.body, _day(one.issued_at), one.number, one.check_code, one.sha256
        )
        for one in step.former_letters
    }
    if step.letter_id:
        issued = step.issued_at if step.HasField("issued_at") else step.decided_at
        of_letter = step.letter_title, step.body, _day(issued), step.number
        letters[step.letter_id] = Letter(*of_letter, step.check_code, step.sha256)
    return letters


def letter_of_circular(circular: circulars.Circular) -> Letter:
    """Returns an issued circular as it is typeset."""
    of_letter = circular.title, circular.body, _day(circular.issued_at), circular.number
    return Letter(*of_letter, circular.check_code, circular.sha256)


def _day(issued: Timestamp) -> date:
    return local_day(issued.ToDatetime(SHANGHAI))


def letter_pdf(letter: Letter, portal_url: str, font_dir: str) -> bytes:
    """Returns a letter as PDF; the same letter gives the same bytes with the same fonts.

    `portal_url` is the address of the portal, where the letter is checked. Raises CannotTypeset.
    """
    parts, day = parts_of(letter.body), letter.issued_on
    # The number stands in the head, so a line of the text that only repeats it is left out.
    opening = [line for line in parts.opening if line != f"编号：{letter.number}"]
    values = {
        "title": letter.title,
        "number": letter.number,
        "opening": opening,
        "addressee": parts.addressee,
        "paragraphs": parts.paragraphs,
        "signer": parts.signer,
        "day": day_zh(day),
        "date": [day.year, day.month, day.day],
        "sha256": letter.sha256,
        "check": _check(letter, portal_url),
    }
    return typeset("letter.typ", values, font_dir)


def _check(letter: Letter, portal_url: str) -> dict[str, str] | None:
    if not letter.check_code:
        return None
    page = f"{portal_url.rstrip('/')}/check/letter"
    filled_in = {"number": letter.number.removesuffix("号"), "code": letter.check_code}
    code = qr_svg(f"{page}?{urlencode(filled_in)}", error="m")
    return {"page": page, "code": letter.check_code, "qr": code}
