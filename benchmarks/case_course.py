"""The course of cases that `benchmarks.cases` measures, over gRPC: lodged, accepted, decided.

Each case is an objection of the operator of a subject to one record of it, which is upheld. Another
person of the bureau entered the records. Tokens are signed with the key of the platform; where a
service acts for a person, the person has an account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import grpc

from plumbing.client import new_request_id
from plumbing.identity import Caller, Role
from protos.identity.v1 import identity_pb2 as identity
from protos.identity.v1.identity_pb2_grpc import IdentityServiceStub
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1.objection_pb2_grpc import ObjectionServiceStub
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1.registry_pb2_grpc import RegistryServiceStub

BUREAU, SUBJECTS = "330106", 50
FIRST_DAY, AGAIN_SECONDS = date(2025, 1, 1), 0.5
ADMINISTRATOR = Caller("other", "other", frozenset({Role.ADMINISTRATOR}), "000000")
ENTERER = Caller("enterer", "enterer", frozenset({Role.CASEWORKER}), BUREAU)
HEARER = Caller("hearer", "hearer", frozenset({Role.CASEWORKER}), BUREAU)

TokenOf = Callable[[Caller], str]
Call = Callable[[int], Awaitable[Any]]


class Course:
    """Cases on one platform, each with a record of its own."""

    def __init__(
        self, register: grpc.aio.Channel, objection: grpc.aio.Channel, token_of: TokenOf
    ) -> None:
        self._register, self._accounts = (
            RegistryServiceStub(register),
            IdentityServiceStub(register),
        )
        self._objection = ObjectionServiceStub(objection)
        self._token_of = token_of
        self._tokens: dict[str, Any] = {}
        self._hearer, self._operators = HEARER, dict[str, Caller]()
        self._records, self._cases = list[registry.Record](), list[str]()
        self._entered = 0

    async def found(self, *, accounts: bool) -> None:
        """Files the bureau and its subjects, and makes accounts for those who take part."""
        bureau = registry.Bureau(code=BUREAU, name="bureau")
        put = registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        await self._register.PutBureau(put, metadata=self._as(ADMINISTRATOR))
        self._subjects = [await self._subject(number) for number in range(SUBJECTS)]
        self._operators = {one: _operator(one) for one in self._subjects}
        if accounts:
            self._hearer = await self._account(HEARER, identity.ROLE_CASEWORKER)
            for one, caller in self._operators.items():
                self._operators[one] = await self._account(caller, identity.ROLE_OPERATOR)

    async def enter(self, cases: int) -> None:
        """Enters a record for each of the next cases."""
        self._records, self._cases = [], [""] * cases
        for number in range(cases):
            day = FIRST_DAY + timedelta(days=self._entered // SUBJECTS)
            self._entered += 1
            record = registry.Record(
                subject_id=self._subjects[number % SUBJECTS], kind="penalty", severity="general",
                occurred_on=FIRST_DAY.isoformat(), determined_on=day.isoformat(), verified=True,
                final=True, source_ref=f"合成罚决字〔2026〕{uuid4().hex[:12]}号",
                summary="合成的处罚决定",
            )  # fmt: skip
            enter = registry.EnterRecordRequest(request_id=new_request_id(), record=record)
            answer = await self._register.EnterRecord(enter, metadata=self._as(ENTERER))
            self._records.append(answer.record)

    async def lodge(self, number: int) -> None:
        """The operator of the subject objects to its record."""
        record = self._records[number]
        request = pb.LodgeObjectionRequest(
            request_id=new_request_id(), subject_id=record.subject_id,
            record_ids=[record.record_id], grounds="grounds of some length",
        )  # fmt: skip
        operator = self._operators[record.subject_id]
        answer = await self._taken(self._objection.LodgeObjection, request, operator)
        self._cases[number] = answer.case.case_id

    async def accept(self, number: int) -> None:
        """The bureau accepts the case."""
        request = pb.AcceptObjectionRequest(
            request_id=new_request_id(), case_id=self._cases[number]
        )
        await self._taken(self._objection.AcceptObjection, request, self._hearer)

    async def decide(self, number: int) -> None:
        """The bureau decides the case."""
        request = pb.DecideObjectionRequest(
            request_id=new_request_id(), case_id=self._cases[number], outcome="uphold",
            reasons="reasons of some length",
        )  # fmt: skip
        await self._taken(self._objection.DecideObjection, request, self._hearer)

    def steps(self) -> Sequence[Call]:
        """The steps of persons, in their order."""
        return (self.lodge, self.accept, self.decide)

    async def _subject(self, number: int) -> str:
        subject = registry.Subject(
            kind="organisation", name=f"合成主体{number}", bureau=BUREAU, sector="fuel_station",
            external_ref=f"合成{number}",
        )  # fmt: skip
        put = registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)
        answer = await self._register.PutSubject(put, metadata=self._as(ENTERER))
        return str(answer.subject.subject_id)

    async def _account(self, caller: Caller, role: identity.Role.ValueType) -> Caller:
        request = identity.CreateAccountRequest(
            request_id=new_request_id(), name=new_request_id(), display_name=caller.name,
            password=new_request_id(), roles=[role], bureau=caller.bureau,
            subject_id=caller.subject_id,
        )  # fmt: skip
        answer = await self._accounts.CreateAccount(request, metadata=self._as(ADMINISTRATOR))
        return replace(caller, account_id=answer.account.account_id)

    async def _taken(self, call: Any, request: Any, who: Caller) -> Any:
        """Asks, and asks the same again whenever the service is too busy, as clients do."""
        while True:
            try:
                return await call(request, metadata=self._as(who))
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)

    def _as(self, caller: Caller) -> Any:
        if caller.account_id not in self._tokens:
            bearer = (("authorization", f"Bearer {self._token_of(caller)}"),)
            self._tokens[caller.account_id] = bearer
        return self._tokens[caller.account_id]


def _operator(subject_id: str) -> Caller:
    roles = frozenset({Role.OPERATOR})
    return Caller(f"of {subject_id}", "operator", roles, subject_id=subject_id)
