"""grading: the grade of every subject, for any day and as known at any moment, with its receipt.

Owns       the evidence as the registry announced it, grades in both times, receipts; which text
           governs a jurisdiction from which day, with the impact that somebody read before; the
           indices of scenic areas and street blocks; the account of each year-end (D-02, D-08)
Announces  GradeChanged on `subject/<id>`, RulesetActivated on `jurisdiction/<bureau>`,
           IndexAssessed, IndexPublished and IndexWithdrawn on `index/<area>`
Listens    to the registry's SubjectsChanged, RecordsChanged and ClockMoved
Waits      in one workflow, `regrade/daily`, for the days on which grades change by time alone

Reading order: tables, evidence, assessment, intervals, grade_history, regrading, commands, queries.
"""
