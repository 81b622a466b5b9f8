"""Alerts: colours of instruments, the alerts and mails that follow, and escalation (D-06).

Owns the watch list (a projection of the register), the alerts of three colours, escalation cases
with their steps and documents, and notices with their deliveries (R-063…R-066, R-130…R-133).
Announces the events AlertsRaised, EscalationsChanged, NoticesIssued and DeliveryEnded. Consumes
every event of the register, falls of grade from grading, letters and reminders from objection, and
its own events NoticesIssued and EscalationsChanged, on which it starts workflows. Calls grading to
read a grade and the registry to record an interview. Runs three kinds of workflow: `watch/<bureau>`
waits for each day, `delivery/<notice>` waits for the mail server, and
`escalation/<subject>/<episode>` waits for the day of the next step.
"""
