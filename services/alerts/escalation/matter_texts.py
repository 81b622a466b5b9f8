"""What is said of an escalation case that a grade or a person opened: why, and at its end.

Pure functions (S3 24, 25; S1 12; S0 三(三)3; S4 四(二), 四(五)).
"""

from __future__ import annotations

from services.alerts.escalation.texts import CANCELLED
from services.alerts.notices import english
from services.alerts.notices.texts import Contact, Text, body


def of_grade(grade: str, receipt_id: str) -> str:
    """Returns why there is a case of a grade; `grade` is its name."""
    return f"贵单位计量信用等级为{grade}（评级凭证编号：{receipt_id}）。"


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
    changed = "Your metrology credit grade has changed and is no longer a ground for it."
    why = english.as_written("Reasons", reasons) if reasons else changed
    return Text(
        f"Follow-up closed: {names[1]}",
        body(
            f"{name}:\nThe follow-up ({names[1]}) is closed from today:",
            why,
            *([english.INTERVIEW_CANCELLED] if interview_cancelled else []),
            english.questions(contact),
        ),
    )
