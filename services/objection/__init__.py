"""objection: a subject disputes what is held against it, or has put it right, and is answered.

Owns       cases of objection and of repair with their steps, term ledgers, rungs reached, decisions
           and letters (R-111…R-118, R-121…R-128)
Announces  ObjectionLodged, …Accepted, …Declined, …Withdrawn, …Decided, …Closed, ExtensionRequested,
           ExtensionDecided, RepairLodged, …SupplementRequested, …Supplemented, …Accepted,
           …Declined, …ConditionConfirmed, …Decided, …Withdrawn, …Closed, TermRungReached,
           LetterIssued
Listens    to itself, to start and signal the workflow of a case; to the registry's ClockMoved
Waits      in one workflow per case, `objection/<case_id>` or `repair/<case_id>`: the term, then
           what follows a decision

Reading order: tables, commands, schedule, workflows, waiting, follow_through, activities, repairs/.
"""
