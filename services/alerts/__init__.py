"""Alerts: who is told what, and when (R-063…R-066, D-06).

Owns the watch list (a projection of the register), the alerts of three colours, and notices with
their deliveries. Announces AlertsRaised, NoticesIssued and DeliveryEnded.
Listens to the register (everything), to grading (falls of grade), to objection (letters and
reminders), and to its own NoticesIssued, which starts a delivery.
Waits, in Temporal: `watch/<bureau>` for each day, `delivery/<notice>` for the mail server.
"""
