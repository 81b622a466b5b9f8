"""Objection: a subject disputes a record or applies for credit repair, and receives a decision.

Owns       cases of objection, reconsideration and repair, with their steps, terms, reminders,
           decisions and letters
Announces  ObjectionLodged, …Accepted, …Declined, …Withdrawn, …Decided, …Closed, ExtensionRequested,
           ExtensionDecided, ReconsiderationLodged, …Accepted, …Declined, …Withdrawn, …Decided,
           …Closed, ObjectionSentBack, RepairLodged, …SupplementRequested, …Supplemented, …Accepted,
           …Declined, …ConditionConfirmed, …Decided, …Withdrawn, …Closed, TermRungReached,
           TermMoved, LetterIssued, CaseHandedOver, MandateEnding, MandateRenewed, MandateChecked
Consumes   its own events, to start and signal the workflow of a case; the registry's ClockMoved
           and CalendarEditionApplied; alerts' DeliveryEnded
Runs       one workflow per case, `<kind>/<case_id>`: it waits for the end of the case and
           then carries out the consequences

Reading order: tables, lodging, renewals, commands, steps, schedule, workflows, activities,
letters, handling, reconsiderations/, repairs/.
"""
