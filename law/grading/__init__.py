"""Grades the evidence about a subject under a legal text on a day, and writes a receipt.

Read `engine.grade` first; `counting` decides which records count; `points`, `classes` and
`triggers` are the three grading methods of the texts.
"""

from law.grading.changes import Addition, Change, Ending, changed, what_if
from law.grading.engine import compare, grade, verify, verify_document
from law.grading.outlook import Outlook, Turn, outlook
from law.grading.paths import Path
from law.grading.receipt import Receipt
from law.grading.receipt_parts import Line, Override, Reason, Span
from law.grading.steps import Step, StepKind
from law.grading.turning_days import next_change_on, spell_began_on
from law.grading.wording_outlook import foretell, tell_apart, why_not_graded
from law.grading.wording_receipt import explain

__all__ = [
    "Addition",
    "Change",
    "Ending",
    "Line",
    "Outlook",
    "Override",
    "Path",
    "Reason",
    "Receipt",
    "Span",
    "Step",
    "StepKind",
    "Turn",
    "changed",
    "compare",
    "explain",
    "foretell",
    "grade",
    "next_change_on",
    "outlook",
    "spell_began_on",
    "tell_apart",
    "verify",
    "verify_document",
    "what_if",
    "why_not_graded",
]
