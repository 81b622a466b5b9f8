"""The database tables of the portal: sessions, what was sent in them, sign-ins, and exports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from plumbing.database import JsonColumn, own_registry

# The portal changes nothing that is announced or audited, so it has no outbox, inbox or audit.
PLUMBING_TABLES = False


class Base(SQLModel, registry=own_registry()):
    """Base class of the portal's database tables."""


class PortalSession(Base, table=True):
    """The session of one person at one browser; it ends when its row is deleted."""

    __tablename__ = "portal_session"

    cookie_hash: str = Field(primary_key=True)  # SHA-256 of the cookie; the cookie is kept nowhere
    token: str
    account_id: str = Field(index=True)
    display_name: str
    roles: list[str] = Field(sa_type=JsonColumn)
    bureau: str
    subject_id: str
    form_token: str
    opened_at: datetime
    seen_at: datetime
    token_ends_at: datetime
    # What its person was sending when it had ended, as `kept_input` writes it; empty without.
    kept: str = Field(default="", sa_column_kwargs={"server_default": ""})
    # As it was at the sign-in; empty for an account without a bureau.
    bureau_name: str = Field(default="", sa_column_kwargs={"server_default": ""})


class SignIn(Base, table=True):
    """What the portal keeps of a sign-in between two pages: a challenge, a state, where to go."""

    __tablename__ = "sign_in"

    cookie_hash: str = Field(primary_key=True)  # SHA-256 of the cookie; the cookie is kept nowhere
    content: dict[str, Any] = Field(sa_type=JsonColumn)
    started_at: datetime = Field(index=True)


class Submission(Base, table=True):
    """A form that was carried out in a session, and the page that shows what was done."""

    __tablename__ = "submission"

    account_id: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    content: str  # SHA-256 of what the form had, without passwords
    shown_at: str
    carried_out_at: datetime = Field(index=True)


class ListExport(Base, table=True):
    """The file of a long list: for which session and from which address, and how far it has come.

    `total` is the number of its rows; 0 where nobody counted them before they are written.
    """

    __tablename__ = "list_export"

    export_id: str = Field(primary_key=True)
    owner: str = Field(index=True)  # `cookie_hash` of the session
    address: str
    title: str
    kind: str  # csv or xlsx
    total: int
    done: int = 0
    state: str = "writing"  # then ready or failed
    began_at: datetime = Field(index=True)
    seen_at: datetime  # when the process that writes it last told of it


class ListExportPiece(Base, table=True):
    """A part of the file of a long list, sealed for the session that asked for it."""

    __tablename__ = "list_export_piece"

    export_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    content: bytes


class SecondClick(Base, table=True):
    """What was sent a moment ago, and its answer, sealed for whoever sends the same again."""

    __tablename__ = "second_click"

    sent: str = Field(primary_key=True)  # SHA-256 of it
    answer: bytes | None = None  # empty until there is one
    clicked_at: datetime = Field(index=True)
