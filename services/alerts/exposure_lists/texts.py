"""The Chinese texts of exposure lists: what the public reads, and what a listed subject is told.

Pure functions (S1 12(二), 18, 19; S0 三(三)3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.reader.texts import spell_articles
from services.alerts.escalation.matter_texts import graded
from services.alerts.notices.texts import Contact, Text, body, remedy


def number_of(bureau: str, year: int, serial: int) -> str:
    """Returns the number of a released list."""
    return f"曝光名单〔{year}〕{bureau}-{serial:04d}号"


def of_grade(name: str, grade: str, cite: str) -> str:
    """Returns what the public reads of a subject that is exposed for its grade."""
    return graded(name, grade, spell_articles(cite))


def placed(
    name: str, number: str, statement: str, media: Sequence[str], contact: Contact, on: date
) -> Text:
    """Writes the notice to a subject that it stands on a public list, and how to object."""
    return Text(
        f"公开曝光告知 {number}",
        body(
            f"编号：{number}",
            f"{name}：",
            f"经单位负责人批准，贵单位即日起列入{number}，下列内容向社会公开：",
            statement,
            f"公开方式：{'、'.join(media)}",
            "列入的事由消失的，平台即时撤下，无需另行申请。",
            remedy(contact, on),
            f"联系：{contact}",
        ),
    )


def taken_down(name: str, number: str, reasons: str, contact: Contact) -> Text:
    """Writes the notice to a subject that it no longer stands on a public list."""
    return Text(
        f"曝光撤下告知 {number}",
        body(
            f"{name}：",
            f"贵单位自即日起已从{number}撤下：{reasons}",
            f"如有疑问，请联系{contact}。",
        ),
    )
