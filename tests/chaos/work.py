"""Random work of several people over gRPC; each answer goes into the ledger."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from google.protobuf.message import Message

from plumbing.client import Refusal, new_request_id
from plumbing.identity import Caller, Role
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from tests.chaos.asking import Asker
from tests.chaos.ledger import Ledger
from tests.chaos.people import (
    ADMINISTRATOR,
    BUREAU,
    CLERK,
    HEAD,
    Away,
    People,
)
from tests.e2e.requests import Place, create_account, enter_record, put_instrument, upload

FIRST_DAY = date(2026, 9, 14)
PAUSE_SECONDS = (0.05, 0.6)
_SUBJECTS_AT_FIRST = 4
_ROWS = 3


class Work:
    """What people do. All of them share what they know of the register."""

    def __init__(self, people: People, ledger: Ledger, random: Random) -> None:
        self._people, self._random = people, random
        self._asker = Asker(people, ledger, random)
        self._numbers = 0
        self.appointer = ADMINISTRATOR
        self.judge = CLERK  # until there is an account for hearing cases
        self.operators: dict[str, Caller] = {}  # who acts for a subject, by the subject
        self.subjects: list[registry.Subject] = []
        self.instruments: list[str] = []
        self.records: list[registry.Record] = []  # to which nobody has objected
        self.cases: dict[str, str] = {}  # the state last heard of, by case
        self._works: dict[Callable[[], Awaitable[None]], int] = {
            self.new_subject: 1,
            self.new_record: 5,
            self.new_instrument: 3,
            self.verification: 4,
            self.objection: 3,
            self.step_of_a_case: 6,
            self.file: 1,
        }

    async def furnish(self, administrator: Caller) -> None:
        """Makes the bureau and the first subjects, which all other work needs.

        The account of the only administrator appoints people, since nobody else has to release it.
        """
        self.appointer = administrator
        bureau = registry.Bureau(
            code=BUREAU, name="测试市场监督管理局", email="bureau@bureaus.example"
        )
        put = registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        await self._asker.do("bureau", BUREAU, ADMINISTRATOR, put, lambda c: c.registry.PutBureau)
        while self.judge is CLERK:
            self.judge = await self.engaged("judge", Role.CASEWORKER, BUREAU) or CLERK
        while len(self.operators) < _SUBJECTS_AT_FIRST:
            await self.new_subject()

    async def go_on(self, over: asyncio.Event) -> None:
        """Does one thing after another until it is over."""
        while not over.is_set():
            (work,) = self._random.choices([*self._works], [*self._works.values()])
            await work()
            await asyncio.sleep(self._random.uniform(*PAUSE_SECONDS))

    async def new_subject(self) -> None:
        number = self._number()
        subject = registry.Subject(
            kind="organisation",
            name=f"测试{number}号加油站",
            bureau=BUREAU,
            sector="fuel_station",
            email=f"subject{number}@subjects.example",
        )
        put = registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)
        answer = await self._asker.do(
            "subject", subject.name, CLERK, put, lambda c: c.registry.PutSubject,
            lambda a: a.subject.subject_id,
        )  # fmt: skip
        if answer is None:
            return
        self.subjects.append(answer.subject)
        owned = {"subject_id": answer.subject.subject_id}
        if operator := await self.engaged(f"operator{number}", Role.OPERATOR, **owned):
            self.operators[operator.subject_id] = operator

    async def engaged(
        self, name: str, role: Role, bureau: str = "", subject_id: str = ""
    ) -> Caller | None:
        """Returns somebody with an account, without which no service acts for them."""
        create = create_account(name, secrets.token_urlsafe(12), role.value, bureau, subject_id)
        answer = await self._asker.do(
            "account", name, self.appointer, create, lambda c: c.identity.CreateAccount,
            lambda a: a.account.account_id,
        )  # fmt: skip
        if answer is None:
            return None
        return Caller(answer.account.account_id, name, frozenset({role}), bureau, subject_id)

    async def new_record(self) -> None:
        place = self._place()
        enter = enter_record(place)
        answer = await self._asker.do(
            "record", enter.record.source_ref, CLERK, enter, lambda c: c.registry.EnterRecord,
            lambda a: a.record.record_id,
        )  # fmt: skip
        if answer is not None:
            self.records.append(answer.record)

    async def new_instrument(self) -> None:
        put = put_instrument(self._place())
        answer = await self._asker.do(
            "instrument", put.instrument.serial_no, CLERK, put, lambda c: c.registry.PutInstrument,
            lambda a: a.instrument.instrument_id,
        )  # fmt: skip
        if answer is not None:
            self.instruments.append(answer.instrument.instrument_id)

    async def verification(self) -> None:
        if not self.instruments:
            return
        passed = self._random.random() < 0.85
        until = FIRST_DAY + timedelta(days=self._random.randint(1, 160))
        verification = registry.Verification(
            instrument_id=self._random.choice(self.instruments),
            result="pass" if passed else "reject",
            verified_on=(FIRST_DAY - timedelta(days=self._random.randint(1, 20))).isoformat(),
            valid_until=until.isoformat() if passed else "",
            institution="测试计量检定院",
            certificate_no=f"测检{self._number()}号",
        )
        record = registry.RecordVerificationRequest(
            request_id=new_request_id(), verification=verification
        )
        await self._asker.do(
            "verification", verification.certificate_no, CLERK, record,
            lambda c: c.registry.RecordVerification, lambda a: a.verification.verification_id,
        )  # fmt: skip

    async def objection(self) -> None:
        disputed = [one for one in self.records if one.subject_id in self.operators]
        if not disputed:
            return
        record = self._random.choice(disputed)
        self.records.remove(record)
        lodge = objection.LodgeObjectionRequest(
            request_id=new_request_id(),
            subject_id=record.subject_id,
            record_ids=[record.record_id],
            grounds="记录有误",
        )
        answer = await self._asker.do(
            "lodge", record.record_id, self.operators[record.subject_id], lodge,
            lambda c: c.objection.LodgeObjection, lambda a: a.case.case_id,
        )  # fmt: skip
        if answer is not None:
            self.cases[answer.case.case_id] = answer.case.state

    async def step_of_a_case(self) -> None:
        steps = {
            "lodged": self._answer,
            "accepted": self._hear,
            "extension_requested": self._extend,
        }
        open_cases = [case for case, state in self.cases.items() if state in steps]
        if open_cases:
            case = self._random.choice(open_cases)
            await steps[self.cases[case]](case)

    async def _answer(self, case: str) -> None:
        if self._random.random() < 0.75:
            accept = objection.AcceptObjectionRequest(request_id=new_request_id(), case_id=case)
            await self._step(case, "accept", accept, lambda c: c.objection.AcceptObjection)
        elif self._random.random() < 0.5:
            decline = objection.DeclineObjectionRequest(
                request_id=new_request_id(), case_id=case, reasons="超出受理范围"
            )
            await self._step(case, "decline", decline, lambda c: c.objection.DeclineObjection)

    async def _hear(self, case: str) -> None:
        if self._random.random() < 0.4:
            extend = objection.RequestExtensionRequest(
                request_id=new_request_id(), case_id=case, days=5, ground="情况复杂"
            )
            await self._step(
                case, "request_extension", extend, lambda c: c.objection.RequestExtension
            )
        elif self._random.random() < 0.6:
            decide = objection.DecideObjectionRequest(
                request_id=new_request_id(),
                case_id=case,
                outcome=self._random.choice(("delete", "uphold", "stop_disclosure")),
                reasons="经核实",
            )
            await self._step(case, "decide", decide, lambda c: c.objection.DecideObjection)

    async def _extend(self, case: str) -> None:
        approve = self._random.random() < 0.7
        decide = objection.DecideExtensionRequest(
            request_id=new_request_id(), case_id=case, approve=approve, note="同意"
        )
        name = "approve_extension" if approve else "decline_extension"
        await self._step(case, name, decide, lambda c: c.objection.DecideExtension, HEAD)

    async def _step(
        self, case: str, step: str, request: Message, method: Any, caller: Caller | None = None
    ) -> None:
        key = f"{case}/{step}/{self._number()}"
        answer = await self._asker.do(
            step, key, caller or self.judge, request, method, lambda _: case
        )
        self.cases[case] = answer.case.state if answer is not None else await self._state(case)

    async def _state(self, case: str) -> str:
        """The state of a case of which a step was refused or left without an answer."""
        request = objection.GetCaseRequest(case_id=case)
        try:
            found = await self._people.ask(self.judge, lambda c: c.objection.GetCase(request))
        except (Refusal, Away, TimeoutError):
            return self.cases[case]
        return str(found.case.state)

    async def file(self) -> None:
        number = self._number()
        rows = [f"organisation,测试导入{number}-{row}号店,retail" for row in range(_ROWS)]
        header, content = upload(
            Place(BUREAU, registry.Subject()), mode="all_or_nothing", file_name=f"测试{number}.csv"
        )
        content.content = "\n".join(["kind,name,sector", *rows, ""]).encode()

        def send(client: Client) -> Any:
            return lambda _: client.imports.ImportFile(iter([header, content]))

        await self._asker.do(
            "file", f"测试导入{number}-", CLERK, header.header, send, lambda a: a.batch.batch_id
        )

    def _place(self) -> Place:
        return Place(BUREAU, self._random.choice(self.subjects))

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers
