"""Escalation: the case that follows red alerts, from reminder to exposure."""
