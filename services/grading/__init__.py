"""Grading: the grade of every subject, in force and known on any date, each with its receipt.

Owns the evidence projection, grades in both times and receipts (D-02, D-08).
Announces `GradeChanged` on `subject/<id>`.
Listens to the registry's `SubjectsChanged`, `RecordsChanged` and `ClockMoved`.
Waits, as the workflow `regrade/daily`, for the days on which grades change by time alone.
"""
