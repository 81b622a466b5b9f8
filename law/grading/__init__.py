"""Grading: evidence under a text on a day → a grade with its receipt.

Read `engine.grade` first; `sift` says which records count, `points`, `classes` and `triggers`
are the three ways the texts grade.
"""

from law.grading.engine import grade
from law.grading.line import Line, Override, Reason, Span
from law.grading.passing import next_change_on
from law.grading.receipt import Receipt
from law.grading.verifying import verify, verify_document

__all__ = [
    "Line",
    "Override",
    "Reason",
    "Receipt",
    "Span",
    "grade",
    "next_change_on",
    "verify",
    "verify_document",
]
