"""What every table of the registry is built on."""

from __future__ import annotations

from sqlmodel import SQLModel

from plumbing.database import own_registry


class Base(SQLModel, registry=own_registry()):
    """The base class of the registry's database tables."""
