"""The Chinese texts of exposure lists: what the public reads, and what a listed subject is told.

Pure functions (S1 12(二), 18, 19; S0 三(三)3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.reader.texts import spell_articles
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.letter_template import of_alerts
from services.alerts.notices.texts import Contact, Text, body, remedy
from services.alerts.templates.words import Places, filled


def number_of(bureau: str, year: int, serial: int) -> str:
    """Returns the number of a released list."""
    return f"曝光名单〔{year}〕{bureau}-{serial:04d}号"


def of_grade(name: str, grade: str, cite: str) -> str:
    """Returns what the public reads of a grade: without its receipt, with the article.

    No person is named (S1 18, 19).
    """
    return f"{name}：经核实，计量信用等级为{grade}（依据：{spell_articles(cite)}）。"


def of_red_alerts(facts: DocumentFacts) -> str:
    """Returns what the public reads of red alerts: subject, instruments, no person (S1 18, 19)."""
    listed = "".join(facts.listed)
    return f"{facts.name}：经核实，下列在用计量器具处于红色警示状态，经督促仍未改正。{listed}"


def placed(
    name: str,
    number: str,
    statement: str,
    media: Sequence[str],
    contact: Contact,
    on: date,
    template: str = "",
) -> Text:
    """Writes the notice to a subject that it stands on a public list, and how to object.

    `template` are the bureau's own words around what is made public; empty for none.
    """
    told = {"number": number, "name": name, "contact": contact, "remedy": remedy(contact, on)}
    published = {"number": number, "statement": statement, "media": media}
    words = of_alerts().write("listed_words", on, published).body
    if template:
        words = filled(template, Places(name, contact.name, on).chinese(words))
    written = of_alerts().write("listed", on, {**told, "words": words})
    return Text(f"{written.title} {number}", body(written.body))


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
