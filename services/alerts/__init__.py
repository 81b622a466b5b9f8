"""Alerts: who is told what, and when (R-063…R-066, R-130…R-133, D-06).

Owns the watch list (a projection of the register), the alerts of three colours, escalation cases
with their steps and documents, and notices with their deliveries. Announces AlertsRaised,
EscalationsChanged, NoticesIssued and DeliveryEnded.
Listens to the register (everything), to grading (falls of grade), to objection (letters and
reminders), and to its own NoticesIssued and EscalationsChanged, which start what waits.
Asks grading for a grade and the registry to note an interview, by RPC.
Waits, in Temporal: `watch/<bureau>` for each day, `delivery/<notice>` for the mail server,
`escalation/<subject>/<episode>` for the day of the next step.
"""
