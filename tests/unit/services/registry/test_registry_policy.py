"""Who may call the registry: every call has a rule, and the rules are those of D-09."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import ServiceDescriptor

from plumbing.identity import Role, service_caller
from protos.identity.v1 import identity_pb2
from protos.registry.v1 import registry_pb2
from services.registry.policy import IDENTITY, POLICY, REGISTRY

SERVED = ("RegistryService", "ClockService")


# What somebody calls who has no account yet, no password or no token.
TO_GET_IN = {
    *("Login", "ContinueLogin", "LoginService", "RegisterOperator"),
    *("RequestPasswordLink", "GetPasswordLink", "SetPasswordByLink"),
}
OF_ONES_OWN_ACCOUNT = {
    *("ChangePassword", "RenewToken", "EndSession", "SetContact"),
    *("BeginSecondFactor", "ConfirmSecondFactor", "RenewRecoveryCodes", "RemoveSecondFactor"),
}


def methods(service: ServiceDescriptor) -> set[str]:
    return {f"/{service.full_name}/{method.name}" for method in service.methods}


def test_every_call_has_a_rule() -> None:
    services = [registry_pb2.DESCRIPTOR.services_by_name[name] for name in SERVED]
    services.append(identity_pb2.DESCRIPTOR.services_by_name["IdentityService"])
    assert set[str]().union(*map(methods, services)) <= set(POLICY)


def test_only_logging_in_needs_no_token() -> None:
    open_to_all = {method for method, rule in POLICY.items() if not rule.signed_in}
    assert open_to_all == {f"/{IDENTITY}/{method}" for method in TO_GET_IN}


@pytest.mark.parametrize("method", ["SetContested", "RepairRecords", "StopDisclosure"])
def test_only_objection_does_to_records_what_follows_from_a_case(method: str) -> None:
    rule = POLICY[f"/{REGISTRY}/{method}"]
    assert rule.admits(service_caller("objection"))
    assert not rule.admits(service_caller("alerts"))
    assert rule.roles == {Role.SERVICE}


def test_the_administrator_touches_no_record_and_the_public_reads_what_is_disclosed() -> None:
    for method, rule in POLICY.items():
        name = method.rsplit("/", 1)[1]
        reads_what_is_public = name == "ListDisclosedRecords"
        if name.endswith(("Record", "Records", "Verification")) and not reads_what_is_public:
            assert Role.ADMINISTRATOR not in rule.roles
            assert Role.PUBLIC not in rule.roles or name == "ListRecords"  # law.disclosure rules
        if Role.PUBLIC in rule.roles and rule.signed_in:
            assert name.startswith(("Get", "List", "Scan")) or name in OF_ONES_OWN_ACCOUNT
