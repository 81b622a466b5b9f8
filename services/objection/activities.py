"""What a case's workflow asks for: thin calls to the neighbours and to `progress`, repeatable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from temporalio import activity
from temporalio.exceptions import ApplicationError

from law.objection import Outcome
from plumbing.change import Changes
from plumbing.client import Refusal
from plumbing.identity import service_caller
from plumbing.temporal import final_errors
from protos.registry.v1.registry_pb2 import Record
from services.objection import progress, queries
from services.objection.clients import Neighbours
from services.objection.corrections import corrected
from services.objection.correspondence import letter_of
from services.objection.messages import RungDue, Stuck
from services.objection.steps import decision_cite
from services.objection.tables import Case

SERVICE = "objection"
NOT_GRADED_YET = "NOT_GRADED_YET"
_ENDED = ("withdrawn", "repaired", "expired")


class CaseActivities:
    """The activities of a case, acting as this service for whoever caused them."""

    def __init__(self, changes: Changes, neighbours: Neighbours) -> None:
        self._changes, self._neighbours = changes, neighbours

    def all(self) -> list[Callable[..., Any]]:
        """Every activity, for the worker."""
        return [
            self.mark_contested,
            self.reach_rung,
            self.note_grade_before,
            self.carry_out,
            self.end_contested,
            self.repair_records,
            self.note_grade_after,
            self.issue_letter,
            self.settle,
            self.report_stuck,
        ]

    @activity.defn
    @final_errors
    async def mark_contested(self, case_id: str) -> None:
        """Marks the records of a case as contested, everywhere, until it is settled."""
        await self._set_contested(await self._case(case_id), contested=True)

    @activity.defn
    @final_errors
    async def reach_rung(self, due: RungDue) -> None:
        """Announces a rung whose moment has come, once."""
        await self._change("", progress.reach_rung, due)

    @activity.defn
    @final_errors
    async def note_grade_before(self, case_id: str) -> None:
        """Keeps the grade as it is before the decision takes effect."""
        case = await self._case(case_id)
        if case.grade_before is None:
            grade = await self._neighbours.grade(case.subject_id, case.decided_by)
            await self._change(case.decided_by, progress.note_grade_before, case_id, grade)

    @activity.defn
    @final_errors
    async def carry_out(self, case_id: str) -> None:
        """Does in the register what the decision orders (S4 五(三))."""
        case = await self._case(case_id)
        if case.outcome is Outcome.DELETE:
            await self._withdraw(case)
        if case.outcome is Outcome.CORRECT:
            await self._correct(case)
        if case.outcome is Outcome.STOP_DISCLOSURE:
            await self._stop_disclosure(case)

    @activity.defn
    @final_errors
    async def end_contested(self, case_id: str) -> None:
        """Ends the contested mark and keeps the versions that the records then have."""
        case = await self._case(case_id)
        versions = await self._set_contested(case, contested=False)
        await self._change(_behalf(case), progress.note_versions, case_id, versions)

    @activity.defn
    @final_errors
    async def repair_records(self, case_id: str) -> None:
        """Marks the records of a case as repaired, which ends their disclosure with it (S4 四(四)).

        Keeps the versions that the records then have.
        """
        case = await self._case(case_id)
        held = await self._neighbours.still_held(case.record_ids, case.decided_by)
        ids = [record.record_id for record in held]
        if ids:
            ground = _ground(case)
            repaired = await self._neighbours.repair(case_id, ids, ground, case.decided_by)
            await self._change(case.decided_by, progress.note_versions, case_id, repaired)

    @activity.defn
    @final_errors
    async def note_grade_after(self, case_id: str) -> None:
        """Keeps the grade after the decision; fails, to be tried again, until there is one."""
        case = await self._case(case_id)
        if case.grade_after is not None:
            return
        for record_id, version in case.record_versions.items():
            if not await self._neighbours.is_graded(record_id, version, case.decided_by):
                raise ApplicationError(f"Record {record_id} is not graded yet", type=NOT_GRADED_YET)
        grade = await self._neighbours.grade(case.subject_id, case.decided_by)
        await self._change(case.decided_by, progress.note_grade_after, case_id, grade)

    @activity.defn
    @final_errors
    async def issue_letter(self, case_id: str) -> None:
        """Tells the subject the result and the remedy."""
        case = await self._case(case_id)
        text = await letter_of(case, self._neighbours, self._changes.clock.today())
        await self._change(case.decided_by, progress.issue_letter, case_id, text)

    @activity.defn
    @final_errors
    async def settle(self, case_id: str) -> None:
        """Closes the case."""
        await self._change("", progress.settle, case_id)

    @activity.defn
    @final_errors
    async def report_stuck(self, stuck: Stuck) -> None:
        """Tells the bureau, once per step, that a person must see to the case."""
        await self._change("", progress.report_stuck, stuck)

    async def _case(self, case_id: str) -> Case:
        async with self._changes.database.snapshot() as session:
            return await queries.find_case(session, case_id)

    async def _change(
        self, behalf: str, command: Callable[..., Awaitable[object]], *arguments: Any
    ) -> None:
        async with self._changes.change(service_caller(SERVICE, behalf)) as change:
            await command(change, *arguments)

    async def _set_contested(self, case: Case, *, contested: bool) -> dict[str, int]:
        behalf = _behalf(case)
        held = await self._neighbours.still_held(case.record_ids, behalf)
        if not held:
            return {}
        return await self._neighbours.set_contested(
            case.case_id, [record.record_id for record in held], behalf, contested=contested
        )

    async def _standing(self, case: Case) -> list[Record]:
        """The records there still is something to do about; others are withdrawn already."""
        held = await self._neighbours.still_held(case.record_ids, case.decided_by)
        return [record for record in held if record.status not in _ENDED]

    async def _withdraw(self, case: Case) -> None:
        for record in await self._standing(case):
            await self._neighbours.withdraw(
                case.case_id, record.record_id, _ground(case), case.decided_by
            )

    async def _stop_disclosure(self, case: Case) -> None:
        ids = [record.record_id for record in await self._standing(case)]
        if ids:
            await self._neighbours.stop_disclosure(
                case.case_id, ids, _ground(case), case.decided_by
            )

    async def _correct(self, case: Case) -> None:
        orders = {correction["record_id"]: correction for correction in case.corrections}
        for record in await self._standing(case):
            wanted = corrected(record, orders[record.record_id])
            if wanted != record:  # equal after a crash that came behind the correction
                await self._correct_one(case, wanted)

    async def _correct_one(self, case: Case, wanted: Record) -> None:
        try:
            await self._neighbours.correct(case.case_id, wanted, _ground(case), case.decided_by)
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.FAILED_PRECONDITION:
                # It was changed between reading and writing; the next attempt reads it anew.
                raise ApplicationError(str(refusal), type=refusal.reason) from refusal
            raise


def _behalf(case: Case) -> str:
    return case.decided_by or case.lodged_by


def _ground(case: Case) -> str:
    return f"{case.number}；{decision_cite(case)}"
