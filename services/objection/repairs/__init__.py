"""Repair of credit on application (S3 20, 21; S4 四(四)).

A repair is a case like an objection, and shares its steps, its term and its workflow. This package
has what differs: the conditions, which the law checks; the term, which runs from submission
(C-13); and the refusal at lodging, which is made only where no judgment could change the answer.
"""
