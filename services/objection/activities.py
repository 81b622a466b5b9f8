"""The Temporal activities of a case: calls to other services, and changes of the case.

Each activity may be repeated safely: it changes only what an earlier attempt has not changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from plumbing.change import Changes
from plumbing.identity import service_caller
from plumbing.temporal import final_errors
from plumbing.told_time import correction_of
from protos.grading.v1 import grading_pb2
from services.objection import queries, steps
from services.objection.case_letters import letter_of
from services.objection.clients import Clients
from services.objection.contested.carrying_out import carry_out, ground_of
from services.objection.effects import effects_of
from services.objection.messages import RungDue, Stuck
from services.objection.publicity import noting
from services.objection.reconsiderations import sending_back
from services.objection.sharings.informing import facts_for_notices, inform, is_carried_out
from services.objection.stuck import report_stuck
from services.objection.tables import Case

SERVICE = "objection"
NOT_GRADED_YET = "NOT_GRADED_YET"


class CaseActivities:
    """The activities of a case, on behalf of the person who decided or lodged the case."""

    def __init__(self, changes: Changes, clients: Clients) -> None:
        self._changes, self._clients = changes, clients

    def all(self) -> list[Callable[..., Any]]:
        """Returns the activities of this class, which the Temporal worker registers."""
        return [
            self.mark_contested,
            self.reach_rung,
            self.note_grade_before,
            self.carry_out,
            self.send_back,
            self.end_contested,
            self.note_public,
            self.publish_changes,
            self.inform_receivers,
            self.repair_records,
            self.note_grade_after,
            self.issue_letter,
            self.settle,
            self.report_stuck,
        ]

    @activity.defn
    @final_errors
    async def mark_contested(self, case_id: str) -> None:
        """Marks the records of a case as contested in the register.

        Does nothing for a case that contests its records once it is accepted, and is not yet.
        """
        case = await self._case(case_id)
        if case.marks_records:
            await self._set_contested(case, case.acting_for, contested=True)

    @activity.defn
    @final_errors
    async def reach_rung(self, due: RungDue) -> float | None:
        """Announces, once, a reminder or escalation of the case's term whose moment has come.

        If the moment has not come, it announces nothing and returns the offset of the platform's
        clock in seconds; else it returns None.
        """
        correction = correction_of(due.rung.at, self._changes.clock)
        if correction is None:
            await self._change("", steps.reach_rung, due)
        return correction

    @activity.defn
    @final_errors
    async def note_grade_before(self, case_id: str) -> None:
        """Stores in the case the grade of its subject from before the decision takes effect."""
        case = await self._case(case_id)
        if case.grade_before is None:
            grade, digests = await self._grade(case)
            await self._change(case.acting_for, steps.note_grade_before, case_id, grade, digests)

    @activity.defn
    @final_errors
    async def carry_out(self, case_id: str) -> None:
        """Changes the contested items in the register as the decision orders (S4 五(三))."""
        await carry_out(self._clients, await self._case(case_id))

    @activity.defn
    @final_errors
    async def send_back(self, case_id: str) -> None:
        """Opens the new objection for a reconsideration that sends its matter back (S3 27).

        The new case also contests the records, before this one no longer does.
        """
        case = await self._case(case_id)
        async with self._changes.change(service_caller(SERVICE, case.acting_for)) as change:
            anew_id = await sending_back.send_back(change, case_id)
        anew = await self._case(anew_id)
        await self._set_contested(anew, case.acting_for, contested=True)

    @activity.defn
    @final_errors
    async def end_contested(self, case_id: str) -> None:
        """Removes the contested mark from the records of a case.

        Stores the new versions of the records in the case.
        """
        case = await self._case(case_id)
        versions = await self._set_contested(case, case.acting_for, contested=False)
        await self._change(case.acting_for, steps.note_versions, case_id, versions)

    @activity.defn
    @final_errors
    async def repair_records(self, case_id: str) -> None:
        """Marks the records of a case as repaired, which also ends their disclosure (S4 四(四)).

        Stores the new versions of the records in the case.
        """
        case = await self._case(case_id)
        held = await self._clients.still_held(case.record_ids, case.acting_for)
        ids = [record.record_id for record in held]
        if ids:
            ground = ground_of(case)
            versions = await self._clients.repair(case_id, ids, ground, case.acting_for)
            await self._change(case.acting_for, steps.note_versions, case_id, versions)

    @activity.defn
    @final_errors
    async def note_grade_after(self, case_id: str) -> None:
        """Stores the subject's new grade, after the decision took effect, in the row of the case.

        Raises ApplicationError, so that Temporal tries again, until grading has used the changed
        records.
        """
        case = await self._case(case_id)
        if case.grade_after is not None:
            return
        for record_id, version in case.record_versions.items():
            if not await self._clients.is_graded(record_id, version, case.acting_for):
                raise ApplicationError(f"Record {record_id} is not graded yet", type=NOT_GRADED_YET)
        grade, digests = await self._grade(case)
        await self._change(case.acting_for, steps.note_grade_after, case_id, grade, digests)

    @activity.defn
    @final_errors
    async def note_public(self, case_id: str) -> None:
        """Notes which records that the decision is to change the public is shown now."""
        case = await self._case(case_id)
        if effects_of(case):
            disclosed = await self._clients.disclosed(case.subject_id, case.acting_for)
            await self._change(case.acting_for, noting.note_public, case_id, disclosed)

    @activity.defn
    @final_errors
    async def publish_changes(self, case_id: str) -> None:
        """Tells the public what became of records that it was shown; announces repairs (S3 21)."""
        case = await self._case(case_id)
        await self._change(case.acting_for, noting.publish, case_id)

    @activity.defn
    @final_errors
    async def inform_receivers(self, case_id: str) -> None:
        """Informs those with whom the records were shared of what the case did to them."""
        case = await self._case(case_id)
        if is_carried_out(case):
            facts = await facts_for_notices(self._clients, case)
            await self._change(case.acting_for, inform, case_id, *facts)

    @activity.defn
    @final_errors
    async def issue_letter(self, case_id: str) -> None:
        """Issues the letter of a case to its subject, with the result and how to dispute it."""
        case = await self._case(case_id)
        text = await letter_of(self._changes, self._clients, case)
        await self._change(case.acting_for, steps.issue_letter, case_id, text)

    @activity.defn
    @final_errors
    async def settle(self, case_id: str) -> None:
        """Ends a case after all its consequences were carried out."""
        await self._change("", steps.settle, case_id)

    @activity.defn
    @final_errors
    async def report_stuck(self, stuck: Stuck) -> None:
        """Announces, once for each refused activity, that a person must act on the case."""
        await self._change("", report_stuck, stuck)

    async def _case(self, case_id: str) -> Case:
        async with self._changes.database.snapshot() as session:
            return await queries.find_case(session, case_id)

    async def _grade(self, case: Case) -> tuple[grading_pb2.Grade, dict[str, str]]:
        """The subject's grade in force, and the digest of its receipt by its id."""
        grade = await self._clients.grade(case.subject_id, case.acting_for)
        return grade, await self._clients.receipt_digests([grade.receipt_id])

    async def _change(
        self, behalf: str, command: Callable[..., Awaitable[object]], *arguments: Any
    ) -> None:
        async with self._changes.change(service_caller(SERVICE, behalf)) as change:
            await command(change, *arguments)

    async def _set_contested(self, case: Case, behalf: str, *, contested: bool) -> dict[str, int]:
        return await self._clients.set_contested(
            case.case_id, case.record_ids, behalf, contested=contested
        )
