"""Alembic runs this file; what it does stands in `plumbing.migrations`."""

from plumbing.migrations import run_environment

run_environment()
