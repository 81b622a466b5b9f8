"""The script that Alembic runs; it calls `plumbing.migrations.run_environment`."""

from plumbing.migrations import run_environment

run_environment()
