"""Starts, signals and queries the workflows of one service by their ids.

Every call may be repeated. A call raises Away if a repetition may succeed, for example while
Temporal is unavailable, and RPCError if the call would fail every time (`grpc_errors.is_final`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum, auto
from typing import Any, TypeVar

import structlog
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import (
    QueryRejectCondition,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from plumbing.grpc_errors import Away, is_final
from plumbing.metrics.counted import WORKFLOW_INPUTS_REFUSED
from plumbing.workflow_codec import Codec

# The memo of a workflow that the platform started. Sealed as its input is, it cannot be made up.
MARK = "quanheng"
# A workflow whose task failed so often in a row stands still; Temporal repeats it without end.
STUCK_ATTEMPTS = 5
ANSWER_WITHIN = timedelta(seconds=5)
# FAILED_PRECONDITION: its tasks fail one after another, or the first has not ended yet.
_NO_ANSWER = (
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.FAILED_PRECONDITION,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
)
# What the SDK raises for an answer that is not what the query returns.
_UNREADABLE = (KeyError, RuntimeError, ValueError)
log = structlog.get_logger()
Answer = TypeVar("Answer")
Start = TypeVar("Start")
Run = Callable[[Any, Start], Awaitable[Any]]


class State(Enum):
    """Whether the workflow that should run under an id runs.

    FOREIGN is one that this platform did not start, or started before it sealed what it sends;
    STUCK is one that cannot go on, for example because its input cannot be read.
    """

    SOUND = auto()
    ABSENT = auto()
    FOREIGN = auto()
    STUCK = auto()


class WorkflowClient:
    """Client for the workflows that run on one Temporal task queue."""

    def __init__(self, client: Client, queue: str) -> None:
        self._client, self.queue = client, queue

    async def signal(
        self,
        run: Run[Start],
        start: Start,
        workflow_id: str,
        signal: str = "",
        *args: Any,
        found_by: Sequence[SearchAttributePair[Any]] = (),
    ) -> None:
        """Starts a workflow if it is not running, and sends it a signal unless `signal` is empty.

        `start` is the input of a new workflow; a running workflow does not receive it.
        `found_by` has the search attributes by which people find a new workflow in Temporal's list.
        """
        with _raising_away():
            await self._client.start_workflow(
                run,
                start,
                id=workflow_id,
                task_queue=self.queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=TypedSearchAttributes(found_by) if found_by else None,
                memo={MARK: self.queue},
                start_signal=signal or None,
                start_signal_args=args,
            )

    async def start(self, run: Run[Start], start: Start, workflow_id: str) -> bool:
        """Starts a workflow if it is not running; returns True if it was started."""
        try:
            with _raising_away():
                await self._client.start_workflow(
                    run,
                    start,
                    id=workflow_id,
                    task_queue=self.queue,
                    memo={MARK: self.queue},
                )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def runs(self, workflow_id: str) -> bool:
        """Returns whether the workflow with this id runs, is the platform's, and is not stuck."""
        return await self.state(workflow_id) is State.SOUND

    async def keep(self, workflow_id: str) -> bool:
        """Returns whether the workflow with this id runs as it should; ends one that does not."""
        state = await self.state(workflow_id)
        if state in (State.FOREIGN, State.STUCK):
            await self.end(workflow_id)
            _tell_ended(workflow_id, state)
        return state is State.SOUND

    async def state(self, workflow_id: str) -> State:
        """Returns whether the workflow with this id runs, and if not, why."""
        try:
            with _raising_away():
                description = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return State.ABSENT
            raise
        if description.status is not WorkflowExecutionStatus.RUNNING:
            return State.ABSENT
        answer = description.raw_description
        if not self._is_ours(answer.workflow_execution_info):
            return State.FOREIGN
        stuck = answer.pending_workflow_task.attempt >= STUCK_ATTEMPTS
        return State.STUCK if stuck else State.SOUND

    async def end(self, workflow_id: str, run_id: str | None = None) -> None:
        """Ends a workflow that is not sound; does nothing if it has ended."""
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        try:
            with _raising_away():
                await handle.terminate(reason="Not started by this platform, or stuck")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def end_foreign(self) -> None:
        """Ends every workflow on the task queue that this platform did not start.

        Temporal lists new workflows with a delay.
        """
        query = f"TaskQueue = '{self.queue}' AND ExecutionStatus = 'Running'"
        with _raising_away():
            listed = [run async for run in self._client.list_workflows(query)]
        foreign = [run for run in listed if not self._is_ours(run.raw_info)]
        for run in foreign:
            await self.end(run.id, run.run_id)
            _tell_ended(run.id, State.FOREIGN)

    async def query(self, workflow_id: str, query: Callable[[Any], Answer]) -> Answer | None:
        """Returns a running workflow's answer to a query; None without an answer within 5 seconds.

        Also returns None if the workflow is not running or stands still, the query fails or the
        answer cannot be read. A query leaves nothing in the history of the workflow.
        """
        handle, open_ = self._client.get_workflow_handle(workflow_id), QueryRejectCondition.NOT_OPEN
        with _raising_away():
            try:
                return await handle.query(query, reject_condition=open_, rpc_timeout=ANSWER_WITHIN)
            except (WorkflowQueryFailedError, WorkflowQueryRejectedError, *_UNREADABLE):
                return None
            except RPCError as error:
                if error.status in _NO_ANSWER:
                    return None
                raise

    async def running(self, workflow_type: str) -> set[str]:
        """Returns the ids of the platform's workflows of a type that Temporal lists as running.

        Temporal updates this list with a delay.
        """
        query = f"WorkflowType = '{workflow_type}' AND ExecutionStatus = 'Running'"
        with _raising_away():
            runs = self._client.list_workflows(query)
            return {run.id async for run in runs if self._is_ours(run.raw_info)}

    def _is_ours(self, info: WorkflowExecutionInfo) -> bool:
        if info.task_queue != self.queue or MARK not in info.memo.fields:
            return False
        codec, id_ = self._client.data_converter.payload_codec, info.execution.workflow_id
        if not isinstance(codec, Codec):
            return True
        context = WorkflowSerializationContext(self._client.namespace, id_)
        return codec.with_context(context).opens(info.memo.fields[MARK])


def _tell_ended(workflow_id: str, state: State) -> None:
    if state is State.FOREIGN:
        WORKFLOW_INPUTS_REFUSED.labels("run").inc()
    log.warning("workflows.ended", workflow=workflow_id, why=state.name.lower())


@contextmanager
def _raising_away() -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        if is_final(error.status):
            raise
        en = f"Temporal is away; try again ({error.status.name})"
        raise Away("流程引擎暂不可用，请稍后再试", en) from error
