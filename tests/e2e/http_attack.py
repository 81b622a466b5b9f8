"""Made-up requests to every address of the HTTP interface, as its own OpenAPI document permits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.portal.api.app import DOCUMENT, PREFIX
from services.portal.api.offered import Method, methods

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# It moves the time of everything; test_nobody_in tries it.
LEFT_OUT = {"AdvanceClock"}


@dataclass
class Attack:
    """Sends examples to every operation; counts the statuses of the answers."""

    portal: str
    tokens: Mapping[str, str]  # by the path of a method; a method without one is called without
    examples: int
    every: int = 1  # of so many operations one is attacked
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def send(self) -> None:
        """Attacks operations of the document that the portal serves, by default all."""
        document = schemathesis.openapi.from_url(f"{self.portal}{PREFIX}{DOCUMENT}")
        for method in self.attacked():
            if method.descriptor.name not in LEFT_OUT:
                self._attack(document, method.path)

    def attacked(self) -> list[Method]:
        """The operations that are attacked."""
        return list(methods())[:: self.every]

    def _attack(self, document: schemathesis.BaseSchema, path: str) -> None:
        token = self.tokens.get(path)
        headers = {"authorization": f"Bearer {token}"} if token else {}

        @settings(
            max_examples=self.examples,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(document[path]["POST"].as_strategy())
        def sent(case: schemathesis.Case[Any]) -> None:
            answer = case.call(headers=headers)
            self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
            case.validate_response(answer, checks=CHECKS)

        try:
            sent()
        except Exception as error:
            self.faults.append(f"{path}: {error}")
