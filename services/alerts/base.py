"""The base class of the database tables of alerts."""

from __future__ import annotations

from sqlmodel import SQLModel

from plumbing.database import own_registry


class Base(SQLModel, registry=own_registry()):
    """The base class of the database tables of alerts."""
