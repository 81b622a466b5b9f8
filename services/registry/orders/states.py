"""The states of an order for verification, and who takes it from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from law.colours.basis import ColourBasis
from law.colours.rule import VerificationResult
from services.registry.orders.terms.figures import TermKind


class OrderState(StrEnum):
    """Where an order stands."""

    APPLIED = "applied"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    RECEIVED = "received"
    IN_WORK = "in_work"
    COMPLETED = "completed"
    RETURNED = "returned"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class OrderReason(StrEnum):
    """Why a verification is applied for (S4 二(三))."""

    NEW = "new"
    REPAIRED = "repaired"
    DUE = "due"
    EXPIRED = "expired"


_S = OrderState
# The institution may leave out steps: it verifies on the spot, or at once. An order is completed
# by the verification itself, so nobody moves it there.
BY_INSTITUTION: Mapping[OrderState, frozenset[OrderState]] = {
    _S.APPLIED: frozenset({_S.ACCEPTED, _S.REFUSED}),
    _S.ACCEPTED: frozenset({_S.SCHEDULED, _S.RECEIVED, _S.IN_WORK, _S.REFUSED}),
    _S.SCHEDULED: frozenset({_S.SCHEDULED, _S.RECEIVED, _S.IN_WORK, _S.REFUSED}),
    _S.RECEIVED: frozenset({_S.IN_WORK, _S.REFUSED}),
    _S.IN_WORK: frozenset({_S.REFUSED}),
    _S.COMPLETED: frozenset({_S.RETURNED}),
}
BY_APPLICANT: Mapping[OrderState, frozenset[OrderState]] = {
    _S.APPLIED: frozenset({_S.WITHDRAWN}),
    _S.ACCEPTED: frozenset({_S.WITHDRAWN}),
    _S.SCHEDULED: frozenset({_S.WITHDRAWN}),
}
OPEN = (_S.APPLIED, _S.ACCEPTED, _S.SCHEDULED, _S.RECEIVED, _S.IN_WORK)
# An order that its institution cannot or does not complete is ended by the bureau, at any step.
BY_BUREAU: Mapping[OrderState, frozenset[OrderState]] = dict.fromkeys(
    OPEN, frozenset({_S.CANCELLED})
)


def reason_of(stands: ColourBasis, on: date, *, repaired: bool) -> OrderReason:
    """Returns why an instrument needs a verification on a day, from how its results stand.

    It is `repaired` if the applicant says so, or if no pass has come since a repair or a broken
    seal was noted.
    """
    if repaired or stands.last_result is VerificationResult.REPAIRED:
        return OrderReason.REPAIRED
    if stands.last_result is None:
        return OrderReason.NEW
    in_force = stands.valid_until is not None and stands.valid_until >= on
    return OrderReason.DUE if in_force else OrderReason.EXPIRED


def runs(state: OrderState) -> TermKind:
    """Returns which term runs while an order is in a state: until its acceptance, or after it."""
    return TermKind.ACCEPTANCE if state is OrderState.APPLIED else TermKind.COMPLETION
