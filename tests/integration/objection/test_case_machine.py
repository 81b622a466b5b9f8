"""The case machine on a database against the pure rules: any order of steps, by anybody.

Each step of the law is tried in each state. What the rules permit is done with one step of the
file, one event and one entry of the audit; what they do not permit changes nothing.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import sqlalchemy as sa
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import select

from law.contested import OF_RECORDS, OUTCOMES_OF, Target, overall
from law.errors import LawError, WrongState
from law.objection import CaseState, Outcome, Step, acts_next, after, permitted
from law.terms.ledger import Term
from law.terms.workdays import edition
from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.database import Database, PlumbingTable
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection import commands, recusals, supplements
from services.objection.contested.items import Item, items_of
from services.objection.contested.wanted import Entry
from services.objection.letters import LetterFacts, Office
from services.objection.lodging import lodge
from services.objection.policy import POLICY, SERVICE
from services.objection.schedule import schedule_of_case
from services.objection.steps import UNDECIDED
from services.objection.tables import Base, Case, CaseEvidence, CaseStep, OpenRecord
from services.objection.wire import case_message

BUREAU = "330106"
RECORD = Record(
    record_id="record-1",
    subject_id="subject-1",
    bureau=BUREAU,
    kind="penalty",
    status="active",
    determined_on="2026-09-01",
    entered_on="2026-09-01",
    entered_by="account/author",
)
DAY = date(2026, 9, 14)
DISTRICT, CITY = Office("测试区局"), Office("测试市局")
FACTS = LetterFacts("测试加油站", "", DAY, [], "", DISTRICT, CITY, DAY)
OPERATOR = Caller("account/operator", "operator", frozenset({Role.OPERATOR}), "", "subject-1")
HEAD = Caller("account/head", "head", frozenset({Role.UNIT_HEAD}), BUREAU)
CITY_HEAD = Caller("account/city", "city", frozenset({Role.UNIT_HEAD}), "330100")
CASEWORKERS = [
    Caller(f"account/{name}", name, frozenset({Role.CASEWORKER}), BUREAU)
    for name in ("author", "first", "second")
]
METHODS = {
    Step.REQUEST_SUPPLEMENT: "AskSupplement",
    Step.SUPPLEMENT: "SupplementObjection",
    Step.ACCEPT: "AcceptObjection",
    Step.DECLINE: "DeclineObjection",
    Step.REQUEST_EXTENSION: "RequestExtension",
    Step.APPROVE_EXTENSION: "DecideExtension",
    Step.DECLINE_EXTENSION: "DecideExtension",
    Step.DECIDE: "DecideObjection",
    Step.WITHDRAW: "WithdrawObjection",
}
Command = Callable[..., Awaitable[Any]]
AGENT = Caller("account/agent", "agent", frozenset({Role.OPERATOR}), "", "subject-2")
CALLERS = [OPERATOR, AGENT, HEAD, CITY_HEAD, *CASEWORKERS]
UNTIL = date(2026, 10, 20)
MANDATE = pb.Mandate(
    agent_name="测试代理人", mandate_id="mandate", scope=["objection"], until=UNTIL.isoformat()
)
RECORD_ITEM = Item(target=Target.RECORD, id="record-1")
FILED = Item(target=Target.INSTRUMENT, id="instrument-1", facts={"serial_no": "1"})
CONTESTED = [
    [RECORD_ITEM],
    [Item(target=Target.DISCLOSURE, id="record-1")],
    [FILED],
    [RECORD_ITEM, FILED, Item(target=Target.SUBJECT, id="subject-1", facts={"address": "1"})],
]


class CaseMachine(RuleBasedStateMachine):
    """A case, the steps that were done in it, and the days that went by."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.now = datetime(2026, 9, 14, 2, tzinfo=UTC)
        self.done: list[str] = []
        self.recused: set[str] = set()
        self.refused: set[str] = set()
        self.by_agent, self.choice = False, 0
        self.asked: dict[str, str] = {}  # unanswered requests for recusal, by person

    @initialize(items=st.sampled_from(CONTESTED), by_agent=st.booleans())
    def lodged(self, items: list[Item], *, by_agent: bool) -> None:
        self.database = Database(f"sqlite+aiosqlite:///{Path(self.folder.name) / 'case.db'}")
        self.runner.run(self._create())
        request = pb.LodgeObjectionRequest(
            request_id=new_request_id(),
            subject_id="subject-1",
            against=[item.name for item in items],
            grounds="记录有误",
        )
        self.items, self.outcomes = items, list[Outcome]()
        self.records = [RECORD] if any(item.target in OF_RECORDS for item in items) else []
        entries = [
            Entry(item, "subject-1", BUREAU) for item in items if item.target not in OF_RECORDS
        ]
        if by_agent:
            self.runner.run(self._hold_mandate())
            request.mandate.CopyFrom(MANDATE)
        prepared = {"records": self.records, "sector": "fuel_station", "entries": entries}
        self.by_agent = by_agent
        answer = self.run(
            AGENT if by_agent else OPERATOR,
            request,
            lodge,
            subject_id=request.subject_id,
            **prepared,
        )
        self.case_id = answer.case.case_id
        self.state, self.done = CaseState.LODGED, ["lodge", *["add_evidence"][:by_agent]]

    async def _create(self) -> None:
        async with self.database.transaction() as session:
            connection = await session.connection()
            for metadata in (Base.metadata, PlumbingTable.metadata):
                await connection.run_sync(metadata.create_all)

    async def _hold_mandate(self) -> None:
        async with self.database.transaction() as session:
            session.add(
                CaseEvidence(
                    evidence_id="mandate",
                    subject_id="subject-2",
                    sha256="0" * 64,
                    size=1,
                    kind="pdf",
                    file_name="委托书.pdf",
                    classification="case_file",
                    uploaded_by=AGENT.account_id,
                    uploaded_at=self.now,
                    by_subject=True,
                )
            )

    def run(self, caller: Caller, request: Any, command: Command, **prepared: Any) -> Any:
        async def once() -> Any:
            changes = Changes(self.database, FixedClock(self.now))
            async with changes.change(caller) as change:
                return await command(change, request, **prepared)

        return self.runner.run(once())

    @rule(step=st.sampled_from([step for step in Step if step is not Step.CLOSE]),
          caller=st.sampled_from(CALLERS), choice=st.integers(0, 3))  # fmt: skip
    def a_step(self, step: Step, caller: Caller, choice: int) -> None:
        self.choice = choice
        if not POLICY[f"/{SERVICE}/{METHODS[step]}"].admits(caller):
            return  # the guard of the service lets this caller do no such thing
        expected = (
            step in permitted(self.state)
            and self.may_take(step, caller)
            and not self.is_hindered(step, self.case())
        )
        assert self.happens(step, caller) == expected, f"{step} by {caller.name} in {self.state}"
        if expected:
            self.state = after(self.state, step)
            self.outcomes = self.chosen() if step is Step.DECIDE else []
            self.done.append(step)

    def happens(self, step: Step, caller: Caller) -> bool:
        try:
            self.run(caller, *self.command(step))
        except LawError:
            return False
        return True

    def command(self, step: Step) -> tuple[Any, ...]:
        which = {"request_id": new_request_id(), "case_id": self.case_id}
        impartial = {"records": self.records}
        commands_of: dict[Step, tuple[Any, Command, dict[str, Any]]] = {
            Step.REQUEST_SUPPLEMENT: (
                pb.AskSupplementRequest(missing="证书", **which), supplements.ask, {"facts": FACTS}
            ),
            Step.SUPPLEMENT: (
                pb.SupplementObjectionRequest(note="补交", **which), supplements.supplement, {}
            ),
            Step.ACCEPT: (pb.AcceptObjectionRequest(**which), commands.accept, {}),
            Step.DECLINE: (
                pb.DeclineObjectionRequest(reasons="无据", **which), commands.decline, impartial
            ),
            Step.REQUEST_EXTENSION: (
                pb.RequestExtensionRequest(days=8, ground="复杂", **which),
                commands.request_extension, {},
            ),
            Step.APPROVE_EXTENSION: (
                pb.DecideExtensionRequest(approve=True, **which), commands.decide_extension, {}
            ),
            Step.DECLINE_EXTENSION: (
                pb.DecideExtensionRequest(approve=False, **which), commands.decide_extension, {}
            ),
            Step.DECIDE: (
                self.decision(which), commands.decide, impartial,
            ),
            Step.WITHDRAW: (pb.WithdrawObjectionRequest(**which), commands.withdraw, {}),
        }  # fmt: skip
        request, command, prepared = commands_of[step]

        async def prepared_command(change: Any, request: Any) -> Any:
            return await command(change, request, **prepared)

        return request, prepared_command

    def chosen(self) -> list[Outcome]:
        """An outcome for each item, one of those that the law has for it."""
        of_items = [OUTCOMES_OF[item.target] for item in self.items]
        return [
            allowed[(self.choice + place) % len(allowed)] for place, allowed in enumerate(of_items)
        ]

    def decision(self, which: dict[str, Any]) -> pb.DecideObjectionRequest:
        request = pb.DecideObjectionRequest(outcome="by_item", reasons="属实", **which)
        for item, outcome in zip(self.items, self.chosen(), strict=True):
            said = request.items.add(item=item.name, outcome=outcome)
            if outcome is Outcome.CORRECT and item.target in OF_RECORDS:
                request.corrections.add(record_id=item.id, points=1)
            elif outcome is Outcome.CORRECT:
                said.values.add(field=next(iter(item.facts)), value="2")
        return request

    def may_take(self, step: Step, caller: Caller) -> bool:
        """Whether the rules give the step to this person; the guard has checked nothing here."""
        if step in (Step.SUPPLEMENT, Step.WITHDRAW):
            acts_for_it = caller is AGENT and self.by_agent and self.today <= UNTIL
            return caller is OPERATOR or acts_for_it
        if step in (Step.APPROVE_EXTENSION, Step.DECLINE_EXTENSION):
            return caller is HEAD and caller.account_id not in self.recused
        of_bureau = caller in CASEWORKERS and caller.account_id not in self.recused
        final = step in (Step.DECLINE, Step.DECIDE)
        is_author = bool(self.records) and caller.account_id == RECORD.entered_by
        return of_bureau and not (final and (is_author or caller.account_id in self.asked))

    def is_hindered(self, step: Step, case: Case) -> bool:
        """Whether time stands in the way: the applicant's, the mandate's, or that of the term."""
        if step is Step.ACCEPT and self.by_agent:
            return self.today > UNTIL
        if step is Step.DECLINE and case.supplement and not case.supplement["supplied_on"]:
            last = Term.from_json(case.supplement["term"]).target(edition()).date
            return self.today <= last
        if step in (Step.REQUEST_EXTENSION, Step.APPROVE_EXTENSION):
            term = Term.from_json(case.term or {})
            return term.total + 8 > term.cap or self.today > term.target(edition()).date
        return False

    @rule(caller=st.sampled_from([OPERATOR, *CASEWORKERS]))
    def recusal_is_asked_for(self, caller: Caller) -> None:
        person = CASEWORKERS[1] if caller is OPERATOR else caller
        hearer = pb.Hearer(account_id=person.account_id, name=person.name)
        request = pb.AskRecusalRequest(
            case_id=self.case_id, person=person.account_id, ground="relation", reasons="相识"
        )
        known = person.account_id in self.asked or person.account_id in self.recused
        try:
            answer = self.run(caller, request, recusals.ask, may_be_asked=[hearer], above=[])
        except WrongState:
            known = known or person.account_id in self.refused
            assert known or self.state not in UNDECIDED
            return
        assert not known
        self.asked[person.account_id] = answer.recusal.recusal_id
        self.done.append("ask_recusal")

    @precondition(lambda self: self.asked)
    @rule(approve=st.booleans(), caller=st.sampled_from([HEAD, CITY_HEAD]))
    def recusal_is_decided(self, caller: Caller, *, approve: bool) -> None:
        person, recusal_id = next(iter(self.asked.items()))
        request = pb.DecideRecusalRequest(
            recusal_id=recusal_id, approve=approve, reasons="核实", successor=""
        )
        try:
            self.run(caller, request, recusals.decide, successors=set())
        except LawError:
            assert caller is CITY_HEAD or self.state not in UNDECIDED
            return
        assert caller is HEAD
        del self.asked[person]
        if approve:
            self.recused.add(person)
        else:
            self.refused.add(person)
        self.done.append("approve_recusal" if approve else "refuse_recusal")

    @rule(days=st.integers(1, 20))
    def days_go_by(self, days: int) -> None:
        self.now += timedelta(days=days)

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=8)).date()

    def case(self) -> Case:
        async def read() -> Case:
            async with self.database.snapshot() as session:
                return await session.get_one(Case, self.case_id)

        return self.runner.run(read())

    @invariant()
    def the_case_is_where_the_rules_have_it(self) -> None:
        if not self.done:
            return
        case = self.case()
        message = case_message(case, self.today)
        assert case.state is self.state
        assert message.acts_next == acts_next(case.kind, self.state)
        assert message.HasField("supplement") == (self.state is CaseState.SUPPLEMENT_REQUESTED)
        assert case.version == len(self.done) - self.by_agent
        if self.outcomes:
            assert [item.outcome for item in items_of(case)] == self.outcomes
            assert case.outcome is overall(self.outcomes)
        if case.term is not None:
            term = Term.from_json(case.term)
            assert term.total <= term.cap == 20
            assert case.due_on == term.target(edition()).date
        self.assert_reminders(case)
        self.runner.run(self.assert_one_of_each())

    def assert_reminders(self, case: Case) -> None:
        """Whoever must act while time runs is reminded."""
        running = (CaseState.LODGED, CaseState.SUPPLEMENT_REQUESTED, CaseState.ACCEPTED)
        schedule = schedule_of_case(case)
        if self.state in running:
            assert schedule is not None
            assert len({rung.key for rung in schedule.rungs}) == len(schedule.rungs) > 0

    async def assert_one_of_each(self) -> None:
        async with self.database.snapshot() as session:
            steps = (await session.exec(select(CaseStep.step).order_by(sa.text("seq")))).all()
            events = (await session.exec(select(sa.func.count()).select_from(Outbox))).one()
            entries = (await session.exec(select(sa.func.count()).select_from(AuditEntry))).one()
            held = (await session.exec(select(OpenRecord.case_id))).all()
        letters = self.done.count(Step.REQUEST_SUPPLEMENT)
        assert list(steps) == self.done
        assert entries == len(self.done) + letters
        assert events == entries - self.by_agent  # a file is audited, and announced with nothing
        assert held == [self.case_id] * len(
            self.items
        )  # until the workflow has carried the ending out

    def teardown(self) -> None:
        if self.done:
            self.runner.run(self.database.close())
        self.runner.close()
        self.folder.cleanup()


TestCaseMachine = CaseMachine.TestCase
TestCaseMachine.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, phases=[Phase.generate]
)
