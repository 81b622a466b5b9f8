"""The access policy of orders: users apply, institutions act, bureaus read, end and set terms."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import orders_pb2

ORDERS = orders_pb2.DESCRIPTOR.services_by_name["OrderService"].full_name
_STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)
_READING = allow(*_STAFF, Role.OPERATOR, Role.VERIFICATION_INSTITUTION)
POLICY: Policy = {
    f"/{ORDERS}/ListVerifiers": allow(*_STAFF, Role.OPERATOR),
    f"/{ORDERS}/ReadInstrumentNumbers": allow(Role.OPERATOR).with_large_requests().taking_turns(),
    f"/{ORDERS}/ApplyForVerification": allow(Role.OPERATOR),
    f"/{ORDERS}/ListOrders": _READING,
    f"/{ORDERS}/GetOrder": _READING,
    f"/{ORDERS}/MoveOrders": allow(
        Role.OPERATOR, Role.VERIFICATION_INSTITUTION, Role.CASEWORKER, Role.UNIT_HEAD
    ),
    f"/{ORDERS}/PutOrderTerms": allow(Role.CASEWORKER, Role.UNIT_HEAD),
    f"/{ORDERS}/ListOrderTerms": allow(*_STAFF),
}
