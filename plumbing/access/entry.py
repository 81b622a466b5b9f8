"""The database table of the access log, which every service has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, PlumbingTable, SerialColumn, enum_column


class Kind(StrEnum):
    """What an entry of the access log tells.

    `SIGN_IN_BEGUN` is a right password that a further step has to follow.
    """

    SIGN_IN = "sign_in"
    SIGN_IN_BEGUN = "sign_in_begun"
    SIGN_IN_FAILED = "sign_in_failed"
    REFUSED = "refused"
    EXPORT = "export"
    READ = "read"


class AccessEntry(PlumbingTable, table=True):
    """One access, or `times` equal ones within a second or so.

    `at` is machine time, the last of the times. `bureau` is that of the account: it says who may
    read the entry. `rows` is how many items were read in all.
    """

    __tablename__ = "access_entry"

    entry_id: int | None = Field(default=None, sa_column=sa.Column(SerialColumn, primary_key=True))
    at: datetime = Field(index=True)
    kind: Kind = Field(sa_type=enum_column(Kind))
    account_id: str = Field(default="", index=True)
    name: str = Field(default="", index=True)
    roles: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    bureau: str = ""
    on_behalf_of: str = ""
    method: str
    object: str = Field(default="", index=True)
    subject_id: str = Field(default="", index=True)
    rows: int = Field(default=0, sa_type=sa.BigInteger)
    code: str = ""
    source: str = ""
    client: str = ""
    times: int = Field(default=1, sa_type=sa.BigInteger)


@dataclass
class Access:
    """An access that is not written yet; its fields are the columns of `AccessEntry`."""

    at: datetime
    kind: Kind
    method: str
    account_id: str = ""
    name: str = ""
    roles: list[str] = field(default_factory=list)
    bureau: str = ""
    on_behalf_of: str = ""
    object: str = ""
    subject_id: str = ""
    rows: int = 0
    code: str = ""
    source: str = ""
    client: str = ""
    times: int = 1
