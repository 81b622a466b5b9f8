"""objection: a subject disputes a record, or applies for the repair of its credit, and is answered.

Owns       cases of objection and repair with their steps, terms, reminders, decisions and letters
Announces  ObjectionLodged, …Accepted, …Declined, …Withdrawn, …Decided, …Closed, ExtensionRequested,
           ExtensionDecided, RepairLodged, …SupplementRequested, …Supplemented, …Accepted,
           …Declined, …ConditionConfirmed, …Decided, …Withdrawn, …Closed, TermRungReached,
           LetterIssued
Listens    to its own events, to start and signal the workflow of a case; to the registry's
           ClockMoved
Waits      in one workflow per case, `objection/<case_id>` or `repair/<case_id>`: for the end of the
           case, then for what follows from it

Reading order: tables, lodging, commands, steps, schedule, workflows, activities, letters, repairs/.
"""
