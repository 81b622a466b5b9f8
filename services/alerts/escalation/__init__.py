"""Escalation: the case that follows a red alert, from reminder to exposure (S4 四(二))."""
