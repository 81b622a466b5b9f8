"""The English texts of notices, for recipients who prefer English or both languages.

Each function writes the same as the Chinese one of that name. Letters under law have no English.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.colours.basis import Basis, colour_on
from law.colours.rule import Colour
from law.evidence import RecordKind
from law.instruments import catalogue
from law.kind_names import kind_name
from law.objection import OBJECTION_CITE, OUTCOME_CITE
from law.reader.texts import spell_articles
from law.terms.data import definition
from law.texts_in_force.load import GRADING, load
from services.alerts.escalation.texts import RedLine
from services.alerts.notices.texts import Contact, Line, RecordFact, Text, body

COLOURS = {Colour.RED: "red alert", Colour.YELLOW: "yellow warning", Colour.GREEN: "green notice"}
INTERVIEW_CANCELLED = "The appointed interview is cancelled; nobody need come."
_RENEW = "Apply for its verification before it expires"
_STOP = "Stop using it now, and use it again only when it has passed verification"
_NOT_APPLIED = " No application for its verification is open."
_NOT_YET_APPLIED = " No application was made yet."
_INSTRUCTIONS = {
    Basis.REJECTED: "Stop using it now; have it repaired and verified before it is used again",
    Basis.REPAIRED: "Stop using it, and apply for verification before it is used again",
    Basis.UNVERIFIED: "Stop using it, and apply for its first verification",
}


def type_name(type_code: str) -> str:
    """Returns the English name of an instrument type; the code itself if the catalogue lacks it."""
    known = catalogue().get(type_code)
    return known.name_en if known else type_code


def grade_name(ruleset_id: str, grade: str) -> str:
    """Returns the English name of a grade under a rule text; `grade` if the text is unknown."""
    return load(ruleset_id).grade(grade).title_en if ruleset_id in GRADING else grade


def as_written(label: str, words: str) -> str:
    """Returns the words of a person or a document, which stay in the language they are in."""
    return f"{label}, as written: {words}"


def digest(name: str, on: date, lines: Sequence[Line], bureau: Contact) -> Text:
    """Writes the digest to the subject `name`, the most severe colour first."""
    ordered = sorted(lines, key=lambda line: (-line.colour.severity, line.valid_until or date.min))
    counts = ", ".join(
        f"{number} {english}{'s' if number > 1 else ''}"
        for colour, english in COLOURS.items()
        if (number := sum(line.colour is colour for line in lines))
    )
    told = [_sentence(line, on) + applied(line, on) for line in ordered]
    numbered = [f"{number}. {one}" for number, one in enumerate(told, 1)]
    opening = f"{name}:\nAs of {on}, the verification of your instruments in use changed: {counts}."
    return Text(
        f"Verification of measuring instruments ({on}): {counts}",
        body(opening, *numbered, questions(bureau)),
    )


def rejected(name: str, on: date, line: Line, bureau: Contact) -> Text:
    """Writes the mail to the subject `name` about its rejected instrument."""
    by, number = line.certificate.institution, line.certificate.number
    which = [f"verified on {line.since}"] if line.since else []
    which += [f"rejection notice {number}" if number else by] if number or by else []
    labels = ("Day of the verification", "Rejection notice", "Verified by")
    facts = zip(labels, (line.since, number, by), strict=True)
    instrument = f"{type_name(line.type_code)} {line.serial_no}"
    return Text(
        f"Instrument failed verification: {instrument}"
        + (f" ({', '.join(which)})" if which else ""),
        body(
            f"{name}:\nThis instrument in use failed its verification and is on red alert now:",
            _sentence(line, on),
            *(f"{label}: {value}." for label, value in facts if value),
            questions(bureau),
        ),
    )


def adverse_record(name: str, on: date, fact: RecordFact, bureau: Contact) -> Text:
    """Writes the notice to the subject `name` that an adverse record about it was entered."""
    kind = kind_name(RecordKind(fact.kind), "en")
    return Text(
        f"Adverse metrology credit record: {kind}",
        body(
            f"{name}:\nThis was entered in your metrology credit archive:",
            f"Matter: {kind}",
            as_written("Facts", fact.summary) if fact.summary else "Facts: see the document",
            f"Determined on: {fact.determined_on}",
            as_written("Source", fact.source_ref),
            "It becomes public only after a confidentiality review and a set time; you may object "
            "before.",
            remedy(bureau, on),
        ),
    )


def grade_fell(
    name: str,
    on: date,
    grades: tuple[str, str],
    receipt_id: str,
    facts: Sequence[RecordFact],
    bureau: Contact,
) -> Text:
    """Writes the notice to the subject `name` that its grade fell.

    `grades` are the English names of the grades before and after; `facts` are the records that
    caused the fall; `receipt_id` is the receipt of the new grade.
    """
    before, after = grades
    because = [
        f"· {kind_name(RecordKind(fact.kind), 'en')}, determined on {fact.determined_on}, "
        f"document {fact.source_ref}"
        for fact in facts
    ] or ["· A scoring period ended or time passed; there is no new record"]
    return Text(
        f"Metrology credit grade changed: {before} → {after}",
        body(
            f"{name}:\nYour metrology credit grade changed from {before} to {after}, because of:",
            *because,
            f"Receipt: {receipt_id}. It lists each deduction and bonus with its article and the "
            "edition of the rules. Anybody can compute the grade from it.",
            remedy(bureau, on),
        ),
    )


def closed(
    name: str, on: date, lines: Sequence[RedLine], contact: Contact, *, interview_cancelled: bool
) -> Text:
    """Writes the end of the follow-up of red alerts, with the present state of each instrument.

    With `interview_cancelled` it also says that the appointed interview is cancelled.
    """
    return Text(
        "Follow-up closed: no instrument is on red alert",
        body(
            f"{name}:\nNo instrument that you use is on red alert any more. "
            "The follow-up is closed from today:",
            *(f"{number}. {_red_sentence(line, on)}" for number, line in enumerate(lines, 1)),
            *([INTERVIEW_CANCELLED] if interview_cancelled else []),
            questions(contact),
        ),
    )


def remedy(bureau: Contact, on: date) -> str:
    """Returns a paragraph: how to object, and within which term the bureau decides."""
    term = definition("objection_first", on)
    articles = spell_articles(f"{OUTCOME_CITE}; {OBJECTION_CITE}", "en")
    return (
        f"Remedy: you may object to this at {_named(bureau)}, with evidence ({articles}). It "
        f"decides within {term.days} working days of acceptance, and within {term.cap} at most "
        f"where that is extended ({spell_articles(term.cite, 'en')})."
    )


def _sentence(line: Line, on: date) -> str:
    """The colour of one instrument, why, by which article, and what its user must do."""
    answer = colour_on(line.basis, line.valid_until, on)
    until = f", valid until {line.valid_until}" if line.valid_until else ""
    return (
        f"[{COLOURS[line.colour]}] {type_name(line.type_code)}, serial number {line.serial_no}"
        f"{until}. {answer.reason_en} ({spell_articles(answer.cite, 'en')}).{_instruction(line)}"
    )


def applied(line: Line, on: date) -> str:
    """Returns the sentence that tells who is to act now; empty as the Chinese one is."""
    order = line.order
    if order is None or order.due_on is None:
        return {Colour.RED: _NOT_APPLIED, Colour.YELLOW: _NOT_YET_APPLIED}.get(line.colour, "")
    over = ", which is over" if on > order.due_on else ""
    return (
        f" Its verification was applied for at {order.institution} on {order.applied_on}, and the "
        f"institution has until {order.due_on}{over}."
    )


def _red_sentence(line: RedLine, on: date) -> str:
    """One instrument of a follow-up, with what its colour rests on now."""
    instrument = f"{type_name(line.type_code)}, serial number {line.serial_no}"
    if line.gone:
        return f"{instrument}. It is no longer registered to you."
    answer = colour_on(line.basis, line.valid_until, on)
    until = f", valid until {line.valid_until}" if line.valid_until else ""
    return f"{instrument}{until}. {answer.reason_en} ({spell_articles(answer.cite, 'en')})."


def _instruction(line: Line) -> str:
    """What its user must do; one that has applied already is not asked to apply."""
    if line.order is not None:
        return f" {_STOP}." if line.colour is Colour.RED else ""
    by_date = _STOP if line.colour is Colour.RED else _RENEW
    return f" {_INSTRUCTIONS.get(line.basis, by_date)}."


def questions(bureau: Contact) -> str:
    """Returns the sentence that names whom to ask."""
    return f"Questions: {_named(bureau)}."


def _named(bureau: Contact) -> str:
    ways = [f"telephone {bureau.phone}" if bureau.phone else "", bureau.email]
    listed = ", ".join(way for way in ways if way)
    return f"{bureau.name} {bureau.department}".strip() + (f" ({listed})" if listed else "")
