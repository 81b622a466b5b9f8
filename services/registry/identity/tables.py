"""The database tables of accounts: who signs in, by what, from where, and who applies for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.registry.base import Base

# The condition of an index, which a query repeats word for word so that the index is used.
MOVED = "moved"


@proven()
class Account(Base, table=True):
    """A person's account for signing in.

    `password_hash` is empty while the account has no password: until a mailed link is used, or
    because the bureau's own sign-in service vouches for the person. `first_password` is true while
    the password is one that somebody else gave. `invited_by` is the account of the colleague who
    invited an operator; it is empty for an account that the bureau opened. `institution` is the
    name of the verification institution for which the person acts, as it is written in its
    verifications.
    """

    __tablename__ = "account"
    __table_args__ = (
        sa.Index("ix_account_subject", "subject_id", "created_at", "account_id"),
        bureau_index("ix_account_bureau", "name"),
    )

    account_id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    display_name: str
    roles: list[str] = Field(sa_type=JsonColumn)
    bureau: str = ""
    subject_id: str = ""
    institution: str = Field(default="", sa_column_kwargs={"server_default": ""})
    password_hash: str
    closed: bool = False
    created_at: datetime
    email: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    phone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    first_password: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    second_factor: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    external: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    invited_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    language: str = Field(default="zh", sa_column_kwargs={"server_default": "zh"})

    def audited(self) -> dict[str, Any]:
        """Returns the account's values for the audit chain, without the password hash."""
        return self.model_dump(mode="json", exclude={"password_hash"})


@proven()
class ExternalIdentity(Base, table=True):
    """A person at the bureau's own sign-in service, bound to one account for good."""

    __tablename__ = "external_identity"

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", unique=True)
    bound_at: datetime


class EndedSession(Base, table=True):
    """A login that was ended, kept while its tokens would still be valid, by machine time.

    `ended_by` is the administrator who ended it. It is empty, and so are the values of the login,
    where the person did, or the end of their account or password.
    """

    __tablename__ = "ended_session"

    session_id: str = Field(primary_key=True)
    ended_at: datetime = Field(index=True)
    ended_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    account_id: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    opened_at: datetime | None = None
    source: str = Field(default="", sa_column_kwargs={"server_default": ""})
    client: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Session(Base, table=True):
    """A login of an account that has not ended, by machine time.

    A session whose row is gone has ended. `source` is the network address from which it began, and
    `client` the browser or program, as that names itself. `moved` is true if the account got
    another subject since: tokens that were issued before name a former one.
    """

    __tablename__ = "session"
    __table_args__ = (partial_index("ix_session_moved", "session_id", where=MOVED),)

    session_id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    opened_at: datetime
    renewed_at: datetime = Field(index=True)
    source: str
    client: str
    moved: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


class SecondFactor(Base, table=True):
    """The secret from which an account's codes are made, encrypted.

    `last_step` is the time step of the last code that was accepted; only later ones count.
    """

    __tablename__ = "second_factor"

    account_id: str = Field(primary_key=True, foreign_key="account.account_id")
    sealed_secret: str
    confirmed_at: datetime | None = None
    last_step: int = 0


class RecoveryCode(Base, table=True):
    """A recovery code, as a keyed hash, that stands in for the second factor once."""

    __tablename__ = "recovery_code"

    account_id: str = Field(primary_key=True, foreign_key="account.account_id")
    code_hash: str = Field(primary_key=True)


class MailedLink(Base, table=True):
    """A mailed link that sets the password of an account once, until it expires.

    `token_hash` is the SHA-256 of the secret part of the link, which is stored nowhere.
    """

    __tablename__ = "mailed_link"

    link_id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    token_hash: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Registration(Base, table=True):
    """An application of a person for an operator's account, which a bureau confirms or rejects."""

    __tablename__ = "registration"
    __table_args__ = (
        sa.Index("ix_registration_oldest", "created_at", "registration_id"),
        sa.Index("ix_registration_state", "state", "created_at", "registration_id"),
        bureau_index("ix_registration_bureau", "created_at", "registration_id"),
        bureau_index("ix_registration_bureau_state", "state", "created_at", "registration_id"),
    )

    registration_id: str = Field(primary_key=True)
    number: str
    credit_code: str = Field(index=True)
    firm_name: str
    bureau: str
    person_name: str
    email: str
    phone: str
    reason: str
    state: str
    created_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    decision_reason: str = ""
    account_id: str = ""


class Absence(Base, table=True):
    """A time in which a person is away, and who stands in; both days are inclusive.

    A cancelled absence ends on the day before it begins. `bureau` is that of both accounts when it
    was recorded.
    """

    __tablename__ = "absence"
    __table_args__ = (
        sa.Index("ix_absence_earliest", "from_on", "absence_id"),
        bureau_index("ix_absence_bureau", "from_on", "absence_id"),
    )

    absence_id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    bureau: str
    from_on: date
    to_on: date
    substitute_id: str = Field(foreign_key="account.account_id", index=True)
    set_by: str
    set_at: datetime


class Tries(Base, table=True):
    """How often something was tried in a row, by name and source; see `identity.throttle`."""

    __tablename__ = "tries"

    name: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    times: int
    last_at: datetime = Field(index=True)


class KnownSource(Base, table=True):
    """A network address from which the right password of an account came before."""

    __tablename__ = "known_source"

    account_id: str = Field(primary_key=True, foreign_key="account.account_id")
    source: str = Field(primary_key=True)
    last_at: datetime
