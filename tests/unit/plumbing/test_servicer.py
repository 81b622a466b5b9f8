"""Servicers as tables: every method is answered, with the types of its descriptor."""

from importlib import import_module
from typing import Any

import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from plumbing.servicer import Servicer, answer_type
from protos.alerts.v1 import alerts_pb2, escalations_pb2
from protos.grading.v1 import assessments_pb2, grading_pb2, rulesets_pb2
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import objection_pb2, repair_pb2
from protos.registry.v1 import bulk_pb2, registry_pb2

SERVICERS = {
    "services.alerts.servicer": alerts_pb2,
    "services.alerts.escalation.servicer": escalations_pb2,
    "services.grading.servicer": grading_pb2,
    "services.grading.assessments.servicer": assessments_pb2,
    "services.grading.rulesets.servicer": rulesets_pb2,
    "services.objection.servicer": objection_pb2,
    "services.objection.repairs.servicer": repair_pb2,
    "services.registry.servicer": registry_pb2,
    "services.registry.identity.servicer": identity_pb2,
    "services.registry.imports.servicer": registry_pb2,
}
# A module whose servicers answer services of a second contract as well.
SECOND_CONTRACT = {"services.registry.imports.servicer": bulk_pb2}


def services() -> list[tuple[type[Servicer], ServiceDescriptor]]:
    """Each servicer with the description of its service."""
    pairs = []
    for module, pb in SERVICERS.items():
        contracts = (pb, SECOND_CONTRACT.get(module, pb))
        for name, servicer in vars(import_module(module)).items():
            if name.endswith("Servicer") and name != "Servicer" and not name.startswith("_"):
                described = name.removesuffix("Servicer") + "Service"
                [service, *_] = [
                    one.DESCRIPTOR.services_by_name[described]
                    for one in contracts
                    if described in one.DESCRIPTOR.services_by_name
                ]
                pairs.append((servicer, service))
    return pairs


METHODS = [method for _, service in services() for method in service.methods]


def test_every_service_of_the_contract_has_its_servicer() -> None:
    contracts = (*SERVICERS.values(), *SECOND_CONTRACT.values())
    described = {s for pb in contracts for s in pb.DESCRIPTOR.services_by_name.values()}
    assert {service.full_name for _, service in services()} == {s.full_name for s in described}


@pytest.mark.parametrize(
    ("servicer", "service"),
    services(),
    ids=lambda part: str(part.__name__ if isinstance(part, type) else part.name),
)
def test_no_method_is_left_to_the_generated_base_class(
    servicer: type[Servicer], service: ServiceDescriptor
) -> None:
    mro = [base for base in servicer.__mro__ if not base.__module__.endswith("_pb2_grpc")]
    written = {name for base in mro for name in vars(base)}
    assert {method.name for method in service.methods} <= written


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.full_name))
def test_the_type_of_an_answer_is_that_of_the_descriptor(method: MethodDescriptor) -> None:
    request: Any = message_factory.GetMessageClass(method.input_type)()
    assert answer_type(request).DESCRIPTOR is method.output_type
