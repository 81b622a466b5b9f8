"""The access policy: who may record and read how letters were served on paper."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow

DELIVERIES = "quanheng.objection.v1.DeliveryService"
RECORDERS = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
POLICY: Policy = {
    f"/{DELIVERIES}/RecordDelivery": allow(*RECORDERS),
    f"/{DELIVERIES}/ListDeliveries": allow(Role.OPERATOR, Role.INSPECTOR, *RECORDERS).noting(
        "case"
    ),
}
