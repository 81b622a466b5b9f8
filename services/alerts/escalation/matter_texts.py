"""The documents of an escalation case that a grade or a person opened, and those of its end.

Pure functions. As with a red alert, each document names the facts, the articles, what the subject
is asked to do and by when, and what the document is not (S3 24, 25; S1 12; S0 三(三)3; S4 四(二),
四(五)).
"""

from __future__ import annotations

from collections.abc import Sequence

from law.escalation import Step
from law.reader.texts import spell_articles
from services.alerts.escalation.texts import (
    CANCELLED,
    LETTER_TITLES,
    DocumentFacts,
    closing,
)
from services.alerts.notices import english
from services.alerts.notices.texts import Contact, Text, body, remedy

_NO_PENALTY = "不是行政处罚，也不记入信用档案。"


def of_grade(grade: str, receipt_id: str) -> str:
    """Returns why there is a case of a grade; `grade` is its name."""
    return f"贵单位计量信用等级为{grade}（评级凭证编号：{receipt_id}）。"


def reminder_words(facts: DocumentFacts) -> str:
    """Returns the platform's own words for the part of a reminder that a person may alter."""
    ground = facts.ground(Step.REMINDER)
    return "\n".join(
        (f"现就下列情况予以提醒（依据：{ground}）：", facts.occasion, "请对照规定自查，及时改正。")
    )


def reminder(facts: DocumentFacts, words: str = "") -> Text:
    """Writes the 《提醒》; `words` are those of a person, empty means the platform's own."""
    return Text(
        f"提醒：{facts.matter}",
        body(
            *facts.heading,
            words or reminder_words(facts),
            _ends(facts),
            f"本提醒{_NO_PENALTY}",
            *closing(facts),
        ),
    )


def measures(facts: DocumentFacts) -> Text:
    """Writes the 《监管措施告知》: each measure that the grade permits, with its article (R-161).

    None is applied automatically (C-23).
    """
    listed = [
        f"{number}. {measure.zh}（{spell_articles(measure.cite)}）。"
        for number, measure in enumerate(facts.measures, 1)
    ]
    return Text(
        LETTER_TITLES[Step.MEASURES],
        body(
            *facts.heading,
            f"{facts.occasion}按照规定，可以对贵单位采取下列监管措施：",
            *listed,
            "是否采取、何时采取，由办案人员依法逐项决定，平台不自动执行。",
            _ends(facts),
            remedy(facts.contact, facts.on),
            *closing(facts),
        ),
    )


def statement(facts: DocumentFacts) -> str:
    """Returns the text for public exposure: the subject and its grade, no person (S1 18, 19)."""
    return graded(facts.name, facts.grade, facts.ground(Step.EXPOSURE))


def graded(name: str, grade: str, ground: str) -> str:
    """Returns what the public reads of a grade: without its receipt, with the article `ground`."""
    return f"{name}：经核实，计量信用等级为{grade}（依据：{ground}）。"


def exposure(facts: DocumentFacts, media: Sequence[str], published: str) -> Text:
    """Writes the 《曝光告知》: the text made public, the media, and how to object."""
    return Text(
        LETTER_TITLES[Step.EXPOSURE],
        body(
            *facts.heading,
            f"经单位负责人批准，下列内容即日起向社会公开（依据：{facts.ground(Step.EXPOSURE)}）：",
            published,
            f"公开方式：{'、'.join(media)}",
            f"{_ends(facts)}公开内容同时撤下。",
            remedy(facts.contact, facts.on),
            *closing(facts),
        ),
    )


def closed(
    name: str, names: tuple[str, str], reasons: str, contact: Contact, *, interview_cancelled: bool
) -> Text:
    """Writes the 《督促终结》 to the subject `name`; `names` are those of the case's course.

    `reasons` are those of the person who ended it; empty if it ended because the grade changed.
    """
    why = reasons or "贵单位的计量信用等级已经变动，不再属于该情形。"
    return Text(
        f"督促终结：{names[0]}",
        body(
            f"{name}：\n对贵单位的督促（{names[0]}）自即日起终结：",
            why,
            *([CANCELLED] if interview_cancelled else []),
            f"如有疑问，请联系{contact}。",
        ),
    )


def closed_in_english(
    name: str, names: tuple[str, str], reasons: str, contact: Contact, *, interview_cancelled: bool
) -> Text:
    """Writes the end of a follow-up in English; the reasons stay as the person wrote them."""
    why = reasons or "Your metrology credit grade has changed and is no longer a ground for it."
    return Text(
        f"Follow-up closed: {names[1]}",
        body(
            f"{name}:\nThe follow-up ({names[1]}) is closed from today:",
            why,
            *([english.INTERVIEW_CANCELLED] if interview_cancelled else []),
            english.questions(contact),
        ),
    )


def _ends(facts: DocumentFacts) -> str:
    if facts.of_grade:
        return "贵单位的计量信用等级变动、不再属于该情形的，本次督促自动终结。"
    return "贵单位改正并经我局核实的，本次督促即告终结。"
