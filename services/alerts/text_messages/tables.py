"""The table of the mobile numbers of subjects, to which text messages go."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field

from services.alerts.base import Base


class MobileNumber(Base, table=True):
    """The number to which a subject wants text messages; empty until a code has confirmed it.

    `subject_id` is that of a subject, or the key of an institution (`owners`).

    `asked` is a number that waits for its code, which went out at `code_at` and is stored sealed;
    `tries` are wrong codes since. `codes` counts those sent on the day `codes_on`.
    """

    __tablename__ = "mobile_number"

    subject_id: str = Field(primary_key=True)
    number: str = ""
    confirmed_at: datetime | None = None
    asked: str = Field(default="", index=True)
    sealed_code: str = ""
    code_at: datetime | None = None
    tries: int = 0
    codes: int = 0
    codes_on: date | None = None

    def erase(self) -> None:
        """Takes the number away, and one that waits; the codes of the day stay counted."""
        self.number, self.confirmed_at = "", None
        self.erase_asked()

    def erase_asked(self) -> None:
        """Takes away a number that waits for its code."""
        self.asked, self.sealed_code, self.code_at, self.tries = "", "", None, 0
