"""The access policy: who sees what imports leave to decide, and who decides it."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import questions_pb2

QUESTIONS = questions_pb2.DESCRIPTOR.services_by_name["QuestionService"].full_name
_STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)

_RULES = {
    "ListQuestions": allow(*_STAFF),
    "GetQuestion": allow(*_STAFF).noting("subject"),
    "AnswerQuestion": allow(Role.CASEWORKER),
}
POLICY: Policy = {f"/{QUESTIONS}/{method}": rule for method, rule in _RULES.items()}
