"""objection: a subject disputes what is held against it, and is answered in its term.

Owns       cases with their steps, term ledgers, rungs reached, decisions and letters (R-111…R-118)
Announces  ObjectionLodged, …Accepted, …Declined, …Withdrawn, …Decided, …Closed, ExtensionRequested,
           ExtensionDecided, TermRungReached, LetterIssued
Listens    to itself, to start and signal the workflow of a case; to the registry's ClockMoved
Waits      in one workflow per case, `objection/<case_id>`: the term, then what follows a decision

Reading order: tables, commands, schedule, workflows, follow_through, activities.
"""
