"""The access policy: the people of a subject keep its webhooks, and nobody else sees them."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.alerts.v1 import webhooks_pb2

_SERVICE = webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"]
WEBHOOKS = _SERVICE.full_name
POLICY: Policy = {f"/{WEBHOOKS}/{method.name}": allow(Role.OPERATOR) for method in _SERVICE.methods}
