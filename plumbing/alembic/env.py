"""Alembic runs this file; the work is done by `plumbing.migrations.run_environment`."""

from plumbing.migrations import run_environment

run_environment()
