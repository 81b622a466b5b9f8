"""Starts, signals and queries the workflows of one service by their ids.

Every call may be repeated. A call raises Away if a repetition may succeed, for example while
Temporal is unavailable, and RPCError if the call would fail every time (`grpc_errors.is_final`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

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
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from plumbing.grpc_errors import Away, is_final
from plumbing.temporal import AGGREGATE_ID

ANSWER_WITHIN = timedelta(seconds=5)
_NO_ANSWER = (RPCStatusCode.NOT_FOUND, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
Answer = TypeVar("Answer")
Start = TypeVar("Start")
Run = Callable[[Any, Start], Awaitable[Any]]


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
        aggregate_id: str = "",
    ) -> None:
        """Starts a workflow if it is not running, and sends it a signal unless `signal` is empty.

        `start` is the input of a new workflow; a running workflow does not receive it.
        `aggregate_id` is a search attribute, by which people find the workflow in Temporal's list.
        """
        with _raising_away():
            await self._client.start_workflow(
                run,
                start,
                id=workflow_id,
                task_queue=self.queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=_found_by(aggregate_id),
                start_signal=signal or None,
                start_signal_args=args,
            )

    async def start(self, run: Run[Start], start: Start, workflow_id: str) -> bool:
        """Starts a workflow if it is not running; returns True if it was started."""
        try:
            with _raising_away():
                await self._client.start_workflow(run, start, id=workflow_id, task_queue=self.queue)
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def runs(self, workflow_id: str) -> bool:
        """Returns whether the workflow with this id is running."""
        try:
            with _raising_away():
                description = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return description.status is WorkflowExecutionStatus.RUNNING

    async def query(self, workflow_id: str, query: Callable[[Any], Answer]) -> Answer | None:
        """Returns a running workflow's answer to a query; None without an answer within 5 seconds.

        Also returns None if the workflow is not running or the query fails. A query leaves nothing
        in the history of the workflow.
        """
        handle, open_ = self._client.get_workflow_handle(workflow_id), QueryRejectCondition.NOT_OPEN
        with _raising_away():
            try:
                return await handle.query(query, reject_condition=open_, rpc_timeout=ANSWER_WITHIN)
            except (WorkflowQueryFailedError, WorkflowQueryRejectedError):
                return None
            except RPCError as error:
                if error.status in _NO_ANSWER:
                    return None
                raise

    async def running(self, workflow_type: str) -> set[str]:
        """Returns the ids of the workflows of a type that Temporal lists as running.

        Temporal updates this list with a delay.
        """
        query = f"WorkflowType = '{workflow_type}' AND ExecutionStatus = 'Running'"
        with _raising_away():
            return {run.id async for run in self._client.list_workflows(query)}


def _found_by(aggregate_id: str) -> TypedSearchAttributes | None:
    if not aggregate_id:
        return None
    return TypedSearchAttributes([SearchAttributePair(AGGREGATE_ID, aggregate_id)])


@contextmanager
def _raising_away() -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        if is_final(error.status):
            raise
        en = f"Temporal is away; try again ({error.status.name})"
        raise Away("流程引擎暂不可用，请稍后再试", en) from error
