"""Backups of a platform on one machine: made while it runs, checked by restoring, and restored."""
