"""Escalation: the case that follows a red alert, from reminder to public exposure (S4 四(二))."""
