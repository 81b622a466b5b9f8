"""The kinds of notices, the states of their delivery, and why a delivery fails."""

from __future__ import annotations

from enum import StrEnum

# How the keys of mails begin that go to nobody of the register.
RECEIVER = "receiver/"  # of shared records
INSTITUTION = "institution/"
OUTSIDE = (RECEIVER, INSTITUTION)


class NoticeKind(StrEnum):
    """The kinds of notices, by their subject matter."""

    DIGEST = "digest"
    REJECTED = "rejected"
    ADVERSE_RECORD = "adverse_record"
    GRADE_FELL = "grade_fell"
    LETTER = "letter"
    TERM = "term"
    ESCALATION = "escalation"
    APPROVALS = "approvals"
    GIVEN_UP = "given_up"
    BATCH = "batch"
    FILING = "filing"
    ACCOUNT = "account"
    PROPOSAL = "proposal"
    CHECKPOINT = "checkpoint"
    ORDER = "order"  # a step of an order for verification
    CALIBRATION = "calibration"  # calibrations are due, or their certificates wait
    UPKEEP = "upkeep"  # owners noted repairs or broken seals
    ENDING = "ending"  # a permit, an authorisation or a qualification ends
    RESULT = "result"  # a verification was passed, or its certificate came
    SUBJECT = "subject"  # what is on file of a subject: an act of its life, or its mail address
    INSTITUTION = "institution"  # what is due from a verification institution
    CHANNEL = "channel"  # a webhook or channel of its recipient was switched off
    CASE = "case"  # how a case goes on: lodged, taken, extended


class NoticeState(StrEnum):
    """The state of the delivery of a notice."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    NO_ADDRESS = "no_address"
    INBOX = "inbox"  # it is not mailed, because its recipient wants no mail of its kind


class Failure(StrEnum):
    """Why the last attempt to deliver a notice failed; NONE where no attempt failed."""

    NONE = ""
    REFUSED = "refused"  # there is no such mailbox, or it takes no mail
    UNREACHABLE = "unreachable"  # any other cause
