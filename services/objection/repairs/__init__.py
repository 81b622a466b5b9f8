"""Repair of credit on application (S3 20, 21; S4 四(四)).

A repair is a case like an objection, with the same kinds of steps, term and workflow. This package
contains the differences: the conditions, which the law checks; the term, which runs from submission
(C-13); and the refusal at lodging, which happens only if no judgment could change the answer.
"""
