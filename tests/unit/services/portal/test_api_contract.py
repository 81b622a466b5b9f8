"""The HTTP interface says what the contract says: methods, comments and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator

from law.errors import InvalidInput
from plumbing import operations, validation
from plumbing.identity import Role
from plumbing.rpc import Policy
from services.portal.api.comments import comments
from services.portal.api.document import document
from services.portal.api.offered import Method, methods
from tests.unit.services.test_public_fields import POLICIES
from tools import generate

ROOT = Path(__file__).parents[4]
# Open to the role of the public, but about an account, which a visitor has not.
OF_AN_ACCOUNT = {
    *("RenewToken", "GetCaller", "ChangePassword", "ListSessions", "EndSession", "SetContact"),
    *("BeginSecondFactor", "ConfirmSecondFactor", "RenewRecoveryCodes", "RemoveSecondFactor"),
}
# For services, although anybody may call it who has the secret of one.
OF_SERVICES = {"LoginService"}
# What the platform refuses beyond the rules of the fields, and JSON Schema does not say.
_UNSAID = re.compile(
    r"control characters|one line|one mail address|1900–2999|uuid|"
    r"greater than or equal|less than or equal"
)


def policies() -> Policy:
    return {m: rule for part in (*POLICIES, operations.POLICY) for m, rule in part.items()}


def short(path: str) -> str:
    return path.rpartition("/")[2]


def test_every_method_for_people_is_offered_and_no_other() -> None:
    for_people = {
        path
        for path, rule in policies().items()
        if rule.roles - {Role.SERVICE} and short(path) not in OF_SERVICES
    }
    offered = {method.grpc_path for method in methods()}
    assert for_people - offered == set(), "to be added to services/portal/api/offered.txt"
    assert offered - for_people == set(), "to be removed from services/portal/api/offered.txt"


def test_what_a_visitor_may_call_needs_no_token() -> None:
    public = {
        path
        for path, rule in policies().items()
        if Role.PUBLIC in rule.roles and short(path) not in OF_AN_ACCOUNT | OF_SERVICES
    }
    marked = {method.grpc_path for method in methods() if method.public}
    assert public == marked, "marked with `public` in services/portal/api/offered.txt"


def test_every_address_is_there_once() -> None:
    paths = [method.path for method in methods()]
    assert len(paths) == len(set(paths))
    assert "/alerts/quanheng.operations.v1.OperationsService/Check" in paths


def test_the_comments_are_those_of_the_contract(tmp_path: Path) -> None:
    target = tmp_path / "image.binpb"
    generate.image(ROOT, target)
    files = FileDescriptorSet.FromString(target.read_bytes()).file
    ours = [file for file in files if file.name.startswith("protos/")]
    told = {name: " ".join(text.split()) for file in ours for name, text in _told(file)}
    assert {name: comments().get(name) for name in told} == told


def _told(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for place in file.source_code_info.location:
        if place.leading_comments and (name := _named(file, list(place.path))):
            yield f"{file.package}.{name}", place.leading_comments


def _named(file: FileDescriptorProto, path: list[int]) -> str:
    """The name of what a path of the source information leads to: its fields and places."""
    names, at = [], file
    for field, place in zip(path[::2], path[1::2], strict=False):
        at = getattr(at, at.DESCRIPTOR.fields_by_number[field].name)[place]
        names.append(at.name)
    return ".".join(names) if len(path) % 2 == 0 else ""


def test_the_document_is_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_every_name_in_the_document_is_referred_to() -> None:
    text = str(document())
    unused = [name for name in document()["components"]["schemas"] if f"/{name}'" not in text]
    assert unused == []


ONE_MESSAGE = [m for m in methods() if not m.streams and m.process == m.grpc_path.split(".")[1]]
CONTRACT = schemathesis.openapi.from_dict(document())


@pytest.mark.parametrize("method", ONE_MESSAGE, ids=lambda method: short(method.path))
def test_what_the_document_permits_the_rules_accept(method: Method) -> None:
    @settings(max_examples=3, suppress_health_check=list(HealthCheck))
    @given(CONTRACT[method.path]["POST"].as_strategy())
    def accepted(case: Any) -> None:
        request = json_format.ParseDict(case.body, method.request())
        assert not [fault for fault in _faults(request) if not _UNSAID.search(fault)]

    accepted()


def _faults(request: Message) -> list[str]:
    try:
        validation.check(request)
    except InvalidInput as error:
        return [f"{fault.field} {fault.message_en}" for fault in error.faults]
    return []
