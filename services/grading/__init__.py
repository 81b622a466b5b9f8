"""The grading service: it computes and stores the credit grade of every subject, with its receipt.

Owns       the subjects and records that the registry announced; grades, with the days on which
           each is in force and the time from which it is known; receipts; the rulesets that govern
           each jurisdiction, with the impact of each; the indices of scenic areas and street
           blocks; the summary of each year-end (D-02, D-08)
Announces  GradeChanged on `subject/<id>`, RulesetActivated on `jurisdiction/<bureau>`,
           IndexAssessed, IndexPublished and IndexWithdrawn on `index/<area>`
Listens    to the registry's SubjectsChanged, RecordsChanged and ClockMoved
Waits      in one workflow, `regrade/daily`, for the days on which grades change by time alone

Reading order: tables, evidence, assessment, intervals, grade_history, regrading, commands, queries.
"""
