"""Webhooks: the notices to a subject, announced to a program of its own."""
