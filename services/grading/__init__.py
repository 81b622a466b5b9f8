"""Grading: the grade of every subject, in force and known on any date, each with its receipt.

Owns the evidence projection, grades in both times and receipts, and which text governs a
jurisdiction from when, with the impact that was looked at before (D-02, D-08).
Owns the indices of scenic areas and street blocks, and the account of each year-end (`year_end`).
Announces `GradeChanged` on `subject/<id>`, `RulesetActivated` on `jurisdiction/<bureau>`,
`IndexAssessed`, `IndexPublished` and `IndexWithdrawn` on `index/<area>`.
Listens to the registry's `SubjectsChanged`, `RecordsChanged` and `ClockMoved`.
Waits, as the workflow `regrade/daily`, for the days on which grades change by time alone.
"""
